/** Servers that disagree, logs that are gone, disks that fail: what stops, what goes on, what is kept for `db.info`. */
import { expect, test } from 'vitest';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { Store, uriOf } from './small-store.ts';
import { applierLines, lines, link, makePair, one, two } from './small-world.ts';

const errorLine = `applier.cc:338 E> error applying row: {type: 'INSERT', replica_id: 1, lsn: 2, space_id: 512, index_id: 0, tuple: ["1", "from one"]}`;

test('insert and insert of one key while following: the applier stops for good, the server stays writable', () => {
  const { sim, master, replica } = makePair(21, { one: new Store(), two: new Store() });
  const seen = replica.log.length;
  replica.process.insert(['1', 'from two']);
  master.process.insert(['1', 'from one']);
  sim.runFor(10);
  expect(applierLines(replica.log, seen)).toEqual([
    errorLine,
    "I> can't read row",
    "memtx_tree.c:577 E> ER_TUPLE_FOUND: Duplicate key exists in unique index 'primary' in space 'tester'",
  ]);
  expect(link(replica, 1, 'upstream')).toMatchObject({
    status: 'stopped',
    message: "Duplicate key exists in unique index 'primary' in space 'tester'",
  });
  expect(replica.process.isReadOnly()).toBe(false);
  // The master sees that the replica left.
  expect(link(master, 2, 'downstream')).toMatchObject({
    status: 'stopped',
    system_message: 'Broken pipe',
  });

  // The repair of the manual: leave, remove the tuple, follow again.
  replica.process.run(() => replica.process.replication.configure([]));
  sim.runFor(0.1);
  replica.process.data.delete('1');
  replica.process.run(() => replica.process.replication.configure([uriOf(one)]));
  sim.expectUntil('it follows again', () => replica.process.data.get('1') === 'from one');
  sim.runFor(0.1);
  expect(link(replica, 1, 'upstream')?.['status']).toBe('follow');
});

test('the same conflict met by db.cfg makes an orphan', () => {
  const { sim, master, replica } = makePair(22, { one: new Store(), two: new Store() });
  replica.process.run(() => replica.process.replication.configure([]));
  sim.runFor(0.1);
  replica.process.insert(['1', 'from two']);
  master.process.insert(['1', 'from one']);
  replica.process.run(() => replica.process.replication.configure([uriOf(one)]));
  sim.runFor(3);
  expect(lines(replica.log).slice(-2)).toEqual([
    'main/interactive C> failed to synchronize with 1 out of 1 replicas',
    'main/interactive C> entering orphan mode',
  ]);
  expect(() => replica.process.insert(['2', 'x'])).toThrow(/read-only/);
});

test('with replication_skip_conflict the row is passed over, in the log too, and the rest of its transaction applied', () => {
  const store = new Store();
  const settings = { skipConflict: true };
  const { sim, master, replica } = makePair(23, { one: new Store(), two: store }, { settings });
  replica.process.insert(['1', 'from two']);
  const seen = replica.log.length;
  master.process.insert(['1', 'from one'], ['2', 'second'], ['3', 'third']);
  sim.expectUntil('the others arrive', () => replica.process.data.has('3'));
  sim.runFor(0.1);
  expect(applierLines(replica.log, seen)).toEqual([errorLine]);
  expect(replica.process.data.get('1')).toBe('from two');
  const types = store.log.filter(({ replicaId, lsn }) => replicaId === 1 && lsn > 1);
  expect(types.map(({ type }) => type)).toEqual([
    IprotoType.NOP,
    IprotoType.INSERT,
    IprotoType.INSERT,
  ]);
  expect(link(replica, 1, 'upstream')?.['status']).toBe('follow');
});

test('a transaction of which one row fails leaves nothing behind', () => {
  const { sim, master, replica } = makePair(24, { one: new Store(), two: new Store() });
  replica.process.insert(['2', 'from two']);
  master.process.insert(['1', 'first'], ['2', 'from one']);
  sim.runFor(2);
  expect(replica.process.data.has('1')).toBe(false);
  expect(replica.process.vclock().get(1)).toBe(1);
});

