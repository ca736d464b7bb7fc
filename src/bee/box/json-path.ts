import { decodeUtf8 } from '../wire/utf8.ts';

/**
 * Paths inside a tuple's field: `.key`, `["key"]`, `[3]`, and `[*]` for every element of an array. Indexes count from 1 in
 * the text and from 0 in a token.
 */
export type PathToken =
  | { readonly kind: 'number'; readonly index: number }
  | { readonly kind: 'key'; readonly key: string; readonly bytes: Uint8Array }
  | { readonly kind: 'any' };

const utf8 = new TextEncoder();
const letter = /^\p{L}$/u;
const identifierPart = /^[\p{Alphabetic}\p{Nd}_]$/u;

/** Reads a path token by token. */
export class PathLexer {
  readonly source: string;
  /** Position of the next symbol, in code units. */
  offset = 0;
  /** Symbols read so far, which is how messages count positions. */
  symbols = 0;
  readonly #indexBase: number;

  constructor(source: string, indexBase = 1) {
    this.source = source;
    this.#indexBase = indexBase;
  }

  get isAtEnd(): boolean {
    return this.offset >= this.source.length;
  }

  /** The next token; undefined at the end; a number is the position, counted from 1, of what is wrong. */
  next(): PathToken | undefined | number {
    if (this.isAtEnd) return undefined;
    const first = this.#symbol();
    if (first === '[') return this.#bracket();
    if (first === '.') return this.isAtEnd ? this.symbols + 1 : this.#identifier();
    if (this.offset > first.length) return this.symbols;
    this.offset = 0;
    this.symbols--;
    return this.#identifier();
  }

  #bracket(): PathToken | number {
    if (this.isAtEnd) return this.symbols;
    const first = this.source[this.offset];
    let token: PathToken | number;
    if (first === '"' || first === "'") {
      token = this.#string(first);
    } else if (first === '*') {
      this.offset++;
      this.symbols++;
      token = { kind: 'any' };
    } else {
      token = this.#integer();
    }
    if (typeof token === 'number') return token;
    if (this.source[this.offset] !== ']') return this.symbols + 1;
    this.offset++;
    this.symbols++;
    return token;
  }

  #string(quote: string): PathToken | number {
    this.offset++;
    this.symbols++;
    const start = this.offset;
    while (!this.isAtEnd) {
      if (this.#symbol() === quote) {
        const key = this.source.slice(start, this.offset - 1);
        return key === '' ? this.symbols : keyToken(key);
      }
    }
    return this.symbols + 1;
  }

  #integer(): PathToken | number {
    const digits = /^[0-9]+/.exec(this.source.slice(this.offset))?.[0];
    if (digits === undefined) return this.symbols + 1;
    const value = Number(digits) | 0;
    if (value < this.#indexBase) return this.symbols + 1;
    this.offset += digits.length;
    this.symbols += digits.length;
    return { kind: 'number', index: value - this.#indexBase };
  }

  #identifier(): PathToken | number {
    const start = this.offset;
    const first = this.#symbol();
    if (first !== '_' && !letter.test(first)) return this.symbols;
    while (!this.isAtEnd) {
      const [before, count] = [this.offset, this.symbols];
      if (!identifierPart.test(this.#symbol())) {
        this.offset = before;
        this.symbols = count;
        break;
      }
    }
    return keyToken(this.source.slice(start, this.offset));
  }

  #symbol(): string {
    const symbol = String.fromCodePoint(this.source.codePointAt(this.offset) ?? 0);
    this.offset += symbol.length;
    this.symbols++;
    return symbol;
  }
}

function keyToken(key: string): PathToken {
  return { kind: 'key', key, bytes: utf8.encode(key) };
}

/** All tokens of a path; a number is the position of what is wrong with it. */
export function parsePath(path: string): PathToken[] | number {
  const lexer = new PathLexer(path);
  const tokens: PathToken[] = [];
  while (true) {
    const token = lexer.next();
    if (token === undefined) return tokens;
    if (typeof token === 'number') return token;
    tokens.push(token);
  }
}

/** The path written one way, so that two spellings of the same path are equal: `a.b` and `["a"]["b"]`. */
export function canonicalPath(tokens: readonly PathToken[]): string {
  return tokens.map(tokenText).join('');
}

/** A token as messages show it: `[1]`, `["key"]`, `[*]`. */
export function tokenText(token: PathToken): string {
  switch (token.kind) {
    case 'number':
      return `[${token.index + 1}]`;
    case 'key':
      return `["${token.key}"]`;
    case 'any':
      return '[*]';
  }
}

/** True when the msgpack string whose data is at `start` is the key. */
export function isKeyAt(
  bytes: Uint8Array,
  start: number,
  length: number,
  key: Uint8Array,
): boolean {
  if (length !== key.length) return false;
  for (let at = 0; at < length; at++) if (bytes[start + at] !== key[at]) return false;
  return true;
}

/** Text of string data, for messages. */
export function textAt(bytes: Uint8Array, start: number, length: number): string {
  return decodeUtf8(bytes, start, start + length);
}
