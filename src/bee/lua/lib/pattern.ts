/** Lua patterns: matching with captures, as Lua 5.1 does it with LuaJIT's `%f` and NUL bytes in patterns. */
import { callerError } from '../vm/host.ts';

const capturesMax = 32;
const depthMax = 200;
const openCapture = -1;
const positionCapture = -2;
const percent = 37;

interface Capture {
  start: number;
  /** Bytes, or one of the two marks above. */
  length: number;
}

/** One attempt after another to match a pattern against a subject. */
export class Matcher {
  readonly #s: Uint8Array;
  readonly #p: Uint8Array;
  captures: Capture[] = [];
  #depth = 0;

  constructor(subject: Uint8Array, pattern: Uint8Array) {
    this.#s = subject;
    this.#p = pattern;
  }

  /**
   * Tries to match at one place.
   * @param from where in the subject
   * @param pattern where in the pattern: 1 to skip an anchor
   * @returns the end of the match, or -1
   */
  match(from: number, pattern: number): number {
    this.captures = [];
    this.#depth = 0;
    return this.#match(from, pattern);
  }

  /** The n-th capture from 0: bytes or a position; the whole match when there are no captures. */
  capture(n: number, start: number, end: number): Uint8Array | number {
    const capture = this.captures[n];
    if (capture === undefined) {
      if (n !== 0) throw callerError('invalid capture index');
      return this.#s.subarray(start, end);
    }
    if (capture.length === openCapture) throw callerError('unfinished capture');
    if (capture.length === positionCapture) return capture.start + 1;
    return this.#s.subarray(capture.start, capture.start + capture.length);
  }

  whole(start: number, end: number): Uint8Array {
    return this.#s.subarray(start, end);
  }

  /** How many values a match has: its captures, or the whole. */
  get valueCount(): number {
    return Math.max(1, this.captures.length);
  }

  #match(from: number, pattern: number): number {
    if (++this.#depth > depthMax) throw callerError('pattern too complex');
    try {
      return this.#matchHere(from, pattern);
    } finally {
      this.#depth--;
    }
  }