test('a server taken out of _cluster stops with the reason; its master forgets it', () => {
  const { sim, master, replica } = makePair(25, { one: new Store(), two: new Store() });
  const seen = { one: master.log.length, two: replica.log.length };
  master.process.deleteMember(2);
  sim.runFor(3);
  expect(lines(master.log, seen.one)).toEqual([
    'main I> removed replica UUID',
    'relay/PEER/101/main coio.cc:378 !> SystemError unexpected EOF when reading from socket, called on fd 16, aka 127.0.0.1:3301, peer of PEER: Broken pipe',
    'relay/PEER/101/main C> exiting the relay loop',
  ]);
  expect(applierLines(replica.log, seen.two).slice(1)).toEqual([
    "I> can't read row",
    'replication.cc:142 E> ER_LOCAL_INSTANCE_ID_IS_READ_ONLY: The local instance id 2 is read-only',
  ]);
  expect([...master.process.replication.info().keys()]).toEqual([1]);
  expect(link(replica, 1, 'upstream')?.['message']).toBe('The local instance id 2 is read-only');
  expect(master.process.consumers.size).toBe(0);
  expect(() => master.process.deleteMember(1)).toThrow('The local instance id 1 is read-only');
});

test('the next joiner gets the lowest free id', () => {
  const { sim, start, master } = makePair(26, { one: new Store(), two: new Store() });
  start('three', { store: new Store(), sources: [one] });
  sim.expectUntil('3 joined', () => master.process.members.length === 3);
  sim.runFor(0.1);
  master.process.deleteMember(2);
  sim.runFor(0.1);
  const last = start('four', { store: new Store(), sources: [one] });
  sim.expectUntil('4 joined', () => !last.process.orphan);
  expect(last.process.replication.instanceId).toBe(2);
});

test('the log that a running replica needs is gone: its upstream stops with the master’s words', () => {
  const { sim, master, replica } = makePair(27, { one: new Store(), two: new Store() });
  replica.process.run(() => replica.process.replication.configure([]));
  sim.runFor(0.1);
  master.process.insert(['1', 'x'], ['2', 'y']);
  sim.runFor(0.1);
  master.process.checkpoint(false);
  const seen = { one: master.log.length, two: replica.log.length };
  replica.process.run(() => replica.process.replication.configure([uriOf(one)]));
  sim.runFor(3);
  const text = 'Missing .xlog file between LSN 1 {1: 1} and 3 {1: 3}';
  expect(lines(master.log, seen.one).slice(-2)).toEqual([
    `relay/PEER/101/main recovery.cc:207 E> XlogGapError: ${text}`,
    'relay/PEER/101/main C> exiting the relay loop',
  ]);
  expect(applierLines(replica.log, seen.two).slice(-2)).toEqual([
    "I> can't read row",
    `recovery.cc:207 E> XlogGapError: ${text}`,
  ]);
  expect(link(replica, 1, 'upstream')).toMatchObject({ status: 'stopped', message: text });
  expect(link(master, 2, 'downstream')).toMatchObject({ status: 'stopped', message: text });
  expect(replica.process.orphan).toBe(true);
});

test('a replica that is too old when it starts joins anew, and keeps its id', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start, master, replica } = makePair(28, stores);
  replica.process.exit();
  sim.runFor(0.1);
  master.process.insert(['1', 'x'], ['2', 'y']);
  sim.runFor(0.1);
  master.process.checkpoint(false);
  master.process.insert(['3', 'z']);
  sim.runFor(0.1);
  const again = start('two', { store: stores.two, listen: 3302, sources: [one] });
  sim.expectUntil('it is in sync', () => !again.process.orphan);
  expect(lines(again.log).slice(4, 9)).toEqual([
    "main/interactive I> can't follow UUID at 127.0.0.1:3301: required {1: 1} available {1: 3}",
    'main/interactive C> replica is too old, initiating rebootstrap',
    'main/applier/replicator@localhost:3301 I> authenticated',
    'main/interactive I> bootstrapping replica from UUID at 127.0.0.1:3301',
    expect.stringContaining('assigned id'),
  ]);
  expect([...again.process.data.keys()]).toEqual(['1', '2', '3']);
  expect(again.process.replication.instanceId).toBe(2);
  expect(stores.two.snapshot?.vclock.toString()).toBe('{1: 4}');
});

