/** More than two servers: meshes, rings, chains, founders that start together, followers that are in no list. */
import { describe, expect, test } from 'vitest';
import { Store, uriOf } from './small-store.ts';
import {
  lines,
  link,
  makePair,
  makeWorld,
  one,
  type SmallProcess,
  three,
  two,
} from './small-world.ts';

const sorted = (server: SmallProcess) => [...server.process.data].sort();

/** Each row of each origin is in the log once, in its origin's order. */
function expectOnceInOrder(store: Store): void {
  const last = new Map<number, number>();
  for (const { replicaId, lsn } of store.log) {
    expect(lsn).toBeGreaterThan(last.get(replicaId) ?? 0);
    last.set(replicaId, lsn);
  }
}

describe.each([41, 42, 43])('seed %i', (seed) => {
  test('three masters, each with the two others as sources: every row comes two ways and is applied once', () => {
    const { sim, start } = makeWorld(seed);
    const stores = [new Store(), new Store(), new Store()];
    const ports = [3301, 3302, 3303];
    const all = [one, two, three];
    const servers: SmallProcess[] = [];
    for (const [at, store] of stores.entries()) {
      const sources = all.slice(0, at);
      const server = start(`n${at}`, { store, listen: ports[at] ?? 0, sources });
      servers.push(server);
      sim.expectUntil('it is up', () => server.process.configured && !server.process.orphan);
      // Those before it follow it too, so that whichever of them the next one joins, all know it.
      for (const [earlier, other] of servers.entries()) {
        const others = all.filter((_, index) => index !== earlier && index <= at).map(uriOf);
        other.process.run(() => other.process.replication.configure(others));
        sim.runFor(3);
      }
    }
    for (let count = 0; count < 30; count++) {
      for (const [at, server] of servers.entries()) {
        server.process.insert([`${at} ${count}`, count], [`${at} ${count} more`, count]);
      }
      if (count % 5 === 0) sim.runFor(0.003);
    }
    sim.runFor(3);
    const [first, second, third] = servers;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three');
    expect(sorted(first)).toHaveLength(180);
    expect(sorted(second)).toEqual(sorted(first));
    expect(sorted(third)).toEqual(sorted(first));
    for (const store of stores) expectOnceInOrder(store);
    expect(link(first, 3, 'upstream')?.['status']).toBe('follow');
    expect(link(first, 3, 'downstream')?.['status']).toBe('follow');
  });

  test('a ring of three: rows go round once and stop where they came from', () => {
    const { sim, start } = makeWorld(seed);
    const stores = [new Store(), new Store(), new Store()];
    const a = start('a', { store: stores[0] ?? new Store(), listen: 3301 });
    sim.expectUntil('a is up', () => a.process.configured);
    const b = start('b', { store: stores[1] ?? new Store(), listen: 3302, sources: [one] });
    sim.expectUntil('b is up', () => !b.process.orphan);
    const c = start('c', { store: stores[2] ?? new Store(), listen: 3303, sources: [two] });
    sim.expectUntil('c is up', () => !c.process.orphan);
    a.process.run(() => a.process.replication.configure([uriOf(three)]));
    sim.expectUntil('the ring is closed', () => !a.process.orphan);
    for (const [at, server] of [a, b, c].entries()) server.process.insert([`from ${at}`, at]);
    sim.runFor(3);
    expect(sorted(a)).toHaveLength(3);
    expect(sorted(b)).toEqual(sorted(a));
    expect(sorted(c)).toEqual(sorted(a));
    for (const store of stores) expectOnceInOrder(store);
  });

  test('a replica of a replica gets the rows with their origin, and joins where it asked', () => {
    const { sim, start, master } = makePair(seed, { one: new Store(), two: new Store() });
    const store = new Store();
    const last = start('three', { store, sources: [two] });
    sim.expectUntil('it joined', () => !last.process.orphan);
    master.process.insert(['1', 'x']);
    sim.expectUntil('the row comes through', () => last.process.data.has('1'));
    sim.runFor(0.1);
    expect(store.log.at(-1)?.replicaId).toBe(1);
    expect(last.process.replication.instanceId).toBe(3);
    // The registration was written by the middle one: the head of the chain does not follow and does not know.
    expect(master.process.members).toHaveLength(2);
  });

  test('three new servers that start together and name each other found one cluster', () => {
    const { sim, start } = makeWorld(seed);
    const sources = [one, two, three];
    const servers = [3301, 3302, 3303].map((listen, at) =>
      start(`n${at}`, { store: new Store(), listen, sources }),
    );
    sim.expectUntil('all are up', () =>
      servers.every(({ process }) => process.configured && !process.orphan),
    );
    const uuids = new Set(servers.map(({ process }) => process.clusterUuid()));
    expect(uuids.size).toBe(1);
    expect(servers.map(({ process }) => process.replication.instanceId).sort()).toEqual([1, 2, 3]);
    servers[0]?.process.insert(['1', 'x']);
    sim.expectUntil('the row is everywhere', () =>
      servers.every(({ process }) => process.data.has('1')),
    );
  });
});