  #matchHere(from: number, pattern: number): number {
    let s = from;
    let p = pattern;
    while (p < this.#p.length) {
      const c = this.#p[p];
      const following = this.#p[p + 1];
      if (c === 40) {
        return following === 41
          ? this.#open(s, p + 2, positionCapture)
          : this.#open(s, p + 1, openCapture);
      }
      if (c === 41) return this.#close(s, p + 1);
      if (c === 36 && p + 1 === this.#p.length) return s === this.#s.length ? s : -1;
      if (c === percent && following === 98) {
        s = this.#balance(s, p + 2);
        if (s < 0) return -1;
        p += 4;
        continue;
      }
      if (c === percent && following === 102) {
        p = this.#frontier(s, p + 2);
        if (p < 0) return -1;
        continue;
      }
      if (c === percent && isDigit(following)) {
        s = this.#back(s, following ?? 0);
        if (s < 0) return -1;
        p += 2;
        continue;
      }
      const end = this.#classEnd(p);
      switch (this.#p[end]) {
        case 63: {
          if (this.#single(s, p, end)) {
            const result = this.#match(s + 1, end + 1);
            if (result >= 0) return result;
          }
          p = end + 1;
          break;
        }
        case 42:
          return this.#most(s, p, end, 0);
        case 43:
          return this.#most(s, p, end, 1);
        case 45:
          return this.#least(s, p, end);
        default:
          if (!this.#single(s, p, end)) return -1;
          s++;
          p = end;
      }
    }
    return s;
  }

  #classEnd(p: number): number {
    const c = this.#p[p];
    if (c === percent) {
      if (p + 1 >= this.#p.length) throw callerError("malformed pattern (ends with '%')");
      return p + 2;
    }
    return c === 91 ? this.#setEnd(p + 1) : p + 1;
  }

  #setEnd(from: number): number {
    let p = from;
    if (this.#p[p] === 94) p++;
    do {
      const c = this.#p[p];
      if (c === undefined) throw callerError("malformed pattern (missing ']')");
      p += c === percent ? 2 : 1;
    } while (this.#p[p] !== 93);
    return p + 1;
  }

  /** Whether one byte of the subject fits the single-byte class at `p`. */
  #single(s: number, p: number, end: number): boolean {
    const c = this.#s[s];
    if (c === undefined) return false;
    switch (this.#p[p]) {
      case 46:
        return true;
      case percent:
        return isInClass(c, this.#p[p + 1] ?? 0);
      case 91:
        return this.#isInSet(c, p, end - 1);
      default:
        return this.#p[p] === c;
    }
  }

  #isInSet(c: number, from: number, end: number): boolean {
    let p = from + 1;
    const isNegated = this.#p[p] === 94;
    if (isNegated) p++;
    for (; p < end; p++) {
      const low = this.#p[p] ?? 0;
      if (low === percent) {
        p++;
        if (isInClass(c, this.#p[p] ?? 0)) return !isNegated;
      } else if (this.#p[p + 1] === 45 && p + 2 < end) {
        if (low <= c && c <= (this.#p[p + 2] ?? 0)) return !isNegated;
        p += 2;
      } else if (low === c) {
        return !isNegated;
      }
    }
    return isNegated;
  }

  #most(s: number, p: number, end: number, least: number): number {
    let count = 0;
    while (this.#single(s + count, p, end)) count++;
    for (; count >= least; count--) {
      const result = this.#match(s + count, end + 1);
      if (result >= 0) return result;
    }
    return -1;
  }

  #least(from: number, p: number, end: number): number {
    for (let s = from; ; s++) {
      const result = this.#match(s, end + 1);
      if (result >= 0) return result;
      if (!this.#single(s, p, end)) return -1;
    }
  }

  #open(s: number, p: number, length: number): number {
    if (this.captures.length >= capturesMax) throw callerError('too many captures');
    this.captures.push({ start: s, length });
    const result = this.#match(s, p);
    if (result < 0) this.captures.pop();
    return result;
  }

  #close(s: number, p: number): number {
    const capture = this.captures.findLast((one) => one.length === openCapture);
    if (capture === undefined) throw callerError('invalid pattern capture');
    capture.length = s - capture.start;
    const result = this.#match(s, p);
    if (result < 0) capture.length = openCapture;
    return result;
  }

  #balance(s: number, p: number): number {
    const opening = this.#p[p];
    const closing = this.#p[p + 1];
    if (opening === undefined || closing === undefined) throw callerError('unbalanced pattern');
    if (this.#s[s] !== opening) return -1;
    let depth = 1;
    for (let at = s + 1; at < this.#s.length; at++) {
      if (this.#s[at] === closing) {
        if (--depth === 0) return at + 1;
      } else if (this.#s[at] === opening) depth++;
    }
    return -1;
  }

  #frontier(s: number, p: number): number {
    if (this.#p[p] !== 91) throw callerError("missing '[' after '%f' in pattern");
    const end = this.#classEnd(p);
    const before = this.#s[s - 1] ?? 0;
    const here = this.#s[s] ?? 0;
    const fits = !this.#isInSet(before, p, end - 1) && this.#isInSet(here, p, end - 1);
    return fits ? end : -1;
  }

  #back(s: number, digit: number): number {
    const capture = this.captures[digit - 49];
    if (capture === undefined || capture.length === openCapture) {
      throw callerError('invalid capture index');
    }
    const length = Math.max(capture.length, 0);
    if (this.#s.length - s < length) return -1;
    for (let at = 0; at < length; at++) {
      if (this.#s[capture.start + at] !== this.#s[s + at]) return -1;
    }
    return s + length;
  }
}

function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 48 && c <= 57;
}

/** `%a`, `%d` and so on; an upper-case letter means the opposite. */
function isInClass(c: number, letter: number): boolean {
  const lower = letter | 32;
  const test = classes[String.fromCharCode(lower)];
  const isLetter = (letter >= 65 && letter <= 90) || (letter >= 97 && letter <= 122);
  if (!isLetter || test === undefined) return letter === c;
  return (letter & 32) !== 0 ? test(c) : !test(c);
}

const isAlpha = (c: number): boolean => (c | 32) >= 97 && (c | 32) <= 122 && c < 128;
const classes: Readonly<Record<string, (c: number) => boolean>> = {
  a: isAlpha,
  c: (c) => c < 32 || c === 127,
  d: isDigit,
  g: (c) => c > 32 && c < 127,
  l: (c) => c >= 97 && c <= 122,
  p: (c) => c > 32 && c < 127 && !isAlpha(c) && !isDigit(c),
  s: (c) => c === 32 || (c >= 9 && c <= 13),
  u: (c) => c >= 65 && c <= 90,
  w: (c) => isAlpha(c) || isDigit(c),
  x: (c) => isDigit(c) || ((c | 32) >= 97 && (c | 32) <= 102),
  z: (c) => c === 0,
};
