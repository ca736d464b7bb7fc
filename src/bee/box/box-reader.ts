import { checkSpaceAccess } from './access.ts';
import type { Box } from './box.ts';
import { clientError } from './error.ts';
import { type Index, IteratorType, iteratorTypeMax, type TupleIterator } from './index.ts';
import { Privilege } from './privilege.ts';
import type { Schema } from './schema.ts';
import type { Space } from './space.ts';
import { arrayCount, arrayStart, type Tuple } from './tuple.ts';

/** Reads spaces, with the checks that the real server makes, in its order. */
export class BoxReader {
  readonly #box: Box;

  constructor(box: Box) {
    this.#box = box;
  }

  /** An index that the current user may read. @throws NO_SUCH_SPACE, ACCESS_DENIED, NO_SUCH_INDEX_ID */
  index(spaceId: number, indexId: number): Index {
    const { schema, current } = this.#box;
    const space = schema.requireSpace(spaceId);
    checkSpaceAccess(schema, current.credentials, space, Privilege.READ);
    return space.requireIndex(indexId);
  }

  get(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    const index = this.index(spaceId, indexId);
    if (!index.isUnique) throw clientError('MORE_THAN_ONE_TUPLE');
    index.def.keyDef.validateExact(key);
    this.#use(spaceId);
    return index.get(key, arrayStart(key, 0));
  }

  select(
    spaceId: number,
    indexId: number,
    type: number,
    offset: number,
    limit: number,
    key: Uint8Array,
  ): Tuple[] {
    checkType(type);
    const iterator = this.#iterate(this.index(spaceId, indexId), type, key);
    this.#use(spaceId);
    const tuples: Tuple[] = [];
    let left = offset;
    while (tuples.length < limit) {
      const tuple = iterator.next();
      if (tuple === undefined) break;
      if (left > 0) left--;
      else tuples.push(tuple);
    }
    return tuples;
  }

  iterator(spaceId: number, indexId: number, type: number, key: Uint8Array): TupleIterator {
    checkType(type);
    const index = this.index(spaceId, indexId);
    // The caller may reuse its bytes before the iterator is through.
    const iterator = this.#iterate(index, type, key.slice());
    this.#use(spaceId);
    return new GuardedIterator(this.#box.schema, index, iterator);
  }

  count(spaceId: number, indexId: number, type: number, key: Uint8Array): number {
    checkType(type);
    const index = this.index(spaceId, indexId);
    const [count, pos] = [arrayCount(key, 0), arrayStart(key, 0)];
    index.validateKey(type, key, pos, count);
    this.#use(spaceId);
    return index.count(type, key, pos, count);
  }

  extreme(
    spaceId: number,
    indexId: number,
    key: Uint8Array,
    which: 'min' | 'max',
  ): Tuple | undefined {
    const index = this.index(spaceId, indexId);
    if (index.type !== 'TREE') throw index.unsupported(`${which}()`);
    const [count, pos] = [arrayCount(key, 0), arrayStart(key, 0)];
    index.validateKey(which === 'min' ? IteratorType.GE : IteratorType.LE, key, pos, count);
    this.#use(spaceId);
    const type = which === 'min' ? IteratorType.EQ : IteratorType.REQ;
    return index.iterator(type, key, pos, count).next();
  }

  #iterate(index: Index, type: number, key: Uint8Array): TupleIterator {
    const [count, pos] = [arrayCount(key, 0), arrayStart(key, 0)];
    index.validateKey(type, key, pos, count);
    return index.iterator(type, key, pos, count);
  }

  /** A transaction that has read memory must not suspend any more. */
  #use(spaceId: number): void {
    const { txn } = this.#box.current;
    if (txn !== undefined && this.#space(spaceId)?.engine === 'memtx') txn.isEngineUsed = true;
  }

  #space(spaceId: number): Space | undefined {
    return this.#box.schema.space(spaceId);
  }
}

function checkType(type: number): void {
  if (type < 0 || type >= iteratorTypeMax) {
    throw clientError('ILLEGAL_PARAMS', 'Invalid iterator type');
  }
}

/** Ends when its index is no longer the space's: dropped, truncated or built anew. */
class GuardedIterator implements TupleIterator {
  readonly #schema: Schema;
  readonly #index: Index;
  readonly #inner: TupleIterator;
  #version: number;

  constructor(schema: Schema, index: Index, inner: TupleIterator) {
    this.#schema = schema;
    this.#index = index;
    this.#inner = inner;
    this.#version = schema.spaceCacheVersion;
  }

  next(): Tuple | undefined {
    const { spaceCacheVersion } = this.#schema;
    if (this.#version !== spaceCacheVersion) {
      const { spaceId, id } = this.#index;
      if (this.#schema.space(spaceId)?.index(id) !== this.#index) return undefined;
      this.#version = spaceCacheVersion;
    }
    return this.#inner.next();
  }
}
