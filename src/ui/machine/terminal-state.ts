import { isRecord, keep, kept, strings } from './kept.ts';
import { readStartedServer, type StartedServer } from './started-server.ts';

/** What a terminal is when nothing runs in it: what a reload, a second tab and a saved session bring back. */
export interface TerminalState {
  /** Absolute. */
  readonly cwd: string;
  /** Lines with their styles. */
  readonly transcript: readonly string[];
  readonly shellHistory: readonly string[];
  readonly consoleHistory: readonly string[];
  /** What ran in it when the page was left; a session that was saved somewhere has none. */
  readonly server?: StartedServer | undefined;
}

/** Lines that a reload brings back: ten terminals of them are a megabyte or so of the five that the browser gives. */
const keptLinesMax = 1000;

/** @param home where a terminal stands that was never stored */
export function readTerminalState(sessionId: string, number: number, home: string): TerminalState {
  const value = kept(keyOf(sessionId, number));
  const { cwd, transcript, shellHistory, consoleHistory, server } = isRecord(value) ? value : {};
  return {
    cwd: typeof cwd === 'string' ? cwd : home,
    transcript: strings(transcript),
    shellHistory: strings(shellHistory),
    consoleHistory: strings(consoleHistory),
    server: readStartedServer(server),
  };
}

/** Stores a terminal's state, of its transcript the end. */
export function keepTerminalState(sessionId: string, number: number, state: TerminalState): void {
  const transcript = state.transcript.slice(-keptLinesMax);
  keep(keyOf(sessionId, number), { ...state, transcript });
}

/** The same with all lines that there are: for a session that was saved somewhere else. */
export function restoreTerminalState(
  sessionId: string,
  number: number,
  state: TerminalState,
): void {
  keep(keyOf(sessionId, number), state);
}

/** Nothing is brought back: the terminal is taken away, and its number is free. */
export function forgetTerminalState(sessionId: string, number: number): void {
  // An empty state: `forget` takes all keys that begin so, and this may be terminal 1 of ten.
  keep(keyOf(sessionId, number), {});
}

function keyOf(sessionId: string, number: number): string {
  return `${sessionId}/terminal-${number}`;
}
