import type { Disk, Network } from '../../src/bee/env/index.ts';

/**
 * What a contract suite needs of a host: processes that can be killed, and waiting. The suites are plain lists of cases
 * without a test framework, so that the same code runs under vitest and inside a page of a real browser.
 */
export interface Bench {
  /** A port that is free on the machine, and the one behind it; absent where the bench has a network of its own. */
  readonly port?: number;
  /** A new process over the bench's one file system and one network. */
  process(): Promise<TestProcess>;
  /** Lets the host's world go on until the condition holds; throws after a while. */
  until(condition: () => boolean, what?: string): Promise<void>;
  dispose(): Promise<void>;
}

export interface TestProcess {
  readonly disk: Disk;
  readonly network: Network;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
}

export interface ContractCase {
  /** The promise that is checked, as a sentence. */
  readonly name: string;
  run(bench: Bench): Promise<void>;
}

/** Waits for the outcome of a port call, and checks the one promise that holds for all of them. */
export async function outcome<T>(
  bench: Bench,
  start: (done: (value: T) => void) => void,
  what = 'a call',
): Promise<T> {
  const got: T[] = [];
  let isInCall = true;
  let wasInCall = false;
  start((value) => {
    wasInCall ||= isInCall;
    got.push(value);
  });
  isInCall = false;
  await bench.until(() => got.length > 0, what);
  equal(wasInCall, false, `${what} was answered during the call`);
  equal(got.length, 1, `${what} was answered more than once`);
  const [value] = got;
  if (value === undefined && got.length === 0) throw new Error(`${what} was not answered`);
  // The array has exactly one element: checked above.
  return value as T;
}

/** Fails unless both are the same; objects are compared by their JSON text. */
export function equal(found: unknown, expected: unknown, what = ''): void {
  const [left, right] = [text(found), text(expected)];
  if (left !== right) throw new Error(`${what}: found ${left}, expected ${right}`);
}

/** Fails unless the condition holds. */
export function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Fails unless the bytes are the same, and says where they begin to differ. */
export function sameBytes(found: Uint8Array, expected: Uint8Array, what = 'bytes'): void {
  const length = Math.min(found.length, expected.length);
  for (let at = 0; at < length; at++) {
    if (found[at] !== expected[at])
      throw new Error(`${what} differ at ${at} of ${expected.length}`);
  }
  equal(found.length, expected.length, `length of ${what}`);
}

/** Bytes that look different everywhere, so that a swap or a shift shows. */
export function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** One array out of several. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}