test('a replica that is too old and has rows of its own does not lose them: it stays an orphan', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start, master, replica } = makePair(29, stores);
  replica.process.insert(['own', 'only here']);
  sim.runFor(0.1);
  replica.process.exit();
  sim.runFor(0.1);
  master.process.insert(['1', 'x'], ['2', 'y']);
  sim.runFor(0.1);
  master.process.checkpoint(false);
  const again = start('two', { store: stores.two, listen: 3302, sources: [one] });
  sim.runFor(5);
  expect(lines(again.log).slice(4, 6)).toEqual([
    "main/interactive I> can't follow UUID at 127.0.0.1:3301: required {1: 1, 2: 1} available {1: 3}",
    "main/interactive I> can't rebootstrap from UUID at 127.0.0.1:3301: replica has local rows: local {1: 1, 2: 1} remote {1: 3}",
  ]);
  expect(again.process.orphan).toBe(true);
  expect(again.process.data.get('own')).toBe('only here');
});

test('a server that lost the end of its log gets its own rows back from the other master, and goes on behind them', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start, master, replica } = makePair(30, stores);
  master.process.run(() => master.process.replication.configure([uriOf(two)]));
  sim.expectUntil('both follow', () => !master.process.orphan);
  replica.process.insert(['100', 'written on two']);
  sim.expectUntil('it arrives', () => master.process.data.has('100'));
  sim.runFor(0.1);
  replica.process.exit();
  stores.two.log = stores.two.log.filter(({ replicaId }) => replicaId !== 2);
  const again = start('two', { store: stores.two, listen: 3302, sources: [one] });
  sim.expectUntil('it is in sync', () => !again.process.orphan);
  expect(again.process.data.get('100')).toBe('written on two');
  again.process.insert(['101', 'again']);
  sim.expectUntil('the new row arrives', () => master.process.data.has('101'));
  expect(master.process.vclock().toString()).toBe('{1: 1, 2: 2}');
});

test('a replica whose log cannot be written rolls back and stops with ER_WAL_IO', () => {
  const { sim, master, replica } = makePair(31, { one: new Store(), two: new Store() });
  replica.process.isDiskBroken = true;
  master.process.insert(['1', 'x']);
  sim.runFor(3);
  expect(replica.process.data.has('1')).toBe(false);
  expect(link(replica, 1, 'upstream')).toMatchObject({
    status: 'stopped',
    message: 'Failed to write to disk',
  });
  expect(master.process.replication.cluster.byId(2)?.downstream.vclock.get(1)).toBe(1);
});

test('two masters that insert different keys have the same in the end, each row once', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, master, replica } = makePair(32, stores);
  master.process.run(() => master.process.replication.configure([uriOf(two)]));
  sim.expectUntil('both follow', () => !master.process.orphan);
  for (let count = 0; count < 50; count++) {
    master.process.insert([`one ${count}`, count]);
    replica.process.insert([`two ${count}`, count], [`two more ${count}`, count]);
    if (count % 7 === 0) sim.runFor(0.01);
  }
  sim.runFor(2);
  const sorted = (data: ReadonlyMap<string, unknown>) => [...data].sort();
  expect(sorted(master.process.data)).toEqual(sorted(replica.process.data));
  expect(master.process.data.size).toBe(150);
  expect(stores.one.log.length).toBe(stores.two.log.length);
});

test('while db.cfg reaches for its sources nobody can write: which rows come first is not known yet', () => {
  const settings = { connectTimeout: 5 };
  const { sim, replica } = makePair(33, { one: new Store(), two: new Store() }, { settings });
  replica.process.run(() =>
    replica.process.replication.configure([uriOf('replicator:password@localhost:3309')]),
  );
  sim.runFor(1);
  expect(() => replica.process.insert(['1', 'x'])).toThrow(/read-only/);
  sim.runFor(6);
  replica.process.run(() => replica.process.replication.configure([uriOf(one)]));
  sim.expectUntil('it is in sync', () => !replica.process.orphan);
  replica.process.insert(['1', 'x']);
});
