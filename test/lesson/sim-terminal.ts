/**
 * One terminal of the simulated world: the real shell, the real terminal, servers on the simulated
 * ports.
 */
import { createServer, type Server } from '../../src/bee/index.ts';
import type { Program } from '../../src/lesson/index.ts';
import { History } from '../../src/shell/history.ts';
import { Shell } from '../../src/shell/shell.ts';
import { drive, type ShellRequest } from '../../src/shell/task.ts';
import { Terminal } from '../../src/shell/terminal.ts';
import { plain } from '../../src/shell/transcript.ts';
import type { SimWorld } from '../../src/sim/index.ts';
import { answerFileRequest } from './sim-files.ts';

/** Where everybody is at home in Bee. */
export const home = '/home/user';

interface RunningServer {
  readonly server: Server;
  readonly pid: number;
  /** Ends the shell's `bee` command. */
  readonly ended: (code: number) => void;
}

export class SimTerminal {
  readonly #world: SimWorld;
  readonly #number: number;
  readonly #terminal: Terminal;
  readonly #shell: Shell;
  readonly #shellHistory = new History();
  readonly #consoleHistory = new History();
  #running: RunningServer | undefined;
  #unfinished = '';
  /** Who waits for the prompt. */
  #waiter: (() => void) | undefined;

  constructor(world: SimWorld, number: number) {
    this.#world = world;
    this.#number = number;
    this.#terminal = new Terminal(
      {
        write: () => undefined,
        onLine: (line) => this.#take(line),
        onInterrupt: () => this.#running?.server.interrupt(),
        onEndOfInput: () => this.#running?.server.endOfInput(),
        onComplete: (_text, _cursor, done) => done({ from: 0, words: [] }),
      },
      150,
      40,
    );
    this.#shell = new Shell({
      home,
      cwd: home,
      host: {
        user: 'user',
        now: () => world.timeline.wallSeconds,
        utcOffset: () => 0,
        columns: () => 150,
        processes: () => [],
        kill: () => false,
        history: () => this.#shellHistory.entries,
        clearHistory: () => undefined,
        clearScreen: () => this.#terminal.clear(),
      },
      output: {
        out: (text) => this.#terminal.output(text),
        err: (line) => this.#terminal.error(line),
      },
    });
    this.#promptShell();
  }

  get program(): Program {
    return this.#running === undefined ? 'shell' : 'console';
  }

  /** It waits for the rest of a statement or command. */
  get isContinuation(): boolean {
    return this.#terminal.isContinuing;
  }

  get server(): Server | undefined {
    return this.#running?.server;
  }

  /** What the terminal shows, without the line being edited. */
  get lines(): readonly string[] {
    return this.#terminal.transcript.lines.map(plain);
  }

  /** Types a line and enters it; `done` when there is a prompt again. */
  enter(text: string, done: () => void): void {
    this.#waiter = done;
    this.#terminal.startTyping();
    this.#terminal.type(text);
    this.#terminal.enter();
    this.#answerWaiter();
  }

  /** kill -9 of the server, if one runs. */
  kill(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#world.kill(running.pid);
    this.#terminal.withdrawPrompt();
    this.#running = undefined;
    running.ended(137);
  }

  #take(line: string): void {
    if (this.#running !== undefined) {
      this.#running.server.line(line);
      return;
    }
    const entry = this.#unfinished + line;
    drive(
      this.#shell.run(entry),
      (request, reply) => this.#perform(request, reply),
      (outcome) => {
        this.#unfinished = outcome.ok && outcome.value === 'incomplete' ? `${entry}\n` : '';
        this.#promptShell();
      },
    );
  }

  #perform(request: ShellRequest, reply: (value: unknown) => void): void {
    switch (request.kind) {
      case 'file':
        reply(answerFileRequest(this.#world.files, request.request));
        return;
      case 'run':
        this.#run(request.args, request.cwd, reply);
        return;
      case 'sleep':
        this.#world.timeline.after(request.seconds * 1e6, () => reply(undefined), true);
        return;
      case 'xlog':
        reply({ ok: false, error: { code: 'EINVAL', message: 'not in this world' } });
    }
  }

  #run(args: readonly string[], cwd: string, ended: (code: number) => void): void {
    const { process, pid } = this.#world.spawn(
      (env, host) =>
        createServer(
          env,
          {
            wake: () => host.wake(),
            output: (text) => this.#terminal.output(text),
            prompt: (text, isContinuation) => {
              this.#terminal.prompt({
                text,
                isContinuation,
                continuation: '   > ',
                history: this.#consoleHistory,
              });
              this.#answerWaiter();
            },
            exit: (code) => {
              host.exit(code);
              this.#terminal.withdrawPrompt();
              this.#running = undefined;
              ended(code);
            },
          },
          { args, isInteractive: true },
        ),
      {
        cwd,
        home,
        name: `server in Terminal #${this.#number}`,
        onLog: (text, level) => this.#terminal.log(text, level),
      },
    );
    this.#running = { server: process, pid, ended };
  }

  #promptShell(): void {
    this.#terminal.prompt({
      text: this.#unfinished === '' ? '$ ' : '> ',
      isContinuation: this.#unfinished !== '',
      continuation: '> ',
      history: this.#shellHistory,
    });
    this.#answerWaiter();
  }

  #answerWaiter(): void {
    const waiter = this.#waiter;
    if (waiter === undefined || !this.#terminal.isPrompting || this.#terminal.hasPending) return;
    this.#waiter = undefined;
    waiter();
  }
}
