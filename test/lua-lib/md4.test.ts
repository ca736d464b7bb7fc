import { expect, test } from 'vitest';
import { hashes } from '../../src/bee/lua/lib/digest.ts';
import { toHex } from '../support/hex.ts';

/** The test suite of RFC 1320; OpenSSL 3 under the real server has no MD4 to record from. */
const suite: readonly (readonly [string, string])[] = [
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
];

test('MD4 of the vectors of RFC 1320', () => {
  for (const [message, digest] of suite) {
    expect(toHex(hashes['md4']?.(new TextEncoder().encode(message)) ?? new Uint8Array())).toBe(
      digest,
    );
  }
});
