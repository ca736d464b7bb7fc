/** Conversations with an admin console on a socket, and how they are held with any server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../iproto/real-server.ts';

/** What is sent, piece by piece; each piece is sent when the answer to the one before it is there. */
export interface Conversation {
  readonly name: string;
  /** `{binary}` and `{text}` stand for ports of the same server. */
  readonly pieces: readonly string[];
}

/** A piece and all that came back before the next one; `<end>` where the server closed. */
export type Exchange = readonly [sent: string, received: string];

export const conversations: readonly Conversation[] = [
  {
    name: 'a statement is a line, ended by LF or CR',
    pieces: ['1\n', '1, nil\n', 'x = 1\n', '1\r\n', '1 2\r', '\n\n', 'foo(\n)\n', "error('x')\n"],
  },
  {
    name: 'a delimiter makes statements of several lines',
    pieces: [
      "require('console').delimiter('!')\n",
      '1 +\n1!\n',
      '1!!\n',
      "require('console').delimiter()!\n",
      '\\set delimiter ;;!\n',
      'for i = 1, 2 do\n  y = i\nend return y;;\n',
      "require('console').delimiter('');;\n",
      "require('console').delimiter(1)\n",
      '2\n',
    ],
  },
  {
    name: 'commands',
    pieces: [
      '\\help\n',
      '\\\n',
      '\\ help\n',
      '\\foo\n',
      '\\set\n',
      '\\set foo\n',
      '\\set output\n',
      '\\set output foo\n',
      '\\set output lua,foo\n',
      '\\set language\n',
      '\\set language lua\n',
      '\\set language foo\n',
    ],
  },
  {
    name: 'answers in Lua form',
    pieces: [
      '\\set output lua\n',
      "{[1]=1, [3]=3, a='b', ['a b']=1, [true]=2, [1.5]=3}\n",
      "1, nil, 'it\\'s', 1.5, 1e100, 123456789012345ULL\n",
      "db.tuple.new{1, {a = 1}, 'x'}\n",
      "require('uuid').fromstr('64d22e4d-ac92-4a23-899a-e59f34af5479')\n",
      "require('decimal').new('1.5')\n",
      "'\\1\\255'\n",
      'return\n',
      "error('x')\n",
      "setmetatable({}, {__serialize = function() error('ser') end})\n",
      '\\set output lua,block\n',
      '{a = {b = {}}, c = {1, 2}}\n',
      "error('x')\n",
      "require('console').eos()\n",
      "require('console').eos('!!')\n",
      '1\n',
      "require('console').eos(';')\n",
      "require('console').eval('\\\\set output yaml')\n",
      '1\n',
    ],
  },
  {
    name: 'who is there',
    pieces: [
      'db.session.type(), db.session.user(), db.session.peer()\n',
      "db.session.su('guest')\n",
      'db.space._space:count()\n',
    ],
  },
  {
    name: 'values pushed before the answer',
    pieces: [
      'for i = 1, 3 do db.session.push(i) end return 7\n',
      'db.session.push({a = 1})\n',
      'db.session.push(1, 2)\n',
      '\\set output lua\n',
      'db.session.push({1})\n',
    ],
  },
  { name: 'quitting closes', pieces: ['1\n', '\\quit\n'] },
  { name: 'so does the escape of ssh', pieces: ['~.\n'] },
  {
    name: 'through to another console, and back',
    pieces: [
      "require('console').connect('{text}')\n",
      '1\n',
      "require('console').delimiter()\n",
      '\\set delimiter x\n',
      '\\set output lua\n',
      '{1}\n',
      '\\set output yaml\n',
      'db.session.push(5)\n',
      "error('x')\n",
      '\\quit\n',
      'db.session.peer()\n',
      "require('console').connect('{text}')\n",
      '~.\n',
      '2\n',
    ],
  },
  {
    name: 'through to the binary port',
    pieces: [
      "require('console').connect('u:p@localhost:{binary}')\n",
      'db.session.type()\n',
      '{db.NULL, 1}\n',
      "error('x')\n",
      "require('console').delimiter('!')\n",
      '\\help\n',
    ],
  },
  {
    name: 'no way through',
    pieces: [
      "require('console').connect('u:wrong@localhost:{binary}')\n",
      "require('console').connect('localhost:{binary}')\n",
      "require('console').connect('localhost:1')\n",
      "require('console').connect('unix/:./none.sock')\n",
      "require('console').connect('foo')\n",
      "require('console').connect()\n",
      '1\n',
    ],
  },
  {
    name: 'listening',
    pieces: [
      "s = require('console').listen('unix/:./more.sock')\n",
      's:name()\n',
      "require('console').listen('unix/:./more.sock')\n",
      "require('console').listen({text})\n",
      "require('console').listen('/nonexistent/more.sock')\n",
      "require('console').listen('foo bar')\n",
      's:close()\n',
      's:close()\n',
      "require('console').listen('unix/:./more.sock'):close()\n",
    ],
  },
  {
    name: 'what a program may ask of the console',
    pieces: [
      "require('console').eval('1 + 1')\n",
      "require('console').eval('1 +')\n",
      "require('console').eval()\n",
      "require('console').ac(true)\n",
      "require('console').eos('xx')\n",
      "require('console').set_default_output('lua')\n",
      "require('console').get_default_output()\n",
      "require('console').set_default_output('foo')\n",
      "require('console').set_default_output()\n",
      "require('console').set_default_output('yaml')\n",
      "require('console').on_start(1)\n",
      "require('console').completion_handler('db.space._space:in', 0, 18)\n",
      "require('console').completion_handler('zzz', 0, 3)\n",
    ],
  },
];

