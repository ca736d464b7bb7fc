import type { Env, Server, ServerHost, ServerOptions } from '../bee/index.ts';
import type { Process, ProcessFactory, ProcessHost } from './sim-process.ts';

/** What makes a server: `createServer` of `src/bee`. */
export type CreateServer = (env: Env, host: ServerHost, options: ServerOptions) => Server;

/** What one line at the console led to. */
export interface Answer {
  readonly line: string;
  /** All output up to the prompt after it. */
  readonly text: string;
}

interface Typed {
  readonly line: string;
  readonly answered: (answer: Answer) => void;
}

/**
 * A whole server as a process of the world, with somebody at its console who types a line whenever the prompt stands.
 * What was answered before a crash is what that person saw: the measure of durability.
 */
export class SimServer implements Process {
  readonly server: Server;
  /** Answered lines, oldest first. */
  readonly answers: Answer[] = [];
  /** Everything that was printed. */
  output = '';
  readonly #host: ProcessHost;
  readonly #typed: Typed[] = [];
  #isPrompted = false;
  /** The line that runs, and where its output begins. */
  #running: (Typed & { readonly from: number }) | undefined;

  constructor(create: CreateServer, env: Env, host: ProcessHost, options: ServerOptions) {
    this.#host = host;
    this.server = create(
      env,
      {
        wake: () => host.wake(),
        exit: (code) => host.exit(code),
        output: (text) => {
          this.output += text;
        },
        prompt: (_text, continuation) => this.#prompted(continuation),
      },
      options,
    );
  }

  /** A factory for `SimWorld.spawn`. */
  static factory(create: CreateServer, args: readonly string[] = []): ProcessFactory<SimServer> {
    return (env, host) => new SimServer(create, env, host, { args, isInteractive: true });
  }

  turn(): 'idle' | 'more' {
    // Typed in a turn of its own, not in the middle of the one that prompts.
    const typed = this.#isPrompted ? this.#typed.shift() : undefined;
    if (typed !== undefined) {
      this.#isPrompted = false;
      this.#running ??= { ...typed, from: this.output.length };
      this.server.line(typed.line);
    }
    return this.server.turn();
  }

  /** True when nothing that was typed is unanswered. */
  get isAnswered(): boolean {
    return this.#isPrompted && this.#typed.length === 0;
  }

  /**
   * Types a line as soon as the prompt stands. The world must step for anything to come of it.
   * @param answered called with the answer, if the server lives to give one
   */
  type(line: string, answered: (answer: Answer) => void = () => undefined): void {
    this.#typed.push({ line, answered });
    this.#host.wake();
  }

  #prompted(continuation: boolean): void {
    this.#isPrompted = true;
    if (!continuation && this.#running !== undefined) {
      const { line, from, answered } = this.#running;
      const answer = { line, text: this.output.slice(from) };
      this.answers.push(answer);
      this.#running = undefined;
      answered(answer);
    }
    this.#host.wake();
  }
}
