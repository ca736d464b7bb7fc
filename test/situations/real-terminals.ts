/** Terminals with real servers in a real shell. Ports are other ones than the script's, so that two runs do not meet. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromReal } from '../scripts/script.ts';
import type { Signal, Terminal, Terminals } from './play.ts';

/** Longer than the longest that a situation waits for on purpose. */
const answerMillisMax = 60_000;
/** How much later than an answer a log line from before it is read. */
const logMillisMax = 30;
/** The banner; what an option of the manual's that has another name by now makes the real server say; an engine that Bee lacks. */
const unlikeBee =
  /^Deprecated option |^Tarantool 2|^Bee 2|^type 'help'|mapping \d+ bytes for vinyl tuple arena/;

/** Ports that plays of this process use or have used. */
const taken = new Set<number>();

export class RealTerminals implements Terminals {
  readonly #home: string;
  readonly #ports: readonly number[];
  readonly #terminals = new Map<number, RealTerminal>();

  private constructor(home: string, ports: readonly number[]) {
    this.#home = home;
    this.#ports = ports;
  }

  static async open(): Promise<RealTerminals> {
    const ports: number[] = [];
    // Of four digits, as the script's: long lines are folded where the same ones are.
    for (let port = 4000 + Math.floor(Math.random() * 5000); ports.length < 6; port++) {
      if (!taken.has(port) && (await isFree(port))) {
        taken.add(port);
        ports.push(port);
      }
    }
    return new RealTerminals(mkdtempSync(join(tmpdir(), 'bee-situation-')), ports);
  }

  at(number: number): Terminal {
    const terminal = this.#terminals.get(number) ?? new RealTerminal(this.#home, number, this);
    this.#terminals.set(number, terminal);
    return terminal;
  }

  now(): number {
    return performance.now();
  }

  async wait(since: number): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return this.now() - since < answerMillisMax;
  }

  /** Ends what runs and removes all files. */
  close(): void {
    for (const terminal of this.#terminals.values()) terminal.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** What is typed, with this run's ports and directory. */
  toReal(text: string): string {
    return text
      .replaceAll(/\b330([1-6])\b/g, (_, digit) => String(this.#ports[Number(digit) - 1]))
      .replaceAll('/home/user', this.#home);
  }

  /** What was printed, in ours. */
  fromReal(text: string): string {
    const ports = new Map(this.#ports.map((port, at) => [String(port), `330${at + 1}`]));
    return (
      fromReal(text)
        // A file of the real server's own source.
        .replaceAll('db.cc:', 'box.cc:')
        .replaceAll(/\b\d{4}\b/g, (number) => ports.get(number) ?? number)
        .replaceAll(this.#home, '/home/user')
        // In JSON.
        .replaceAll(this.#home.replaceAll('/', '\\/'), '\\/home\\/user')
    );
  }
}

class RealTerminal implements Terminal {
  readonly #home: string;
  readonly #words: RealTerminals;
  #cwd: string;
  #child: ChildProcess | undefined;
  /** How the last server ended. */
  #end = '';
  #printed = '';
  #errors = '';
  #heard: () => void = () => undefined;

  constructor(home: string, number: number, words: RealTerminals) {
    this.#home = home;
    this.#words = words;
    this.#cwd = join(home, String(number));
    mkdirSync(this.#cwd, { recursive: true });
  }

  get isServer(): boolean {
    return this.#child !== undefined;
  }

  async shell(command: string): Promise<string> {
    if (command === 'bee') {
      await this.#start();
      return '';
    }
    const [, directory] = /^cd (\S+)$/.exec(command) ?? [];
    if (directory !== undefined) {
      this.#cwd = join(this.#cwd, directory);
      return '';
    }
    const { stdout, stderr } = spawnSync('bash', ['-c', this.#words.toReal(command)], {
      cwd: this.#cwd,
      env: { ...process.env, HOME: this.#home, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    return this.#words.fromReal(stdout + stderr.replace(/^bash: line 1: /gm, 'bash: '));
  }

  type(line: string): void {
    if (this.#child === undefined) throw new Error('there is no server');
    this.#printed = '';
    this.#child.stdin?.write(`${this.#words.toReal(line)}\n`);
  }

  async answer(): Promise<string> {
    // The echo of what was typed is the first line.
    const isAnswered = (): boolean => /\n(?:[^\n]*\n)*tarantool> $/.test(this.#printed);
    await this.#until(() => isAnswered() || this.#child === undefined);
    const text = this.#printed.replace(/^[^\n]*\n/, '').replace(/tarantool> $/, '');
    const end = this.#child === undefined ? `(the server ended with ${this.#end})\n` : '';
    return this.#words.fromReal(text + end);
  }

  async takeLog(): Promise<readonly string[]> {
    // It comes through another pipe than the answers, and may be read after them.
    await new Promise((resolve) => setTimeout(resolve, logMillisMax));
    const lines = this.#logLines();
    // A line that is not complete yet is for the next time.
    this.#errors = this.#errors.slice(this.#errors.lastIndexOf('\n') + 1);
    return lines;
  }

  hasLogged(text: string): boolean {
    return this.#logLines().some((line) => line.includes(text));
  }

  async signal(signal: Signal): Promise<void> {
    this.#child?.kill(signal === '9' ? 'SIGKILL' : `SIG${signal}`);
    if (signal === '9' || signal === 'TERM') await this.#until(() => this.#child === undefined);
  }

  close(): void {
    this.#child?.kill('SIGKILL');
  }

  async #start(): Promise<void> {
    // The console's fiber is named after the script that came before it, which gives `box` Bee's name: a statement is
    // typed as it stands, for errors quote it.
    const script = join(this.#home, 'interactive');
    writeFileSync(script, 'db = box');
    this.#printed = '';
    const child = spawn('tarantool', ['-i', script], {
      cwd: this.#cwd,
      env: { ...process.env, HOME: this.#home, TERM: 'dumb' },
    });
    this.#child = child;
    child.stdout.on('data', (bytes: Buffer) => {
      this.#printed += bytes.toString();
      this.#heard();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString();
      this.#heard();
    });
    child.on('close', (code, signal) => {
      this.#end = String(code ?? signal);
      this.#child = undefined;
      this.#heard();
    });
    await this.#until(() => this.#printed.endsWith('tarantool> '));
  }

  /** Each begins with its time; what does not goes on with the line above. */
  #logLines(): string[] {
    const lines: string[] = [];
    for (const line of this.#words.fromReal(this.#errors).split('\n').slice(0, -1)) {
      const isNew = /^\d{4}-\d\d-\d\d /.test(line);
      if (unlikeBee.test(line)) continue;
      if (isNew) lines.push(line);
      else if (lines.length > 0) lines[lines.length - 1] += `\n${line}`;
    }
    return lines;
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + answerMillisMax;
    const timer = setTimeout(() => this.#heard(), answerMillisMax);
    try {
      while (!condition()) {
        if (performance.now() >= deadline) throw new Error(`no answer: ${this.#printed}`);
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)));
  });
}
