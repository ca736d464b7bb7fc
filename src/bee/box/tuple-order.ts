import type { Order, Probe } from '../base/b-tree.ts';
import { skip } from '../wire/msgpack.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import { type KeyDef, type KeyPart, partAt } from './key-def.ts';
import {
  comparatorOf,
  dataLength,
  dataStart,
  decimalAt,
  type FieldComparator,
  integerAt,
  numberAt,
  scalarClassAt,
  uintAt,
} from './mp-compare.ts';
import { arrayCount, arrayStart, type Tuple } from './tuple.ts';

/**
 * How tuples are ordered by a key definition, in forms that fit it: one unsigned or string field at the front has a
 * comparator of its own, plain fields are walked once from left to right, and only nils, paths and multikeys pay for what they need.
 */
export interface TupleOrder extends Order<Tuple> {
  /** What finds the entries of a key. */
  probe(key: Uint8Array, pos: number, partCount: number): Probe<Tuple>;
}

/** Compares a tuple with the msgpack values at `pos` of `key`, as far as there are some. */
export type TupleKeyComparator = (
  tuple: Tuple,
  key: Uint8Array,
  pos: number,
  partCount: number,
) => number;

/** Number that orders values of a part as far as numbers can. */
export type HintFunction = (bytes: Uint8Array, pos: number) => number;

/** Below every value: nil, and a missing field. */
const nilHint = Number.NEGATIVE_INFINITY;

/** Makes the order of tuples in an index that has one entry for each. */
export function tupleOrderOf(keyDef: KeyDef): TupleOrder {
  const first = keyDef.parts[0];
  const hintOf = hintOfPart(first);
  const compareKey = keyComparatorOf(keyDef);
  const isFront = first?.fieldNo === 0 && first.path === undefined;
  return {
    compare: tupleComparatorOf(keyDef),
    hint: isFront
      ? (tuple) => hintOf(tuple.slab, tuple.firstField)
      : (tuple) => {
          const pos = first === undefined ? -1 : partAt(tuple, first, -1);
          return pos < 0 ? nilHint : hintOf(tuple.slab, pos);
        },
    probe: (key, pos, partCount) => new KeyProbe(compareKey, key, pos, partCount, hintOf(key, pos)),
  };
}

class KeyProbe implements Probe<Tuple> {
  readonly hint: number;
  readonly #compareKey: TupleKeyComparator;
  readonly #key: Uint8Array;
  readonly #pos: number;
  readonly #partCount: number;

  constructor(
    compareKey: TupleKeyComparator,
    key: Uint8Array,
    pos: number,
    partCount: number,
    hint: number,
  ) {
    this.#compareKey = compareKey;
    this.#key = key;
    this.#pos = pos;
    this.#partCount = partCount;
    this.hint = hint;
  }

  compare(entry: Tuple): number {
    return this.#compareKey(entry, this.#key, this.#pos, this.#partCount);
  }
}

/** Compares two tuples by all parts, nils first. */
export function tupleComparatorOf(keyDef: KeyDef): (a: Tuple, b: Tuple) => number {
  if (keyDef.isNullable || keyDef.hasPaths) {
    return (a, b) => compareParts(keyDef, comparatorsOf(keyDef), a, -1, b, -1);
  }
  const comparators = comparatorsOf(keyDef);
  const only = comparators[0];
  if (keyDef.parts.length === 1 && keyDef.parts[0]?.fieldNo === 0 && only !== undefined) {
    return (a, b) => only(a.slab, a.firstField, b.slab, b.firstField);
  }
  const fieldNos = keyDef.parts.map((part) => part.fieldNo);
  return (a, b) => comparePlain(fieldNos, comparators, a, b);
}

const comparatorCache = new WeakMap<KeyDef, readonly FieldComparator[]>();

/** One comparator for each part. */
export function comparatorsOf(keyDef: KeyDef): readonly FieldComparator[] {
  let comparators = comparatorCache.get(keyDef);
  if (comparators === undefined) {
    comparators = keyDef.parts.map((part) => comparatorOf(part.type, part.collation));
    comparatorCache.set(keyDef, comparators);
  }
  return comparators;
}

