import { MpType, mpTypeAt } from './field-type.ts';
import { type DupMode, Index, IteratorType, type TupleIterator } from './index.ts';
import { partAt } from './key-def.ts';
import { dataLength, dataStart, integerAt } from './mp-compare.ts';
import type { Tuple } from './tuple.ts';

const extentBytes = 16384;

/**
 * A BITSET index: finds tuples by bits of a number or a string. Tuples have numbers in the order in which they came, a freed
 * number is given to the next one; iterators go by these numbers.
 *
 * What the real server does and Bee does not: it keeps a bit map for each bit and walks those; here the tuples themselves are
 * looked at, which is as fast up to some ten thousand of them.
 */
export class IndexBitset extends Index {
  readonly #tuples: (Tuple | undefined)[] = [];
  readonly #ids = new Map<Tuple, number>();
  readonly #freeIds: number[] = [];

  get length(): number {
    return this.#ids.size;
  }

  get bsize(): number {
    return this.#ids.size === 0
      ? 0
      : extentBytes * Math.ceil((this.#tuples.length * 8) / extentBytes);
  }

  get(): Tuple | undefined {
    throw this.unsupported('get()');
  }

  replace(
    oldTuple: Tuple | undefined,
    newTuple: Tuple | undefined,
    _mode: DupMode,
  ): Tuple | undefined {
    const id = oldTuple === undefined ? undefined : this.#ids.get(oldTuple);
    if (oldTuple !== undefined && id !== undefined) {
      this.#ids.delete(oldTuple);
      this.#tuples[id] = undefined;
      this.#freeIds.push(id);
    }
    if (newTuple !== undefined) {
      const newId = this.#freeIds.pop() ?? this.#tuples.length;
      this.#tuples[newId] = newTuple;
      this.#ids.set(newTuple, newId);
    }
    return id === undefined ? undefined : oldTuple;
  }

  iterator(type: number, key: Uint8Array, pos: number, _partCount: number): TupleIterator {
    const matches = this.#matcher(type, type === IteratorType.ALL ? noBits : bitsAt(key, pos));
    let id = 0;
    return {
      next: () => {
        while (id < this.#tuples.length) {
          const tuple = this.#tuples[id++];
          if (tuple !== undefined && matches(tuple)) return tuple;
        }
        return undefined;
      },
    };
  }

  #matcher(type: number, wanted: Uint8Array): (tuple: Tuple) => boolean {
    const isEmpty = wanted.every((byte) => byte === 0);
    switch (type) {
      case IteratorType.ALL:
        return () => true;
      case IteratorType.EQ:
        // Bits beyond the key's may be anything: only a string can have some.
        return (tuple) => {
          const bits = this.#bitsOf(tuple);
          return wanted.every((byte, at) => byte === (bits[at] ?? 0));
        };
      case IteratorType.BITS_ALL_SET:
        // No bit asked for: no tuple.
        if (isEmpty) return () => false;
        return (tuple) => {
          const bits = this.#bitsOf(tuple);
          return wanted.every((byte, at) => (byte & ~(bits[at] ?? 0)) === 0);
        };
      case IteratorType.BITS_ANY_SET:
        return (tuple) => {
          const bits = this.#bitsOf(tuple);
          return wanted.some((byte, at) => (byte & (bits[at] ?? 0)) !== 0);
        };
      case IteratorType.BITS_ALL_NOT_SET:
        return (tuple) => {
          const bits = this.#bitsOf(tuple);
          return wanted.every((byte, at) => (byte & (bits[at] ?? 0)) === 0);
        };
      default:
        throw this.unsupported('requested iterator type');
    }
  }

  #bitsOf(tuple: Tuple): Uint8Array {
    const part = this.def.keyDef.parts[0];
    const pos = part === undefined ? -1 : partAt(tuple, part, -1);
    return pos < 0 ? noBits : bitsAt(tuple.slab, pos);
  }
}

const noBits = new Uint8Array(0);

/** The bits of a number, the lowest first, or of a string from its first byte on. */
function bitsAt(bytes: Uint8Array, pos: number): Uint8Array {
  if (mpTypeAt(bytes, pos) === MpType.STR) {
    const start = dataStart(bytes, pos);
    return bytes.subarray(start, start + dataLength(bytes, pos));
  }
  const bits = new Uint8Array(8);
  new DataView(bits.buffer).setBigUint64(0, BigInt(integerAt(bytes, pos)), true);
  return bits;
}
