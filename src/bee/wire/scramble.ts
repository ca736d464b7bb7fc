import { sha1 } from '@noble/hashes/legacy.js';
import { encodeBase64 } from './base64.ts';
import { encodeUtf8 } from './utf8.ts';

/**
 * chap-sha1: the server sends a salt, the client answers with something that only who knows the password (or its sha1) can
 * make, and the server keeps only sha1(sha1(password)). Protocol facts, section 2.3.
 */

/** Bytes of a scramble, of a sha1, and of the part of the salt that counts. */
export const scrambleSize = 20;

/** What a client sends: sha1(password) XOR sha1(salt, sha1(sha1(password))). @param salt at least 20 bytes */
export function makeScramble(password: string, salt: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash1 = sha1(encodeUtf8(password));
  return xor(hash1, saltedHash(salt, sha1(hash1)));
}

/**
 * Checks a client's answer.
 * @param scramble 20 bytes
 * @param salt the salt of this connection's greeting
 * @param hash2 sha1(sha1(password)), 20 bytes, as kept in `_user`
 */
export function checkScramble(scramble: Uint8Array, salt: Uint8Array, hash2: Uint8Array): boolean {
  if (scramble.length !== scrambleSize || hash2.length !== scrambleSize) return false;
  const hash1 = xor(scramble, saltedHash(salt, hash2));
  const candidate = sha1(hash1);
  // No early end: how long the comparison takes must not tell how much was right.
  let difference = 0;
  for (let at = 0; at < scrambleSize; at++) {
    difference |= (candidate[at] ?? 0) ^ (hash2[at] ?? 0);
  }
  return difference === 0;
}

/** What `_user` keeps under `chap-sha1`: base64 of sha1(sha1(password)). */
export function passwordHash(password: string): string {
  return encodeBase64(sha1(sha1(encodeUtf8(password))));
}

function saltedHash(salt: Uint8Array, hash2: Uint8Array): Uint8Array {
  const salted = new Uint8Array(scrambleSize * 2);
  salted.set(salt.subarray(0, scrambleSize));
  salted.set(hash2, scrambleSize);
  return sha1(salted);
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(left, (byte, at) => byte ^ (right[at] ?? 0));
}
