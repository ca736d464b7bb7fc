/** The `pickle` module: bytes of numbers and strings by a format, one letter each. */
import { concat } from '../../base/bytes.ts';
import { fromByteText } from './bytes.ts';
import { LibError } from './lib-error.ts';

/**
 * A whole number (also one of the 64-bit types) as bigint, another number as number, a string as bytes, anything else as undefined.
 * The real `d` and `f` take a 64-bit cdata for 0, and `a` refuses it: that is the binding's to tell apart.
 */
export type PickleValue = bigint | number | Uint8Array | undefined;

interface IntegerForm {
  readonly bytes: number;
  readonly littleEndian: boolean;
}

const integerForms = new Map<string, IntegerForm>([
  ['b', { bytes: 1, littleEndian: true }],
  ['s', { bytes: 2, littleEndian: true }],
  ['n', { bytes: 2, littleEndian: false }],
  ['i', { bytes: 4, littleEndian: true }],
  ['N', { bytes: 4, littleEndian: false }],
  ['l', { bytes: 8, littleEndian: true }],
  ['q', { bytes: 8, littleEndian: false }],
]);

/** Capital letters that mean the same as their small ones; `n` and `N` differ. */
const packAliases: Readonly<Record<string, string>> = {
  B: 'b',
  S: 's',
  I: 'i',
  L: 'l',
  Q: 'q',
  A: 'a',
};

/** `pickle.pack(format, …)`: surplus arguments are ignored. */
export function pack(format: string, values: readonly PickleValue[]): Uint8Array {
  const parts = [...format].map((letter, at) => {
    if (at >= values.length) {
      throw new LibError('pickle.pack: argument count does not match the format');
    }
    return packOne(letter, values[at]);
  });
  return concat(parts);
}

function packOne(letter: string, value: PickleValue): Uint8Array {
  const kind = packAliases[letter] ?? letter;
  const form = integerForms.get(kind);
  if (form !== undefined) {
    if (typeof value !== 'bigint') {
      throw new LibError(`pickle.pack: expected ${form.bytes * 8}-bit int`);
    }
    return integerBytes(value, form);
  }
  if (kind === 'a') return textOf(value);
  if (kind !== 'd' && kind !== 'f') {
    throw new LibError(`pickle.pack: unsupported pack format specifier '${letter}'`);
  }
  const bytes = new Uint8Array(kind === 'd' ? 8 : 4);
  const number = typeof value === 'object' || value === undefined ? 0 : Number(value);
  const view = new DataView(bytes.buffer);
  if (kind === 'd') view.setFloat64(0, number, true);
  else view.setFloat32(0, number, true);
  return bytes;
}

function integerBytes(value: bigint, form: IntegerForm): Uint8Array {
  const bytes = new Uint8Array(form.bytes);
  for (let at = 0; at < form.bytes; at++) {
    const place = form.littleEndian ? at : form.bytes - 1 - at;
    bytes[place] = Number((value >> BigInt(8 * at)) & 0xffn);
  }
  return bytes;
}

function textOf(value: PickleValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value === undefined) throw new LibError('string expected');
  return fromByteText(String(value));
}

/** `pickle.unpack(format, bytes)`: 64-bit integers as bigint. */
export function unpack(format: string, bytes: Uint8Array): PickleValue[] {
  const values: PickleValue[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const letter of format) {
    if (letter === 'a' || letter === 'A') {
      values.push(bytes.subarray(at));
      at = bytes.length;
      continue;
    }
    const size = sizeOf(letter);
    if (at + size > bytes.length) {
      throw new LibError(
        `pickle.unpack('${letter}'): got ${bytes.length} bytes (expected: ${at + size}+)`,
      );
    }
    values.push(unpackOne(letter, view, at));
    at += size;
  }
  if (at !== bytes.length) {
    throw new LibError(
      `pickle.unpack('${format}'): too many bytes: unpacked ${at}, total ${bytes.length}`,
    );
  }
  return values;
}

function sizeOf(letter: string): number {
  if (letter === 'd') return 8;
  if (letter === 'f') return 4;
  const form = integerForms.get(letter);
  if (form === undefined) {
    throw new LibError(`pickle.unpack: unsupported format specifier '${letter}'`);
  }
  return form.bytes;
}

function unpackOne(letter: string, view: DataView, at: number): PickleValue {
  if (letter === 'd') return view.getFloat64(at, true);
  if (letter === 'f') return view.getFloat32(at, true);
  const { bytes, littleEndian } = integerForms.get(letter) ?? { bytes: 1, littleEndian: true };
  if (bytes === 8) return view.getBigUint64(at, littleEndian);
  if (bytes === 4) return view.getUint32(at, littleEndian);
  return bytes === 2 ? view.getUint16(at, littleEndian) : view.getUint8(at);
}
