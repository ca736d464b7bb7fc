import { Decimal } from '../base/decimal.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { type ClientError, clientError } from './error.ts';
import { type FieldType, MpExt } from './field-type.ts';
import { type PathLexer, type PathToken, tokenText } from './json-path.ts';
import {
  type Arithmetic,
  argumentType,
  arithmeticAt,
  badPath,
  bitsAt,
  placeOf,
  spliceBound,
  stringAt,
  type UpdateOp,
} from './update-op.ts';

const scratch = new MsgpackWriter(256);

/** An operation on its way to its place. */
export class OpState {
  readonly #op: UpdateOp;
  /** `=` of what is not there becomes `!`. */
  opcode: string;
  /** The index that the last token names, from 0; negative ones count from the end. */
  fieldNo: number;
  /** The key that the last token names. */
  key: Uint8Array = new Uint8Array(0);
  tokenKind: PathToken['kind'] = 'number';
  /** The last token was used: the next has to be read. */
  isTokenConsumed = false;
  /** `#`: how many; fewer when there are not so many. */
  count: number;
  readonly lexer: PathLexer | undefined;
  #result: Arithmetic | Uint8Array | bigint | undefined;

  constructor(op: UpdateOp) {
    this.#op = op;
    this.opcode = op.opcode;
    this.fieldNo = op.fieldNo;
    this.count = op.count;
    this.lexer = op.lexer;
  }

  get value(): Uint8Array {
    return this.#op.value;
  }

  /** A field counted from the end is named by its number once it is found. */
  get place(): string {
    return this.#op.isNamed ? this.#op.place : placeOf(this.fieldNo);
  }

  get isNamed(): boolean {
    return this.#op.isNamed;
  }

  /** No token is left: the place is reached. */
  get isTerminal(): boolean {
    return this.lexer === undefined || this.lexer.isAtEnd;
  }

  /** `Field 'a.b' UPDATE error: …` */
  error(reason: string): ClientError {
    return clientError('UPDATE_FIELD', this.place, reason);
  }

  badPath(position: number, shift = 0): ClientError {
    return badPath(this.place, position + shift);
  }

  /** The next token; undefined at the end. */
  nextToken(): PathToken | undefined {
    const token = this.lexer?.next();
    if (typeof token === 'number') throw this.badPath(token);
    return token;
  }

  /** Reads the next token as the place inside the array or map that the last one led to. */
  takeToken(): void {
    const token = this.nextToken();
    if (token === undefined) {
      throw this.isNamed
        ? clientError('NO_SUCH_FIELD_NAME', this.place)
        : clientError('NO_SUCH_FIELD_NO', this.fieldNo + 1);
    }
    this.retarget(token);
  }

  /** Makes a token the place that is meant. */
  retarget(token: PathToken): void {
    this.isTokenConsumed = false;
    this.tokenKind = token.kind;
    if (token.kind === 'number') this.fieldNo = token.index;
    if (token.kind === 'key') this.key = token.bytes;
  }

  /** Goes past the tokens when the path begins with them; else stays. */
  skipPrefix(path: readonly PathToken[]): boolean {
    const { lexer } = this;
    if (lexer === undefined) return path.length === 0;
    const { offset, symbols } = lexer;
    for (const expected of path) {
      const token = lexer.next();
      if (
        token === undefined ||
        typeof token === 'number' ||
        tokenText(token) !== tokenText(expected)
      ) {
        lexer.offset = offset;
        lexer.symbols = symbols;
        return false;
      }
    }
    return true;
  }

  /** Works out the new value from the old one at `pos`, for `+ - & | ^ :`. */
  compute(bytes: Uint8Array, pos: number): void {
    const { place } = this;
    const { opcode, arithmetic, splice } = this.#op;
    if (arithmetic !== undefined) {
      const left = arithmeticAt(bytes, pos, opcode, place);
      this.#result = this.#calculate(left, arithmetic);
    } else if (splice !== undefined) {
      this.#result = this.#spliced(stringAt(bytes, pos, opcode, place));
    } else {
      const old = bitsAt(bytes, pos, opcode, place);
      const { bits } = this.#op;
      if (opcode === '&') this.#result = old & bits;
      else this.#result = opcode === '|' ? old | bits : old ^ bits;
    }
  }

  /** The new value, msgpack. @param type of the field, as far as the format knows it */
  store(type: FieldType | undefined): Uint8Array {
    const result = this.#result;
    if (result === undefined) return this.value;
    scratch.reset();
    if (typeof result === 'bigint') scratch.uint(result);
    else if (result instanceof Uint8Array) scratch.str(result);
    else writeArithmetic(result, type);
    return scratch.finish();
  }

  #calculate(left: Arithmetic, right: Arithmetic): Arithmetic {
    const { place } = this;
    const { opcode } = this.#op;
    const isSum = opcode === '+';
    if (left.kind === 'int' && right.kind === 'int') {
      const value = isSum ? left.value + right.value : left.value - right.value;
      if (value >= 2n ** 64n || value < -(2n ** 63n)) {
        throw clientError('UPDATE_INTEGER_OVERFLOW', opcode, place);
      }
      return { kind: 'int', value };
    }
    if (left.kind === 'decimal' || right.kind === 'decimal') {
      const [a, b] = [toDecimal(left), toDecimal(right)];
      if (a === undefined || b === undefined) {
        throw argumentType(opcode, place, 'a number convertible to decimal');
      }
      const value = isSum ? a.add(b) : a.subtract(b);
      if (value === undefined) throw clientError('UPDATE_DECIMAL_OVERFLOW', opcode, place);
      return { kind: 'decimal', value };
    }
    const [a, b] = [Number(left.value), Number(right.value)];
    const value = isSum ? a + b : a - b;
    // A result that a float holds exactly is stored as one.
    const isFloat = Number.isFinite(value) && Math.fround(value) === value;
    return { kind: isFloat ? 'float' : 'double', value };
  }

  #spliced(old: Uint8Array): Uint8Array {
    const { place } = this;
    const { splice } = this.#op;
    if (splice === undefined) return old;
    let { offset, cut } = splice;
    if (offset < 0) {
      if (-offset > old.length + 1) throw spliceBound(place);
      offset += old.length + 1;
    } else if (offset > old.length) {
      offset = old.length;
    }
    const rest = old.length - offset;
    if (cut < 0) cut = -cut > rest ? 0 : cut + rest;
    else if (cut > rest) cut = rest;
    const result = new Uint8Array(old.length - cut + splice.paste.length);
    result.set(old.subarray(0, offset));
    result.set(splice.paste, offset);
    result.set(old.subarray(offset + cut), offset + splice.paste.length);
    return result;
  }
}

function toDecimal(number: Arithmetic): Decimal | undefined {
  switch (number.kind) {
    case 'decimal':
      return number.value;
    case 'int':
      return Decimal.fromInteger(number.value);
    default:
      return Decimal.fromDouble(number.value);
  }
}

function writeArithmetic(number: Arithmetic, type: FieldType | undefined): void {
  switch (number.kind) {
    case 'int':
      scratch.int(number.value);
      break;
    case 'double':
      scratch.double(number.value);
      break;
    case 'float':
      if (type === 'double') scratch.double(number.value);
      else scratch.float(number.value);
      break;
    case 'decimal':
      scratch.ext(MpExt.DECIMAL, number.value.pack());
  }
}