/** A server with two admin consoles and a binary port, started as a user would. */
export class ConsoleServer {
  readonly directory: string;
  readonly #ports: { readonly binary: number; readonly text: number };
  readonly #child: ChildProcess;

  private constructor(
    directory: string,
    ports: { readonly binary: number; readonly text: number },
    child: ChildProcess,
  ) {
    this.directory = directory;
    this.#ports = ports;
    this.#child = child;
  }

  static async start(command: readonly string[]): Promise<ConsoleServer> {
    const directory = mkdtempSync(join(tmpdir(), 'bee-console-'));
    const ports = { binary: await freePort(), text: await freePort() };
    writeFileSync(
      join(directory, 'serve.lua'),
      `db = rawget(_G, 'box') or db
      db.cfg{listen = 'localhost:${ports.binary}'}
      db.schema.user.create('u', {password = 'p'})
      db.schema.user.grant('u', 'execute', 'universe')
      require('console').listen('localhost:${ports.text}')
      require('console').listen('unix/:./one.sock')
      require('log').info('consoles are there')`,
    );
    const [file = '', ...args] = command;
    const child = spawn(file, [...args, 'serve.lua'], { cwd: directory, stdio: 'pipe' });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (bytes: Buffer) => {
        log += bytes.toString();
        if (log.includes('consoles are there')) resolve();
      });
      child.once('exit', () => reject(new Error(`the server ended\n${log}`)));
    });
    return new ConsoleServer(directory, ports, child);
  }

  /** Holds a conversation. @param expected what will come, where that is known; else silence ends an answer */
  async hold({ pieces }: Conversation, expected?: readonly Exchange[]): Promise<Exchange[]> {
    const client = await ConsoleClient.open({ path: join(this.directory, 'one.sock') });
    const exchanges: Exchange[] = [['', await client.read(expected?.[0]?.[1])]];
    for (const [at, piece] of pieces.entries()) {
      const { binary, text } = this.#ports;
      client.send(piece.replace('{binary}', String(binary)).replace('{text}', String(text)));
      exchanges.push([piece, await client.read(expected?.[at + 1]?.[1])]);
    }
    client.close();
    return exchanges;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once('exit', () => {
        rmSync(this.directory, { recursive: true, force: true });
        resolve();
      });
      this.#child.kill('SIGTERM');
    });
  }
}

/** An answer whose length is not known is over when nothing came for so long. */
const silenceMs = 300;
/** One that is known may take so long. */
const answerMsMax = 5000;

/** One client of a console. */
export class ConsoleClient {
  readonly #socket: Socket;
  #text = '';
  #heard: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#text += bytes.toString();
      this.#heard();
    });
    socket.on('close', () => {
      this.#text += '<end>';
      this.#heard();
    });
    socket.on('error', () => undefined);
  }

  static open(
    where: { readonly path: string } | { readonly port: number },
  ): Promise<ConsoleClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(where);
      socket.once('error', reject);
      socket.once('connect', () => resolve(new ConsoleClient(socket)));
    });
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** What has come, ports of clients masked: as much as is expected, or until it is silent. */
  async read(expected?: string): Promise<string> {
    for (;;) {
      const text = masked(this.#text);
      if (expected !== undefined && text.length >= expected.length && expected !== '') break;
      const wait = expected === undefined || expected === '' ? silenceMs : answerMsMax;
      if (!(await this.#hears(wait))) break;
    }
    const text = masked(this.#text);
    this.#text = '';
    return text;
  }

  /** What has come up to and with an ending. */
  async readThrough(ending: string): Promise<string> {
    while (!this.#text.includes(ending)) {
      if (!(await this.#hears(answerMsMax))) throw new Error(`no ${ending} in: ${this.#text}`);
    }
    const end = this.#text.indexOf(ending) + ending.length;
    const text = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return text;
  }

  close(): void {
    this.#socket.destroy();
  }

  #hears(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.#heard = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

function masked(text: string): string {
  return text
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
    .replace(/(localhost|nil):\d\d\d+/g, '$1:<port>')
    .replace(/^- fd: \d+/m, '- fd: <n>');
}
