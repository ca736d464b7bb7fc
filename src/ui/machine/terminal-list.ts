import { isRecord, keep, kept } from './kept.ts';

/** As many as a page can hold side by side; each running server is a worker with 10 to 20 MB. */
export const terminalsMax = 10;
/** A longer name would push everything else out of a title bar. */
export const terminalNameMax = 40;

/** A terminal as a reload must find it. */
export interface ListedTerminal {
  readonly number: number;
  /** '' when the reader gave it none. */
  readonly name: string;
}

/** Terminals 1 to `count`, without names. */
export function firstTerminals(count: number): ListedTerminal[] {
  return Array.from({ length: count }, (_, at) => ({ number: at + 1, name: '' }));
}

/** Reads a list that was stored, or came from somewhere else; empty when it is none. */
export function readTerminals(value: unknown): ListedTerminal[] {
  // Earlier versions of the page stored how many there are.
  if (typeof value === 'number') return firstTerminals(Math.min(terminalsMax, Math.max(1, value)));
  const listed = new Map<number, ListedTerminal>();
  for (const one of Array.isArray(value) ? value : []) {
    const { number, name } = isRecord(one) ? one : {};
    if (typeof number !== 'number' || !Number.isInteger(number)) continue;
    if (number < 1 || number > terminalsMax) continue;
    listed.set(number, {
      number,
      name: typeof name === 'string' ? name.slice(0, terminalNameMax) : '',
    });
  }
  return [...listed.values()].sort((a, b) => a.number - b.number);
}

/** The terminals of a session when it was last open. */
export function storedTerminals(sessionId: string): ListedTerminal[] {
  return readTerminals(kept(`${sessionId}/terminals`));
}

export function keepTerminals(sessionId: string, terminals: readonly ListedTerminal[]): void {
  const list = terminals.map(({ number, name }) => ({ number, name }));
  keep(`${sessionId}/terminals`, list);
}
