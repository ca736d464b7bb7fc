import type { Result } from '../bee/base/result.ts';
import type { Program } from './types.ts';

/**
 * The port through which a lesson is played and checked: terminals, servers and files of one
 * session. The page implements it over its terminals and workers, the tests over the simulated
 * world. Terminals are counted from 1.
 *
 * Every `done` is called exactly once, during the call or later. Calls that overlap are allowed for
 * different terminals.
 */
export interface Stage {
  /**
   * The lesson that the terminals' servers and files belong to; remembered as long as the files
   * are.
   */
  owner: string | undefined;
  /**
   * Waits until a terminal waits for a line.
   * @param done called with what waits there; undefined when the terminal is gone or was taken away
   */
  whenPrompting(terminal: number, done: (prompt: Prompt | undefined) => void): void;
  /**
   * Types one line at the prompt of a terminal and enters it, as the reader would.
   * @param pace 'visible' lets the reader watch it being typed, 'fast' enters it at once (cold
   *   start, tests)
   * @param done called when the terminal waits for a line again (a continuation prompt counts);
   *   false when it could not be typed or was given up: the terminal is gone, or the reader took it
   *   over
   */
  typeLine(terminal: number, text: string, pace: Pace, done: (entered: boolean) => void): void;
  /** What runs in the terminal now. */
  program(terminal: number): Program;
  /** Evaluates an expression on the server of a terminal, seen by nobody: no history, no log. */
  probe(terminal: number, code: string, done: (result: Probed) => void): void;
  /**
   * Finds files: `pattern` is a path from `~` or `/`, with `*` in its last part.
   * @param done called with an empty list where nothing is, and with the reason where nobody could look
   */
  find(pattern: string, done: (found: Found) => void): void;
  /** Calls back once after some seconds. @returns a function that cancels it */
  after(seconds: number, fire: () => void): () => void;
  /**
   * Ends all servers of the lesson, removes all files of the session, and leaves empty terminals at
   * `$` in `~`.
   */
  reset(done: () => void): void;
}

/** What waits for a line in a terminal. */
export interface Prompt {
  readonly program: Program;
  /** It waits for the rest of a statement or command. */
  readonly isContinuation: boolean;
}

export type Pace = 'visible' | 'fast';

export type Probed =
  /** `value` as JSON has it: the probe's answer of `worker/messages.ts`. */
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string }
  /** The terminal shows the shell: there is nobody to ask. */
  | { readonly kind: 'no-server' };

/** What was found, or why the files cannot be read: a lost storage is no empty one. */
export type Found = Result<readonly FoundFile[], string>;

export interface FoundFile {
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Bytes; 4096 for a directory. */
  readonly size: number;
}
