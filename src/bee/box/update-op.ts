import type { Decimal } from '../base/decimal.ts';
import { MsgpackReader, skip } from '../wire/msgpack.ts';
import { type ClientError, clientError } from './error.ts';
import { extTypeAt, MpExt, MpType, mpTypeAt } from './field-type.ts';
import type { TupleDictionary } from './format.ts';
import { PathLexer, textAt } from './json-path.ts';
import { dataLength, dataStart, decimalAt, floatAt, integerAt } from './mp-compare.ts';
import { arrayCount, arrayStart } from './tuple.ts';

/** A number in `+` and `-`. Order matters: the lower of two kinds decides how they are added. */
export type Arithmetic =
  | { readonly kind: 'decimal'; readonly value: Decimal }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint };

/** One operation of an update: `{'=', 2, 'x'}`. */
export interface UpdateOp {
  /** One of `= + - & | ^ : # !`. */
  opcode: string;
  /** Number of the field, from 0; negative ones count from the end. */
  readonly fieldNo: number;
  /** The rest of a path behind the field; undefined when the field itself is meant. */
  readonly lexer: PathLexer | undefined;
  /** What messages call the place: the number as the user counts, or the path in quotes. */
  readonly place: string;
  /** The user named the place by a path or a name. */
  readonly isNamed: boolean;
  /** `=` and `!`: the value, msgpack. */
  readonly value: Uint8Array;
  /** `#`: how many. */
  readonly count: number;
  readonly arithmetic: Arithmetic | undefined;
  /** `& | ^`. */
  readonly bits: bigint;
  /** `:`. */
  readonly splice: Splice | undefined;
}

export interface Splice {
  readonly offset: number;
  readonly cut: number;
  readonly paste: Uint8Array;
}

/** Operations in one update. */
const opCountMax = 4000;

const argumentCounts: Readonly<Record<string, number>> = {
  '=': 3,
  '!': 3,
  '+': 3,
  '-': 3,
  '&': 3,
  '|': 3,
  '^': 3,
  ':': 5,
  '#': 3,
};

/**
 * Reads the operations of an update or upsert, a msgpack array.
 * @param indexBase what the number of the first field is: 1 from Lua, 0 on the wire
 */
export function readUpdateOps(
  ops: Uint8Array,
  indexBase: number,
  dictionary: TupleDictionary,
): UpdateOp[] {
  if (mpTypeAt(ops, 0) !== MpType.ARRAY) {
    throw clientError('ILLEGAL_PARAMS', 'update operations must be an array {{op,..}, {op,..}}');
  }
  const count = arrayCount(ops, 0);
  if (count > opCountMax) throw clientError('ILLEGAL_PARAMS', 'too many operations for update');
  const result: UpdateOp[] = [];
  let pos = arrayStart(ops, 0);
  for (let number = 1; number <= count; number++) {
    result.push(readOp(ops, pos, number, indexBase, dictionary));
    pos = skip(ops, pos);
  }
  if (pos !== ops.length) throw clientError('ILLEGAL_PARAMS', "can't unpack update operations");
  return result;
}

function readOp(
  ops: Uint8Array,
  pos: number,
  number: number,
  indexBase: number,
  dictionary: TupleDictionary,
): UpdateOp {
  if (mpTypeAt(ops, pos) !== MpType.ARRAY) {
    throw clientError('ILLEGAL_PARAMS', 'update operation must be an array {op,..}');
  }
  const count = arrayCount(ops, pos);
  if (count < 1) {
    throw clientError(
      'ILLEGAL_PARAMS',
      'update operation must be an array {op,..}, got empty array',
    );
  }
  const reader = new MsgpackReader(ops, arrayStart(ops, pos));
  if (reader.type() !== 'str') {
    throw clientError('ILLEGAL_PARAMS', 'update operation name must be a string');
  }
  const opcode = reader.readStr();
  const expected = Object.hasOwn(argumentCounts, opcode) ? argumentCounts[opcode] : undefined;
  if (expected === undefined) throw clientError('UNKNOWN_UPDATE_OP', number, `"${opcode}"`);
  if (count !== expected) {
    const reason = `wrong number of arguments, expected ${expected}, got ${count}`;
    throw clientError('UNKNOWN_UPDATE_OP', number, reason);
  }
  const place = readPlace(reader, opcode, indexBase, dictionary);
  return { opcode, ...place, ...readArguments(reader, opcode, place, indexBase) };
}

type Place = Pick<UpdateOp, 'fieldNo' | 'lexer' | 'place' | 'isNamed'>;

function readPlace(
  reader: MsgpackReader,
  opcode: string,
  indexBase: number,
  dictionary: TupleDictionary,
): Place {
  const { bytes, pos } = reader;
  const type = mpTypeAt(bytes, pos);
  if (type === MpType.UINT || type === MpType.INT) {
    const value = integerAt(bytes, pos);
    reader.skip();
    const isSmall = value >= -0x8000_0000 && value <= 0x7fff_ffff;
    // A number too big has no place to name yet: the real server names field 1 then.
    if (!isSmall) throw clientError('UPDATE_ARG_TYPE', opcode, '1', 'an integer');
    const number = Number(value);
    if (number - indexBase < 0 && number >= 0) throw clientError('NO_SUCH_FIELD_NO', number);
    const fieldNo = number < 0 ? number : number - indexBase;
    return { fieldNo, lexer: undefined, place: placeOf(fieldNo), isNamed: false };
  }
  if (type === MpType.STR) return readNamedPlace(reader.readStr(), dictionary);
  throw clientError('ILLEGAL_PARAMS', 'field id must be a number or a string');
}

/** A field's number as the user counts. */
export function placeOf(fieldNo: number): string {
  return String(fieldNo < 0 ? fieldNo : fieldNo + 1);
}

