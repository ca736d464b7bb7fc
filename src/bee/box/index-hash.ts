import { HashTable } from '../base/hash-table.ts';
import { murmur3 } from '../base/murmur.ts';
import { MsgpackWriter, skip } from '../wire/msgpack.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import {
  type DupMode,
  dupError,
  Index,
  type IndexHost,
  IteratorType,
  type TupleIterator,
} from './index.ts';
import type { IndexDef } from './index-def.ts';
import { IndexTree } from './index-tree.ts';
import { type KeyDef, partAt } from './key-def.ts';
import { dataLength, dataStart, floatAt, integerAt } from './mp-compare.ts';
import type { Tuple } from './tuple.ts';
import { keyComparatorOf, tupleComparatorOf } from './tuple-order.ts';

const hashSeed = 13;
const extentBytes = 16384;
/** Bytes of a slot in the real server's table. */
const slotBytes = 16;

/** A HASH index: always unique, found by whole keys only, walked in an order that means nothing. */
export class IndexHash extends Index {
  readonly #table = new HashTable<Tuple>();
  #compare: (a: Tuple, b: Tuple) => number;
  #compareKey: ReturnType<typeof keyComparatorOf>;

  constructor(def: IndexDef, host: IndexHost) {
    super(def, host);
    this.#compare = tupleComparatorOf(def.keyDef);
    this.#compareKey = keyComparatorOf(def.keyDef);
  }

  get length(): number {
    return this.#table.size;
  }

