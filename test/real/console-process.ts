/** A whole server as a process, Bee or the real one, driven through its console: a statement in, its YAML document out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { root } from '../tools/source-tree.ts';

const waitMsMax = 20_000;

/** What the real server runs: Bee's name for `box`, and a console on a socket, as its own console wants a terminal. */
const realScript = `
db = box
require('console').listen('unix/:./admin.sock')
require('log').info('console is there')
`;

export class ConsoleProcess {
  readonly #child: ChildProcess;
  #write: (text: string) => void = () => undefined;
  #socket: Socket | undefined;
  #text = '';
  #heard: () => void = () => undefined;
  #errors = '';
  #isOver = false;
  readonly #ended: Promise<number | null>;

  private constructor(command: string, args: readonly string[], cwd: string) {
    this.#child = spawn(command, args, { cwd, stdio: 'pipe' });
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString();
      this.#heard();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code) => {
        this.#isOver = true;
        this.#heard();
        resolve(code);
      });
    });
  }

  /** `npm run bee` in a directory; `dist/bee.js` is built. */
  static bee(cwd: string): ConsoleProcess {
    const server = new ConsoleProcess(process.execPath, [join(root, 'dist/bee.js')], cwd);
    server.#child.stdout?.on('data', (bytes: Buffer) => server.#take(bytes.toString()));
    server.#write = (text) => server.#child.stdin?.write(text);
    return server;
  }

  static async real(cwd: string): Promise<ConsoleProcess> {
    rmSync(join(cwd, 'admin.sock'), { force: true });
    writeFileSync(join(cwd, 'console.lua'), realScript);
    const server = new ConsoleProcess('tarantool', ['console.lua'], cwd);
    await server.#until(() => server.#errors.includes('console is there'), 'the console');
    const socket = connect(join(cwd, 'admin.sock'));
    server.#socket = socket;
    socket.on('error', () => undefined);
    let greeting = 128;
    socket.on('data', (bytes) => {
      server.#take(bytes.subarray(greeting).toString());
      greeting = Math.max(0, greeting - bytes.length);
    });
    server.#write = (text) => socket.write(text);
    return server;
  }

  /** False when the process has ended. */
  get isRunning(): boolean {
    return !this.#isOver;
  }

  /** What it logged. */
  get log(): string {
    return this.#errors;
  }

  /** Enters a statement of one line. @returns its document without the marks of its begin and end */
  async ask(statement: string): Promise<string> {
    this.#text = '';
    this.#write(`${statement}\n`);
    await this.#until(() => this.#text.endsWith('...\n'), statement);
    return this.#text.replace(/^---\n/, '').replace(/\.\.\.\n$/, '');
  }

  /** Enters statements of one line each, all at once. @returns their documents, as `ask` gives them */
  async askAll(statements: readonly string[]): Promise<string[]> {
    this.#text = '';
    this.#write(statements.map((statement) => `${statement}\n`).join(''));
    const ends = (): number => this.#text.split('\n...\n').length - 1;
    await this.#until(() => ends() >= statements.length, statements.join('\n'));
    return this.#text
      .split('\n...\n')
      .slice(0, -1)
      .map((document) => `${document}\n`.replace(/^---\n/, ''));
  }

  /** Enters a statement that must not fail. */
  async do(statement: string): Promise<void> {
    const answer = await this.ask(statement);
    if (answer.includes('error:')) throw new Error(`${statement}: ${answer}\n${this.log}`);
  }

  /** Asks again until the answer is this one. */
  async settles(statement: string, expected: string): Promise<void> {
    const deadline = performance.now() + waitMsMax;
    for (;;) {
      const answer = await this.ask(statement);
      if (answer === expected) return;
      if (performance.now() > deadline) {
        throw new Error(`${statement}: ${answer}, not ${expected}\n${this.log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it by a signal: SIGTERM in order, SIGKILL at once. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#socket?.destroy();
    this.#child.kill(signal);
    return this.#ended;
  }

  #take(text: string): void {
    this.#text += text;
    this.#heard();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = setTimeout(() => this.#heard(), waitMsMax);
    const end = performance.now() + waitMsMax;
    try {
      while (!condition()) {
        if (this.#isOver) throw new Error(`${what}: the server ended\n${this.log}`);
        if (performance.now() >= end) throw new Error(`${what}: ${this.#text}\n${this.log}`);
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
  }
}
