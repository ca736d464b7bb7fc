/** Whole servers killed at any moment of a join and of following: what was answered is there, and everybody agrees in the end. */
import { describe, expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from './whole-server.ts';

const one = 'replicator:password@localhost:3301';

const asMaster = { listen: 3301, replication_timeout: 0.2 };
const asReplica = {
  listen: 3302,
  replication: one,
  replication_timeout: 0.2,
  replication_connect_timeout: 3,
};

describe.each([101, 102, 103, 104, 105, 106])('seed %i', (seed) => {
  test('a join that is cut short anywhere, again and again, comes to its end', () => {
    const sim = new SimWorld({ seed });
    let master = new WholeServer(sim, 'one', asMaster);
    sim.expectUntil('the master is up', () => master.isUp);
    master.prepare();
    for (let key = 0; key < 20; key++) master.insert(512, key, 'before the snapshot');
    const checkpoint = master.begin(() => master.instance.checkpoint());
    sim.expectUntil('the snapshot is made', () => checkpoint.isDone);
    for (let key = 20; key < 40; key++) master.insert(512, key, 'after the snapshot');
    let replica = new WholeServer(sim, 'two', asReplica);
    for (let count = 0; count < 8; count++) {
      sim.runFor(sim.random.below(40) / 1000);
      if (sim.random.chance(0.6)) {
        replica.kill();
        sim.runFor(0.01);
        replica = new WholeServer(sim, 'two', asReplica);
      } else {
        master.kill();
        sim.runFor(0.01);
        master = new WholeServer(sim, 'one', asMaster);
      }
    }
    // A joiner that found no master in time, or whose copy broke off, has ended: its user starts it again.
    for (let tries = 0; tries < 20 && !(replica.isInSync && master.isInSync); tries++) {
      sim.runFor(2);
      if (!replica.spawned.status.isAlive) replica = new WholeServer(sim, 'two', asReplica);
      if (!master.spawned.status.isAlive) master = new WholeServer(sim, 'one', asMaster);
    }
    expect(replica.log.slice(-8).join('\n')).toContain('leaving orphan mode');
    expect(replica.select(512)).toHaveLength(40);
    const members = master.select(320);
    expect(replica.select(320)).toEqual(members);
    const { uuid, id } = replica.instance.storage;
    expect(members).toContainEqual([id, uuid]);
    master.insert(512, 100, 'last');
    sim.expectUntil('rows flow', () => {
      const written = replica.instance.storage.writtenVclock;
      return written.covers(master.instance.storage.writtenVclock);
    });
    expect(replica.select(512)).toHaveLength(41);
  });

  test('two masters that are killed while they write agree in the end, and nothing that was answered is lost', () => {
    const sim = new SimWorld({ seed });
    const two = {
      listen: 3302,
      replication: one,
      replication_timeout: 0.2,
      replication_connect_timeout: 0.5,
    };
    const both = {
      listen: 3301,
      replication: 'replicator:password@localhost:3302',
      replication_timeout: 0.2,
      replication_connect_timeout: 0.5,
    };
    const first = new WholeServer(sim, 'one', asMaster);
    sim.expectUntil('the first is up', () => first.isUp);
    first.prepare();
    const second = new WholeServer(sim, 'two', two);
    sim.expectUntil('the second is up', () => second.isInSync);
    first.configure({ replication: 'replicator:password@localhost:3302' });
    const servers = [first, second];
    const options = [both, two];
    const answered = new Set<number>();
    let key = 0;
    for (let round = 0; round < 60; round++) {
      for (const [at, server] of servers.entries()) {
        if (!server.isInSync) continue;
        const wanted = key++;
        try {
          server.insert(512, wanted, `by ${at}`);
          answered.add(wanted);
        } catch {
          // Killed, or not writable just now: nothing was answered.
        }
      }
      sim.runFor(sim.random.below(30) / 1000);
      if (!sim.random.chance(0.15)) continue;
      const at = sim.random.below(2);
      servers[at]?.kill();
      sim.runFor(0.05);
      servers[at] = new WholeServer(sim, at === 0 ? 'one' : 'two', options[at]);
    }
    const [left, right] = servers;
    if (left === undefined || right === undefined) throw new Error('two servers');
    sim.expectUntil('both are whole', () => left.isInSync && right.isInSync, 60);
    sim.expectUntil(
      'both have all',
      () => {
        const [here, there] = [
          left.instance.storage.writtenVclock,
          right.instance.storage.writtenVclock,
        ];
        return here.compare(there, 1) === 0;
      },
      60,
    );
    expect(left.select(512)).toEqual(right.select(512));
    const keys = new Set(
      left.select(512).map((tuple) => (Array.isArray(tuple) ? tuple[0] : undefined)),
    );
    for (const wanted of answered) expect(keys.has(wanted)).toBe(true);
    expect(answered.size).toBeGreaterThan(10);
  });
});
