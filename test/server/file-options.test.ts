/** Options that say where files are, how large they grow and when they are made: each seen in the files themselves. */
import { expect, test } from 'vitest';
import { ConsoleWorld } from './console-world.ts';

const home = '/home/user/one';

/** Names in a directory, logs and snapshots by their numbers: `12.xlog`. */
function names(world: ConsoleWorld, directory = home): string[] {
  const listed = world.sim.files.list(directory);
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value.map(({ name }) => name.replace(/^0+(?=\d)/, ''));
}

const makeSpace = `s = db.schema.space.create('t') i = s:create_index('pk')`;

test('work_dir, wal_dir and snap_dir have the files, also at the next start', () => {
  const world = new ConsoleWorld();
  for (const directory of ['logs', 'snaps']) {
    world.sim.files.makeDirectories(`${home}/data/${directory}`);
  }
  const configuration = `db.cfg{work_dir = 'data', wal_dir = 'logs', snap_dir = 'snaps'}`;
  const seat = world.start('one');
  world.ask(seat, configuration, makeSpace, 's:insert{1}', 'db.snapshot()', 's:insert{2}');
  expect(names(world)).toEqual(['data']);
  expect(names(world, `${home}/data`)).toEqual(['logs', 'snaps']);
  expect(names(world, `${home}/data/logs`)).toEqual(['0.xlog', '4.xlog']);
  expect(names(world, `${home}/data/snaps`)).toEqual(['0.snap', '4.snap']);
  world.sim.kill(seat.pid);
  const again = world.start('one');
  expect(world.ask(again, configuration, 'return db.space.t:count()')).toBe('- 2');
});

test('a work_dir that is not there is refused, and nothing is begun elsewhere', () => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.begin(seat, `db.cfg{work_dir = 'nope'}`);
  world.sim.expectUntil('the end', () => !seat.status.isAlive, 10);
  expect(seat.log.join('\n')).toContain("can't chdir to `nope': No such file or directory");
  expect(names(world)).toEqual([]);
});

test('two servers do not work in one wal_dir', () => {
  const world = new ConsoleWorld();
  world.sim.files.makeDirectories('/home/user/common');
  const configuration = `db.cfg{wal_dir = '/home/user/common'}`;
  const [one, two] = [world.start('one'), world.start('two')];
  world.ask(one, configuration);
  world.begin(two, configuration);
  world.sim.expectUntil('the end of the second', () => !two.status.isAlive, 10);
  expect(two.log.join('\n')).toContain('Failed to lock WAL directory /home/user/common');
  expect(world.ask(one, makeSpace, 's:insert{1}')).toBe('- [1]');
});

test.each([
  ['instance_uuid', /Instance UUID mismatch: expected 1{8}-\S+, got \S+/],
  ['replicaset_uuid', /Replica set UUID mismatch: expected 1{8}-\S+, got \S+/],
])('files of another %s end the start', (option, words) => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.ask(seat, 'db.cfg{}', makeSpace, 's:insert{1}');
  const uuid = world.ask(
    seat,
    option === 'instance_uuid' ? 'return db.info.uuid' : 'return db.info.cluster.uuid',
  );
  world.begin(seat, 'os.exit()');
  world.sim.expectUntil('the exit', () => !seat.status.isAlive, 10);
  const wrong = world.start('one');
  world.begin(wrong, `db.cfg{${option} = '11111111-1111-4111-8111-111111111111'}`);
  world.sim.expectUntil('the end', () => !wrong.status.isAlive, 10);
  expect(wrong.log.join('\n')).toMatch(words);
  // The lock that the first one gave back, and the second, is to be had.
  const right = world.start('one');
  const configuration = `db.cfg{${option} = '${uuid.replace('- ', '')}'}`;
  expect(world.ask(right, configuration, 'return db.space.t:count()')).toBe('- 1');
});

test('rows_per_wal closes a log that has so many rows', () => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.ask(seat, 'db.cfg{rows_per_wal = 3}', makeSpace);
  for (let key = 1; key <= 6; key++) world.ask(seat, `s:insert{${key}}`);
  const logs = names(world).filter((name) => name.endsWith('.xlog'));
  const begins = logs.map((name) => Number.parseInt(name, 10));
  expect(begins.length).toBeGreaterThan(2);
  for (const [at, begin] of begins.slice(1).entries()) {
    expect(begin - (begins[at] ?? 0)).toBe(3);
  }
});

test('checkpoint_wal_threshold makes a snapshot when the log has grown by so much, and then not until it has again', () => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.ask(seat, 'db.cfg{checkpoint_wal_threshold = 3000}', makeSpace);
  const snapshots = (): number => names(world).filter((name) => name.endsWith('.snap')).length;
  const told = (): number =>
    seat.log.filter((line) => line.includes('WAL threshold exceeded, triggering checkpoint'))
      .length;
  expect([snapshots(), told()]).toEqual([1, 0]);
  world.ask(seat, `s:insert{1, ('x'):rep(4000)}`);
  world.sim.expectUntil('a snapshot', () => snapshots() === 2, 10);
  world.ask(seat, `s:insert{2, ('x'):rep(1000)}`);
  world.sim.runFor(10);
  expect([snapshots(), told()]).toEqual([2, 1]);
  world.ask(seat, `s:insert{3, ('x'):rep(2500)}`);
  world.sim.expectUntil('the next', () => told() === 2, 10);
});

test('checkpoint_interval makes snapshots each so many seconds, and none at 0', () => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.ask(seat, 'db.cfg{}', makeSpace);
  const newest = (): string | undefined => names(world).findLast((name) => name.endsWith('.snap'));
  expect(newest()).toBe('0.snap');
  world.ask(seat, 'db.cfg{checkpoint_interval = 5}');
  // The first comes after a random part of another interval.
  world.sim.expectUntil('a snapshot', () => newest() === '3.snap', 10.5);
  world.ask(seat, 's:insert{1}');
  world.sim.expectUntil('the next', () => newest() === '4.snap', 5.5);
  // The daemon has made its next plan by then.
  world.sim.runFor(0.1);
  world.ask(seat, 'db.cfg{checkpoint_interval = 0}', 's:insert{2}');
  world.sim.runFor(60);
  expect(newest()).toBe('4.snap');
});

test('memtx_max_tuple_size bounds a tuple, with what the server itself adds', () => {
  const world = new ConsoleWorld();
  const seat = world.start('one');
  world.ask(seat, 'db.cfg{memtx_max_tuple_size = 1000}', makeSpace);
  expect(world.ask(seat, `s:insert{1, ('x'):rep(1000)}`)).toBe(
    "- error: 'Failed to allocate 1019 bytes for tuple: tuple is too large. Check ''memtx_max_tuple_size''\n    configuration option.'",
  );
  expect(world.ask(seat, `#s:insert{1, ('x'):rep(981)}[2]`)).toBe('- 981');
  expect(world.ask(seat, `s:insert{2, ('x'):rep(982)}`)).toContain('Failed to allocate 1001 bytes');
});
