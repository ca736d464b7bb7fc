/** Setting up a replica, degraded state, quick start-up, master-master: each title is the manual's sentence. */
import { describe, expect, test } from 'vitest';
import { ConsoleWorld } from './console-world.ts';

function pair(seed = 2) {
  const world = new ConsoleWorld(seed);
  const master = world.master();
  const replica = world.replica();
  world.settled(master, replica);
  return { world, master, replica };
}

function masters(seed = 3) {
  const { world, master, replica } = pair(seed);
  master.cfg(`replication_source = 'localhost:3302'`);
  return { world, master, replica };
}

describe('Setting up a replica', () => {
  test('A server requires a valid snapshot (.snap) file.', () => {
    const { world, master } = pair();
    master.exit();
    const [snapshot = ''] = master.files.filter((name) => name.endsWith('.snap'));
    world.sim.files.writeFile(
      `${master.directory}/${snapshot}`,
      new TextEncoder().encode('SNAP\n'),
    );
    const again = world.start('one');
    again.type('db.cfg{listen = 3301}');
    expect(again.spawned.status.exitCode).toBe(1);
    expect(again.log).toContain(`can't initialize storage`);
  });

  test('A snapshot file is created for a server the first time that db.cfg occurs for it.', () => {
    const server = new ConsoleWorld().start('one');
    expect(server.files).toEqual([]);
    server.cfg('listen = 3301');
    expect(server.files).toContain('00000000000000000000.snap');
  });

  test('If this first db.cfg request occurs without a "replication_source" clause, then the server is a master and starts its own new cluster with a new unique UUID.', () => {
    const world = new ConsoleWorld();
    const uuids = ['one', 'two'].map((name) => {
      const server = world.start(name);
      server.say('db.cfg{}');
      expect(server.value('#db.space._cluster:select{}')).toBe(1);
      return server.value('db.info.cluster.uuid');
    });
    expect(uuids[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(uuids[0]).not.toBe(uuids[1]);
  });

  test('If this first db.cfg request occurs with a "replication_source" clause, then the server is a replica and its snapshot file, along with the cluster information, is constructed from the write-ahead logs of the master.', () => {
    const { master, replica } = pair();
    expect(replica.files).toContain('00000000000000000000.snap');
    expect(replica.value('db.info.cluster.uuid')).toBe(master.value('db.info.cluster.uuid'));
    expect(replica.value('db.space._cluster:select{}')).toEqual(
      master.value('db.space._cluster:select{}'),
    );
  });

  test('Therefore, to start replication, specify "replication_source" in a db.cfg request.', () => {
    const { replica } = pair();
    expect(replica.link(1, 'upstream')?.status).toBe('follow');
    expect(replica.value('db.info.replication[1].upstream.status')).toBe('follow');
  });

  test('When a replica contacts a master for the first time, it becomes part of a cluster.', () => {
    const { master, replica } = pair();
    expect(master.value('db.space._cluster:get{2}[2]')).toBe(replica.value('db.info.server.uuid'));
  });

  test('On subsequent occasions, it should always contact a master in the same cluster.', () => {
    const { world, replica } = pair();
    world.master('stranger', 3309);
    const text = replica.type(`db.cfg{replication_source = 'localhost:3309'}`);
    world.sim.runFor(1);
    expect(`${text}${replica.log}`).toMatch(
      /ER_UNKNOWN_REPLICA|ER_REPLICASET_UUID_MISMATCH|is not registered with replica set|Replica set UUID mismatch/,
    );
    expect(replica.spawned.status.isAlive).toBe(true);
  });

  test('Once connected to the master, the replica requests all changes that happened after the latest local LSN.', () => {
    const { world, master, replica } = pair();
    master.insert(1, 'x');
    world.settled(master, replica);
    const lsn = Number(replica.value('db.info.vclock[1]'));
    replica.exit();
    master.insert(2, 'y');
    const again = world.replica();
    world.settled(master, again);
    expect(master.log).toContain(`remote vclock {1: ${lsn}} local vclock {1: ${lsn + 1}}`);
    expect(again.tuples).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
  });

  test(`It is therefore necessary to keep WAL files on the master host as long as there are replicas that haven't applied them yet.`, () => {
    const { world, master, replica } = pair();
    world.sim.network.cut('one', 'two');
    master.say('db.cfg{checkpoint_count = 1}');
    for (let key = 0; key < 5; key++) {
      master.insert(key, 'x');
      master.say('db.snapshot()');
    }
    world.sim.runFor(1);
    const kept = master.files.filter((name) => name.endsWith('.xlog')).length;
    expect(kept).toBeGreaterThan(4);
    world.sim.network.heal();
    world.settled(master, replica);
    world.sim.runFor(2);
    expect(master.files.filter((name) => name.endsWith('.xlog')).length).toBeLessThan(kept);
    expect(replica.value('#db.space.tester:select{}')).toBe(5);
  });

  test(`A replica can be "re-seeded" by deleting all its files (the snapshot .snap file and the WAL .xlog files), then starting replication again - the replica will then catch up with the master by retrieving all the master's tuples.`, () => {
    const { world, master, replica } = pair();
    for (let key = 0; key < 10; key++) master.insert(key, 'x');
    replica.exit();
    replica.remove('.snap', '.xlog');
    const again = world.replica();
    world.settled(master, again);
    expect(again.tuples).toEqual(master.tuples);
    // Another server than before: the old one stays in the list.
    expect(again.value('db.info.server.id')).toBe(3);
  });

  test(`Again, this procedure works only if the master's WAL files are present.`, () => {
    const { world, master, replica } = pair();
    master.say('db.snapshot()');
    master.insert(1, 'only in the log');
    world.settled(master, replica);
    expect(replica.tuples).toEqual([[1, 'only in the log']]);
    for (const server of [replica, master]) server.exit();
    replica.remove('.snap', '.xlog');
    master.remove('.xlog');
    const masterAgain = world.start('one');
    masterAgain.cfg('listen = 3301');
    const again = world.replica();
    world.settled(masterAgain, again);
    expect(again.tuples).toEqual([]);
  });

  test('Replication parameters are "dynamic", which allows the replica to become a master and vice versa with the help of the db.cfg statement.', () => {
    const { world, master, replica } = pair();
    replica.cfg(`replication_source = ''`);
    master.cfg(`replication_source = 'localhost:3302'`);
    replica.insert(1, 'by the former replica');
    world.settled(master, replica);
    expect(master.tuples).toEqual([[1, 'by the former replica']]);
  });

  test(`The replica does not inherit the master's configuration parameters, such as the ones that cause the snapshot daemon to run on the master.`, () => {
    const world = new ConsoleWorld();
    const master = world.master();
    master.say('db.cfg{snapshot_period = 1, snapshot_count = 7}');
    const replica = world.replica();
    expect(master.value('db.cfg.snapshot_period')).toBe(1);
    expect(replica.value('db.cfg.checkpoint_interval')).toBe(3600);
    expect(replica.value('db.cfg.checkpoint_count')).toBe(2);
  });

  test('To get the same behavior, one would have to set the relevant parameters explicitly so that they are the same on both master and replica.', () => {
    const { world, master, replica } = pair();
    for (const server of [master, replica]) server.say('db.cfg{snapshot_period = 1}');
    master.insert(1, 'x');
    world.settled(master, replica);
    world.sim.runFor(5);
    for (const server of [master, replica]) {
      expect(server.files.filter((name) => name.endsWith('.snap')).length).toBe(2);
    }
  });
});

describe('Recovering from a degraded state', () => {
  test('There is no automatic way for a replica to detect that the master is gone for good', () => {
    const { world, master, replica } = pair();
    master.kill();
    world.sim.runFor(3600);
    expect(replica.link(1, 'upstream')?.status).toBe('disconnected');
    expect(replica.value('db.cfg.replication_source')).toEqual(['localhost:3301']);
  });

  test('However, once a master failure is detected, the recovery is simple: declare that the replica is now the new master, by saying db.cfg{... listen=URI}.', () => {
    const world = new ConsoleWorld();
    const master = world.master();
    const replica = world.start('two');
    replica.cfg(`replication_source = 'localhost:3301'`);
    master.kill();
    replica.cfg('listen = 3302');
    replica.insert(1, 'by the new master');
    const third = world.replica('three', 3303, 3302);
    world.settled(replica, third);
    expect(third.tuples).toEqual([[1, 'by the new master']]);
  });

  test('Then, if there are updates on the old master that were not propagated before the old master went down, they would have to be re-applied manually.', () => {
    const { world, master, replica } = pair();
    world.sim.network.cut('one', 'two');
    master.insert(1, 'not propagated');
    master.kill();
    replica.cfg(`replication_source = ''`);
    expect(replica.tuples).toEqual([]);
    replica.insert(1, 'not propagated');
    expect(replica.tuples).toEqual([[1, 'not propagated']]);
  });
});

describe('Quick startup of a new two-server simple cluster', () => {
  test('Now a new cluster exists.', () => {
    const server = new ConsoleWorld().start('one');
    server.cfg('listen = 3301');
    server.say(`db.schema.user.grant('guest','read,write,execute','universe')`);
    expect(server.say('db.snapshot()')).toContain('ok');
    expect(server.value('#db.space._cluster:select{}')).toBe(1);
  });

  test("They must be empty - when the second server joins for the first time, it has to be working with a clean slate so that the initial copy of the first server's databases can happen without conflicts.", () => {
    const world = new ConsoleWorld();
    world.master();
    const second = world.start('two');
    second.cfg('listen = 3302');
    second.exit();
    const again = world.start('two');
    again.type(
      `db.cfg{listen = 3302, replication_source = 'localhost:3301', replication_connect_timeout = 2}`,
    );
    world.sim.runFor(1);
    expect(again.log).toMatch(/is not registered with replica set|UUID mismatch/);
    expect(again.value('db.info.status')).not.toBe('running');
  });

  test('In this configuration, the first server is the "master" and the second server is the "replica".', () => {
    const { master, replica } = pair();
    expect(master.link(2, 'upstream')).toBeUndefined();
    expect(master.link(2, 'downstream')?.status).toBe('follow');
    expect(replica.link(1, 'upstream')?.status).toBe('follow');
  });

  test('Henceforth every change that happens on the master will be visible on the replica.', () => {
    const { world, master, replica } = pair();
    master.insert(1, 'x');
    master.say(`db.space.tester:update(1, {{'=', 2, 'y'}})`);
    master.say(`db.schema.space.create('other'):create_index('primary')`);
    master.say(`db.schema.user.create('somebody')`);
    world.settled(master, replica);
    expect(replica.tuples).toEqual([[1, 'y']]);
    expect(replica.value('db.space.other ~= nil')).toBe(true);
    expect(replica.value(`db.schema.user.exists('somebody')`)).toBe(true);
  });

  test('FAILOVER (because if the master goes down then the replica can take over)', () => {
    const { master, replica } = pair();
    master.kill();
    replica.insert(1, 'taken over');
    expect(replica.tuples).toEqual([[1, 'taken over']]);
  });

  test('LOAD BALANCING (because clients can connect to either the master or the replica for select requests).', () => {
    const { world, master, replica } = pair();
    master.insert(1, 'x');
    world.settled(master, replica);
    const client = world.start('client');
    for (const port of [3301, 3302]) {
      const answer = client.say(
        `require('net.box').connect('localhost:${port}').space.tester:select{}`,
      );
      expect(answer).toContain("[1, 'x']");
    }
  });
});

describe('Master-Master Replication', () => {
  test(`In the simple master-replica configuration, the master's changes are seen by the replica, but not vice versa, because the master was specified as the sole replication source.`, () => {
    const { world, master, replica } = pair();
    replica.insert(2, 'by the replica');
    master.insert(1, 'by the master');
    world.sim.runFor(2);
    expect(replica.tuples).toEqual([
      [1, 'by the master'],
      [2, 'by the replica'],
    ]);
    expect(master.tuples).toEqual([[1, 'by the master']]);
  });

  test(`Starting with Bee 1.6, it's possible to go both ways.`, () => {
    const { master, replica } = masters();
    expect(master.link(2, 'upstream')?.status).toBe('follow');
    expect(replica.link(1, 'upstream')?.status).toBe('follow');
  });

  test('In this configuration, both servers are "masters" and both servers are "replicas".', () => {
    const { master, replica } = masters();
    expect(master.link(2, 'downstream')?.status).toBe('follow');
    expect(replica.link(1, 'downstream')?.status).toBe('follow');
    for (const server of [master, replica]) expect(server.value('db.info.server.ro')).toBe(false);
  });

  test('This request can be performed at any time.', () => {
    const { world, master, replica } = pair();
    replica.insert(1, 'long ago');
    world.sim.runFor(1000);
    master.cfg(`replication_source = 'localhost:3302'`);
    world.settled(master, replica);
    expect(master.tuples).toEqual([[1, 'long ago']]);
  });

  test('Henceforth every change that happens on either server will be visible on the other.', () => {
    const { world, master, replica } = masters();
    master.insert(1, 'one');
    replica.insert(2, 'two');
    world.settled(master, replica);
    for (const server of [master, replica])
      expect(server.tuples).toEqual([
        [1, 'one'],
        [2, 'two'],
      ]);
  });

  test('The failover benefit is still present, and the load-balancing benefit is enhanced (because clients can connect to either server for data-change requests as well as select requests).', () => {
    const { world, master, replica } = masters();
    const client = world.start('client');
    for (const port of [3301, 3302]) {
      client.say(`require('net.box').connect('localhost:${port}').space.tester:insert{${port}}`);
    }
    world.settled(master, replica);
    expect(master.tuples).toEqual([[3301], [3302]]);
    master.kill();
    replica.insert(1);
    expect(replica.tuples).toEqual([[1], [3301], [3302]]);
  });

  test('If two operations for the same tuple take place "concurrently" (which can involve a long interval because replication is asynchronous), and one of the operations is delete or replace, there is a possibility that servers will end up with different contents.', () => {
    const { world, master, replica } = masters();
    master.insert(1, 'old');
    world.settled(master, replica);
    world.sim.network.cut('one', 'two');
    master.say(`db.space.tester:replace{1, 'one'}`);
    replica.say(`db.space.tester:replace{1, 'two'}`);
    world.sim.network.heal();
    world.settled(master, replica);
    expect(master.tuples).toEqual([[1, 'two']]);
    expect(replica.tuples).toEqual([[1, 'one']]);
  });
});
