/** Links that are slow, cut, half open or flooded; processes that die or stand still at any moment. */
import { describe, expect, test } from 'vitest';
import { windowBytes } from '../../src/bee/env/index.ts';
import { inputBytesMax, relayBatchBytes } from '../../src/bee/replication/limits.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { decodeXRowPacket, makeXRow } from '../../src/bee/wire/xrow.ts';
import { frame, str } from '../iproto/exchanges.ts';
import { RawClient } from '../iproto/raw-client.ts';
import { Store } from './small-store.ts';
import {
  applierLines,
  lines,
  link,
  makePair,
  makeWorld,
  one,
  type SmallProcess,
} from './small-world.ts';

const timedOut = 'coio.cc:340 !> SystemError timed out: Connection timed out';

test('a master that stands still: both sides give up after four times replication_timeout, and find each other again', () => {
  const { sim, master, replica } = makePair(61, { one: new Store(), two: new Store() });
  const seen = { one: master.log.length, two: replica.log.length };
  const stoppedAt = sim.now;
  sim.pause(master.pid);
  sim.expectUntil('the replica noticed', () => replica.log.length > seen.two, 6);
  expect(sim.now - stoppedAt).toBeGreaterThan(3);
  sim.runFor(4);
  expect(applierLines(replica.log, seen.two).slice(0, 3)).toEqual([
    "I> can't read row",
    timedOut,
    'I> will retry every 1.00 second',
  ]);
  expect(link(replica, 1, 'upstream')).toMatchObject({
    message: 'timed out',
    system_message: 'Connection timed out',
  });
  sim.resume(master.pid);
  sim.expectUntil(
    'the link is back',
    () => link(replica, 1, 'upstream')?.['status'] === 'follow',
    10,
  );
  expect(lines(master.log, seen.one).some((line) => line.includes('exiting the relay loop'))).toBe(
    true,
  );
  master.process.insert(['1', 'x']);
  sim.expectUntil('rows flow', () => replica.process.data.has('1'));
});

test('a link cut in one direction only is given up by both sides, and heals', () => {
  const { sim, master, replica } = makePair(62, { one: new Store(), two: new Store() });
  const seen = { one: master.log.length, two: replica.log.length };
  sim.network.cut('one', 'two', 'one-way');
  master.process.insert(['1', 'x']);
  sim.runFor(6);
  expect(applierLines(replica.log, seen.two)[1]).toBe(timedOut);
  expect(replica.process.data.has('1')).toBe(false);
  sim.network.heal();
  sim.expectUntil('the row arrives', () => replica.process.data.has('1'), 20);
});

test('idle servers exchange a heartbeat each replication_timeout and nothing else', () => {
  const { sim, master, replica } = makePair(63, { one: new Store(), two: new Store() });
  sim.runFor(5);
  for (let count = 0; count < 20; count++) {
    sim.runFor(0.25);
    expect(Number(link(replica, 1, 'upstream')?.['idle'])).toBeLessThan(1.1);
    expect(Number(link(master, 2, 'downstream')?.['idle'])).toBeLessThan(1.1);
    expect(Number(link(replica, 1, 'upstream')?.['lag'])).toBeLessThan(0.01);
  }
  expect(link(master, 2, 'downstream')?.['vclock']).toEqual(new Map([[1, 1]]));
});

test('what a replica acknowledged is what it wrote: unwritten rows are not counted, and keep the log', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start } = makeWorld(64);
  const master = start('one', { store: stores.one, listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: stores.two, sources: [one], writeSeconds: 1.5 });
  sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
  const [consumer] = master.process.consumers;
  for (let key = 1; key < 6; key++) {
    master.process.insert([String(key), 'x']);
    // Heartbeats come and are answered meanwhile.
    for (let count = 0; count < 20; count++) {
      sim.runFor(0.1);
      const written = replica.process.writtenVclock().get(1);
      const known = master.process.replication.cluster.byId(2)?.downstream.vclock.get(1);
      expect(known).toBeLessThanOrEqual(written);
      expect(consumer?.vclock.get(1)).toBeLessThanOrEqual(written);
    }
  }
  sim.runFor(3);
  expect(master.process.replication.cluster.byId(2)?.downstream.vclock.get(1)).toBe(6);
  expect(consumer?.vclock.get(1)).toBe(6);
});