function readNamedPlace(path: string, dictionary: TupleDictionary): Place {
  const place = `'${path}'`;
  const named = dictionary.numberOf(path);
  // The whole text may be a name, even one that looks like a path.
  if (named !== undefined) return { fieldNo: named, lexer: undefined, place, isNamed: true };
  const lexer = new PathLexer(path);
  const token = lexer.next();
  if (typeof token === 'number') throw badPath(place, token);
  const rest = (): PathLexer | undefined => (lexer.isAtEnd ? undefined : lexer);
  if (token?.kind === 'number') {
    return { fieldNo: token.index, lexer: rest(), place, isNamed: true };
  }
  const fieldNo = token?.kind === 'key' ? dictionary.numberOf(token.key) : undefined;
  if (fieldNo === undefined) throw clientError('NO_SUCH_FIELD_NAME', path);
  return { fieldNo, lexer: rest(), place, isNamed: true };
}

/** A path with something wrong at a position. */
export function badPath(place: string, position: number): ClientError {
  return clientError('UPDATE_FIELD', place, `invalid JSON in position ${position}`);
}

type Arguments = Pick<UpdateOp, 'value' | 'count' | 'arithmetic' | 'bits' | 'splice'>;

const noArguments: Arguments = {
  value: new Uint8Array(0),
  count: 0,
  arithmetic: undefined,
  bits: 0n,
  splice: undefined,
};

function readArguments(
  reader: MsgpackReader,
  opcode: string,
  { place }: Place,
  indexBase: number,
): Arguments {
  const { bytes } = reader;
  switch (opcode) {
    case '=':
    case '!':
      return { ...noArguments, value: reader.readRaw() };
    case '#': {
      if (mpTypeAt(bytes, reader.pos) !== MpType.UINT) {
        throw argumentType(opcode, place, 'a positive integer');
      }
      // A count of 32 bits, as the real server takes it.
      const count = Number(BigInt(reader.readInteger()) & 0xffffffffn);
      if (count === 0) throw clientError('UPDATE_FIELD', place, 'cannot delete 0 fields');
      return { ...noArguments, count };
    }
    case '+':
    case '-':
      return { ...noArguments, arithmetic: arithmeticAt(bytes, reader.pos, opcode, place) };
    case ':':
      return { ...noArguments, splice: readSplice(reader, opcode, place, indexBase) };
    default:
      return { ...noArguments, bits: bitsAt(bytes, reader.pos, opcode, place) };
  }
}

function readSplice(
  reader: MsgpackReader,
  opcode: string,
  place: string,
  indexBase: number,
): Splice {
  let offset = readInt32(reader, opcode, place);
  if (offset >= 0) {
    if (offset - indexBase < 0) throw spliceBound(place);
    offset -= indexBase;
  }
  const cut = readInt32(reader, opcode, place);
  if (mpTypeAt(reader.bytes, reader.pos) !== MpType.STR) {
    throw argumentType(opcode, place, 'a string');
  }
  return { offset, cut, paste: reader.readStrBytes() };
}

function readInt32(reader: MsgpackReader, opcode: string, place: string): number {
  const type = mpTypeAt(reader.bytes, reader.pos);
  const value =
    type === MpType.UINT || type === MpType.INT
      ? Number(integerAt(reader.bytes, reader.pos))
      : type === MpType.FLOAT || type === MpType.DOUBLE
        ? floatAt(reader.bytes, reader.pos)
        : Number.NaN;
  // The bitwise form of a number is itself only when it is a whole one of 32 bits.
  if ((value | 0) !== value) throw argumentType(opcode, place, 'an integer');
  reader.skip();
  return value;
}

/** The number at a position, for `+` and `-`. */
export function arithmeticAt(
  bytes: Uint8Array,
  pos: number,
  opcode: string,
  place: string,
): Arithmetic {
  switch (mpTypeAt(bytes, pos)) {
    case MpType.UINT:
    case MpType.INT:
      return { kind: 'int', value: BigInt(integerAt(bytes, pos)) };
    case MpType.DOUBLE:
      return { kind: 'double', value: floatAt(bytes, pos) };
    case MpType.FLOAT:
      return { kind: 'float', value: floatAt(bytes, pos) };
    case MpType.EXT:
      if (extTypeAt(bytes, pos) === MpExt.DECIMAL) {
        return { kind: 'decimal', value: decimalAt(bytes, pos) };
      }
      break;
  }
  throw argumentType(opcode, place, 'a number');
}

/** The unsigned number at a position, for `&`, `|` and `^`. */
export function bitsAt(bytes: Uint8Array, pos: number, opcode: string, place: string): bigint {
  if (mpTypeAt(bytes, pos) !== MpType.UINT) {
    throw argumentType(opcode, place, 'a positive integer');
  }
  return BigInt(integerAt(bytes, pos));
}

/** The bytes of the string at a position, for `:`. */
export function stringAt(
  bytes: Uint8Array,
  pos: number,
  opcode: string,
  place: string,
): Uint8Array {
  if (mpTypeAt(bytes, pos) !== MpType.STR) throw argumentType(opcode, place, 'a string');
  const start = dataStart(bytes, pos);
  return bytes.subarray(start, start + dataLength(bytes, pos));
}

export function argumentType(opcode: string, place: string, expected: string): ClientError {
  return clientError('UPDATE_ARG_TYPE', opcode, place, expected);
}

export function spliceBound(place: string): ClientError {
  return clientError('UPDATE_SPLICE', place, 'offset is out of bound');
}

/** Text of a key for messages. */
export function keyText(bytes: Uint8Array): string {
  return textAt(bytes, 0, bytes.length);
}
