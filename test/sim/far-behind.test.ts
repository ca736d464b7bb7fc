/**
 * "catch-up streams from files, then from memory, without a gap", between processes. What ten million rows cost, `npm run sim --
 * --figures --rows 10000000` tells.
 */
import { expect, it } from 'vitest';
import { farBehind } from './far-behind.ts';

/** More than that is no garbage of the engine that waits for its collection. */
const garbageBytesMax = 256 * 2 ** 20;

it('a replica that comes back gets every row once while the master writes on', {
  timeout: 120_000,
}, async () => {
  // Fails by itself when a row is missing or comes twice.
  const found = await farBehind(50_000, 2 ** 19);
  expect(found.logFiles).toBeGreaterThan(4);
  expect(found.servingBytesMax - found.writtenBytes).toBeLessThan(garbageBytesMax);
});