test('a replica that subscribes again tells only what it wrote; rows on their way to its log come once more', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start } = makeWorld(67);
  const master = start('one', { store: stores.one, listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: stores.two, sources: [one], writeSeconds: 4 });
  sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
  master.process.insert(['1', 'x']);
  sim.expectUntil('it is applied', () => replica.process.data.has('1'));
  const seen = replica.log.length;
  sim.network.drop('one', 'two');
  sim.runFor(2);
  expect(applierLines(replica.log, seen)).toContain('I> remote vclock {1: 2} local vclock {1: 1}');
  const [consumer] = master.process.consumers;
  expect(consumer?.vclock.get(1)).toBe(1);
  sim.kill(replica.pid);
  const again = start('two', { store: stores.two, sources: [one] });
  sim.expectUntil('it comes again', () => again.process.data.has('1'), 20);
});

test('after a restart of the master its log is kept from where each replica says it is', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start, master, replica } = makePair(72, stores);
  replica.process.exit();
  master.process.insert(['1', 'x'], ['2', 'y']);
  sim.runFor(0.5);
  master.process.exit();
  const again = start('one', { store: stores.one, listen: 3301 });
  sim.expectUntil('the master is up', () => again.process.configured);
  expect(again.process.consumers.size).toBe(0);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  client.ask(
    frame(
      [[0x00, '42']],
      [
        [0x24, str(stores.two.uuid)],
        [0x26, '810101'],
      ],
    ),
  );
  const [consumer] = again.process.consumers;
  expect(consumer?.vclock.get(1)).toBe(1);
});

test('a copy that breaks off in the middle is begun again', () => {
  const { sim, start } = makeWorld(70);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  for (let key = 0; key < 120; key++) master.process.insert([String(key), 'x'.repeat(20_000)]);
  sim.runFor(0.1);
  master.process.checkpoint();
  const replica = start('two', { store: new Store(), sources: [one] });
  for (let count = 0; count < 3; count++) {
    const isMiddle = () => replica.process.data.size > 0 && replica.process.data.size < 120;
    sim.expectUntil('the copy has begun', isMiddle);
    sim.network.drop('one', 'two');
    sim.runFor(0.1);
  }
  sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
  expect(replica.process.data.size).toBe(120);
  expect(replica.process.replication.instanceId).toBe(2);
});

test('a joiner that stands still in the middle of its copy is given up, and nothing is kept for it', () => {
  const { sim, start } = makeWorld(73);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  for (let key = 0; key < 200; key++) master.process.insert([String(key), 'x'.repeat(20_000)]);
  sim.runFor(0.1);
  master.process.checkpoint();
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.expectUntil('the copy has begun', () => replica.process.data.size > 0);
  sim.pause(replica.pid);
  expect(master.process.consumers.size).toBe(1);
  sim.runFor(40);
  expect(master.process.consumers.size).toBe(0);
  sim.resume(replica.pid);
  sim.expectUntil('it begins again', () => !replica.process.orphan, 60);
  expect(replica.process.data.size).toBe(200);
});

test('what a replica made itself is not sent back to it, whoever else has it', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, master, replica } = makePair(71, stores);
  replica.process.exit();
  sim.runFor(0.5);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  client.ask(
    frame(
      [[0x00, '42']],
      [
        [0x24, str(stores.two.uuid)],
        [0x26, '810101'],
      ],
    ),
  );
  expect(client.frame()).toHaveLength(20);
  const own = makeXRow(IprotoType.NOP);
  const failure = master.process.applyTransaction([
    { ...own, replicaId: 2, lsn: 1, tsn: 1, timestamp: 1 },
  ]);
  expect(failure).toBeUndefined();
  master.process.insert(['1', 'x']);
  const next = decodeXRowPacket(client.frame().subarray(5));
  expect([next.replicaId, next.lsn]).toEqual([1, 2]);
});

