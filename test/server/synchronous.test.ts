// Synchronous transactions when things go wrong on their own server: the disk, a restart before the decision, a snapshot. What they
// answer when nothing does is recorded from the real server: test/scripts/transactions/synchronous, test/situations/synchronous_*.
import { beforeEach, expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

let world: ConsoleWorld;
let one: Seat;

beforeEach(() => {
  world = new ConsoleWorld();
  one = world.start('one');
  world.ask(
    one,
    "fiber = require('fiber')",
    'db.cfg{listen=3301}',
    "s = db.schema.space.create('s', {is_sync=true})",
    "_ = s:create_index('p')",
    "a = db.schema.space.create('a')",
    "_ = a:create_index('p')",
    "_ = a:create_index('q', {parts={2, 'string'}})",
  );
});

/** Begins a transaction of both spaces for which there is no quorum, and goes on. */
function leaveUnconfirmed(): void {
  world.ask(one, 'db.cfg{replication_synchro_quorum=2, replication_synchro_timeout=100}');
  world.ask(one, "a:replace{1, 'before'}");
  world.ask(
    one,
    "f = fiber.create(function() db.begin() a:replace{1, 'after'} a:insert{2, 'two'} s:insert{1} db.commit() end)",
    "g = fiber.create(function() a:insert{3, 'three'} end)",
  );
  expect(world.ask(one, 'return s:count(), a:select{}')).toBe(
    "- 1\n- - [1, 'after']\n  - [2, 'two']\n  - [3, 'three']",
  );
}

test('a row that cannot be written is out of the queue, and the next one is confirmed', () => {
  world.sim.diskFaults.appendFailure = 1;
  expect(world.ask(one, 's:insert{1}')).toBe('- error: Failed to write to disk');
  world.sim.diskFaults.appendFailure = 0;
  expect(world.ask(one, 's:select{}')).toBe('- []');
  expect(world.ask(one, 's:insert{2}')).toBe('- [2]');
  expect(world.ask(one, 'a:insert{1, "x"}')).toBe("- [1, 'x']");
});

test('what was not confirmed before a restart waits again, and its log is the first acknowledgement', () => {
  leaveUnconfirmed();
  world.sim.kill(one.pid);
  one = world.start('one');
  world.ask(one, 'db.cfg{replication_synchro_quorum=2, replication_synchro_timeout=0.2}');
  expect(world.ask(one, 'return db.space.s:count(), db.space.a:select{}')).toBe(
    "- 1\n- - [1, 'after']\n  - [2, 'two']\n  - [3, 'three']",
  );
  // Whoever comes now stands behind it, and runs out of time alone.
  expect(world.ask(one, 'db.space.s:insert{5}')).toBe(
    '- error: Quorum collection for a synchronous transaction is timed out',
  );
  expect(world.ask(one, 'return db.space.s:count(), db.space.a:count()')).toBe('- 1\n- 3');
  const lsn = Number(world.ask(one, 'return db.info.lsn').slice(2));
  world.ask(one, 'db.cfg{replication_synchro_quorum=1}');
  // One row more: it was confirmed.
  expect(world.ask(one, 'return db.info.lsn')).toBe(`- ${lsn + 1}`);
  expect(world.ask(one, 'db.space.s:insert{6}')).toBe('- [6]');
  expect(world.ask(one, 'db.snapshot()')).toBe('- ok');
});

test('what was taken back is taken back whole by every later start, in all indexes', () => {
  leaveUnconfirmed();
  world.ask(one, 'db.cfg{replication_synchro_timeout=0.1}', 'fiber.sleep(0.5)');
  const kept = "- 0\n- - [1, 'before']\n- - [1, 'before']";
  const look = 'return db.space.s:count(), db.space.a:select{}, db.space.a.index.q:select{}';
  expect(world.ask(one, look)).toBe(kept);
  world.sim.kill(one.pid);
  one = world.start('one');
  world.ask(one, 'db.cfg{}');
  expect(world.ask(one, look)).toBe(kept);
});

test('a decision that cannot be written ends the server', () => {
  leaveUnconfirmed();
  world.sim.diskFaults.appendFailure = 1;
  world.begin(one, 'db.cfg{replication_synchro_quorum=1}');
  world.sim.expectUntil('the server to end', () => !one.status.isAlive, 10);
  expect(one.log.join('\n')).toMatch(
    /F> Could not write a synchro request to WAL: lsn = \d+, type = CONFIRM/,
  );
});
