/** Situations of the facts' table (2.4) on whole servers, with their files: what the box, the log and replication say together. */
import { expect, test } from 'vitest';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { applierLines, lines } from './small-world.ts';
import { type Options, WholeServer } from './whole-server.ts';

const one = 'replicator:password@localhost:3301';
const two = 'replicator:password@localhost:3302';

function makePair(seed: number, options: Options = {}) {
  const sim = new SimWorld({ seed });
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301, ...options });
  master.prepare();
  const replica = new WholeServer(sim, 'two');
  replica.configure({ listen: 3302, replication: one, ...options });
  sim.runFor(0.2);
  return { sim, master, replica };
}

function upstream(server: WholeServer, id: number): Readonly<Record<string, unknown>> {
  const entry = server.instance.replication.info().get(id);
  const half = entry instanceof Map ? entry.get('upstream') : undefined;
  return half instanceof Map ? Object.fromEntries(half) : {};
}

function restart(server: WholeServer, name: string, options: Options): WholeServer {
  const again = new WholeServer(server.sim, name);
  again.configure(options);
  return again;
}

test('insert and insert: the applier stops with the row and the reason; the repair follows again', () => {
  const { sim, master, replica } = makePair(1);
  const seen = replica.log.length;
  replica.insert(512, 1, 'from B');
  master.insert(512, 1, 'from A');
  sim.runFor(3);
  const { lsn } = { lsn: master.instance.storage.vclock.get(1) };
  expect(applierLines(replica.log, seen)).toEqual([
    `applier.cc:338 E> error applying row: {type: 'INSERT', replica_id: 1, lsn: ${lsn}, space_id: 512, index_id: 0, tuple: [1, "from A"]}`,
    "I> can't read row",
    "memtx_tree.c:577 E> ER_TUPLE_FOUND: Duplicate key exists in unique index 'primary' in space 'tester'",
  ]);
  expect(upstream(replica, 1)).toMatchObject({
    status: 'stopped',
    message: "Duplicate key exists in unique index 'primary' in space 'tester'",
  });
  expect(replica.instance.isReadOnly).toBe(false);
  replica.configure({ replication: '' });
  replica.run(() => replica.instance.box.delete(512, 0, encode([1])));
  replica.configure({ replication: one });
  expect(replica.select(512)).toEqual([[1, 'from A']]);
  expect(upstream(replica, 1)).toMatchObject({ status: 'follow' });
});

test('the same conflict met by db.cfg: orphan, and writes are refused in the real words', () => {
  const { master, replica } = makePair(2);
  replica.configure({ replication: '' });
  replica.insert(512, 1, 'from B');
  master.insert(512, 1, 'from A');
  replica.configure({ replication: one });
  expect(replica.instance.status).toBe('orphan');
  expect(() => replica.insert(512, 2, 'x')).toThrow(
    "Can't modify data because this instance is in read-only mode.",
  );
});

test('replication_skip_conflict: the row is skipped, contents differ, the link lives, also after a restart', () => {
  const { sim, master, replica } = makePair(3, { replication_skip_conflict: true });
  replica.insert(512, 1, 'from B');
  master.insert(512, 1, 'from A');
  master.insert(512, 2, 'next');
  sim.runFor(1);
  expect(replica.select(512)).toEqual([
    [1, 'from B'],
    [2, 'next'],
  ]);
  replica.exit();
  const again = restart(replica, 'two', { listen: 3302, replication: one });
  expect(again.select(512)).toEqual([
    [1, 'from B'],
    [2, 'next'],
  ]);
  expect(again.instance.status).toBe('running');
});

test('a space that the replica dropped: the applier stops without describing the row', () => {
  const { sim, master, replica } = makePair(4);
  const { ddl } = replica.instance.box;
  replica.run(() => ddl.dropSpace(512, 'tester', undefined));
  const seen = replica.log.length;
  master.insert(512, 1, 'x');
  sim.runFor(2);
  expect(applierLines(replica.log, seen)).toEqual([
    "I> can't read row",
    "schema.h:84 E> ER_NO_SUCH_SPACE: Space '512' does not exist",
  ]);
});

test('a server taken out of _cluster: refused to itself, stopped on the replica, forgotten on the master', () => {
  const { sim, master, replica } = makePair(5);
  const seen = { one: master.log.length, two: replica.log.length };
  const { box } = master.instance;
  expect(() => master.run(() => box.delete(320, 0, encode([1])))).toThrow(
    'The local instance id 1 is read-only',
  );
  master.run(() => box.delete(320, 0, encode([2])));
  sim.runFor(3);
  expect(lines(master.log, seen.one)[0]).toMatch(/I> removed replica UUID$/);
  expect(applierLines(replica.log, seen.two).slice(1)).toEqual([
    "I> can't read row",
    'replication.cc:142 E> ER_LOCAL_INSTANCE_ID_IS_READ_ONLY: The local instance id 2 is read-only',
  ]);
  expect([...master.instance.replication.info().keys()]).toEqual([1]);
});