test('a row leaves the master only when its log holds it', () => {
  const { sim, start } = makeWorld(65);
  const master = start('one', { store: new Store(), listen: 3301, writeSeconds: 0.3 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
  sim.runFor(1);
  master.process.insert(['1', 'x']);
  while (!replica.process.data.has('1')) {
    sim.step();
    if (replica.process.data.has('1')) expect(master.process.writtenVclock().get(1)).toBe(3 - 1);
  }
});

test('a replica that stands still costs its master a window and a batch, however much is written', () => {
  const { sim, master, replica } = makePair(
    66,
    { one: new Store(), two: new Store() },
    { settings: { timeout: 1000 } },
  );
  sim.pause(replica.pid);
  const text = 'x'.repeat(10_000);
  for (let count = 0; count < 2000; count++) {
    master.process.insert([String(count), text]);
    if (count % 100 === 0) sim.runFor(0.05);
  }
  sim.runFor(5);
  const channel = master.process.replication.cluster.byId(2)?.downstream.channel;
  expect(channel?.unsentBytes).toBeGreaterThan(windowBytes);
  expect(channel?.unsentBytes).toBeLessThan(windowBytes + 2 * relayBatchBytes);
  sim.resume(replica.pid);
  sim.expectUntil('it catches up', () => replica.process.data.size === 2000, 60);
  expect(inputBytesMax).toBeGreaterThan(windowBytes);
});

/** A replica killed at the first moment at which `isTime`, and started again. */
function joinInterrupted(
  seed: number,
  isTime: (stores: { one: Store; two: Store }, master: SmallProcess) => boolean,
) {
  const { sim, start } = makeWorld(seed);
  const stores = { one: new Store(), two: new Store() };
  const master = start('one', { store: stores.one, listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  master.process.insert(['1', 'x']);
  sim.runFor(0.1);
  const first = start('two', { store: stores.two, sources: [one] });
  sim.expectUntil('the moment has come', () => isTime(stores, master));
  sim.kill(first.pid);
  const uuid = stores.two.uuid;
  sim.runFor(1);
  const again = start('two', { store: stores.two, sources: [one] });
  sim.expectUntil('it is in sync', () => !again.process.orphan, 20);
  sim.runFor(0.1);
  expect(stores.two.uuid).toBe(uuid);
  expect(again.process.replication.instanceId).toBe(2);
  expect(master.process.members).toEqual([
    [1, stores.one.uuid],
    [2, uuid],
  ]);
  expect([...again.process.data.keys()]).toEqual(['1']);
  master.process.insert(['2', 'y']);
  sim.expectUntil('rows flow', () => again.process.data.has('2'));
  return { again, master };
}

test('a joiner that died with its first snapshot and without its id registers at the next start', () => {
  const { master } = joinInterrupted(
    68,
    (stores) => stores.two.snapshot !== undefined && stores.two.log.length === 0,
  );
  expect(lines(master.log)).toContainEqual(expect.stringContaining('joining replica'));
});

test('a joiner that died without hearing that it is registered takes the master’s word at the next start', () => {
  const { again } = joinInterrupted(
    69,
    (stores, master) =>
      stores.two.snapshot !== undefined &&
      master.process.members.length === 2 &&
      stores.two.log.length === 0,
  );
  expect(applierLines(again.log)).not.toContainEqual(
    expect.stringContaining('ER_REPLICA_NOT_ANON'),
  );
});

describe.each([71, 72, 73, 74, 75, 76, 77, 78])('seed %i', (seed) => {
  test('a joiner that is killed at any moment, or whose master is, comes into the cluster in the end, once', () => {
    const { sim, start } = makeWorld(seed);
    const stores = { one: new Store(), two: new Store() };
    let master = start('one', { store: stores.one, listen: 3301 });
    sim.expectUntil('the master is up', () => master.process.configured);
    for (let count = 0; count < 40; count++) master.process.insert([`before ${count}`, count]);
    sim.runFor(0.1);
    master.process.checkpoint();
    for (let count = 0; count < 40; count++) master.process.insert([`after ${count}`, count]);
    sim.runFor(0.1);
    let replica: SmallProcess = start('two', { store: stores.two, sources: [one] });
    for (let count = 0; count < 6; count++) {
      sim.runFor(0.001 + sim.random.below(12) / 1000);
      if (sim.random.chance(0.5)) {
        sim.kill(replica.pid);
        // A joiner without a snapshot is a new server with a new UUID, as when its files are deleted.
        replica = start('two', { store: stores.two, sources: [one] });
      } else {
        sim.kill(master.pid);
        master = start('one', { store: stores.one, listen: 3301 });
      }
    }
    if (!replica.status.isAlive) replica = start('two', { store: stores.two, sources: [one] });
    sim.expectUntil(
      'it is in sync',
      () => !replica.process.orphan && replica.process.configured && master.process.configured,
      60,
    );
    expect(replica.process.data.size).toBe(80);
    const id = replica.process.replication.instanceId;
    expect(master.process.members.find(([member]) => member === id)?.[1]).toBe(stores.two.uuid);
    master.process.insert(['last', 1]);
    sim.expectUntil('rows flow', () => replica.process.data.has('last'));
  });

  test('connections dropped at any moment lose nothing and double nothing', () => {
    const { sim, master, replica } = makePair(seed, { one: new Store(), two: new Store() });
    for (let count = 0; count < 60; count++) {
      master.process.insert([`${count}`, count], [`${count} too`, count]);
      sim.runFor(sim.random.below(100) / 1000);
      if (sim.random.chance(0.2)) sim.network.drop('one', 'two');
    }
    sim.expectUntil('all arrives', () => replica.process.data.size === 120, 30);
    expect(link(replica, 1, 'upstream')?.['status']).toMatch(/follow|sync/);
  });
});
