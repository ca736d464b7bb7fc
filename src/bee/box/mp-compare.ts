import { Decimal } from '../base/decimal.ts';
import type { Collation } from './collation.ts';
import { extTypeAt, type FieldType, MpExt, MpType, mpTypeAt } from './field-type.ts';

/**
 * Comparison of msgpack values where they stand, without making objects of them: the inner loop of every index.
 * All comparisons are exact: 64-bit integers to the last digit, integers with doubles and decimals by their true values.
 */

/** Compares the value at `aPos` of `a` with the one at `bPos` of `b`: negative, zero or positive. */
export type FieldComparator = (a: Uint8Array, aPos: number, b: Uint8Array, bPos: number) => number;

const view = new DataView(new ArrayBuffer(8));

/** Big-endian 32 bits. */
function word(bytes: Uint8Array, pos: number): number {
  return (
    (((bytes[pos] ?? 0) << 24) |
      ((bytes[pos + 1] ?? 0) << 16) |
      ((bytes[pos + 2] ?? 0) << 8) |
      (bytes[pos + 3] ?? 0)) >>>
    0
  );
}

/** Value of a UINT as the nearest double: exact below 2^53. */
export function uintAt(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0;
  if (head < 0x80) return head;
  if (head === 0xcc) return bytes[pos + 1] ?? 0;
  if (head === 0xcd) return ((bytes[pos + 1] ?? 0) << 8) | (bytes[pos + 2] ?? 0);
  if (head === 0xce) return word(bytes, pos + 1);
  return word(bytes, pos + 1) * 0x1_0000_0000 + word(bytes, pos + 5);
}

/** Value of an INT or UINT: bigint only where a double is not exact. */
export function integerAt(bytes: Uint8Array, pos: number): number | bigint {
  const head = bytes[pos] ?? 0;
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 0x100;
  switch (head) {
    case 0xd0:
      return ((bytes[pos + 1] ?? 0) << 24) >> 24;
    case 0xd1:
      return (((bytes[pos + 1] ?? 0) << 24) >> 16) | (bytes[pos + 2] ?? 0);
    case 0xd2:
      return word(bytes, pos + 1) | 0;
    case 0xd3: {
      const value = (word(bytes, pos + 1) | 0) * 0x1_0000_0000 + word(bytes, pos + 5);
      return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, wide(bytes, pos));
    }
    default: {
      const value = uintAt(bytes, pos);
      return Number.isSafeInteger(value) ? value : wide(bytes, pos);
    }
  }
}

function wide(bytes: Uint8Array, pos: number): bigint {
  return (BigInt(word(bytes, pos + 1)) << 32n) | BigInt(word(bytes, pos + 5));
}

/** Value of a FLOAT or DOUBLE. */
export function floatAt(bytes: Uint8Array, pos: number): number {
  if (bytes[pos] === 0xca) {
    view.setUint32(0, word(bytes, pos + 1));
    return view.getFloat32(0);
  }
  view.setUint32(0, word(bytes, pos + 1));
  view.setUint32(4, word(bytes, pos + 5));
  return view.getFloat64(0);
}

/** Value of any number that is no decimal. */
export function numberAt(bytes: Uint8Array, pos: number): number | bigint {
  const head = bytes[pos] ?? 0;
  return head === 0xca || head === 0xcb ? floatAt(bytes, pos) : integerAt(bytes, pos);
}

/** Where the data of a STR, BIN or EXT value begins; for an extension, after its type. */
export function dataStart(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0;
  if (head < 0xc0) return pos + 1;
  if (head >= 0xd9) return pos + 1 + (1 << (head - 0xd9));
  if (head >= 0xd4) return pos + 2;
  if (head >= 0xc7) return pos + 2 + (1 << (head - 0xc7));
  return pos + 1 + (1 << (head - 0xc4));
}

/** How many bytes of data a STR, BIN or EXT value has. */
export function dataLength(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0;
  if (head < 0xc0) return head & 0x1f;
  if (head >= 0xd4 && head <= 0xd8) return 1 << (head - 0xd4);
  const width = 1 << (head >= 0xd9 ? head - 0xd9 : head >= 0xc7 ? head - 0xc7 : head - 0xc4);
  if (width === 1) return bytes[pos + 1] ?? 0;
  if (width === 2) return ((bytes[pos + 1] ?? 0) << 8) | (bytes[pos + 2] ?? 0);
  return word(bytes, pos + 1);
}

/** Decimal of an extension. */
export function decimalAt(bytes: Uint8Array, pos: number): Decimal {
  const start = dataStart(bytes, pos);
  const decimal = Decimal.unpack(bytes.subarray(start, start + dataLength(bytes, pos)));
  return decimal ?? Decimal.fromInteger(0);
}

