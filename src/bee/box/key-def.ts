import { skip } from '../wire/msgpack.ts';
import type { Collation } from './collation.ts';
import { clientError } from './error.ts';
import { type FieldType, isCompatible, MpType, mpTypeAt } from './field-type.ts';
import type { ConflictAction } from './format-field.ts';
import { canonicalPath, isKeyAt, type PathToken } from './json-path.ts';
import { dataLength, dataStart } from './mp-compare.ts';
import { arrayCount, arrayStart, mapCount, mapStart, type Tuple } from './tuple.ts';

/** One part of a key. */
export interface KeyPart {
  /** Counted from 0. */
  readonly fieldNo: number;
  readonly type: FieldType;
  readonly collationId: number;
  readonly collation: Collation | undefined;
  readonly nullableAction: ConflictAction;
  readonly isNullable: boolean;
  /** Where inside the field, when not the field itself. */
  readonly path: readonly PathToken[] | undefined;
  /** The path as it was written. */
  readonly pathText: string | undefined;
}

/** Which fields an index sorts by, and how. */
export class KeyDef {
  readonly parts: readonly KeyPart[];
  /** Parts that make an entry unique when none of them is nil; the rest are the primary key's. */
  readonly uniquePartCount: number;
  readonly isNullable: boolean;
  readonly hasPaths: boolean;
  /** The parts describe what a function returns, not fields of the tuple. */
  readonly forFuncIndex: boolean;
  /** The array that `[*]` goes through, when there is one. */
  readonly multikey: { readonly fieldNo: number; readonly path: readonly PathToken[] } | undefined;

  constructor(parts: readonly KeyPart[], forFuncIndex = false, uniquePartCount = parts.length) {
    this.parts = parts;
    this.forFuncIndex = forFuncIndex;
    this.uniquePartCount = uniquePartCount;
    this.isNullable = parts.some((part) => part.isNullable);
    this.hasPaths = parts.some((part) => part.path !== undefined);
    this.multikey = findMultikey(parts);
  }

  get isMultikey(): boolean {
    return this.multikey !== undefined;
  }

  /** True when the parts are the first fields in order. */
  get isSequential(): boolean {
    return !this.hasPaths && this.parts.every((part, index) => part.fieldNo === index);
  }

  /** The part for the same place, if there is one. */
  find(other: KeyPart): KeyPart | undefined {
    return this.parts.find((part) => isSamePlace(part, other));
  }

  /** True when each part of the other is a part of this one too. */
  contains(other: KeyDef): boolean {
    if (this.forFuncIndex || other.forFuncIndex) return false;
    return other.parts.every((part) => this.find(part) !== undefined);
  }

  /** These parts and those of the primary key that are not among them: what a non-unique index sorts by. */
  merge(primary: KeyDef, uniquePartCount?: number): KeyDef {
    const added = primary.parts.filter((part) => {
      if (this.forFuncIndex) return true;
      const own = this.find(part);
      return own === undefined || !canStandFor(own.collation, part.collation);
    });
    const parts = [...this.parts, ...added];
    return new KeyDef(parts, this.forFuncIndex, uniquePartCount ?? parts.length);
  }

  /** Throws unless the msgpack values from `pos` on may be values of the first parts. */
  validateParts(key: Uint8Array, pos: number, count: number, allowNil: boolean): void {
    let at = pos;
    for (let index = 0; index < count; index++) {
      const part = this.parts[index];
      if (part === undefined) return;
      if (!isCompatible(part.type, part.isNullable && allowNil, key, at)) {
        throw clientError('KEY_PART_TYPE', index, part.type);
      }
      at = skip(key, at);
    }
  }

  /** Throws unless a tuple of any space has a fitting value for every part. */
  validateTuple(tuple: Tuple): void {
    for (const [index, part] of this.parts.entries()) {
      const at = partAt(tuple, part, -1);
      if (at < 0) {
        if (part.isNullable) continue;
        throw clientError('FIELD_MISSING', `[${part.fieldNo + 1}]${part.pathText ?? ''}`);
      }
      if (!isCompatible(part.type, part.isNullable, tuple.slab, at)) {
        throw clientError('KEY_PART_TYPE', index, part.type);
      }
    }
  }

  /** Throws unless the key (a msgpack array) has a fitting value for every part. */
  validateExact(key: Uint8Array): void {
    const count = arrayCount(key, 0);
    if (count !== this.parts.length) throw clientError('EXACT_MATCH', this.parts.length, count);
    this.validateParts(key, arrayStart(key, 0), count, false);
  }