test('an anonymous replica follows without an id, and gets one when it asks', () => {
  const { sim, start } = makeWorld(51);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  master.process.insert(['1', 'x']);
  sim.runFor(0.1);
  const settings = { isAnonymous: true };
  const store = new Store();
  const seen = master.log.length;
  const replica = start('two', { store, sources: [one], settings, isReadOnly: true });
  sim.expectUntil('it follows', () => !replica.process.orphan);
  master.process.insert(['2', 'y']);
  sim.expectUntil('a row arrives', () => replica.process.data.has('2'));
  expect(lines(master.log, seen).slice(0, 3)).toEqual([
    'main/main I> sending current read-view to replica at fd 16, aka 127.0.0.1:3301, peer of PEER',
    'main/main I> read-view sent.',
    'main/main I> subscribed replica UUID at fd 16, aka 127.0.0.1:3301, peer of PEER',
  ]);
  expect(replica.process.replication.instanceId).toBe(0);
  expect(master.process.members).toHaveLength(1);
  expect([...master.process.replication.info().keys()]).toEqual([1]);
  expect(master.process.replication.anonymousInfo().get('count')).toBe(1);
  expect([...master.process.replication.anonymousReplicas().keys()]).toEqual([store.uuid]);
  // Nobody keeps logs for it.
  expect(master.process.consumers.size).toBe(0);

  replica.process.replication.settings.isAnonymous = false;
  replica.process.run(() => replica.process.replication.configure([uriOf(one)]));
  sim.expectUntil('it is registered', () => replica.process.replication.instanceId === 2);
  sim.runFor(0.5);
  expect(lines(master.log)).toContainEqual(
    expect.stringMatching(
      /^main.main I> registering replica UUID at fd \d+, aka 127.0.0.1:3301, peer of PEER$/,
    ),
  );
  expect(link(master, 2, 'downstream')?.['status']).toBe('follow');
  expect(master.process.replication.anonymousInfo().get('count')).toBe(0);
});

test('an anonymous replica that leaves is forgotten', () => {
  const { sim, start } = makeWorld(52);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const settings = { isAnonymous: true };
  const replica = start('two', { store: new Store(), sources: [one], settings });
  sim.expectUntil('it follows', () => !replica.process.orphan);
  replica.process.exit();
  sim.runFor(1);
  expect(master.process.replication.anonymousInfo().get('count')).toBe(0);
  expect(master.process.replication.cluster.replicas.size).toBe(1);
});

test('a quorum of one of two sources is enough; the other one is tried on', () => {
  const { sim, start, master } = makePair(53, { one: new Store(), two: new Store() });
  const settings = { connectQuorum: 1, connectTimeout: 5 };
  const store = new Store();
  const third = start('three', { store, sources: [one], settings });
  sim.expectUntil('it joined', () => !third.process.orphan);
  const seen = third.log.length;
  third.process.run(() =>
    third.process.replication.configure([one, 'replicator:password@localhost:3309'].map(uriOf)),
  );
  sim.expectUntil(
    'one source is enough',
    () => lines(third.log, seen).includes('main/interactive I> replica set sync complete'),
    4,
  );
  expect(lines(third.log, seen)).toContain(
    'main/interactive C> failed to connect to 1 out of 2 replicas',
  );
  expect(third.process.orphan).toBe(false);
  sim.runFor(2.5);
  expect(third.log.at(-1)).toContain('failed to connect to localhost:3309: Connection refused');
  expect(master.process.members).toHaveLength(3);
});

test('replication_connect_quorum lowered to 0 ends orphan mode', () => {
  const { sim, start } = makeWorld(54);
  const settings = { connectTimeout: 1 };
  const server = start('one', { store: new Store(), listen: 3301, settings });
  sim.expectUntil('it is up', () => server.process.configured);
  server.process.run(() => server.process.replication.configure([uriOf(two)]));
  sim.expectUntil(
    'it is an orphan',
    () => server.log.at(-1)?.includes('entering orphan mode') ?? false,
  );
  server.process.replication.settings.connectQuorum = 0;
  server.process.replication.quorumChanged();
  expect(server.process.orphan).toBe(false);
});

test('sources are replaced: those left out stop, the master sees them go', () => {
  const { sim, start, master, replica } = makePair(55, { one: new Store(), two: new Store() });
  const third = start('three', { store: new Store(), listen: 3303, sources: [one] });
  sim.expectUntil('it joined', () => !third.process.orphan);
  third.process.run(() => third.process.replication.configure([uriOf(two)]));
  sim.expectUntil(
    'it follows the other',
    () => link(third, 2, 'upstream')?.['status'] === 'follow',
  );
  sim.runFor(0.5);
  expect(link(third, 1, 'upstream')).toBeUndefined();
  expect(link(master, 3, 'downstream')?.['status']).toBe('stopped');
  master.process.insert(['1', 'x']);
  sim.expectUntil('rows come through the other', () => third.process.data.has('1'));
  expect(replica.process.data.has('1')).toBe(true);
});
