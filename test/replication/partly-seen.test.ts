/** Rows that an applier passes over, and rows that it must not. */
import { expect, test } from 'vitest';
import { vclockFrame } from '../../src/bee/replication/frames.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { decodeXRowPacket, makeXRow } from '../../src/bee/wire/xrow.ts';
import { frame, str } from '../iproto/exchanges.ts';
import { RawClient } from '../iproto/raw-client.ts';
import { type ConsoleServer, ConsoleWorld } from '../manual/console-world.ts';
import { Store } from './small-store.ts';
import { makePair } from './small-world.ts';

/** Three servers: 1 writes, 2 follows it, 3 follows both. Whatever comes to `tester` on 2 is noted in `notes` there. */
function makeThree(seed: number): {
  readonly world: ConsoleWorld;
  readonly servers: readonly [ConsoleServer, ConsoleServer, ConsoleServer];
} {
  const world = new ConsoleWorld(seed);
  const one = world.master();
  one.say(`db.schema.space.create('notes'):create_index('primary')`);
  const two = world.replica();
  two.say('db.space.tester:on_replace(function(_, new) db.space.notes:insert{new[1]} end)');
  const three = world.start('three');
  three.cfg(`listen = 3303, replication_source = {'localhost:3301', 'localhost:3302'}`);
  world.settled(one, two);
  return { world, servers: [one, two, three] };
}

test('of a transaction with rows of two servers the row that came another way is applied once', () => {
  const { world, servers } = makeThree(1);
  const [one, two, three] = servers;
  for (const cut of [false, true]) {
    // Cut off from the first, the third gets both rows from the second.
    if (cut) world.sim.network.cut('one', 'three');
    for (const key of [1, 2, 3]) one.insert(key + (cut ? 10 : 0), 'once');
    world.settled(two, three);
  }
  world.sim.network.heal();
  world.sim.runFor(3);
  const keys = [1, 2, 3, 11, 12, 13];
  for (const server of [two, three]) {
    expect(server.value('db.space.notes:select{}')).toEqual(keys.map((key) => [key]));
    expect(server.tuples).toEqual(keys.map((key) => [key, 'once']));
  }
  expect(three.value('db.info.vclock')).toEqual(two.value('db.info.vclock'));
  for (const id of [1, 2]) expect(three.link(id, 'upstream')?.status).toBe('follow');
});

test('replication_skip_conflict passes over a key that is taken, and over no other trouble', () => {
  const world = new ConsoleWorld(2);
  const one = world.master();
  const two = world.replica();
  two.say('db.cfg{replication_skip_conflict = true}');
  two.insert(1, 'mine');
  one.insert(1, 'yours');
  one.insert(2, 'next');
  world.sim.expectUntil('the next row', () => JSON.stringify(two.tuples).includes('next'), 10);
  expect(two.tuples).toEqual([
    [1, 'mine'],
    [2, 'next'],
  ]);
  two.say('db.space.tester:drop()');
  one.insert(3, 'nowhere to go');
  world.sim.expectUntil('the stop', () => two.link(1, 'upstream')?.status === 'stopped', 10);
  expect(two.link(1, 'upstream')?.message).toBe("Space '512' does not exist");
});

/** A master, and in the place of its replica a client that subscribes from its first row on. @param more fields of the request */
function subscribeByHand(seed: number, more: readonly (readonly [number, string])[] = []) {
  const stores = { one: new Store(), two: new Store() };
  const { sim, master, replica } = makePair(seed, stores);
  replica.process.exit();
  sim.runFor(0.5);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  const request = [[0x24, str(stores.two.uuid)], [0x26, '810101'], ...more] as const;
  client.ask(frame([[0x00, '42']], request));
  return { sim, master, client };
}

test('who asks for no rows of a server is sent none', () => {
  const { master, client } = subscribeByHand(3, [[0x51, '9103']]);
  expect(client.frame()).toHaveLength(20);
  for (const replicaId of [3, 4]) {
    const row = { ...makeXRow(IprotoType.NOP), replicaId, lsn: 1, tsn: 1, timestamp: 1 };
    expect(master.process.applyTransaction([row])).toBeUndefined();
  }
  master.process.insert(['1', 'x']);
  const rows = [1, 2].map(() => decodeXRowPacket(client.frame().subarray(5)));
  expect(rows.map(({ replicaId, lsn }) => [replicaId, lsn])).toEqual([
    [4, 1],
    [1, 2],
  ]);
});

test('an acknowledgement that is behind somewhere keeps the log where it was', () => {
  const { sim, master, client } = subscribeByHand(5);
  const needed = (): string[] =>
    [...master.process.consumers].map(({ vclock }) => vclock.toString());
  expect(needed()).toEqual(['{1: 1}']);
  client.send(vclockFrame(new Vclock([[2, 50]])));
  sim.runFor(0.1);
  expect(needed()).toEqual(['{1: 1}']);
  client.send(vclockFrame(new Vclock([[1, 2]])));
  sim.runFor(0.1);
  expect(needed()).toEqual(['{1: 2}']);
});

test('a server whose rows come later than replication_sync_lag allows is not in sync', () => {
  const world = new ConsoleWorld(4);
  const one = world.master();
  world.sim.network.delay('one', 'two', 0.1);
  const two = world.start('two');
  two.cfg(
    `replication_source = 'localhost:3301', replication_sync_lag = 0.05, replication_sync_timeout = 1`,
  );
  expect(two.value('db.info.status')).toBe('orphan');
  expect(two.link(1, 'upstream')?.status).toBe('sync');
  expect(two.tuples).toEqual(one.tuples);
  world.sim.network.heal();
  world.sim.expectUntil('in sync', () => two.link(1, 'upstream')?.status === 'follow', 10);
  expect(two.value('db.info.status')).toBe('running');
});
