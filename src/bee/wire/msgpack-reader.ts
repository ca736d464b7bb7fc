import { checkMsgpack, type MsgpackType, skip, typeAt } from './msgpack-scan.ts';
import { decodeUtf8 } from './utf8.ts';

/** Bytes that are not the msgpack they should be. What came from outside is the cause, so somebody must catch it. */
export class MsgpackError extends Error {
  override readonly name = 'MsgpackError';
}

/** An extension value: the type (−128 to 127; 1 is decimal, 2 is uuid) and its data. */
export class MsgpackExt {
  readonly type: number;
  readonly data: Uint8Array;

  constructor(type: number, data: Uint8Array) {
    this.type = type;
    this.data = data;
  }
}

/** A decoded value. Integers beyond ±2^53 are bigint, binary data is Uint8Array. */
export type MsgpackValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | MsgpackExt
  | MsgpackValue[]
  | Map<MsgpackValue, MsgpackValue>;

/**
 * Values may be nested this deep when they are made into objects. The scanners do not recurse, this does; a worker's
 * stack holds some ten thousand frames.
 */
export const msgpackDepthMax = 1000;

/**
 * Reads msgpack value by value. A value of another type than asked for, or one that goes beyond the end, is a
 * MsgpackError; the position is then where that value began.
 */
