import { skip } from '../wire/msgpack.ts';
import { bigEndian } from '../wire/msgpack-scan.ts';
import type { TupleFormat } from './format.ts';

/**
 * A tuple: an immutable msgpack array. Small tuples share slabs, so that one costs an object of four words and its bytes.
 */
export class Tuple {
  /** Where the bytes are; shared with other tuples. Never written after the tuple was made. */
  readonly slab: Uint8Array;
  /** The array header is here. */
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
  /** Names and types of the space it was made for; the runtime format for `db.tuple.new`. */
  readonly format: TupleFormat;

  constructor(slab: Uint8Array, start: number, end: number, format: TupleFormat) {
    this.slab = slab;
    this.start = start;
    this.end = end;
    this.format = format;
  }

  /** Size in bytes. */
  get bsize(): number {
    return this.end - this.start;
  }

  /** Number of fields. */
  get fieldCount(): number {
    return arrayCount(this.slab, this.start);
  }

  /** Position of the first field; the end when there is none. */
  get firstField(): number {
    return arrayStart(this.slab, this.start);
  }

  /**
   * Position of a field in `slab`, −1 when the tuple is shorter.
   * @param fieldNo counted from 0
   */
  fieldAt(fieldNo: number): number {
    if (fieldNo >= arrayCount(this.slab, this.start)) return -1;
    let pos = arrayStart(this.slab, this.start);
    for (let left = fieldNo; left > 0; left--) pos = skip(this.slab, pos);
    return pos;
  }

  /** Position of the field that the space's format gives the name, −1 when there is none. */
  fieldByName(name: string): number {
    const fieldNo = this.format.dictionary.numberOf(name);
    return fieldNo === undefined ? -1 : this.fieldAt(fieldNo);
  }

  /** The msgpack bytes, as a view: do not change them, and copy them before keeping them. */
  bytes(): Uint8Array {
    return this.slab.subarray(this.start, this.end);
  }
}

/** Number of values of the array at `pos`. */
export function arrayCount(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0x90;
  if (head < 0xa0) return head & 0x0f;
  return bigEndian(bytes, pos + 1, head === 0xdc ? 2 : 4);
}

/** Position of the first value of the array at `pos`. */
export function arrayStart(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0x90;
  if (head < 0xa0) return pos + 1;
  return head === 0xdc ? pos + 3 : pos + 5;
}

/** Number of pairs of the map at `pos`. */
export function mapCount(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0x80;
  if (head < 0x90) return head & 0x0f;
  return bigEndian(bytes, pos + 1, head === 0xde ? 2 : 4);
}

/** Position of the first key of the map at `pos`. */
export function mapStart(bytes: Uint8Array, pos: number): number {
  const head = bytes[pos] ?? 0x80;
  if (head < 0x90) return pos + 1;
  return head === 0xde ? pos + 3 : pos + 5;
}

/**
 * Tuples of up to 1 KiB are packed into slabs of this size. A slab lives as long as any of its tuples, so a bigger one would
 * keep more dead bytes behind one survivor; a smaller one would cost more than the tuples in it.
 */
const slabBytes = 4096;
const packedBytesMax = 1024;

/** Makes tuples. */
export class TupleArena {
  #slab = new Uint8Array(slabBytes);
  #used = 0;

  /** Copies a msgpack array, known to be well-formed, and makes a tuple of the copy. */
  store(bytes: Uint8Array, start: number, end: number, format: TupleFormat): Tuple {
    const size = end - start;
    if (size > packedBytesMax) return new Tuple(bytes.slice(start, end), 0, size, format);
    if (this.#used + size > slabBytes) {
      this.#slab = new Uint8Array(slabBytes);
      this.#used = 0;
    }
    const slab = this.#slab;
    const at = this.#used;
    if (size <= 48) {
      for (let index = 0; index < size; index++) slab[at + index] = bytes[start + index] ?? 0;
    } else {
      slab.set(bytes.subarray(start, end), at);
    }
    this.#used = at + size;
    return new Tuple(slab, at, at + size, format);
  }
}
