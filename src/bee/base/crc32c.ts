/// <reference path="./crc-32.d.ts" />
import library from 'crc-32/crc32c.js';

/**
 * CRC-32C (Castagnoli) as log files have it: start value 0 and no inversion at the end, where the usual one starts from
 * all ones and inverts. Inverting the library's seed and result undoes both.
 * @returns an unsigned 32-bit number
 */
export function crc32c(bytes: Uint8Array): number {
  return (library.buf(bytes, -1) ^ -1) >>> 0;
}
