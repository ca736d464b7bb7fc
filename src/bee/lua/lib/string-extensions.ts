/** What the real server adds to Lua's `string`, on bytes. The types of the arguments are checked by the binding. */
import { concat } from '../../base/bytes.ts';
import { findBytes } from './bytes.ts';
import { LibError } from './lib-error.ts';

const spaces = new Uint8Array([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]);

/**
 * `string.split(text, separator, max)`.
 * @param separator undefined splits at runs of blanks and drops empty parts
 * @param max after this many parts the rest stays whole
 */
export function split(
  text: Uint8Array,
  separator: Uint8Array | undefined,
  max = 0xffffffff,
): Uint8Array[] {
  if (separator === undefined) return splitAtBlanks(text, max);
  if (separator.length === 0) {
    throw new LibError(
      "bad argument #2 to 'string.split' (non-empty string expected, got empty string)",
    );
  }
  const parts: Uint8Array[] = [];
  let start = 0;
  while (parts.length < max && start < text.length) {
    const found = findBytes(text, separator, start);
    if (found < 0) break;
    parts.push(text.subarray(start, found));
    start = found + separator.length;
  }
  parts.push(text.subarray(start));
  return parts;
}

function splitAtBlanks(text: Uint8Array, max: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && spaces.includes(text[at] ?? 0)) at++;
    if (at === text.length) return parts;
    if (parts.length >= max) {
      parts.push(text.subarray(at));
      return parts;
    }
    const start = at;
    while (at < text.length && !spaces.includes(text[at] ?? 0)) at++;
    parts.push(text.subarray(start, at));
  }
}

function isAt(text: Uint8Array, wanted: Uint8Array, at: number): boolean {
  return at >= 0 && wanted.every((byte, index) => text[at + index] === byte);
}

/** `string.ljust`: fills up behind the text. @param fill one byte */
export function ljust(text: Uint8Array, width: number, fill = 0x20): Uint8Array {
  return concat([text, filling(width - text.length, fill)]);
}

/** `string.rjust`: fills up before the text. */
export function rjust(text: Uint8Array, width: number, fill = 0x20): Uint8Array {
  return concat([filling(width - text.length, fill), text]);
}

/** `string.center`: fills up on both sides, behind it one more where the room is odd. */
export function center(text: Uint8Array, width: number, fill = 0x20): Uint8Array {
  const room = Math.max(width - text.length, 0);
  const left = Math.floor(room / 2);
  return concat([filling(left, fill), text, filling(room - left, fill)]);
}

function filling(size: number, fill: number): Uint8Array {
  return new Uint8Array(Math.max(Math.floor(size), 0)).fill(fill);
}

/** `string.startswith`, within the bytes from `start` to `end` (1-based, negative from the end, both included). */
export function startsWith(
  text: Uint8Array,
  head: Uint8Array,
  start?: number,
  end?: number,
): boolean {
  const [from, to] = bounds(text.length, start, end);
  if (head.length === 0) return true;
  if (to - from + 1 < head.length || from > to) return false;
  return isAt(text, head, from - 1);
}

/** `string.endswith`. */
export function endsWith(
  text: Uint8Array,
  tail: Uint8Array,
  start?: number,
  end?: number,
): boolean {
  const [from, to] = bounds(text.length, start, end);
  if (tail.length === 0) return true;
  if (to - from + 1 < tail.length || from > to) return false;
  return isAt(text, tail, to - tail.length);
}

function bounds(
  length: number,
  start: number | undefined,
  end: number | undefined,
): [number, number] {
  const from = start === undefined ? 1 : start < 0 ? Math.max(length + start + 1, 0) : start;
  if (end === undefined || end > length) return [from, length];
  return [from, end < 0 ? Math.max(length + end + 1, 0) : end];
}

/** `string.hex`. */
export function hex(text: Uint8Array): string {
  return Array.from(text, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `string.fromhex`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) {
    throw new LibError(
      "bad argument #1 to 'string.fromhex' (even amount of chars expected, got odd amount)",
    );
  }
  if (!/^[0-9a-fA-F]*$/.test(text)) {
    throw new LibError(
      "bad argument #1 to 'string.fromhex' (hex string expected, got non hex chars)",
    );
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

/** `string.strip`, `lstrip` and `rstrip`: drops these bytes (blanks unless told) at the wanted ends. */
export function strip(
  text: Uint8Array,
  bytes: Uint8Array = spaces,
  ends: 'both' | 'left' | 'right' = 'both',
): Uint8Array {
  let start = 0;
  let end = text.length;
  if (ends !== 'right') while (start < end && bytes.includes(text[start] ?? 0)) start++;
  if (ends !== 'left') while (end > start && bytes.includes(text[end - 1] ?? 0)) end--;
  return text.subarray(start, end);
}
