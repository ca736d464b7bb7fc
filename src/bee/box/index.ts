import { skip } from '../wire/msgpack.ts';
import type { Collation } from './collation.ts';
import type { ErrorName } from './errcode.ts';
import { clientError } from './error.ts';
import { isCompatible } from './field-type.ts';
import type { IndexDef, IndexType } from './index-def.ts';
import { arrayCount, arrayStart, type Tuple } from './tuple.ts';

/** Numbers of the iterator types, as on the wire and in `db.index`. */
export const IteratorType = {
  EQ: 0,
  REQ: 1,
  ALL: 2,
  LT: 3,
  LE: 4,
  GE: 5,
  GT: 6,
  BITS_ALL_SET: 7,
  BITS_ANY_SET: 8,
  BITS_ALL_NOT_SET: 9,
  OVERLAPS: 10,
  NEIGHBOR: 11,
} as const;

/** One above the greatest iterator type. */
export const iteratorTypeMax = 12;

/** Walks an index. Stays right when the index changes under it. */
export interface TupleIterator {
  /** The next tuple; undefined at the end, and then for ever. Ends, too, when the space or index is gone or was rebuilt. */
  next(): Tuple | undefined;
}

/** What `replace` does about a tuple that has the same key already. */
export type DupMode = 'insert' | 'replace' | 'replace-or-insert';

/** What an index needs to know from outside. */
export interface IndexHost {
  /** Name for messages. */
  spaceName(spaceId: number): string;
  spaceEngine(spaceId: number): string;
}

/** A part of an index as users see it. */
export interface IndexPart {
  /** Counted from 0. */
  readonly fieldNo: number;
  readonly type: string;
  readonly isNullable: boolean;
  /** Name of the collation. */
  readonly collation: string | undefined;
  readonly path: string | undefined;
}

/** An index of a space: its definition, and its contents. */
export abstract class Index {
  readonly host: IndexHost;
  #def: IndexDef;

  constructor(def: IndexDef, host: IndexHost) {
    this.#def = def;
    this.host = host;
  }

  get def(): IndexDef {
    return this.#def;
  }

  get spaceId(): number {
    return this.#def.spaceId;
  }

  get id(): number {
    return this.#def.id;
  }

  get name(): string {
    return this.#def.name;
  }

  get type(): IndexType {
    return this.#def.type;
  }

  get isUnique(): boolean {
    return this.#def.opts.isUnique;
  }

