import type { History } from './history.ts';

/** What the page does for a terminal. */
export interface TerminalPort {
  /** Writes to the screen, in order. */
  write(text: string): void;
  /** A line was entered. The program answers with `prompt` when it wants another. */
  onLine(text: string): void;
  /** Ctrl-C: stops what runs; or gives up a statement whose next line the program waits for. */
  onInterrupt(what: 'running' | 'unfinished'): void;
  /** Ctrl-D on an empty line. */
  onEndOfInput(): void;
  /** Tab: `done` may come later; it is ignored when the line has changed by then. */
  onComplete(text: string, cursor: number, done: (found: Completion) => void): void;
}

export interface Completion {
  /** From where in the text up to the cursor the words would stand. */
  readonly from: number;
  readonly words: readonly string[];
}

export interface Prompt {
  /** `$ `, `bee> `. */
  readonly text: string;
  /** The program wants the next line of an unfinished statement. */
  readonly isContinuation: boolean;
  /** How a continuation looks, for entries of several lines. */
  readonly continuation: string;
  readonly history: History;
}