test('a replica whose log is gone on the master joins anew at its start, and keeps uuid and id', () => {
  const { sim, master, replica } = makePair(6);
  const { uuid } = replica.instance.storage;
  replica.exit();
  for (let key = 1; key <= 5; key++) master.insert(512, key);
  const checkpoint = master.begin(() => master.instance.checkpoint());
  sim.expectUntil('the snapshot is made', () => checkpoint.isDone);
  for (let key = 6; key <= 9; key++) master.insert(512, key);
  master.exit();
  sim.files.unlink('/home/user/one/00000000000000000000.xlog');
  const masterAgain = restart(master, 'one', { listen: 3301 });
  const again = restart(replica, 'two', { listen: 3302, replication: one });
  expect(lines(again.log)).toContain(
    'main/interactive C> replica is too old, initiating rebootstrap',
  );
  expect(again.select(512)).toHaveLength(9);
  expect(again.instance.storage.uuid).toBe(uuid);
  expect(again.instance.storage.id).toBe(2);
  again.exit();
  const third = restart(again, 'two', { listen: 3302, replication: one });
  expect(third.select(512)).toHaveLength(9);
  masterAgain.insert(512, 10);
  sim.runFor(0.5);
  expect(third.select(512)).toHaveLength(10);
});

test('the same with rows of its own: they are kept, the link stops with the master’s words', () => {
  const { sim, master, replica } = makePair(7);
  replica.insert(512, 100, 'only on B');
  replica.exit();
  for (let key = 1; key <= 5; key++) master.insert(512, key);
  const checkpoint = master.begin(() => master.instance.checkpoint());
  sim.expectUntil('the snapshot is made', () => checkpoint.isDone);
  const state = master.instance.storage.vclock.toString();
  master.insert(512, 6);
  master.exit();
  sim.files.unlink('/home/user/one/00000000000000000000.xlog');
  restart(master, 'one', { listen: 3301 });
  const again = restart(replica, 'two', { listen: 3302, replication: one });
  expect(again.instance.status).toBe('orphan');
  expect(again.select(512)).toEqual([[100, 'only on B']]);
  const message = String(upstream(again, 1)['message']);
  expect(message).toMatch(/^Missing \.xlog file between LSN \d+ \{1: \d+, 2: 1\} and \d+ /);
  expect(message.endsWith(state)).toBe(true);
});

test('a server that lost its newest log gets its own rows back, and goes on behind them', () => {
  const { sim, master, replica } = makePair(8);
  master.configure({ replication: two });
  replica.insert(512, 100, 'written on B');
  sim.runFor(0.5);
  replica.exit();
  const entries = sim.files.list('/home/user/two');
  for (const { name } of entries.ok ? entries.value : []) {
    if (name.endsWith('.xlog')) sim.files.unlink(`/home/user/two/${name}`);
  }
  const again = restart(replica, 'two', { listen: 3302, replication: one });
  expect(again.select(512)).toEqual([[100, 'written on B']]);
  again.insert(512, 101, 'B again');
  // The other one tries each second.
  sim.runFor(2);
  expect(master.select(512)).toHaveLength(2);
  expect(master.instance.storage.vclock.get(2)).toBe(2);
});

test('a third server joins through the replica, and both hear of it', () => {
  const { sim, master, replica } = makePair(9);
  master.configure({ replication: two });
  const third = new WholeServer(sim, 'three');
  third.configure({ replication: two });
  sim.runFor(0.5);
  expect(third.instance.storage.id).toBe(3);
  expect(master.select(320)).toHaveLength(3);
  master.insert(512, 1, 'x');
  sim.runFor(0.5);
  expect(third.select(512)).toEqual([[1, 'x']]);
  expect(replica.select(320)).toEqual(third.select(320));
});

test('a snapshot file that is gone: the copy is taken from memory', () => {
  const { sim, master } = makePair(10);
  master.insert(512, 1, 'x');
  sim.files.unlink('/home/user/one/00000000000000000000.snap');
  const third = new WholeServer(sim, 'three');
  third.configure({ replication: one });
  expect(third.select(512)).toEqual([[1, 'x']]);
});

test('a temporary space’s tuples and a local space’s stay where they are; their definitions travel', () => {
  const sim = new SimWorld({ seed: 11 });
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301 });
  master.prepare();
  const { box } = master.instance;
  master.run(() => {
    const id = (row: number, name: string, flags: ReadonlyMap<string, unknown>) =>
      encode([row, 1, name, 'memtx', 0, new Map(flags) as never, []]);
    box.insert(280, id(600, 'mine', new Map([['group_id', 1]])));
    box.insert(280, id(601, 'passing', new Map([['temporary', true]])));
    for (const space of [600, 601]) {
      box.insert(
        288,
        encode([space, 0, 'primary', 'tree', new Map([['unique', true]]), [[0, 'unsigned']]]),
      );
    }
  });
  for (const space of [600, 601, 512]) master.insert(space, 1);
  const replica = new WholeServer(sim, 'two');
  replica.configure({ replication: one });
  for (const space of [600, 601, 512]) master.insert(space, 2);
  sim.runFor(0.5);
  expect(replica.select(512)).toHaveLength(2);
  expect(replica.select(600)).toEqual([]);
  expect(replica.select(601)).toEqual([]);
  expect(replica.select(280).map((tuple) => (Array.isArray(tuple) ? tuple[0] : 0))).toContain(600);
  replica.insert(600, 9);
  expect(replica.select(600)).toEqual([[9]]);
});
