/**
 * A lesson's stage on real servers in a real shell: the truth that the lessons are held to. `bee`
 * is the real server with `db` for `box`; its console reads a pipe, so it echoes each line behind
 * its prompt, as a terminal would.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ok } from '../../src/bee/base/result.ts';
import type {
  Found,
  FoundFile,
  Pace,
  Probed,
  Program,
  Prompt,
  Stage,
} from '../../src/lesson/index.ts';

/** Gives the real server Bee's names, and a second console for probes. */
const preparation = `
db = box
local socket = require('console').listen(os.getenv('BEE_CONTROL'))
`;

/**
 * What the real server says and Bee does not: that the console for the probes was started, and that an option of
 * the manual has another name by now.
 */
const unlikeBee = /^(?:started$|Deprecated option )/;

/**
 * Ports of this run, for the manual's 3301 to 3304: another run of the tests may be under way, or a
 * real server.
 */
const firstPort = 20_001 + (process.pid % 900) * 10;
const toReal = (text: string) =>
  text.replaceAll(/\b330([1-4])\b/g, (_, number) => String(firstPort + Number(number)));
const fromReal = (text: string) =>
  text.replaceAll(/\b2\d{4}\b/g, (found) => {
    const number = Number(found) - firstPort;
    return number >= 1 && number <= 4 ? `330${number}` : found;
  });

class RealTerminal {
  readonly #home: string;
  readonly #control: string;
  #cwd: string;
  #text = '';
  #prompt = '$ ';
  /** What the server will echo of the line that was entered. */
  #echo = '';
  #child: ChildProcess | undefined;
  #waiter: (() => void) | undefined;

  constructor(home: string, number: number) {
    this.#home = home;
    this.#cwd = home;
    this.#control = join(home, `.control-${number}`);
  }

  get program(): Program {
    return this.#child === undefined ? 'shell' : 'console';
  }

  /** It waits for the rest of a statement. */
  get isContinuation(): boolean {
    return this.#prompt === '   > ';
  }

