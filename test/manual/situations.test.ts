/** Situations of the facts' table (2.4) that no other suite plays on whole servers with a console: outcome and exact words. */
import { expect, test } from 'vitest';
import { type ConsoleServer, ConsoleWorld } from './console-world.ts';

function masters(seed = 21) {
  const world = new ConsoleWorld(seed);
  const one = world.master();
  const two = world.replica();
  one.cfg(`replication_source = 'localhost:3302'`);
  one.insert(1, 10);
  world.settled(one, two);
  return { world, one, two };
}

/** Each side does its part while they cannot hear each other. */
function apart(
  { world, one, two }: ReturnType<typeof masters>,
  onOne: string,
  onTwo: string,
): readonly [unknown, unknown] {
  world.sim.network.cut('one', 'two');
  one.say(onOne);
  two.say(onTwo);
  world.sim.network.heal();
  world.settled(one, two);
  return [one.tuples, two.tuples];
}

/** A start that must end the process with 1. */
function refused(server: ConsoleServer, options: string): string {
  server.type(`db.cfg{${options}}`);
  expect(server.spawned.status.exitCode).toBe(1);
  return server.log;
}

test('replication_source = "" and back: the master says what became of the link, and on return missed rows arrive', () => {
  const { world, one, two } = masters();
  two.say(`db.cfg{replication_source = ''}`);
  expect(two.log).toContain(`set 'replication_source' configuration option to []`);
  world.sim.expectUntil('the relay ends', () => one.link(2, 'downstream')?.status === 'stopped');
  expect(one.link(2, 'downstream')?.message).toMatch(
    /^unexpected EOF when reading from socket, called on fd \d+, aka .*, peer of /,
  );
  one.insert(2, 20);
  two.cfg(`replication_source = 'localhost:3301'`);
  world.settled(one, two);
  expect(two.tuples).toEqual([
    [1, 10],
    [2, 20],
  ]);
});

test('replace and replace apart: the contents swap, without a message', () => {
  const pair = masters();
  const [one, two] = apart(pair, 'db.space.tester:replace{1, 1}', 'db.space.tester:replace{1, 2}');
  expect([one, two]).toEqual([[[1, 2]], [[1, 1]]]);
  expect(`${pair.one.log}${pair.two.log}`).not.toContain(' E> ');
});

test('update and delete apart: the tuple is gone on both, silently', () => {
  const [one, two] = apart(
    masters(),
    `db.space.tester:update(1, {{'+', 2, 1}})`,
    'db.space.tester:delete{1}',
  );
  expect([one, two]).toEqual([[], []]);
});

test('update +1 and update +100 apart: they add up', () => {
  const [one, two] = apart(
    masters(),
    `db.space.tester:update(1, {{'+', 2, 1}})`,
    `db.space.tester:update(1, {{'+', 2, 100}})`,
  );
  expect([one, two]).toEqual([[[1, 111]], [[1, 111]]]);
});

test.each([
  [
    'replicaset_uuid',
    'Replica set UUID mismatch: expected aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa, got ',
  ],
  ['instance_uuid', 'Instance UUID mismatch: expected aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa, got '],
])('another %s than that of the files ends the start', (option, words) => {
  const world = new ConsoleWorld();
  world.master().exit();
  const log = refused(world.start('one'), `${option} = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'`);
  expect(log).toContain(words);
  expect(log).toContain(`can't initialize storage`);
});

test('every snapshot missing, logs there: a new, empty server; the old rows are set aside and the next start works', () => {
  const world = new ConsoleWorld();
  const master = world.master();
  master.insert(1, 'old');
  const uuid = master.value('db.info.server.uuid');
  master.kill();
  master.remove('.snap');
  const again = world.start('one');
  again.say('db.cfg{}');
  expect(again.value('db.info.server.uuid')).not.toBe(uuid);
  expect(again.value('db.space.tester == nil')).toBe(true);
  again.say(`db.schema.space.create('tester'):create_index('primary')`);
  again.insert(1, 'new');
  again.exit();
  // The real server has appended to the old log here, and does not start any more.
  const third = world.start('one');
  third.say('db.cfg{}');
  expect(third.tuples).toEqual([[1, 'new']]);
});

test('unfinished files of an earlier run are removed', () => {
  const world = new ConsoleWorld();
  const master = world.master();
  master.exit();
  for (const name of [
    '00000000000000000099.xlog.inprogress',
    '00000000000000000099.snap.inprogress',
  ]) {
    world.sim.files.writeFile(`${master.directory}/${name}`, new Uint8Array([1, 2, 3]));
  }
  const again = world.start('one');
  again.say('db.cfg{}');
  expect(again.files.filter((name) => name.endsWith('.inprogress'))).toEqual([]);
  expect(again.log).toContain('removed ./00000000000000000099.xlog.inprogress');
});

test('a replica joins in a directory with other files, and with old logs but no snapshot', () => {
  const world = new ConsoleWorld();
  const master = world.master();
  master.insert(1, 'x');
  const old = world.start('two');
  old.say('db.cfg{}');
  old.say(`db.schema.space.create('forgotten')`);
  old.kill();
  old.remove('.snap');
  world.sim.files.writeFile(`${old.directory}/notes.txt`, new TextEncoder().encode('hello'));
  const replica = world.replica();
  world.settled(master, replica);
  expect(replica.tuples).toEqual([[1, 'x']]);
  expect(replica.files).toContain('notes.txt');
  expect(replica.log).toMatch(/invalid instance UUID/);
  replica.exit();
  // Whatever was made of the old logs, the files of today must start.
  const again = world.start('two');
  again.type('db.cfg{}');
  expect(again.spawned.status.isAlive ? again.tuples : again.log).toEqual([[1, 'x']]);
});

test('two servers in one directory: the second ends', () => {
  const world = new ConsoleWorld();
  world.master();
  expect(refused(world.start('one'), 'listen = 3309')).toContain(
    'Failed to lock WAL directory . and hot_standby mode is off',
  );
});

test('a port that is taken: the second server ends', () => {
  const world = new ConsoleWorld();
  world.master();
  expect(refused(world.start('two'), 'listen = 3301')).toMatch(
    /SystemError binary: failed to bind, called on fd -1: Address already in use/,
  );
});
