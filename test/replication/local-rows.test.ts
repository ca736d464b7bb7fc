// Rows of a space that is local to a server are in its log, and never on their way to a replica.
import { expect, test } from 'vitest';
import { ConsoleWorld } from '../server/console-world.ts';

test('they keep no log from being collected', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  const two = world.start('two');
  world.ask(
    one,
    'db.cfg{listen=3301, replication_timeout=0.3, checkpoint_count=1}',
    "db.schema.user.grant('guest', 'super')",
    "s = db.schema.space.create('s') _ = s:create_index('p')",
    "own = db.schema.space.create('own', {is_local=true}) _ = own:create_index('p')",
    'for i = 1, 1000 do own:insert{i} end',
  );
  world.ask(two, "db.cfg{replication='localhost:3301', replication_timeout=0.3}");
  for (let from = 1; from <= 201; from += 50) {
    world.ask(one, `for i = ${from}, ${from + 49} do s:insert{i} end`);
    world.wait(1);
    world.ask(one, 'db.snapshot()');
  }
  world.ask(one, 's:insert{1000}');
  world.wait(1);
  expect(world.ask(two, 'db.space.s:count()')).toBe('- 251');
  expect(world.ask(one, "#require('fio').glob('*.xlog')")).toBe('- 1');
  expect(world.ask(one, 'return db.info.gc().consumers[1].vclock[0]')).toBe('- 1000');
});
