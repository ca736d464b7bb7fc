/// <reference path="../../base/crc-32.d.ts" />
/**
 * The cores of the `digest` module. Hashes come from @noble/hashes; `digest.urandom` is the random port's and bound elsewhere.
 */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 as derive } from '@noble/hashes/pbkdf2.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import crc32cLibrary from 'crc-32/crc32c.js';
import { concat } from '../../base/bytes.ts';
import { murmur3 } from '../../base/murmur.ts';
import { encodeBase64 } from '../../wire/base64.ts';
import { LibError } from './lib-error.ts';
import { md4 } from './md4.ts';

/** By the names that `digest.NAME` and `digest.NAME_hex` have. */
export const hashes: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  md4,
  md5,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
};

export interface Base64Options {
  readonly urlsafe?: boolean;
  readonly nopad?: boolean;
  readonly nowrap?: boolean;
}

/** Characters in a line of base64 unless `nowrap`. */
const base64LineLength = 72;

/** `digest.base64_encode`: lines of 72 characters, each full one ended; `urlsafe` means neither padding nor lines. */
export function base64Encode(bytes: Uint8Array, options: Base64Options = {}): string {
  let text = encodeBase64(bytes);
  if (options.urlsafe === true) text = text.replaceAll('+', '-').replaceAll('/', '_');
  // A line ends after 72 characters of whole groups of three bytes: a padded group does not end one.
  const whole = Math.floor(bytes.length / 3) * 4;
  let result = text;
  if (options.nowrap !== true && options.urlsafe !== true) {
    result = '';
    for (let at = 0; at < text.length; at += base64LineLength) {
      const next = at + base64LineLength;
      result += text.slice(at, next) + (next <= whole ? '\n' : '');
    }
  }
  return options.nopad === true || options.urlsafe === true ? result.replace(/=+$/, '') : result;
}

const base64Values = new Map<number, number>();
'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.split('').forEach((one, at) => {
  base64Values.set(one.charCodeAt(0), at);
});
base64Values.set(0x2d, 62).set(0x5f, 63);

/** `digest.base64_decode`: both alphabets at once; whatever is no digit is left out. */
export function base64Decode(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let group = 0;
  let bits = 0;
  for (const byte of text) {
    const digit = base64Values.get(byte);
    if (digit === undefined) continue;
    group = ((group << 6) | digit) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((group >> bits) & 0xff);
  }
  return new Uint8Array(bytes);
}

/** What `digest.crc32` starts from; its result is not inverted. */
export const crc32Begin = 0xffffffff;

/** `digest.crc32_update(value, bytes)` (Castagnoli), also `digest.crc32(bytes)` from {@link crc32Begin}. */
export function crc32Update(value: number, bytes: Uint8Array): number {
  return (crc32cLibrary.buf(bytes, ~value) ^ -1) >>> 0;
}

/** What `digest.murmur` hashes with unless told. */
export const murmurSeed = 13;

/** `digest.murmur(bytes)`. */
export function murmur(bytes: Uint8Array, seed = murmurSeed): number {
  return murmur3(seed, bytes, 0, bytes.length);
}

/** `digest.murmur.new{seed=…}`. A copy loses a seed of its own, as the real one's. */
export class Murmur {
  readonly #seed: number;
  #parts: Uint8Array[] = [];

  constructor(seed = murmurSeed) {
    this.#seed = seed;
  }

  update(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }

  result(): number {
    return murmur(concat(this.#parts), this.#seed);
  }

  clear(): void {
    this.#parts = [];
  }

  copy(): Murmur {
    const copy = new Murmur(this.#seed);
    copy.#parts = [...this.#parts];
    return copy;
  }
}

/**
 * `digest.guava(state, buckets)`: consistent hashing as in Google's Guava (Lamping and Veach, *A Fast, Minimal Memory,
 * Consistent Hash Algorithm*).
 * @returns a bucket from 0 to buckets − 1
 */
export function guava(state: bigint, buckets: number): number {
  let seed = BigInt.asUintN(64, state);
  let candidate = 0;
  for (;;) {
    seed = BigInt.asUintN(64, seed * 2862933555777941757n + 1n);
    const fraction = ((Number(seed >> 33n) + 1) | 0) / 2 ** 31;
    const next = Math.trunc((candidate + 1) / fraction);
    if (next < 0 || next >= buckets) return candidate;
    candidate = next;
  }
}

/** `digest.pbkdf2`: PBKDF2 with HMAC-SHA-256. @param length in bytes, at most 128 */
export function pbkdf2(
  password: Uint8Array,
  salt: Uint8Array,
  iterations = 100_000,
  length = 128,
): Uint8Array {
  if (length > 128) throw new LibError('too big digest size');
  return derive(sha256, beforeNul(password), beforeNul(salt), { c: iterations, dkLen: length });
}

/** The real one takes both for strings of C. */
function beforeNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