  get parts(): readonly IndexPart[] {
    return this.#def.keyDef.parts.map((part) => ({
      fieldNo: part.fieldNo,
      type: part.type,
      isNullable: part.isNullable,
      // Part definitions know a collation by its interface only.
      collation: (part.collation as Collation | undefined)?.name,
      path: part.pathText,
    }));
  }

  /** RTREE only. */
  get dimension(): number | undefined {
    return this.type === 'RTREE' ? this.#def.opts.dimension : undefined;
  }

  get distance(): 'euclid' | 'manhattan' | undefined {
    return this.type === 'RTREE' ? this.#def.opts.distance : undefined;
  }

  /** Id of the function of a functional index. */
  get funcId(): number | undefined {
    return this.#def.opts.funcId > 0 ? this.#def.opts.funcId : undefined;
  }

  get isMultikey(): boolean {
    return this.#def.keyDef.isMultikey;
  }

  /** Number of entries. */
  abstract get length(): number;
  /** Bytes that it takes, as the real server would count them. */
  abstract get bsize(): number;

  /** The tuple with exactly this key: as many values at `pos` as the key definition has parts. */
  abstract get(key: Uint8Array, pos: number): Tuple | undefined;

  /**
   * Puts `newTuple` in the place of `oldTuple`; either may be missing.
   * @returns the tuple that is no longer in the index
   * @throws TUPLE_FOUND, and then nothing has changed
   */
  abstract replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    mode: DupMode,
  ): Tuple | undefined;

  /** @param pos where the `partCount` values of the key begin */
  abstract iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator;

  /** Fills an empty index. The tuples come in the order of the primary key; `checked` says that duplicates are impossible. */
  build(tuples: Iterable<Tuple>): void {
    for (const tuple of tuples) this.replace(undefined, tuple, 'insert');
  }

  /** Some tuple, for `index:random(seed)`. */
  random(_seed: number): Tuple | undefined {
    throw this.unsupported('random()');
  }

  /** How many tuples an iterator would give. */
  count(type: number, key: Uint8Array, pos: number, partCount: number): number {
    if (type === IteratorType.ALL) return this.length;
    const iterator = this.iterator(type, key, pos, partCount);
    let count = 0;
    while (iterator.next() !== undefined) count++;
    return count;
  }

  /** All tuples now, for a read view; only of primary indexes. */
  tuples(): Tuple[] {
    throw this.unsupported('consistent read view');
  }

  /** Takes on a definition that orders entries as the old one does. */
  updateDef(def: IndexDef): void {
    this.#def = def;
  }

  /** Entries are ordered by the primary key's parts too. */
  get dependsOnPrimary(): boolean {
    return false;
  }

  /** Throws unless the key may be looked for with the iterator type. */
  validateKey(type: number, key: Uint8Array, pos: number, partCount: number): void {
    const { keyDef } = this.#def;
    if (partCount === 0) {
      if (this.type === 'TREE' || type === IteratorType.ALL) return;
      if (this.type === 'HASH' && type === IteratorType.GT) return;
    }
    if (this.type === 'RTREE') {
      validateRectangle(this.#def.opts.dimension, key, pos, partCount);
      return;
    }
    if (partCount > keyDef.parts.length) {
      throw clientError('KEY_PART_COUNT', keyDef.parts.length, partCount);
    }
    if (this.type !== 'TREE' && partCount < keyDef.parts.length) {
      throw clientError('PARTIAL_KEY', this.type, keyDef.parts.length, partCount);
    }
    keyDef.validateParts(key, pos, partCount, true);
  }

  /** `Index 'pk' (HASH) of space 't' (memtx) does not support min()`. */
  unsupported(what: string): Error {
    const { spaceId } = this;
    return clientError(
      'UNSUPPORTED_INDEX_FEATURE',
      this.name,
      this.type,
      this.host.spaceName(spaceId),
      this.host.spaceEngine(spaceId),
      what,
    );
  }

  protected duplicate(error: ErrorName): Error {
    return clientError(error, this.name, this.host.spaceName(this.spaceId));
  }
}

/**
 * Says what is wrong when a tuple `found` stands where the new one goes.
 * @param oldTuple what the new tuple was to replace
 */
export function dupError(
  oldTuple: Tuple | undefined,
  found: Tuple | undefined,
  mode: DupMode,
): ErrorName | undefined {
  if (found === undefined) {
    if (mode !== 'replace') return undefined;
    return oldTuple === undefined ? 'TUPLE_NOT_FOUND' : 'CANT_UPDATE_PRIMARY_KEY';
  }
  if (found !== oldTuple && (oldTuple !== undefined || mode === 'insert')) return 'TUPLE_FOUND';
  return undefined;
}

/** A key of an RTREE: a point or a box, as one array or as plain numbers. */
function validateRectangle(
  dimension: number,
  key: Uint8Array,
  pos: number,
  partCount: number,
): void {
  if (partCount !== 1 && partCount !== dimension && partCount !== dimension * 2) {
    throw clientError('KEY_PART_COUNT', dimension * 2, partCount);
  }
  let count = partCount;
  let at = pos;
  if (partCount === 1) {
    if (!isCompatible('array', false, key, pos)) throw clientError('KEY_PART_TYPE', 0, 'array');
    count = arrayCount(key, pos);
    if (count !== dimension && count !== dimension * 2) {
      throw clientError('RTREE_RECT', 'Key', dimension, dimension * 2);
    }
    at = arrayStart(key, pos);
  }
  for (let index = 0; index < count; index++) {
    if (!isCompatible('number', false, key, at)) {
      throw clientError('KEY_PART_TYPE', partCount === 1 ? 0 : index, 'number');
    }
    at = skip(key, at);
  }
}