  /** What it shows, in Bee's words, without the prompt that waits. */
  get lines(): string[] {
    const lines = fromReal(this.#text)
      .split('\n')
      .map((line) => line.replace(/^Tarantool (?=\d)/, 'Bee '));
    return lines.slice(0, -1).filter((line) => !unlikeBee.test(line));
  }

  enter(typed: string, done: () => void): void {
    const text = toReal(typed);
    this.#waiter = done;
    this.#text += `${this.#prompt}${text}\n`;
    if (this.#child !== undefined) {
      this.#echo = `${text}\n`;
      this.#child.stdin?.write(`${text}\n`);
    } else if (/^(?:~\/bee\/src\/)?bee\s*$/.test(text)) this.#start();
    else this.#shell(text);
  }

  kill(): void {
    const child = this.#child;
    this.#child = undefined;
    this.#waiter = undefined;
    child?.kill('SIGKILL');
  }

  probe(code: string, done: (result: Probed) => void): void {
    if (this.#child === undefined) {
      done({ kind: 'no-server' });
      return;
    }
    const socket = connect(this.#control);
    let answer = '';
    const finish = (result: Probed): void => {
      socket.destroy();
      done(result);
    };
    socket.on('error', () => finish({ kind: 'no-server' }));
    socket.on('data', (bytes) => {
      answer += bytes.toString();
      // A greeting of 128 bytes, then one YAML document.
      if (!answer.slice(128).endsWith('\n...\n')) return;
      const [value] = parse(answer.slice(128).replace('...\n', '')) ?? [null];
      const message = typeof value === 'object' && value !== null ? value.error : undefined;
      finish(
        message === undefined
          ? { kind: 'value', value: typeof value === 'string' ? fromReal(value) : value }
          : { kind: 'error', message },
      );
    });
    socket.write(`return ${code.replaceAll('\n', ' ')}\n`);
  }

  #start(): void {
    const script = join(this.#home, '.prepare.lua');
    writeFileSync(script, preparation);
    rmSync(this.#control, { force: true });
    const child = spawn('sh', ['-c', `exec tarantool -i ${script} 2>&1`], {
      cwd: this.#cwd,
      env: { ...process.env, HOME: this.#home, BEE_CONTROL: this.#control },
    });
    this.#child = child;
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes.toString()));
    child.on('close', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#prompt = '$ ';
      this.#answer();
    });
  }

  /**
   * Takes what the server printed. Its echo and its prompt go: log lines come between them when
   * they like.
   */
  #take(text: string): void {
    this.#text += text;
    const echo = this.#echo === '' ? -1 : this.#text.lastIndexOf(this.#echo);
    const typed = this.#text.lastIndexOf(`${this.#prompt}${this.#echo}`);
    if (echo > typed + this.#prompt.length) {
      this.#text = this.#text.slice(0, echo) + this.#text.slice(echo + this.#echo.length);
      this.#echo = '';
    }
    const [prompt] = /(?:tarantool> | {9}> )$/.exec(this.#text) ?? [];
    if (prompt === undefined || this.#echo !== '') return;
    this.#text = this.#text.slice(0, -prompt.length);
    this.#prompt = prompt.startsWith('t') ? 'bee> ' : '   > ';
    this.#answer();
  }

  #shell(text: string): void {
    // A command that only Bee's shell has.
    if (text.startsWith('xlog ')) {
      this.#answer();
      return;
    }
    const { stdout, stderr } = spawnSync('bash', ['-c', text], {
      cwd: this.#cwd,
      env: { ...process.env, HOME: this.#home, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    const [, to] = /(?:^|&& )cd (\S+)$/.exec(text) ?? [];
    if (to !== undefined) this.#cwd = join(to.replace(/^~/, this.#home));
    this.#text += stdout + stderr.replace(/^bash: line 1: /gm, 'bash: ');
    this.#answer();
  }

  #answer(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) setImmediate(waiter);
  }
}

export class RealStage implements Stage {
  owner: string | undefined;
  readonly #count: number;
  readonly #home = mkdtempSync(join(tmpdir(), 'bee-lesson-'));
  #terminals: RealTerminal[] = [];

  constructor(terminals: number) {
    this.#count = terminals;
    this.#open();
  }

  lines(terminal: number): readonly string[] {
    return this.#terminals[terminal - 1]?.lines ?? [];
  }

  whenPrompting(terminal: number, done: (prompt: Prompt | undefined) => void): void {
    const { program, isContinuation } = this.#at(terminal);
    done({ program, isContinuation });
  }

  typeLine(terminal: number, text: string, _pace: Pace, done: (entered: boolean) => void): void {
    this.#at(terminal).enter(text, () => done(true));
  }

  program(terminal: number): Program {
    return this.#at(terminal).program;
  }

  probe(terminal: number, code: string, done: (result: Probed) => void): void {
    this.#at(terminal).probe(code, done);
  }

  find(pattern: string, done: (found: Found) => void): void {
    const path = pattern.replace(/^~/, this.#home);
    const folder = path.slice(0, path.lastIndexOf('/'));
    const name = path.slice(folder.length + 1);
    const matcher = new RegExp(`^${name.replaceAll('.', '\\.').replaceAll('*', '[^.].*')}$`);
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {
      // No such folder: nothing found.
    }
    const files = names
      .filter((found) => matcher.test(found))
      .map((found): FoundFile => {
        const stat = statSync(join(folder, found));
        const kind = stat.isDirectory() ? 'directory' : 'file';
        return { path: join(folder, found), kind, size: stat.size };
      });
    done(ok(files));
  }

  after(seconds: number, fire: () => void): () => void {
    const timer = setTimeout(fire, seconds * 1000);
    return () => clearTimeout(timer);
  }

  reset(done: () => void): void {
    this.close();
    this.#open();
    done();
  }

  close(): void {
    for (const terminal of this.#terminals) terminal.kill();
    for (const name of readdirSync(this.#home)) rmSync(join(this.#home, name), { recursive: true });
  }

  remove(): void {
    this.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  #open(): void {
    this.#terminals = Array.from(
      { length: this.#count },
      (_, index) => new RealTerminal(this.#home, index + 1),
    );
  }

  #at(terminal: number): RealTerminal {
    const found = this.#terminals[terminal - 1];
    if (found === undefined) throw new Error(`no Terminal #${terminal}`);
    return found;
  }
}
