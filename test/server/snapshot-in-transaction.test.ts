// A snapshot holds what is committed. The real server writes the rows of the transaction in which it is asked for, and then aborts it.
import { expect, test } from 'vitest';
import { ConsoleWorld } from './console-world.ts';

test('a snapshot asked for inside a transaction aborts it and does not hold its rows', () => {
  const world = new ConsoleWorld();
  let one = world.start('one');
  world.ask(
    one,
    'db.cfg{}',
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
    's:insert{5}',
  );
  expect(world.ask(one, 'db.begin() s:insert{1} s:delete{5} return db.snapshot()')).toBe('- ok');
  expect(world.ask(one, 'db.rollback()', 's:select{}')).toBe('- - [5]');
  expect(
    world.ask(one, 's:insert{6} s:delete{6} db.begin() s:insert{2} db.snapshot() db.commit()'),
  ).toBe('- error: Transaction has been aborted by a fiber yield');
  world.sim.kill(one.pid);
  one = world.start('one');
  expect(world.ask(one, 'db.cfg{}', 'db.space.s:select{}')).toBe('- - [5]');
});