  get bsize(): number {
    if (this.#table.slots === 0) return 0;
    return extentBytes * (2 + Math.ceil((this.#table.slots * slotBytes) / extentBytes));
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    const slot = this.#find(key, pos);
    return slot < 0 ? undefined : this.#table.at(slot);
  }

  replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    mode: DupMode,
  ): Tuple | undefined {
    if (newTuple !== undefined) {
      const hash = hashOfTuple(newTuple, this.def.keyDef);
      const slot = this.#table.find(hash, (entry) => this.#compare(entry, newTuple) === 0);
      const found = slot < 0 ? undefined : this.#table.at(slot);
      const error = dupError(oldTuple, found, mode);
      if (error !== undefined) {
        if (found !== undefined) this.#putBack(hash, found);
        throw this.duplicate(error);
      }
      if (slot >= 0) {
        this.#table.set(slot, newTuple);
        return found;
      }
      this.#table.insert(hash, newTuple);
    }
    if (oldTuple !== undefined) {
      const hash = hashOfTuple(oldTuple, this.def.keyDef);
      this.#table.delete(hash, (entry) => this.#compare(entry, oldTuple) === 0);
    }
    return oldTuple;
  }

  /** The real server takes the new tuple in before it finds that it may not, and then puts the old one back: into another slot, perhaps. */
  #putBack(hash: number, tuple: Tuple): void {
    this.#table.delete(hash, (entry) => entry === tuple);
    this.#table.insert(hash, tuple);
  }

  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    switch (type) {
      case IteratorType.ALL:
        return new HashIterator(this.#table, 0);
      case IteratorType.GT: {
        if (partCount === 0) return new HashIterator(this.#table, 0);
        const slot = this.#find(key, pos);
        return new HashIterator(this.#table, slot < 0 ? Number.POSITIVE_INFINITY : slot + 1);
      }
      case IteratorType.EQ: {
        let tuple = this.get(key, pos);
        return {
          next: () => {
            const result = tuple;
            tuple = undefined;
            return result;
          },
        };
      }
      default:
        throw this.unsupported('requested iterator type');
    }
  }

  override random(seed: number): Tuple | undefined {
    const { slots } = this.#table;
    if (this.#table.size === 0) return undefined;
    let slot = (seed >>> 0) % slots;
    while (this.#table.at(slot) === undefined) slot = (slot + 1) % slots;
    return this.#table.at(slot);
  }

  override tuples(): Tuple[] {
    const tuples: Tuple[] = [];
    for (let slot = 0; slot < this.#table.slots; slot++) {
      const tuple = this.#table.at(slot);
      if (tuple !== undefined) tuples.push(tuple);
    }
    return tuples;
  }

  override updateDef(def: IndexDef): void {
    super.updateDef(def);
    this.#compare = tupleComparatorOf(def.keyDef);
    this.#compareKey = keyComparatorOf(def.keyDef);
  }

  #find(key: Uint8Array, pos: number): number {
    const { keyDef } = this.def;
    const count = keyDef.parts.length;
    const hash = hashOfKey(key, pos, keyDef);
    return this.#table.find(hash, (entry) => this.#compareKey(entry, key, pos, count) === 0);
  }
}

/** Walks the slots. What is inserted behind the present slot is seen, what is inserted before it is not. */
class HashIterator implements TupleIterator {
  readonly #table: HashTable<Tuple>;
  #slot: number;

  constructor(table: HashTable<Tuple>, slot: number) {
    this.#table = table;
    this.#slot = slot;
  }

  next(): Tuple | undefined {
    while (this.#slot < this.#table.slots) {
      const tuple = this.#table.at(this.#slot++);
      if (tuple !== undefined) return tuple;
    }
    return undefined;
  }
}

const scratch = new MsgpackWriter(256);

function isSingleUnsigned(keyDef: KeyDef): boolean {
  const part = keyDef.parts[0];
  return keyDef.parts.length === 1 && part?.type === 'unsigned' && part.path === undefined;
}

/** Numbers below 2^32 are their own hash: neighbours get neighbouring slots. */
function hashOfUnsigned(bytes: Uint8Array, pos: number): number {
  const value = integerAt(bytes, pos);
  if (value <= 0xffffffff) return Number(value);
  const wide = BigInt(value);
  return Number(((wide >> 33n) ^ wide ^ (wide << 11n)) & 0xffffffffn);
}

function hashOfTuple(tuple: Tuple, keyDef: KeyDef): number {
  const first = keyDef.parts[0];
  if (first !== undefined && isSingleUnsigned(keyDef)) {
    return hashOfUnsigned(tuple.slab, tuple.fieldAt(first.fieldNo));
  }
  scratch.reset();
  for (const part of keyDef.parts) {
    const pos = partAt(tuple, part, -1);
    if (pos < 0) scratch.nil();
    else writeHashed(tuple.slab, pos);
  }
  return hashOfScratch();
}

function hashOfKey(key: Uint8Array, pos: number, keyDef: KeyDef): number {
  if (isSingleUnsigned(keyDef)) return hashOfUnsigned(key, pos);
  scratch.reset();
  let at = pos;
  for (let left = keyDef.parts.length; left > 0; left--) {
    writeHashed(key, at);
    at = skip(key, at);
  }
  return hashOfScratch();
}

function hashOfScratch(): number {
  const bytes = scratch.peek();
  return murmur3(hashSeed, bytes, 0, bytes.length);
}

/** What is hashed of a value: a string without its head, a whole double as the integer that it equals. */
function writeHashed(bytes: Uint8Array, pos: number): void {
  const type = mpTypeAt(bytes, pos);
  if (type === MpType.STR) {
    const start = dataStart(bytes, pos);
    const end = start + dataLength(bytes, pos);
    scratch.raw(bytes, start, end);
    return;
  }
  if (type === MpType.FLOAT || type === MpType.DOUBLE) {
    const value = floatAt(bytes, pos);
    if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64) {
      scratch.int(value);
      return;
    }
  }
  scratch.raw(bytes, pos, skip(bytes, pos));
}

/**
 * A HASH index on strings in the order of a language. Which strings are equal there only a comparison can say, so the entries are
 * found by a tree; what users see is a HASH index.
 */
export class IndexHashCollated extends IndexTree {
  override iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    if (![IteratorType.ALL, IteratorType.GT, IteratorType.EQ].some((known) => known === type)) {
      throw this.unsupported('requested iterator type');
    }
    return super.iterator(type, key, pos, partCount);
  }
}
