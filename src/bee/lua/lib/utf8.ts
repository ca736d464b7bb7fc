/** The `utf8` module, on bytes that need not be UTF-8. Positions are in bytes, counted from 1, negative from the end. */

import { concat } from '../../base/bytes.ts';

/** One character: its code, and where the next begins. A code of −1 stands for bytes that are none. */
interface Step {
  readonly code: number;
  readonly next: number;
}

/** Reads the character at a byte offset (from 0) as ICU does: a broken one takes up its longest good beginning. */
function step(bytes: Uint8Array, at: number): Step {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return { code: lead, next: at + 1 };
  const trails =
    lead >= 0xf0 && lead <= 0xf4
      ? 3
      : lead >= 0xe0 && lead < 0xf0
        ? 2
        : lead >= 0xc2 && lead < 0xe0
          ? 1
          : 0;
  if (trails === 0) return { code: -1, next: at + 1 };
  let code = lead & (0x3f >> trails);
  for (let index = 1; index <= trails; index++) {
    const trail = bytes[at + index] ?? 0;
    const [least, most] = index === 1 ? firstTrail(lead) : [0x80, 0xbf];
    if (trail < least || trail > most) return { code: -1, next: at + index };
    code = (code << 6) | (trail & 0x3f);
  }
  return { code, next: at + trails + 1 };
}

/** Which second bytes are neither overlong, surrogate nor too great. */
function firstTrail(lead: number): [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}

function absolute(offset: number, length: number): number {
  if (offset >= 0) return offset;
  return -offset > length ? 0 : length + offset + 1;
}

/** `utf8.len`: a count, or where (a byte position) or why it failed. */
export function utf8Length(
  bytes: Uint8Array,
  start = 1,
  end = -1,
): { readonly count: number } | { readonly failure: number | string } {
  let at = absolute(start, bytes.length) - 1;
  const to = absolute(end, bytes.length);
  if (at < 0 || at > bytes.length || to > bytes.length) {
    return { failure: 'position is out of string' };
  }
  let count = 0;
  while (at < to) {
    const { code, next } = step(bytes, at);
    count++;
    at = next;
    if (code < 0) return { failure: next };
  }
  return { count };
}

/** `utf8.next`: the byte position behind the character, and its code; undefined at the end. */
export function utf8Next(bytes: Uint8Array, from = 1): readonly [number, number] | undefined {
  const position = absolute(from, bytes.length);
  const at = position > 0 ? position - 1 : 0;
  if (at >= bytes.length) return undefined;
  const { code, next } = step(bytes, at);
  return code < 0 ? undefined : [next + 1, code];
}

/** `utf8.char`. */
export function utf8Char(codes: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const code of codes) {
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else {
      const low = [0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
      if (code < 0x10000) bytes.push(0xe0 | (code >> 12), ...low);
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), ...low);
    }
  }
  return new Uint8Array(bytes);
}

/** `utf8.sub`: from and to in characters. */
export function utf8Sub(bytes: Uint8Array, from: number, to = -1): Uint8Array {
  const first = from > 0 ? from - 1 : from;
  let start: number;
  let end: number;
  if (first >= 0) {
    start = forward(bytes, 0, first);
    end = to >= 0 ? forward(bytes, start, to - first) : back(bytes, bytes.length, -(to + 1));
  } else if (to < 0) {
    end = back(bytes, bytes.length, -(to + 1));
    start = back(bytes, end, to - first + 1);
  } else {
    end = forward(bytes, 0, to);
    start = back(bytes, bytes.length, -first);
  }
  return bytes.subarray(start, Math.max(start, end));
}

function forward(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < bytes.length; left--) at = step(bytes, at).next;
  return at;
}

function back(bytes: Uint8Array, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at > 0; left--) {
    let start = at - 1;
    for (let size = 1; size <= 4 && at - size >= 0; size++) {
      const { code, next } = step(bytes, at - size);
      if (next === at && (code >= 0x80 || size > 1)) start = at - size;
    }
    at = start;
  }
  return at;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** `utf8.upper`. */
export function utf8Upper(bytes: Uint8Array): Uint8Array {
  return mapped(bytes, (text) => text.toUpperCase());
}

/** `utf8.lower`. */
export function utf8Lower(bytes: Uint8Array): Uint8Array {
  return mapped(bytes, (text) => text.toLowerCase());
}

/** Maps what is UTF-8 and keeps other bytes as they are. */
function mapped(bytes: Uint8Array, change: (text: string) => string): Uint8Array {
  const parts: Uint8Array[] = [];
  let start = 0;
  const flush = (end: number): void => {
    if (end > start) parts.push(encoder.encode(change(decoder.decode(bytes.subarray(start, end)))));
  };
  for (let at = 0; at < bytes.length; ) {
    const { code, next } = step(bytes, at);
    if (code < 0) {
      flush(at);
      parts.push(bytes.subarray(at, next));
      start = next;
    }
    at = next;
  }
  flush(bytes.length);
  return concat(parts);
}

const classes = {
  isalpha: /^\p{L}$/u,
  isdigit: /^\p{Nd}$/u,
  islower: /^\p{Ll}$/u,
  isupper: /^\p{Lu}$/u,
};

/** `utf8.isalpha` and its like, of a code or of a string of one character. */
export function utf8Is(kind: keyof typeof classes, subject: number | Uint8Array): boolean {
  let code = -1;
  if (typeof subject === 'number') code = subject;
  else if (subject.length > 0) {
    const only = step(subject, 0);
    if (only.next === subject.length) code = only.code;
  }
  if (code < 0 || code > 0x10ffff) return false;
  return classes[kind].test(String.fromCodePoint(code));
}

/**
 * `utf8.cmp` and `utf8.casecmp`: the order of Unicode's default collation.
 * @returns −1, 0 or 1
 */
export function utf8Compare(left: Uint8Array, right: Uint8Array, ignoreCase: boolean): number {
  const collator = ignoreCase ? baseOrder : fullOrder;
  return Math.sign(collator.compare(decoder.decode(left), decoder.decode(right)));
}

const fullOrder = new Intl.Collator('en', { sensitivity: 'variant' });
const baseOrder = new Intl.Collator('en', { sensitivity: 'base' });
