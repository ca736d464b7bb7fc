/** A loop that writes faster than the disk waits for it: what is not written yet has a bound. */
import { expect, test } from 'vitest';
import { unwrittenBytesMax } from '../../src/bee/server/limits.ts';
import { LuaWorld } from '../lua/lua-world.ts';

test('inserts into a slow disk pause, and all are written', () => {
  const world = new LuaWorld();
  world.answer('db.cfg{}');
  world.answer(`s = db.schema.space.create('t') s:create_index('pk')`);
  world.sim.diskFaults.slowness = 2000;
  const tupleBytes = Math.ceil(unwrittenBytesMax / 8);
  const outcome = world.begin(
    `for key = 1, 40 do s:replace{key, ('x'):rep(${tupleBytes})} end return 'done'`,
  );
  const { storage } = world.instance;
  let most = 0;
  while (outcome.answer === undefined) {
    world.sim.step();
    most = Math.max(most, storage.writer.unwrittenBytes);
  }
  expect(outcome.answer).toContain('done');
  expect(storage.writer.unwrittenBytes).toBe(0);
  expect(most).toBeGreaterThan(unwrittenBytesMax / 2);
  // What was under the bound before it may bring it over by one transaction.
  expect(most).toBeLessThan(unwrittenBytesMax + 2 * tupleBytes);
});
