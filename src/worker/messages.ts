/**
 * What the page and an instance's worker say to each other. Plain data only, small, in order.
 * The page never sees a tuple as anything but text or bytes.
 */
import type { InstanceStatus, ProbeResult } from '../bee/index.ts';

export type { InstanceStatus, LinkStatus, PeerStatus, ProbeResult } from '../bee/index.ts';

/** Page to worker. */
export type ToInstance =
  | { readonly kind: 'start'; readonly options: StartOptions }
  /** One line that the reader entered at the console's prompt, without its newline. */
  | { readonly kind: 'line'; readonly text: string }
  /** Ctrl-C while a statement runs: it stops with an error. */
  | { readonly kind: 'interrupt' }
  /** Ctrl-D at the prompt, or an orderly stop: the server closes its files and exits with 0. */
  | { readonly kind: 'end-of-input' }
  | {
      readonly kind: 'complete';
      readonly id: number;
      readonly text: string;
      readonly cursor: number;
    }
  /** Evaluates an expression for a check or the cluster strip, seen by nobody: no history, no log. */
  | { readonly kind: 'probe'; readonly id: number; readonly code: string }
  /** Stops the whole server as SIGSTOP does, or lets it go on. */
  | { readonly kind: 'pause'; readonly isPaused: boolean }
  /** The page has dealt with so many characters of output. Sent by the client, so that a print loop cannot flood the page. */
  | { readonly kind: 'taken'; readonly characters: number };

export interface StartOptions {
  /** In every database, channel and lock name (DESIGN D7). */
  readonly sessionId: string;
  readonly pid: number;
  /** Absolute directory in the session's file system. */
  readonly cwd: string;
  readonly home: string;
  readonly hostname: string;
  /** Arguments after the command name: a Lua file and its arguments, or none for the console. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Worker to page. */
export type FromInstance =
  /** Text for the terminal, newlines as \n. Answers, prints and the banner. */
  | { readonly kind: 'output'; readonly text: string }
  /** A log line: shown above the line being edited. */
  | { readonly kind: 'log'; readonly text: string; readonly level: string }
  /** The console waits for a line. `continuation` while a statement is incomplete. */
  | { readonly kind: 'prompt'; readonly text: string; readonly continuation: boolean }
  | {
      readonly kind: 'completions';
      readonly id: number;
      readonly from: number;
      readonly words: readonly string[];
    }
  | { readonly kind: 'probed'; readonly id: number; readonly result: ProbeResult }
  /** The state changed; sent at most every 100 ms. */
  | { readonly kind: 'status'; readonly status: InstanceStatus }
  /** The last message: files are closed, locks are given back. */
  | { readonly kind: 'exit'; readonly code: number };

/** What only the client of a worker hears (`instance-client.ts`), and tells in its own way. */
export type WorkerNews =
  /** The worker's code is loaded, and holds the lock by which its end is noticed. */
  | { readonly kind: 'ready'; readonly lock: string }
  /** A bug in Bee stopped the server: an assertion, or an exception that nobody expected. The last message. */
  | { readonly kind: 'crashed'; readonly message: string; readonly stack: string };
