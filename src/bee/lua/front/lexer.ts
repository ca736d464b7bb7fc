/**
 * Splits a program into tokens as LuaJIT does, with its messages. The engine's own lexer reads the program again afterwards; this
 * one decides what is a mistake, and finds what the engine cannot read (64-bit literals).
 */
import { parseIntegerLiteral, parseNumberText } from '../vm/number-parse.ts';
import { chunkId } from './chunk-id.ts';

/** A program that cannot be compiled. The message is complete, with chunk and line; each character is one byte. */
export class LuaSyntaxError extends Error {
  override readonly name = 'LuaSyntaxError';
}

export type TokenKind = 'name' | 'number' | 'string' | 'eof' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** What the grammar looks at: a symbol, a reserved word, or the kind in angle brackets. */
  readonly type: string;
  /** Byte offsets in the program. */
  readonly start: number;
  readonly end: number;
  /** Line on which the token ends. */
  readonly line: number;
  /** A name's or string's bytes, as characters of one byte each. */
  readonly text: string;
  /** The value of a number; undefined for a 64-bit literal. */
  readonly number?: number;
}

const reserved = new Set(
  (
    'and break do else elseif end false for function goto if in local nil not or repeat return then ' +
    'true until while'
  ).split(' '),
);

const twoByteSymbols = new Set(['==', '<=', '>=', '~=', '::', '..']);
const EOF = -1;
const NEWLINE = 10;
const RETURN = 13;
const BACKSLASH = 92;
const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
  "'": 39,
};

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isLetter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c > 127;
}

function isHexDigit(c: number): boolean {
  return isDigit(c) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70);
}

/** Cuts a program into LuaJIT's tokens. */
export class Lexer {
  readonly #bytes: Uint8Array;
  readonly #chunkName: Uint8Array;
  #at = 0;
  /** What messages show of the token under way. */
  #saved = '';
  line = 1;