function comparePlain(
  fieldNos: readonly number[],
  comparators: readonly FieldComparator[],
  a: Tuple,
  b: Tuple,
): number {
  const [aBytes, bBytes] = [a.slab, b.slab];
  let aPos = a.firstField;
  let bPos = b.firstField;
  let at = 0;
  for (let index = 0; index < fieldNos.length; index++) {
    const fieldNo = fieldNos[index] ?? 0;
    if (fieldNo < at) {
      aPos = a.firstField;
      bPos = b.firstField;
      at = 0;
    }
    for (; at < fieldNo; at++) {
      aPos = skip(aBytes, aPos);
      bPos = skip(bBytes, bPos);
    }
    const result = comparators[index]?.(aBytes, aPos, bBytes, bPos) ?? 0;
    if (result !== 0) return result;
  }
  return 0;
}

/**
 * The general comparison. A unique index may hold many entries with the same unique parts when one of them is nil: then, and
 * only then, the primary key's parts decide.
 */
export function compareParts(
  keyDef: KeyDef,
  comparators: readonly FieldComparator[],
  a: Tuple,
  aMultikey: number,
  b: Tuple,
  bMultikey: number,
): number {
  let hasNil = false;
  for (let index = 0; index < keyDef.parts.length; index++) {
    if (index === keyDef.uniquePartCount && keyDef.isNullable && !hasNil) return 0;
    const part = keyDef.parts[index];
    if (part === undefined) break;
    const aPos = partAt(a, part, aMultikey);
    const bPos = partAt(b, part, bMultikey);
    const aIsNil = aPos < 0 || mpTypeAt(a.slab, aPos) === MpType.NIL;
    const bIsNil = bPos < 0 || mpTypeAt(b.slab, bPos) === MpType.NIL;
    if (aIsNil || bIsNil) {
      if (aIsNil !== bIsNil) return aIsNil ? -1 : 1;
      hasNil = true;
      continue;
    }
    const result = comparators[index]?.(a.slab, aPos, b.slab, bPos) ?? 0;
    if (result !== 0) return result;
  }
  return 0;
}

/** Compares tuples with keys of any number of parts. */
export function keyComparatorOf(keyDef: KeyDef): TupleKeyComparator {
  const comparators = comparatorsOf(keyDef);
  if (keyDef.isNullable || keyDef.hasPaths) {
    return (tuple, key, pos, partCount) =>
      compareKeyParts(keyDef, comparators, tuple, -1, key, pos, partCount);
  }
  const only = comparators[0];
  if (keyDef.parts.length === 1 && keyDef.parts[0]?.fieldNo === 0 && only !== undefined) {
    return (tuple, key, pos) => only(tuple.slab, tuple.firstField, key, pos);
  }
  const fieldNos = keyDef.parts.map((part) => part.fieldNo);
  return (tuple, key, pos, partCount) =>
    comparePlainKey(fieldNos, comparators, tuple, key, pos, partCount);
}

function comparePlainKey(
  fieldNos: readonly number[],
  comparators: readonly FieldComparator[],
  tuple: Tuple,
  key: Uint8Array,
  pos: number,
  partCount: number,
): number {
  const bytes = tuple.slab;
  let fieldPos = tuple.firstField;
  let keyPos = pos;
  let at = 0;
  for (let index = 0; index < partCount; index++) {
    const fieldNo = fieldNos[index] ?? 0;
    if (fieldNo < at) {
      fieldPos = tuple.firstField;
      at = 0;
    }
    for (; at < fieldNo; at++) fieldPos = skip(bytes, fieldPos);
    const result = comparators[index]?.(bytes, fieldPos, key, keyPos) ?? 0;
    if (result !== 0) return result;
    keyPos = skip(key, keyPos);
  }
  return 0;
}

/** The general comparison of a tuple, or one entry of it in a multikey index, with a key. */
export function compareKeyParts(
  keyDef: KeyDef,
  comparators: readonly FieldComparator[],
  tuple: Tuple,
  multikeyIndex: number,
  key: Uint8Array,
  pos: number,
  partCount: number,
): number {
  let keyPos = pos;
  for (let index = 0; index < partCount; index++) {
    const part = keyDef.parts[index];
    if (part === undefined) break;
    const fieldPos = partAt(tuple, part, multikeyIndex);
    const fieldIsNil = fieldPos < 0 || mpTypeAt(tuple.slab, fieldPos) === MpType.NIL;
    const keyIsNil = mpTypeAt(key, keyPos) === MpType.NIL;
    if (fieldIsNil || keyIsNil) {
      if (fieldIsNil !== keyIsNil) return fieldIsNil ? -1 : 1;
    } else {
      const result = comparators[index]?.(tuple.slab, fieldPos, key, keyPos) ?? 0;
      if (result !== 0) return result;
    }
    keyPos = skip(key, keyPos);
  }
  return 0;
}

