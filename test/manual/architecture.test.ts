/** The manual's introduction, its architecture, and what it says of masters and replicas: each title is its sentence. */
import { describe, expect, test } from 'vitest';
import { readXlogBytes } from '../../src/bee/wal/xlog-bytes.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { ConsoleWorld } from './console-world.ts';

function pair(seed = 1) {
  const world = new ConsoleWorld(seed);
  const master = world.master();
  const replica = world.replica();
  world.settled(master, replica);
  return { world, master, replica };
}

/** Types of the rows that a server's log holds, in order. */
function loggedTypes(server: ReturnType<ConsoleWorld['master']>, from: number): readonly number[] {
  const names = server.files.filter((name) => name.endsWith('.xlog'));
  const rows = names.flatMap((name) => readXlogBytes(name, server.bytesOf(name)).blocks.flat());
  return rows.slice(from).map(({ type }) => type);
}

describe('Replication', () => {
  test('Replication allows multiple Bee servers to work on copies of the same databases.', () => {
    const { world, master, replica } = pair();
    master.insert(1, 'x');
    world.settled(master, replica);
    expect(replica.tuples).toEqual([[1, 'x']]);
    expect(master.tuples).toEqual([[1, 'x']]);
  });

  test('The databases are kept in synch because each server can communicate its changes to all the other servers.', () => {
    const { world, master, replica } = pair();
    const third = world.replica('three', 3303);
    master.cfg(`replication_source = {'localhost:3302', 'localhost:3303'}`);
    replica.cfg(`replication_source = {'localhost:3301', 'localhost:3303'}`);
    third.cfg(`replication_source = {'localhost:3301', 'localhost:3302'}`);
    for (const [at, server] of [master, replica, third].entries()) server.insert(at, 'x');
    world.settled(master, replica, third);
    expect(third.tuples).toEqual([
      [0, 'x'],
      [1, 'x'],
      [2, 'x'],
    ]);
  });

  test('Servers which share the same databases are a "cluster".', () => {
    const { master, replica } = pair();
    const uuid = master.value(`db.space._schema:get{'cluster'}[2]`);
    expect(replica.value(`db.space._schema:get{'cluster'}[2]`)).toBe(uuid);
    expect(replica.value('db.info.cluster.uuid')).toBe(uuid);
  });

  test('Each server in a cluster also has a numeric identifier which is unique within the cluster, known as the "server id".', () => {
    const { world, master, replica } = pair();
    const third = world.replica('three', 3303);
    const ids = [master, replica, third].map((server) => server.value('db.info.server.id'));
    expect(ids).toEqual([1, 2, 3]);
  });
});

describe('Replication architecture', () => {
  test('A replica gets all updates from the master by continuously fetching and applying its write-ahead log (WAL).', () => {
    const { world, master, replica } = pair();
    for (let key = 0; key < 20; key++) {
      master.insert(key, 'x');
      world.settled(master, replica);
      expect(replica.value('#db.space.tester:select{}')).toBe(key + 1);
    }
  });

  test('Each record in the WAL represents a single Bee data-change request such as INSERT or UPDATE or DELETE, and is assigned a monotonically growing log sequence number (LSN).', () => {
    const { master } = pair();
    const before = loggedTypes(master, 0).length;
    const lsn = Number(master.value('db.info.server.lsn'));
    master.insert(1, 'x');
    master.say(`db.space.tester:update(1, {{'=', 2, 'y'}})`);
    master.say('db.space.tester:delete{1}');
    expect(loggedTypes(master, before)).toEqual([
      IprotoType.INSERT,
      IprotoType.UPDATE,
      IprotoType.DELETE,
    ]);
    expect(master.value('db.info.server.lsn')).toBe(lsn + 3);
  });

  test('In essence, Bee replication is row-based: each data change command is fully deterministic and operates on a single tuple.', () => {
    const { world, master, replica } = pair();
    const before = loggedTypes(replica, 0).length;
    master.say('for i = 1, 5 do db.space.tester:insert{i, 0} end');
    world.settled(master, replica);
    expect(loggedTypes(replica, before)).toEqual(new Array(5).fill(IprotoType.INSERT));
  });

  test('A stored program invocation is not written to the write-ahead log.', () => {
    const { master } = pair();
    master.say('function nothing() return 1 end');
    const before = loggedTypes(master, 0).length;
    master.say('nothing()');
    expect(loggedTypes(master, before)).toEqual([]);
  });

  test('Instead, log events for actual data-change requests, performed by the Lua code, are written to the log.', () => {
    const { master } = pair();
    master.say('function two() db.space.tester:insert{1} db.space.tester:delete{1} end');
    const before = loggedTypes(master, 0).length;
    master.say('two()');
    expect(loggedTypes(master, before)).toEqual([IprotoType.INSERT, IprotoType.DELETE]);
  });

  test('This ensures that possible non-determinism of Lua does not cause replication to go out of sync.', () => {
    const { world, master, replica } = pair();
    master.say('function dice(i) db.space.tester:insert{i, math.random(1000000), os.time()} end');
    master.say('for i = 1, 10 do dice(i) end');
    world.settled(master, replica);
    expect(replica.tuples).toEqual(master.tuples);
  });
});

describe('Setting up the master', () => {
  test(`To prepare the master for connections from the replica, it's only necessary to include "listen" in the initial db.cfg request, for example db.cfg{listen=3301}.`, () => {
    const world = new ConsoleWorld();
    const master = world.start('one');
    expect(master.type('db.cfg{listen=3301}')).toMatch(/^---\n\.\.\.\n/);
    expect(master.spawned.process.server.status().listen).toContain('3301');
  });

  test('A master with enabled "listen" URI can accept connections from as many replicas as necessary on that URI.', () => {
    const world = new ConsoleWorld();
    const master = world.master();
    const replicas = Array.from({ length: 8 }, (_, at) => world.replica(`r${at}`, 3302 + at));
    master.insert(1, 'x');
    world.settled(master, ...replicas);
    for (const replica of replicas) expect(replica.tuples).toEqual([[1, 'x']]);
  });

  test('Each replica has its own replication state.', () => {
    const { world, master, replica } = pair();
    const third = world.replica('three', 3303);
    world.sim.network.cut('one', 'three');
    master.insert(1, 'x');
    world.settled(master, replica);
    const lsn = Number(master.value('db.info.server.lsn'));
    world.sim.expectUntil('one is told', () => master.link(2, 'downstream')?.vclock?.[1] === lsn);
    expect(master.link(3, 'downstream')?.vclock?.[1]).toBeLessThan(lsn);
    expect(third.tuples).toEqual([]);
  });
});