  constructor(bytes: Uint8Array, chunkName: Uint8Array) {
    this.#bytes = bytes;
    this.#chunkName = chunkName;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
    if (this.#byte() === 35) while (!this.#isLineEnd() && this.#byte() !== EOF) this.#at++;
  }

  /** Where the program proper begins: behind a byte order mark. */
  get start(): number {
    return this.#at;
  }

  next(): Token {
    this.#saved = '';
    for (;;) {
      const c = this.#byte();
      if (c === NEWLINE || c === RETURN) this.#newline();
      else if (c === 32 || c === 9 || c === 11 || c === 12) this.#at++;
      else if (c !== 45 || this.#byte(1) !== 45) break;
      else this.#comment();
    }
    const start = this.#at;
    const c = this.#byte();
    if (c === EOF) return this.#token('eof', '<eof>', start);
    if (isDigit(c) || (c === 46 && isDigit(this.#byte(1)))) return this.#number(start);
    if (isLetter(c)) return this.#name(start);
    if (c === 34 || c === 39) return this.#string(start, c);
    if (c === 91) {
      const level = this.#skipEquals();
      if (level >= 0) return this.#longString(start, level, true);
      if (level < -1) this.fail('invalid long string delimiter', this.#saved);
      return this.#token('symbol', '[', start);
    }
    return this.#symbol(start);
  }

  /** Raises a syntax error: the line is where reading stands. `near` is left out when there is nothing to show. */
  fail(message: string, near?: string, line = this.line): never {
    const place = `${chunkId(this.#chunkName)}:${line}: ${message}`;
    const shown = near?.split('\0')[0];
    throw new LuaSyntaxError(shown === undefined ? place : `${place} near '${shown}'`);
  }

  /** What a message shows of a token. */
  show(token: Token): string {
    if (token.kind !== 'symbol' && token.kind !== 'eof') return this.#saved;
    const code = token.type.charCodeAt(0);
    return token.type.length === 1 && (code < 32 || code === 127) ? `char(${code})` : token.type;
  }

  #byte(ahead = 0): number {
    return this.#bytes[this.#at + ahead] ?? EOF;
  }

  #isLineEnd(): boolean {
    const c = this.#byte();
    return c === NEWLINE || c === RETURN;
  }

  #newline(): void {
    const first = this.#byte();
    this.#at++;
    if (this.#isLineEnd() && this.#byte() !== first) this.#at++;
    this.line++;
  }

  #save(): void {
    this.#saved += String.fromCharCode(this.#byte());
    this.#at++;
  }

  #token(kind: TokenKind, type: string, start: number, text = '', number?: number): Token {
    const token = { kind, type, start, end: this.#at, line: this.line, text };
    return number === undefined ? token : { ...token, number };
  }

  #comment(): void {
    this.#at += 2;
    if (this.#byte() === 91) {
      const level = this.#skipEquals();
      this.#saved = '';
      if (level >= 0) {
        this.#longString(this.#at, level, false);
        this.#saved = '';
        return;
      }
    }
    while (!this.#isLineEnd() && this.#byte() !== EOF) this.#at++;
  }

  /** Skips `[===`; the count of equal signs when a second bracket follows, else below zero. */
  #skipEquals(): number {
    const bracket = this.#byte();
    let count = 0;
    this.#save();
    for (; this.#byte() === 61; count++) this.#save();
    return this.#byte() === bracket ? count : -count - 1;
  }

  #longString(start: number, level: number, isString: boolean): Token {
    this.#save();
    if (this.#isLineEnd()) this.#newline();
    for (;;) {
      const c = this.#byte();
      if (c === EOF) {
        this.fail(isString ? 'unfinished long string' : 'unfinished long comment', '<eof>');
      } else if (c === 93) {
        if (this.#skipEquals() === level) break;
      } else if (this.#isLineEnd()) {
        this.#saved += '\n';
        this.#newline();
      } else {
        this.#save();
      }
    }
    this.#save();
    const edge = 2 + level;
    return this.#token('string', '<string>', start, this.#saved.slice(edge, -edge));
  }

  #number(start: number): Token {
    let exponent = 'e';
    let last = this.#byte();
    if (last === 48 && (this.#byte(1) | 32) === 120) {
      exponent = 'p';
      this.#save();
    }
    for (;;) {
      const c = this.#byte();
      const isSign = c === 45 || c === 43;
      const follows = isSign && String.fromCharCode(last | 32) === exponent;
      if (!isDigit(c) && !isLetter(c) && c !== 46 && !follows) break;
      last = c;
      this.#save();
    }
    const number = parseNumberText(this.#saved);
    if (number === undefined && parseIntegerLiteral(this.#saved) === undefined) {
      this.fail('malformed number', this.#saved);
    }
    return this.#token('number', '<number>', start, this.#saved, number);
  }

  #name(start: number): Token {
    while (isLetter(this.#byte()) || isDigit(this.#byte())) this.#save();
    const word = this.#saved;
    if (reserved.has(word)) return this.#token('symbol', word, start, word);
    return this.#token('name', '<name>', start, word);
  }

  #symbol(start: number): Token {
    const one = String.fromCharCode(this.#byte());
    const two = one + String.fromCharCode(Math.max(this.#byte(1), 0));
    if (two === '..' && this.#byte(2) === 46) {
      this.#at += 3;
      return this.#token('symbol', '...', start);
    }
    const symbol = twoByteSymbols.has(two) ? two : one;
    this.#at += symbol.length;
    return this.#token('symbol', symbol, start);
  }

  #string(start: number, quote: number): Token {
    this.#save();
    while (this.#byte() !== quote) {
      const c = this.#byte();
      if (c === EOF) this.fail('unfinished string', '<eof>');
      else if (this.#isLineEnd()) this.fail('unfinished string', this.#saved);
      else if (c === BACKSLASH) this.#escape();
      else this.#save();
    }
    this.#save();
    return this.#token('string', '<string>', start, this.#saved.slice(1, -1));
  }

  #escape(): void {
    this.#at++;
    const c = this.#byte();
    const simple = c === EOF ? undefined : simpleEscapes[String.fromCharCode(c)];
    if (simple !== undefined) {
      this.#saved += String.fromCharCode(simple);
      this.#at++;
    } else if (c === 120) this.#hexEscape();
    else if (c === 117) this.#unicodeEscape();
    else if (c === 122) this.#skipSpace();
    else if (c === NEWLINE || c === RETURN) {
      this.#saved += '\n';
      this.#newline();
    } else if (c !== EOF) this.#decimalEscape();
  }

  #badEscape(): never {
    return this.fail('invalid escape sequence', this.#saved);
  }

  #hexEscape(): void {
    const high = this.#byte(1);
    const low = this.#byte(2);
    if (!isHexDigit(high) || !isHexDigit(low)) this.#badEscape();
    const code = Number.parseInt(String.fromCharCode(high, low), 16);
    this.#saved += String.fromCharCode(code);
    this.#at += 3;
  }

  #unicodeEscape(): void {
    if (this.#byte(1) !== 123) this.#badEscape();
    this.#at += 2;
    let code = 0;
    do {
      const c = this.#byte();
      if (!isHexDigit(c)) this.#badEscape();
      code = code * 16 + Number.parseInt(String.fromCharCode(c), 16);
      if (code >= 0x110000) this.#badEscape();
      this.#at++;
    } while (this.#byte() !== 125);
    this.#at++;
    if (code >= 0xd800 && code < 0xe000) this.#badEscape();
    for (const byte of new TextEncoder().encode(String.fromCodePoint(code))) {
      this.#saved += String.fromCharCode(byte);
    }
  }

  #skipSpace(): void {
    this.#at++;
    for (;;) {
      if (this.#isLineEnd()) this.#newline();
      else if ([32, 9, 11, 12].includes(this.#byte())) this.#at++;
      else return;
    }
  }

  #decimalEscape(): void {
    let code = 0;
    let digits = 0;
    for (; digits < 3 && isDigit(this.#byte()); digits++) {
      code = code * 10 + this.#byte() - 48;
      this.#at++;
    }
    if (digits === 0 || code > 255) this.#badEscape();
    this.#saved += String.fromCharCode(code);
  }
}