/** Byte order, the shorter first: `memcmp` and then the lengths. Programs see the number (`key_def:compare`). */
export function compareData(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  const aLength = dataLength(a, aPos);
  const bLength = dataLength(b, bPos);
  const aStart = dataStart(a, aPos);
  const bStart = dataStart(b, bPos);
  const common = Math.min(aLength, bLength);
  for (let at = 0; at < common; at++) {
    const difference = (a[aStart + at] ?? 0) - (b[bStart + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return Math.sign(aLength - bLength);
}

export function compareUint(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  const left = uintAt(a, aPos);
  const right = uintAt(b, bPos);
  if (left !== right || left < 2 ** 53) return left < right ? -1 : left > right ? 1 : 0;
  // Two numbers that round to the same double differ in their low words at most by a carry: compare both words.
  const [leftHigh, rightHigh] = [word(a, aPos + 1), word(b, bPos + 1)];
  return leftHigh - rightHigh || word(a, aPos + 5) - word(b, bPos + 5);
}

export function compareInteger(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  const left = integerAt(a, aPos);
  const right = integerAt(b, bPos);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Any numbers, decimals too. Not-a-number is below all others and equal to itself. */
export function compareNumber(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  const aIsDecimal = mpTypeAt(a, aPos) === MpType.EXT;
  const bIsDecimal = mpTypeAt(b, bPos) === MpType.EXT;
  if (aIsDecimal) {
    const left = decimalAt(a, aPos);
    if (bIsDecimal) return left.compare(decimalAt(b, bPos));
    return compareDecimalNumber(left, numberAt(b, bPos));
  }
  if (bIsDecimal) return -compareDecimalNumber(decimalAt(b, bPos), numberAt(a, aPos));
  const left = numberAt(a, aPos);
  const right = numberAt(b, bPos);
  if (left < right) return -1;
  if (left > right) return 1;
  const leftIsNan = Number.isNaN(left);
  const rightIsNan = Number.isNaN(right);
  return leftIsNan === rightIsNan ? 0 : leftIsNan ? -1 : 1;
}

function compareDecimalNumber(decimal: Decimal, number: number | bigint): number {
  if (typeof number === 'number' && !Number.isInteger(number)) {
    const other = Decimal.fromDouble(number);
    if (other !== undefined) return decimal.compare(other);
    return number > 0 ? -1 : 1;
  }
  return decimal.compare(Decimal.fromInteger(number));
}

export function compareBoolean(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  return (a[aPos] ?? 0) - (b[bPos] ?? 0);
}

/** Classes of scalar values in the order in which an index sorts them. */
const ScalarClass = {
  NIL: 0,
  BOOL: 1,
  NUMBER: 2,
  STR: 3,
  BIN: 4,
  UUID: 5,
  ARRAY: 6,
  MAP: 7,
} as const;

const classes: readonly number[] = [
  ScalarClass.NIL,
  ScalarClass.NUMBER,
  ScalarClass.NUMBER,
  ScalarClass.STR,
  ScalarClass.BIN,
  ScalarClass.ARRAY,
  ScalarClass.MAP,
  ScalarClass.BOOL,
  ScalarClass.NUMBER,
  ScalarClass.NUMBER,
];

export function scalarClassAt(bytes: Uint8Array, pos: number): number {
  const type = mpTypeAt(bytes, pos);
  if (type !== MpType.EXT) return classes[type] ?? ScalarClass.NIL;
  return extTypeAt(bytes, pos) === MpExt.DECIMAL ? ScalarClass.NUMBER : ScalarClass.UUID;
}

export function compareScalar(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number): number {
  const aClass = scalarClassAt(a, aPos);
  const bClass = scalarClassAt(b, bPos);
  if (aClass !== bClass) return aClass < bClass ? -1 : 1;
  switch (aClass) {
    case ScalarClass.NIL:
      return 0;
    case ScalarClass.BOOL:
      return compareBoolean(a, aPos, b, bPos);
    case ScalarClass.NUMBER:
      return compareNumber(a, aPos, b, bPos);
    default:
      return compareData(a, aPos, b, bPos);
  }
}

/** The comparator of a field type, for values that the type takes (no nil). */
export function comparatorOf(type: FieldType, collation: Collation | undefined): FieldComparator {
  switch (type) {
    case 'unsigned':
      return compareUint;
    case 'integer':
      return compareInteger;
    case 'number':
    case 'double':
    case 'decimal':
      return compareNumber;
    case 'boolean':
      return compareBoolean;
    case 'string':
      return collation === undefined ? compareData : collated(collation);
    case 'varbinary':
    case 'uuid':
      return compareData;
    default:
      return collation === undefined ? compareScalar : collatedScalar(collation);
  }
}

function collated(collation: Collation): FieldComparator {
  return (a, aPos, b, bPos) => {
    const aStart = dataStart(a, aPos);
    const bStart = dataStart(b, bPos);
    return collation.compare(
      a.subarray(aStart, aStart + dataLength(a, aPos)),
      b.subarray(bStart, bStart + dataLength(b, bPos)),
    );
  };
}

function collatedScalar(collation: Collation): FieldComparator {
  const compareStrings = collated(collation);
  return (a, aPos, b, bPos) => {
    const areStrings = mpTypeAt(a, aPos) === MpType.STR && mpTypeAt(b, bPos) === MpType.STR;
    return areStrings ? compareStrings(a, aPos, b, bPos) : compareScalar(a, aPos, b, bPos);
  };
}
