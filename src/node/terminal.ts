/** Where a server's console is: a pipe, or a terminal with a person before it. */
import { createInterface, type Interface } from 'node:readline';
import type { LogLevel } from '../bee/env/index.ts';
import { ScreenTerminal } from './screen-terminal.ts';

/** What a terminal tells the server. */
export interface TerminalEvents {
  /** One line, without its newline. Only after a prompt, one for each. */
  onLine(text: string): void;
  /** Nothing will follow. Only at a prompt: what was entered before has run. */
  onEnd(): void;
  /** Ctrl-C. */
  onInterrupt(): void;
  /** The word before the cursor, to be completed. */
  onComplete(
    text: string,
    cursor: number,
    done: (from: number, words: readonly string[]) => void,
  ): void;
}

export interface Terminal {
  readonly isInteractive: boolean;
  /** Text of the server, newlines as \n. */
  output(text: string): void;
  /** A line of the log, without its newline. */
  log(text: string, level: LogLevel): void;
  /** The console waits for a line; `isContinuation` while a statement is incomplete. */
  prompt(text: string, isContinuation: boolean): void;
  /** Calls `done` when all output has left the process. */
  close(done: () => void): void;
}

/** The process's own standard streams. */
export function openTerminal(events: TerminalEvents): Terminal {
  return process.stdin.isTTY && process.stdout.isTTY
    ? new ScreenTerminal(events)
    : new PipeTerminal(events);
}

/** Lines that are read ahead. A pipe is stopped above it, else a file of a million statements would fill the memory. */
const linesAheadMax = 1000;

/** Statements from a pipe: answers on standard output and nothing else, the log on standard error. */
class PipeTerminal implements Terminal {
  readonly isInteractive = false;
  readonly #events: TerminalEvents;
  readonly #lines: string[] = [];
  #input: Interface | undefined;
  #isPrompted = false;
  #isEnded = false;

  constructor(events: TerminalEvents) {
    this.#events = events;
    // Who reads us is gone: there is nobody left to work for.
    process.stdout.on('error', () => process.exit(1));
    process.stderr.on('error', () => undefined);
  }

  output(text: string): void {
    process.stdout.write(text);
  }

  log(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  prompt(): void {
    this.#isPrompted = true;
    // Standard input is left alone until a console wants it: a script may run with any.
    if (this.#input === undefined) this.#open();
    // In a round of its own: a prompt comes in the middle of a turn.
    else setImmediate(() => this.#feed());
  }

  close(done: () => void): void {
    process.stdout.write('', () => process.stderr.write('', done));
  }

  #open(): void {
    const input = createInterface({
      input: process.stdin,
      terminal: false,
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    this.#input = input;
    input.on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > linesAheadMax) input.pause();
      this.#feed();
    });
    input.on('close', () => {
      this.#isEnded = true;
      this.#feed();
    });
  }

  #feed(): void {
    if (!this.#isPrompted) return;
    const line = this.#lines.shift();
    if (line === undefined) {
      if (!this.#isEnded) return;
      this.#isPrompted = false;
      this.#events.onEnd();
      return;
    }
    this.#isPrompted = false;
    if (this.#lines.length < linesAheadMax / 2 && !this.#isEnded) this.#input?.resume();
    this.#events.onLine(line);
  }
}
