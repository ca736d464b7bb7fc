/** LuaJIT's hashes of table keys: what decides where a key lies, and so in which order `pairs` meets it. */
import { newObjectId } from './table.ts';
import type { TString, TValue } from './types.ts';
import { Tag } from './value.ts';

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** The hash of a string, kept in it. */
export function stringHash(s: TString): number {
  s.hash ??= hashBytes(s.realstring);
  return s.hash;
}

/** As LuaJIT hashes bytes: at most twelve of them are looked at. */
export function hashBytes(bytes: Uint8Array): number {
  const length = bytes.length;
  if (length === 0) return 0;
  let h = length;
  let a: number;
  let b: number;
  if (length >= 4) {
    a = word(bytes, 0);
    h ^= word(bytes, length - 4);
    b = word(bytes, (length >>> 1) - 2);
    h ^= b;
    h = (h - rotateLeft(b, 14)) | 0;
    b = (b + word(bytes, (length >>> 2) - 1)) | 0;
  } else {
    // The bytes are signed there.
    a = signed(bytes, 0);
    h ^= signed(bytes, length - 1);
    b = signed(bytes, length >>> 1);
    h ^= b;
    h = (h - rotateLeft(b, 14)) | 0;
  }
  a ^= h;
  a = (a - rotateLeft(h, 11)) | 0;
  b ^= a;
  b = (b - rotateLeft(a, 25)) | 0;
  h ^= b;
  return (h - rotateLeft(b, 16)) | 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (
    byteAt(bytes, at) |
    (byteAt(bytes, at + 1) << 8) |
    (byteAt(bytes, at + 2) << 16) |
    (byteAt(bytes, at + 3) << 24)
  );
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function signed(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 24) >> 24;
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

function hashHalves(low: number, high: number): number {
  let lo = low ^ high;
  let hi = rotateLeft(high, 14);
  lo = (lo - hi) | 0;
  hi = rotateLeft(hi, 5);
  hi ^= lo;
  return (hi - rotateLeft(lo, 13)) | 0;
}

function hashNumber(n: number): number {
  double[0] = n === 0 ? 0 : n;
  return hashHalves(halves[0] ?? 0, (halves[1] ?? 0) << 1);
}

const hashBias = -0x04c11db7;
const ids = new WeakMap<object, number>();

/** A number that stands for the address of a value that has identity. */
export function objectId(value: unknown): number {
  if (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'number'
  ) {
    return value.id;
  }
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return 0;
  let id = ids.get(value);
  if (id === undefined) {
    id = newObjectId();
    ids.set(value, id);
  }
  return id;
}

/** The hash of any key but nil. */
export function keyHash(type: number, value: unknown): number {
  if (type === Tag.STRING) return stringHash(value as TString); // tag says so
  if (typeof value === 'number') return hashNumber(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const id = objectId(value);
  return hashHalves(id, (id + hashBias) | 0);
}

/** Whether a stored key is the one looked for. */
export function isSameKey(own: TValue, type: number, value: unknown): boolean {
  if (own.type !== type) return false;
  if (own.value === value) return true;
  if (type !== Tag.STRING) return false;
  const a = own.value as TString; // tag says so
  const b = value as TString; // tag says so
  return stringHash(a) === stringHash(b) && sameBytes(a.realstring, b.realstring);
}

/** Whether two byte strings are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
