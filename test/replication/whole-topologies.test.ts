/** Whole servers in meshes, rings and without an id. */
import { describe, expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from './whole-server.ts';

const source = (port: number) => `replicator:password@localhost:${port}`;

describe.each([1, 2, 3])('seed %i', (seed) => {
  test('three new servers that name each other with guest found one cluster, and each takes what the others write', () => {
    const sim = new SimWorld({ seed });
    const ports = [3301, 3302, 3303];
    const sources = ports.map((port) => `localhost:${port}`);
    // The founder lets guest in; whoever it is, all of them may.
    const servers = ports.map(
      (listen) =>
        new WholeServer(sim, `n${listen}`, {
          listen,
          replication: sources,
          replication_timeout: 0.2,
        }),
    );
    sim.expectUntil('one has founded', () => servers.some(({ isUp }) => isUp), 60);
    const founder = servers.find(({ isUp }) => isUp);
    founder?.run(() => {
      founder.instance.box.ddl.grantUser(['guest', 'replication']);
      founder.instance.box.ddl.createSpace('tester', undefined);
      founder.instance.box.ddl.createIndex(512, 'primary', undefined);
    });
    sim.expectUntil('all are in sync', () => servers.every(({ isInSync }) => isInSync), 60);
    expect(new Set(servers.map(({ instance }) => instance.storage.clusterUuid)).size).toBe(1);
    expect(servers.map(({ instance }) => instance.storage.id).sort()).toEqual([1, 2, 3]);
    for (const [at, server] of servers.entries()) server.insert(512, at, 'x');
    sim.runFor(2);
    for (const server of servers) expect(server.select(512)).toHaveLength(3);
  });

  test('five masters, each with the four others as sources, the manual’s repeated key: all agree', () => {
    const sim = new SimWorld({ seed });
    const first = new WholeServer(sim, 'n0');
    first.configure({ listen: 3300 });
    first.prepare();
    const servers = [first];
    for (let at = 1; at < 5; at++) {
      const server = new WholeServer(sim, `n${at}`);
      servers.push(server);
      server.configure({
        listen: 3300 + at,
        replication_source: servers.slice(0, at).map((_, other) => source(3300 + other)),
      });
      for (const [other, earlier] of servers.slice(0, at).entries()) {
        const others = servers.map((_, index) => index).filter((index) => index !== other);
        earlier.configure({ replication_source: others.map((index) => source(3300 + index)) });
      }
    }
    for (let key = 0; key < 10; key++) {
      for (const [at, server] of servers.entries()) server.insert(512, key * 10 + at, `by ${at}`);
    }
    sim.runFor(2);
    const all = first.select(512);
    expect(all).toHaveLength(50);
    for (const server of servers) {
      expect(server.select(512)).toEqual(all);
      expect(server.instance.storage.vclock.compare(first.instance.storage.vclock)).toBe(0);
    }
  });

  test('an anonymous replica copies and follows, is in no list, and is registered when it asks', () => {
    const sim = new SimWorld({ seed });
    const master = new WholeServer(sim, 'one');
    master.configure({ listen: 3301 });
    master.prepare();
    master.insert(512, 1, 'x');
    const replica = new WholeServer(sim, 'two');
    const options = { replication: source(3301), read_only: true };
    replica.configure({ ...options, replication_anon: true });
    master.insert(512, 2, 'y');
    sim.runFor(0.5);
    expect(replica.select(512)).toHaveLength(2);
    expect(replica.instance.storage.id).toBe(0);
    expect(master.select(320)).toHaveLength(1);
    expect(master.instance.replication.anonymousInfo().get('count')).toBe(1);
    replica.exit();
    master.insert(512, 3, 'z');
    const again = new WholeServer(sim, 'two');
    again.configure({ ...options, replication_anon: true });
    expect(again.select(512)).toHaveLength(3);
    again.configure({ replication_anon: false });
    sim.runFor(1);
    expect(again.instance.storage.id).toBe(2);
    expect(master.select(320)).toHaveLength(2);
    expect(master.instance.replication.anonymousInfo().get('count')).toBe(0);
    again.configure({ read_only: false });
    again.insert(512, 4, 'own');
  });
});