  /** Same parts in every respect. */
  equals(other: KeyDef): boolean {
    return (
      this.parts.length === other.parts.length &&
      this.parts.every((part, index) => {
        const twin = other.parts[index];
        return (
          twin !== undefined &&
          isSamePlace(part, twin) &&
          part.type === twin.type &&
          part.collation === twin.collation &&
          part.isNullable === twin.isNullable
        );
      })
    );
  }
}

/** Position of a part's value in a tuple; −1 when it is not there. */
export function partAt(tuple: Tuple, part: KeyPart, multikeyIndex: number): number {
  const pos = tuple.fieldAt(part.fieldNo);
  if (part.path === undefined || pos < 0) return pos;
  return goToPath(tuple.slab, pos, part.path, multikeyIndex);
}

/**
 * Position of the value that a path leads to from the value at `pos`; −1 when it leads nowhere.
 * @param multikeyIndex which element `[*]` stands for, from 0
 */
export function goToPath(
  bytes: Uint8Array,
  pos: number,
  path: readonly PathToken[],
  multikeyIndex: number,
): number {
  let at = pos;
  for (const token of path) {
    if (token.kind === 'key') at = goToKey(bytes, at, token.bytes);
    else at = goToIndex(bytes, at, token.kind === 'any' ? multikeyIndex : token.index);
    if (at < 0) return -1;
  }
  return at;
}

/** Position of a value of the map at `pos`; −1 when it is no map or has no such key. */
export function goToKey(bytes: Uint8Array, pos: number, key: Uint8Array): number {
  if (mpTypeAt(bytes, pos) !== MpType.MAP) return -1;
  let at = mapStart(bytes, pos);
  for (let left = mapCount(bytes, pos); left > 0; left--) {
    const value = skip(bytes, at);
    if (mpTypeAt(bytes, at) === MpType.STR) {
      if (isKeyAt(bytes, dataStart(bytes, at), dataLength(bytes, at), key)) return value;
    }
    at = skip(bytes, value);
  }
  return -1;
}

/** Position of an element; of a map, the value whose key is that number, counted from 1. −1 when there is none. */
export function goToIndex(bytes: Uint8Array, pos: number, index: number): number {
  const type = mpTypeAt(bytes, pos);
  if (type === MpType.MAP) return goToNumberKey(bytes, pos, index + 1);
  if (type !== MpType.ARRAY || index < 0 || index >= arrayCount(bytes, pos)) return -1;
  let at = arrayStart(bytes, pos);
  for (let left = index; left > 0; left--) at = skip(bytes, at);
  return at;
}

function goToNumberKey(bytes: Uint8Array, pos: number, number: number): number {
  let at = mapStart(bytes, pos);
  for (let left = mapCount(bytes, pos); left > 0; left--) {
    const value = skip(bytes, at);
    if (mpTypeAt(bytes, at) === MpType.UINT && isUint(bytes, at, value, number)) return value;
    at = skip(bytes, value);
  }
  return -1;
}

function isUint(bytes: Uint8Array, pos: number, end: number, number: number): boolean {
  if (end - pos === 1) return bytes[pos] === number;
  let value = 0;
  for (let at = pos + 1; at < end; at++) value = value * 256 + (bytes[at] ?? 0);
  return value === number;
}

/** How many entries a tuple has in a multikey index: the elements of the array, 0 when it is missing. */
export function multikeyCountOf(tuple: Tuple, keyDef: KeyDef): number {
  const { multikey } = keyDef;
  if (multikey === undefined) return 1;
  const field = tuple.fieldAt(multikey.fieldNo);
  if (field < 0) return 0;
  const pos = goToPath(tuple.slab, field, multikey.path, -1);
  if (pos < 0 || mpTypeAt(tuple.slab, pos) !== MpType.ARRAY) return 0;
  return arrayCount(tuple.slab, pos);
}

function findMultikey(parts: readonly KeyPart[]): KeyDef['multikey'] {
  for (const part of parts) {
    const at = part.path?.findIndex((token) => token.kind === 'any') ?? -1;
    if (at >= 0) return { fieldNo: part.fieldNo, path: part.path?.slice(0, at) ?? [] };
  }
  return undefined;
}

/** Same field and same path, however the path is spelled. */
export function isSamePlace(a: KeyPart, b: KeyPart): boolean {
  if (a.fieldNo !== b.fieldNo) return false;
  return canonicalPath(a.path ?? []) === canonicalPath(b.path ?? []);
}

/** A part sorted by the first collation need not be sorted by the second once more: equal by the one is equal by the other. */
function canStandFor(first: Collation | undefined, second: Collation | undefined): boolean {
  return first === second || first === undefined || first.isBinary;
}
