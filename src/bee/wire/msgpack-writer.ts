import { assert } from '../base/assert.ts';
import { encodeUtf8Into } from './utf8.ts';

/**
 * Writes msgpack into a buffer that grows. One writer is meant to be used again and again: `reset()`, write, `finish()`.
 *
 * Integers, strings, arrays, maps take the smallest form, as the real server's `mp_encode_*` do, so that equal values
 * have equal bytes: file sizes, checksums and unique keys depend on it. The `fixed…` methods write the few fields to
 * which the protocol gives a fixed width.
 */
export class MsgpackWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;

  /** @param capacity bytes to begin with */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  /** Forgets what was written, keeps the buffer. */
  reset(): void {
    this.#at = 0;
  }

  /** Takes back everything after the first `length` bytes. */
  truncate(length: number): void {
    assert(length >= 0 && length <= this.#at, 'truncate beyond what was written');
    this.#at = length;
  }

  /** What was written, as a copy of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  /** A look at what was written from `start` on; valid until the next write or reset. */
  peek(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(start, this.#at);
  }

  nil(): void {
    this.byte(0xc0);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  /** An unsigned integer below 2^64; a number must be whole. */
  uint(value: number | bigint): void {
    if (typeof value === 'bigint') {
      if (value > 0xffff_ffffn) this.#uint64(value);
      else this.uint(Number(value));
      return;
    }
    assert(value >= 0, 'uint of a negative number');
    if (value < 0x80) this.byte(value);
    else if (value < 0x100) this.#head8(0xcc, value);
    else if (value < 0x10000) this.#head16(0xcd, value);
    else if (value < 0x1_0000_0000) this.#head32(0xce, value);
    else {
      assert(Number.isInteger(value) && value < 2 ** 64, 'uint of a fraction or beyond 64 bits');
      this.#pair64(0xcf, value);
    }
  }

  /** An integer of either sign, −2^63 to 2^64 − 1; a number must be whole. */
  int(value: number | bigint): void {
    if (value >= 0) {
      this.uint(value);
    } else if (typeof value === 'bigint') {
      if (value >= -0x8000_0000n) {
        this.int(Number(value));
      } else {
        assert(value >= -0x8000_0000_0000_0000n, 'int below 64 bits');
        const at = this.#grow(9);
        this.#view.setUint8(at, 0xd3);
        this.#view.setBigInt64(at + 1, value);
      }
    } else if (value >= -0x20) this.byte(value & 0xff);
    else if (value >= -0x80) this.#head8(0xd0, value & 0xff);
    else if (value >= -0x8000) this.#head16(0xd1, value & 0xffff);
    else if (value >= -0x8000_0000) this.#head32(0xd2, value);
    else {
      assert(Number.isInteger(value) && value >= -(2 ** 63), 'int of a fraction or below 64 bits');
      this.#pair64(0xd3, value);
    }
  }

  /** A 64-bit float. */
  double(value: number): void {
    const at = this.#grow(9);
    this.#view.setUint8(at, 0xcb);
    this.#view.setFloat64(at + 1, value);
  }

  /** A 32-bit float. */
  float(value: number): void {
    const at = this.#grow(5);
    this.#view.setUint8(at, 0xca);
    this.#view.setFloat32(at + 1, value);
  }

  /** A string: text, or bytes that are taken as they are. */
  str(value: string | Uint8Array): void {
    if (typeof value !== 'string') {
      this.strHeader(value.length);
      this.raw(value);
      return;
    }
    // Guess the head from the count of UTF-16 units, which is right for ASCII; move the text when it was not.
    const units = value.length;
    const guess = strHeadSize(units);
    const at = this.#grow(guess + units * 3) + guess;
    const size = encodeUtf8Into(value, this.#bytes, at);
    const head = strHeadSize(size);
    if (head !== guess) this.#bytes.copyWithin(at - guess + head, at, at + size);
    this.#at = at - guess;
    this.strHeader(size);
    this.#at += size;
  }

  /** The head of a string of so many bytes, which `raw` must add. */
  strHeader(size: number): void {
    if (size < 0x20) this.byte(0xa0 | size);
    else if (size < 0x100) this.#head8(0xd9, size);
    else if (size < 0x10000) this.#head16(0xda, size);
    else this.#head32(0xdb, size);
  }

  /** Binary data. */
  bin(value: Uint8Array): void {
    if (value.length < 0x100) this.#head8(0xc4, value.length);
    else if (value.length < 0x10000) this.#head16(0xc5, value.length);
    else this.#head32(0xc6, value.length);
    this.raw(value);
  }

  /** The head of an array of so many values. */
  array(count: number): void {
    if (count < 0x10) this.byte(0x90 | count);
    else if (count < 0x10000) this.#head16(0xdc, count);
    else this.#head32(0xdd, count);
  }

  /** The head of a map of so many pairs. */
  map(count: number): void {
    if (count < 0x10) this.byte(0x80 | count);
    else if (count < 0x10000) this.#head16(0xde, count);
    else this.#head32(0xdf, count);
  }

  /** An extension: 1 is decimal, 2 is uuid. @param type −128 to 127 */
  ext(type: number, data: Uint8Array): void {
    const size = data.length;
    const fixed = fixextHead(size);
    if (fixed !== undefined) this.byte(fixed);
    else if (size < 0x100) this.#head8(0xc7, size);
    else if (size < 0x10000) this.#head16(0xc8, size);
    else this.#head32(0xc9, size);
    this.byte(type & 0xff);
    this.raw(data);
  }

  /** Bytes that are msgpack already, or a part of it. */
  raw(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const size = end - start;
    const at = this.#grow(size);
    if (size <= 32) {
      // For short pieces a loop is cheaper than a view of the source and a call to `set`.
      const target = this.#bytes;
      for (let index = 0; index < size; index++) target[at + index] = bytes[start + index] ?? 0;
    } else {
      this.#bytes.set(size === bytes.length ? bytes : bytes.subarray(start, end), at);
    }
  }

  /** One byte as it is. */
  byte(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  /** `ce` and four bytes, whatever the value: frame lengths, types and schema versions of iproto headers. */
  fixedUint32(value: number): void {
    this.#head32(0xce, value);
  }

  /** `cf` and eight bytes: the sync of an iproto header. */
  fixedUint64(value: number | bigint): void {
    if (typeof value === 'bigint') this.#uint64(value);
    else this.#pair64(0xcf, value);
  }

  /** `dd` and four bytes: the head of an answer's data, whose count is known late. */
  fixedArray(count: number): void {
    this.#head32(0xdd, count);
  }

  /** Writes four bytes, most significant first, over what stands at `at`: a count or length known late. */
  patchUint32(at: number, value: number): void {
    assert(at + 4 <= this.#at, 'patch beyond what was written');
    this.#view.setUint32(at, value);
  }

  /** Writes bytes over what stands at `at`: a block's header, known when the block is complete. */
  patch(at: number, bytes: Uint8Array): void {
    assert(at + bytes.length <= this.#at, 'patch beyond what was written');
    this.#bytes.set(bytes, at);
  }

  #head8(head: number, value: number): void {
    const at = this.#grow(2);
    this.#bytes[at] = head;
    this.#bytes[at + 1] = value;
  }

  #head16(head: number, value: number): void {
    const at = this.#grow(3);
    this.#bytes[at] = head;
    this.#view.setUint16(at + 1, value);
  }

  #head32(head: number, value: number): void {
    const at = this.#grow(5);
    this.#bytes[at] = head;
    this.#view.setUint32(at + 1, value);
  }

  #pair64(head: number, value: number): void {
    const at = this.#grow(9);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#bytes[at] = head;
    this.#view.setUint32(at + 1, high);
    this.#view.setUint32(at + 5, value - high * 0x1_0000_0000);
  }

  #uint64(value: bigint): void {
    assert(value >= 0n && value <= 0xffff_ffff_ffff_ffffn, 'uint beyond 64 bits');
    const at = this.#grow(9);
    this.#bytes[at] = 0xcf;
    this.#view.setBigUint64(at + 1, value);
  }

  /** Makes room for `size` bytes, counts them as written and returns where they go. */
  #grow(size: number): number {
    const at = this.#at;
    const end = at + size;
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#at = end;
    return at;
  }
}

function strHeadSize(size: number): number {
  if (size < 0x20) return 1;
  if (size < 0x100) return 2;
  return size < 0x10000 ? 3 : 5;
}

function fixextHead(size: number): number | undefined {
  switch (size) {
    case 1:
      return 0xd4;
    case 2:
      return 0xd5;
    case 4:
      return 0xd6;
    case 8:
      return 0xd7;
    case 16:
      return 0xd8;
    default:
      return undefined;
  }
}