export class MsgpackReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Where the next value begins. */
  pos: number;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.pos >= this.end;
  }

  /** Type of the next value. */
  type(): MsgpackType {
    if (this.pos >= this.end) throw new MsgpackError('unexpected end');
    return typeAt(this.bytes, this.pos);
  }

  /** Takes a nil, when the next value is one. */
  takeNil(): boolean {
    if (this.type() !== 'nil') return false;
    this.pos++;
    return true;
  }

  readBool(): boolean {
    const head = this.#head('bool');
    this.pos++;
    return head === 0xc3;
  }

  /** A non-negative integer up to 2^53, such as an id, a count or an LSN. */
  readUint(): number {
    const head = this.#peek();
    if (head < 0x80) {
      this.pos++;
      return head;
    }
    const start = this.pos;
    const value = this.readInteger();
    if (typeof value === 'number' && value >= 0) return value;
    this.pos = start;
    throw new MsgpackError(`expected an unsigned integer below 2^53, found ${value}`);
  }

  /** An integer of either sign and any size; bigint beyond ±2^53. */
  readInteger(): number | bigint {
    const head = this.#peek();
    if (head < 0x80) {
      this.pos++;
      return head;
    }
    if (head >= 0xe0) {
      this.pos++;
      return head - 0x100;
    }
    if (head < 0xcc || head > 0xd3) this.#unexpected('integer');
    const at = this.#take(1 + (1 << (head & 3)));
    const { bytes } = this;
    const byte = (offset: number): number => bytes[at + offset] ?? 0;
    // Ids and lengths, a few in each row: most readers never need a view, which costs more than the row's other fields.
    if (head === 0xcc) return byte(1);
    if (head === 0xcd) return (byte(1) << 8) | byte(2);
    if (head === 0xce) return ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4)) >>> 0;
    const view = this.#dataView();
    switch (head) {
      case 0xd0:
        return view.getInt8(at + 1);
      case 0xd1:
        return view.getInt16(at + 1);
      case 0xd2:
        return view.getInt32(at + 1);
      default: {
        const high = head === 0xcf ? view.getUint32(at + 1) : view.getInt32(at + 1);
        const value = high * 0x1_0000_0000 + view.getUint32(at + 5);
        if (Number.isSafeInteger(value)) return value;
        return head === 0xcf ? view.getBigUint64(at + 1) : view.getBigInt64(at + 1);
      }
    }
  }

  /** Any number: integer, float or double. */
  readNumber(): number | bigint {
    const head = this.#peek();
    if (head === 0xcb) return this.#dataView().getFloat64(this.#take(9) + 1);
    if (head === 0xca) return this.#dataView().getFloat32(this.#take(5) + 1);
    return this.readInteger();
  }

  /** A float or double, or an integer that stands for one. */
  readDouble(): number {
    return Number(this.readNumber());
  }

  readStr(): string {
    const bytes = this.#blob('str');
    return decodeUtf8(this.bytes, bytes, this.pos);
  }

  /** The bytes of a string, as a view. */
  readStrBytes(): Uint8Array {
    return this.bytes.subarray(this.#blob('str'), this.pos);
  }

  /** The bytes of a binary value, as a view. */
  readBin(): Uint8Array {
    return this.bytes.subarray(this.#blob('bin'), this.pos);
  }

  /** @returns how many values follow */
  readArrayHeader(): number {
    const head = this.#peek();
    if (head >= 0x90 && head < 0xa0) {
      this.pos++;
      return head & 0x0f;
    }
    if (head === 0xdc) return this.#dataView().getUint16(this.#take(3) + 1);
    if (head === 0xdd) return this.#dataView().getUint32(this.#take(5) + 1);
    return this.#unexpected('array');
  }

  /** @returns how many pairs follow */
  readMapHeader(): number {
    const head = this.#peek();
    if (head >= 0x80 && head < 0x90) {
      this.pos++;
      return head & 0x0f;
    }
    if (head === 0xde) return this.#dataView().getUint16(this.#take(3) + 1);
    if (head === 0xdf) return this.#dataView().getUint32(this.#take(5) + 1);
    return this.#unexpected('map');
  }

  /** An extension; its data is a view. */
  readExt(): MsgpackExt {
    const head = this.#head('ext');
    const size = this.#checkedSkip();
    const lengthBytes = head >= 0xd4 ? 0 : 1 << (head - 0xc7);
    const type = this.#dataView().getInt8(this.pos + 1 + lengthBytes);
    const data = this.bytes.subarray(this.pos + 2 + lengthBytes, size);
    this.pos = size;
    return new MsgpackExt(type, data);
  }

  /** Goes past one value, whatever it is. */
  skip(): void {
    this.pos = this.#checkedSkip();
  }

  /** The bytes of the next value, as a view, and goes past it. */
  readRaw(): Uint8Array {
    const start = this.pos;
    this.pos = this.#checkedSkip();
    return this.bytes.subarray(start, this.pos);
  }

  /** Makes the next value. Strings that are not UTF-8 lose their bytes: read those with `readStrBytes`. */
  readValue(depth = 0): MsgpackValue {
    if (depth > msgpackDepthMax) throw new MsgpackError('nested too deep');
    switch (this.type()) {
      case 'nil':
        this.#head('nil');
        this.pos++;
        return null;
      case 'bool':
        return this.readBool();
      case 'uint':
      case 'int':
        return this.readInteger();
      case 'float':
      case 'double':
        return this.readNumber();
      case 'str':
        return this.readStr();
      case 'bin':
        return this.readBin().slice();
      case 'ext': {
        const ext = this.readExt();
        return new MsgpackExt(ext.type, ext.data.slice());
      }
      case 'array': {
        const count = this.readArrayHeader();
        const values: MsgpackValue[] = [];
        for (let index = 0; index < count; index++) values.push(this.readValue(depth + 1));
        return values;
      }
      case 'map': {
        const count = this.readMapHeader();
        const map = new Map<MsgpackValue, MsgpackValue>();
        for (let index = 0; index < count; index++) {
          const key = this.readValue(depth + 1);
          map.set(key, this.readValue(depth + 1));
        }
        return map;
      }
    }
  }

  #peek(): number {
    if (this.pos >= this.end) throw new MsgpackError('unexpected end');
    return this.bytes[this.pos] ?? 0xc1;
  }

  #head(type: MsgpackType): number {
    const head = this.#peek();
    // 0xc1 is no type at all; the table calls it nil so that it has a row.
    if (head === 0xc1 || typeAt(this.bytes, this.pos) !== type) this.#unexpected(type);
    return head;
  }

  /** Position of the data of a string or binary value; `pos` moves behind it. */
  #blob(type: 'str' | 'bin'): number {
    const head = this.#head(type);
    const end = this.#checkedSkip();
    let data = this.pos + 1;
    if (head >= 0xd9) data += 1 << (head - 0xd9);
    else if (head >= 0xc4) data += 1 << (head - 0xc4);
    this.pos = end;
    return data;
  }

  #checkedSkip(): number {
    const end = checkMsgpack(this.bytes, this.pos, this.end);
    if (end < 0) throw new MsgpackError('malformed or cut value');
    return end;
  }

  /** Goes past `size` bytes of a number and returns where they begin. */
  #take(size: number): number {
    const at = this.pos;
    if (at + size > this.end) throw new MsgpackError('unexpected end');
    this.pos = at + size;
    return at;
  }

  #dataView(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  #unexpected(expected: string): never {
    throw new MsgpackError(`expected ${expected}, found ${this.type()}`);
  }
}

/** Position after the first `count` values from `pos`; the bytes must be well-formed. */
export function skipMany(bytes: Uint8Array, pos: number, count: number): number {
  let at = pos;
  for (let index = 0; index < count; index++) at = skip(bytes, at);
  return at;
}
