/** Terminals of the simulated world: Bee's servers with their consoles, Bee's shell, one seed one run. */
import { createServer } from '../../src/bee/index.ts';
import { Shell } from '../../src/shell/shell.ts';
import { drive, type ShellRequest } from '../../src/shell/task.ts';
import { SimServer, SimWorld, type Spawned } from '../../src/sim/index.ts';
import { answerFileRequest } from '../lesson/sim-files.ts';
import type { Signal, Terminal, Terminals } from './play.ts';

const home = '/home/user';
/** Virtual seconds: longer than the real server's longest timeout, 300 s. */
const answerSecondsMax = 400;
/** The longest that a situation waits for something. */
const waitSecondsMax = 60;
/**
 * What Bee says and the real server does not: the manual leads its reader to expect repeated messages saying "failed to
 * connect", 2.6.0 tells the first failure only.
 */
const unlikeReal = / I> failed to connect to \S+: /;
const waitMicros = 10_000;

export class SimTerminals implements Terminals {
  readonly world: SimWorld;
  readonly #terminals = new Map<number, SimTerminal>();

  constructor(seed: number) {
    this.world = new SimWorld({ seed, traceLinesMax: 0 });
  }

  at(number: number): Terminal {
    const terminal = this.#terminals.get(number) ?? new SimTerminal(this.world, number);
    this.#terminals.set(number, terminal);
    return terminal;
  }

  now(): number {
    return this.world.now;
  }

  wait(since: number): boolean {
    let isOver = false;
    this.world.timeline.after(
      waitMicros,
      () => {
        isOver = true;
      },
      true,
    );
    this.world.runUntil(() => isOver);
    return this.world.now - since < waitSecondsMax;
  }
}

class SimTerminal implements Terminal {
  readonly #world: SimWorld;
  readonly #shell: Shell;
  #spawned: Spawned<SimServer> | undefined;
  #printed = '';
  #answer: string | undefined;
  #from = 0;
  #log: string[] = [];

  constructor(world: SimWorld, number: number) {
    this.#world = world;
    const cwd = `${home}/${number}`;
    world.files.makeDirectories(cwd);
    this.#shell = new Shell({
      home,
      cwd,
      host: {
        user: 'user',
        now: () => world.timeline.wallSeconds,
        utcOffset: () => 0,
        columns: () => 80,
        processes: () => [],
        kill: () => false,
        history: () => [],
        clearHistory: () => undefined,
        clearScreen: () => undefined,
      },
      output: {
        out: (text) => {
          this.#printed += text;
        },
        err: (line) => {
          this.#printed += `${line}\n`;
        },
      },
    });
  }

  get isServer(): boolean {
    return this.#spawned?.status.isAlive === true;
  }

  shell(command: string): string {
    this.#printed = '';
    let isDone = false;
    drive(
      this.#shell.run(command),
      (request, reply) => this.#perform(request, reply),
      () => {
        isDone = true;
      },
    );
    this.#world.expectUntil(command, () => isDone, answerSecondsMax);
    return this.#printed;
  }

  type(line: string): void {
    const { process } = this.#server();
    this.#answer = undefined;
    this.#from = process.output.length;
    process.type(line, ({ text }) => {
      this.#answer = text;
    });
  }

  answer(): string {
    const { process, status } = this.#server();
    const isOver = (): boolean => this.#answer !== undefined || !status.isAlive;
    if (!this.#world.runUntil(isOver, answerSecondsMax)) throw new Error('no answer');
    if (this.#answer !== undefined) return this.#answer;
    return `${process.output.slice(this.#from)}(the server ended with ${status.exitCode})\n`;
  }

  takeLog(): readonly string[] {
    const taken = this.#log;
    this.#log = [];
    return taken;
  }

  hasLogged(text: string): boolean {
    return this.#log.some((line) => line.includes(text));
  }

  signal(signal: Signal): void {
    const { pid, process, status } = this.#server();
    switch (signal) {
      case '9':
        this.#world.kill(pid);
        return;
      case 'TERM':
        process.server.terminate();
        this.#world.expectUntil('it ends', () => !status.isAlive);
        return;
      case 'STOP':
        this.#world.pause(pid);
        return;
      case 'CONT':
        this.#world.resume(pid);
    }
  }

  #server(): Spawned<SimServer> {
    if (this.#spawned === undefined) throw new Error('there is no server');
    return this.#spawned;
  }

  #perform(request: ShellRequest, reply: (value: unknown) => void): void {
    if (request.kind === 'file') {
      reply(answerFileRequest(this.#world.files, request.request));
      return;
    }
    if (request.kind !== 'run') throw new Error(`no ${request.kind} here`);
    const onLog = (text: string): void => {
      if (!unlikeReal.test(text)) this.#log.push(text);
    };
    const options = { cwd: request.cwd, onLog };
    const spawned = this.#world.spawn(SimServer.factory(createServer, request.args), options);
    this.#spawned = spawned;
    this.#world.expectUntil('there is a prompt', () => spawned.process.isAnswered);
    // The shell's command goes on for as long as the server; the terminal is the server's now.
    reply(0);
  }
}
