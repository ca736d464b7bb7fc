/** `json.decode`: a strict reader that says what it wanted, what it found, and where, in the words of the real server. */
import { LibError } from './lib-error.ts';

/** Makes the caller's values. */
export interface JsonBuilder<T> {
  null(): T;
  boolean(value: boolean): T;
  /** Without fraction and exponent, within 64 bits. */
  integer(value: bigint): T;
  number(value: number): T;
  string(bytes: Uint8Array): T;
  array(items: readonly T[]): T;
  /** Later entries of one key replace earlier ones. */
  object(entries: readonly (readonly [Uint8Array, T])[]): T;
}

export interface JsonOptions {
  /** `decode_invalid_numbers`: whether nan and inf are taken. */
  readonly invalidNumbers?: boolean;
  /** `decode_max_depth`. */
  readonly maxDepth?: number;
}

/** @throws LibError where the text is no JSON */
export function decodeJson<T>(
  text: Uint8Array,
  builder: JsonBuilder<T>,
  options: JsonOptions = {},
): T {
  if (text.length >= 2 && (text[0] === 0 || text[1] === 0)) {
    throw new LibError('JSON parser does not support UTF-16 or UTF-32');
  }
  return new Parser(text, builder, options).document();
}

type Kind =
  | 'T_OBJ_BEGIN'
  | 'T_OBJ_END'
  | 'T_ARR_BEGIN'
  | 'T_ARR_END'
  | 'T_STRING'
  | 'T_UINT'
  | 'T_INT'
  | 'T_NUMBER'
  | 'T_BOOLEAN'
  | 'T_NULL'
  | 'T_COLON'
  | 'T_COMMA'
  | 'T_END';

interface Token {
  /** A kind, or what is wrong. */
  readonly found: Kind | string;
  readonly column: number;
  readonly bytes?: Uint8Array;
  readonly integer?: bigint;
  readonly number?: number;
  readonly truth?: boolean;
}

const punctuation = new Map<number | undefined, Kind>([
  [0x7b, 'T_OBJ_BEGIN'],
  [0x7d, 'T_OBJ_END'],
  [0x5b, 'T_ARR_BEGIN'],
  [0x5d, 'T_ARR_END'],
  [0x2c, 'T_COMMA'],
  [0x3a, 'T_COLON'],
]);

const simpleEscapes: Readonly<Record<string, number>> = {
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  f: 0x0c,
  r: 0x0d,
};

class Parser<T> {
  readonly #text: Uint8Array;
  readonly #builder: JsonBuilder<T>;
  readonly #maxDepth: number;
  readonly #invalidNumbers: boolean;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #depth = 0;

  constructor(text: Uint8Array, builder: JsonBuilder<T>, options: JsonOptions) {
    this.#text = text;
    this.#builder = builder;
    this.#maxDepth = options.maxDepth ?? 128;
    this.#invalidNumbers = options.invalidNumbers ?? true;
  }

  document(): T {
    const value = this.#value(this.#next());
    const rest = this.#next();
    if (rest.found !== 'T_END') this.#fail('the end', rest);
    return value;
  }

