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

  /** The msgpack bytes, as a view: do not change them, and copy them before keeping them. */
  bytes(): Uint8Array {
    return this.slab.subarray(this.start, this.end);
  }
}