/** Compares two keys by as many parts as both have: entries of functional indexes. */
export function compareKeys(
  keyDef: KeyDef,
  comparators: readonly FieldComparator[],
  a: Uint8Array,
  aPos: number,
  b: Uint8Array,
  bPos: number,
  partCount: number,
): number {
  let [left, right] = [aPos, bPos];
  for (let index = 0; index < partCount; index++) {
    const leftIsNil = mpTypeAt(a, left) === MpType.NIL;
    const rightIsNil = mpTypeAt(b, right) === MpType.NIL;
    if (keyDef.isNullable && (leftIsNil || rightIsNil)) {
      if (leftIsNil !== rightIsNil) return leftIsNil ? -1 : 1;
    } else {
      const result = comparators[index]?.(a, left, b, right) ?? 0;
      if (result !== 0) return result;
    }
    left = skip(a, left);
    right = skip(b, right);
  }
  return 0;
}

/** The hint of a part's values. It must never decrease along the part's order, and need not say more than it can say quickly. */
export function hintOfPart(part: KeyPart | undefined): HintFunction {
  const plain = plainHintOf(part);
  if (part === undefined || !part.isNullable) return plain;
  return (bytes, pos) => (mpTypeAt(bytes, pos) === MpType.NIL ? nilHint : plain(bytes, pos));
}

function plainHintOf(part: KeyPart | undefined): HintFunction {
  if (part === undefined) return () => 0;
  switch (part.type) {
    case 'unsigned':
      return uintAt;
    case 'integer':
      return (bytes, pos) => Number(integerAt(bytes, pos));
    case 'number':
    case 'double':
    case 'decimal':
      return numberHint;
    case 'string':
      return part.collation === undefined ? prefixHint : () => 0;
    case 'varbinary':
    case 'uuid':
      return prefixHint;
    case 'boolean':
      return (bytes, pos) => (bytes[pos] === 0xc3 ? 1 : 0);
    default:
      return part.collation === undefined ? scalarHint : () => 0;
  }
}

function numberHint(bytes: Uint8Array, pos: number): number {
  if (mpTypeAt(bytes, pos) === MpType.EXT) return decimalAt(bytes, pos).toNumber();
  const value = Number(numberAt(bytes, pos));
  // Not-a-number sorts below all others.
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** The first six bytes: as many as a double holds. */
const prefixBytes = 6;

function prefixHint(bytes: Uint8Array, pos: number): number {
  const start = dataStart(bytes, pos);
  const length = dataLength(bytes, pos);
  let value = 0;
  for (let at = 0; at < prefixBytes; at++) {
    value = value * 256 + (at < length ? (bytes[start + at] ?? 0) : 0);
  }
  return value;
}

/** The class, and within strings and binary data as much of the beginning as fits behind the point. */
function scalarHint(bytes: Uint8Array, pos: number): number {
  const scalarClass = scalarClassAt(bytes, pos);
  const type = mpTypeAt(bytes, pos);
  if (type !== MpType.STR && type !== MpType.BIN) return scalarClass;
  return scalarClass + prefixHint(bytes, pos) / 2 ** (8 * prefixBytes);
}

/** The key that a tuple has, as a msgpack array. A missing optional part is nil. */
export function extractKey(tuple: Tuple, keyDef: KeyDef, multikeyIndex = -1): Uint8Array {
  const pieces: [number, number][] = [];
  let size = keyDef.parts.length < 16 ? 1 : 3;
  for (const part of keyDef.parts) {
    const pos = partAt(tuple, part, multikeyIndex);
    const end = pos < 0 ? pos : skip(tuple.slab, pos);
    pieces.push([pos, end]);
    size += pos < 0 ? 1 : end - pos;
  }
  const key = new Uint8Array(size);
  let at = writeArrayHead(key, keyDef.parts.length);
  for (const [pos, end] of pieces) {
    if (pos < 0) key[at++] = 0xc0;
    else for (let from = pos; from < end; from++) key[at++] = tuple.slab[from] ?? 0;
  }
  return key;
}

function writeArrayHead(bytes: Uint8Array, count: number): number {
  if (count < 16) {
    bytes[0] = 0x90 | count;
    return 1;
  }
  bytes[0] = 0xdc;
  bytes[1] = count >>> 8;
  bytes[2] = count & 0xff;
  return 3;
}

/** Number of values in a key and where they begin. */
export function keyParts(key: Uint8Array): { count: number; pos: number } {
  return { count: arrayCount(key, 0), pos: arrayStart(key, 0) };
}