  #value(token: Token): T {
    const builder = this.#builder;
    switch (token.found) {
      case 'T_STRING':
        return builder.string(token.bytes ?? new Uint8Array(0));
      case 'T_INT':
      case 'T_UINT':
        return builder.integer(token.integer ?? 0n);
      case 'T_NUMBER':
        return builder.number(token.number ?? 0);
      case 'T_BOOLEAN':
        return builder.boolean(token.truth === true);
      case 'T_NULL':
        return builder.null();
      case 'T_OBJ_BEGIN':
        return this.#object();
      case 'T_ARR_BEGIN':
        return this.#array();
      default:
        return this.#fail('value', token);
    }
  }

  #object(): T {
    this.#descend();
    const entries: [Uint8Array, T][] = [];
    let token = this.#next();
    while (token.found !== 'T_OBJ_END' || entries.length > 0) {
      if (token.found !== 'T_STRING') this.#fail('object key string', token);
      const key = token.bytes ?? new Uint8Array(0);
      const colon = this.#next();
      if (colon.found !== 'T_COLON') this.#fail('colon', colon);
      entries.push([key, this.#value(this.#next())]);
      token = this.#next();
      if (token.found === 'T_OBJ_END') break;
      if (token.found !== 'T_COMMA') this.#fail('comma or object end', token);
      token = this.#next();
    }
    this.#depth--;
    return this.#builder.object(entries);
  }

  #array(): T {
    this.#descend();
    const items: T[] = [];
    let token = this.#next();
    while (token.found !== 'T_ARR_END' || items.length > 0) {
      items.push(this.#value(token));
      token = this.#next();
      if (token.found === 'T_ARR_END') break;
      if (token.found !== 'T_COMMA') this.#fail('comma or array end', token);
      token = this.#next();
    }
    this.#depth--;
    return this.#builder.array(items);
  }

  #descend(): void {
    if (++this.#depth <= this.#maxDepth) return;
    const place = `line ${this.#line} at character ${this.#at - this.#lineStart}`;
    throw new LibError(`Found too many nested data structures (${this.#depth}) on ${place}`);
  }

  #fail(expected: string, token: Token): never {
    const place = `line ${this.#line} at character ${token.column + 1}`;
    throw new LibError(`Expected ${expected} but found ${token.found} on ${place}`);
  }

  #next(): Token {
    for (;;) {
      const byte = this.#text[this.#at];
      if (byte === 0x0a) {
        this.#line++;
        this.#lineStart = this.#at + 1;
      } else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
      this.#at++;
    }
    const byte = this.#text[this.#at];
    const column = this.#at - this.#lineStart;
    if (byte === undefined || byte === 0) return { found: 'T_END', column };
    const kind = punctuation.get(byte);
    if (kind !== undefined) {
      this.#at++;
      return { found: kind, column };
    }
    if (byte === 0x22) return this.#string(column);
    return this.#number(column) ?? this.#word(column);
  }

  #ahead(length: number): string {
    return String.fromCharCode(...this.#text.subarray(this.#at, this.#at + length));
  }

  #word(column: number): Token {
    const take = (length: number, token: Omit<Token, 'column'>): Token => {
      this.#at += length;
      return { ...token, column };
    };
    const ahead = this.#ahead(5);
    if (ahead.startsWith('true')) return take(4, { found: 'T_BOOLEAN', truth: true });
    if (ahead === 'false') return take(5, { found: 'T_BOOLEAN', truth: false });
    if (ahead.startsWith('null')) return take(4, { found: 'T_NULL' });
    const special = this.#invalidNumbers ? /^(?:(-?)inf|-?nan|-na)/.exec(ahead) : null;
    if (special === null) return { found: 'invalid token', column };
    const infinite = special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (special[1] !== undefined) {
      return take(special[0].length, { found: 'T_NUMBER', number: infinite });
    }
    return take(ahead.startsWith('-') ? 4 : 3, { found: 'T_NUMBER', number: Number.NaN });
  }

  /** @returns undefined where no number begins */
  #number(column: number): Token | undefined {
    let end = this.#at;
    while (/[-+.\deE]/.test(String.fromCharCode(this.#text[end] ?? 0))) end++;
    const text = this.#ahead(end - this.#at);
    const whole = /^-?(?:0(?![\dxX])|[1-9]\d*)/.exec(text)?.[0];
    if (whole === undefined || /^-?0[xX]/.test(this.#ahead(3))) return undefined;
    const next = text[whole.length];
    if (next === '.' || next === 'e' || next === 'E') {
      const full = /^-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?/.exec(text)?.[0] ?? whole;
      this.#at += full.length;
      return { found: 'T_NUMBER', number: Number(full), column };
    }
    this.#at += whole.length;
    const exact = BigInt(whole);
    const least = -(2n ** 63n);
    const greatest = 2n ** 64n - 1n;
    // strtoll and strtoull stop at the ends of their ranges.
    const integer = exact < least ? least : exact > greatest ? greatest : exact;
    return { found: integer >= 2n ** 63n - 1n ? 'T_UINT' : 'T_INT', integer, column };
  }

  #string(column: number): Token {
    const bytes: number[] = [];
    this.#at++;
    for (;;) {
      const byte = this.#text[this.#at];
      if (byte === 0x22) break;
      if (byte === undefined || byte === 0) return this.#broken('unexpected end of string');
      if (byte !== 0x5c) {
        bytes.push(byte);
        this.#at++;
        continue;
      }
      const letter = String.fromCharCode(this.#text[this.#at + 1] ?? 0);
      const simple = simpleEscapes[letter];
      if (simple !== undefined) {
        bytes.push(simple);
        this.#at += 2;
      } else if (letter !== 'u') return this.#broken('invalid escape code');
      else if (!this.#unicode(bytes)) return this.#broken('invalid unicode escape code');
    }
    this.#at++;
    return { found: 'T_STRING', bytes: new Uint8Array(bytes), column };
  }

  #broken(found: string): Token {
    return { found, column: this.#at - this.#lineStart };
  }

  #unicode(bytes: number[]): boolean {
    const unit = /^\\u([\da-fA-F]{4})/.exec(this.#ahead(6))?.[1];
    if (unit === undefined) return false;
    let code = Number.parseInt(unit, 16);
    let length = 6;
    if ((code & 0xf800) === 0xd800) {
      const low = /^\\u[dD][89abAB][\da-fA-F]{2}\\u([dD][c-fC-F][\da-fA-F]{2})$/.exec(
        this.#ahead(12),
      );
      if (low?.[1] === undefined) return false;
      code = ((code & 0x3ff) << 10) + (Number.parseInt(low[1], 16) & 0x3ff) + 0x10000;
      length = 12;
    }
    bytes.push(...new TextEncoder().encode(String.fromCodePoint(code)));
    this.#at += length;
    return true;
  }
}
