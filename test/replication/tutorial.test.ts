/** The manual's tutorial as replication sees it: who logs what, step by step, in the words of the recorded screens. */
import { expect, test } from 'vitest';
import { Store, uriOf } from './small-store.ts';
import { lines, makeWorld, one, two } from './small-world.ts';

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'the whole tutorial, with every line that both servers log (seed %i)',
  (seed) => {
    const { sim, start } = makeWorld(seed);
    const [storeOne, storeTwo] = [new Store(), new Store()];

    const master = start('one', { store: storeOne, listen: 3301 });
    sim.expectUntil('the master is ready', () => master.process.configured);
    expect(lines(master.log)).toEqual([
      'iproto/101/main I> binary: bound to 0.0.0.0:3301',
      'main/interactive I> assigned id 1 to replica UUID',
      'main/interactive I> ready to accept requests',
    ]);
    master.process.insert(['user', 'replicator']);

    let seen = master.log.length;
    const replica = start('two', { store: storeTwo, listen: 3302, sources: [one] });
    sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
    sim.runFor(0.1);
    expect(lines(replica.log)).toEqual([
      'iproto/101/main I> binary: bound to 0.0.0.0:3302',
      'main/interactive I> connecting to 1 replicas',
      'main/applier/replicator@localhost:3301 I> remote master UUID at 127.0.0.1:3301 running Tarantool 2.6.0',
      'main/interactive I> connected to 1 replicas',
      'main/applier/replicator@localhost:3301 I> authenticated',
      'main/interactive I> bootstrapping replica from UUID at 127.0.0.1:3301',
      'main/applier/replicator@localhost:3301 I> assigned id 1 to replica UUID',
      'main/applier/replicator@localhost:3301 I> initial data received',
      'snapshot/101/main I> saving snapshot 0',
      'main/applier/replicator@localhost:3301 I> assigned id 2 to replica UUID',
      'main/applier/replicator@localhost:3301 I> final data received',
      'main/interactive I> ready to accept requests',
      'main/interactive I> synchronizing with 1 replicas',
      'main/applier/replicator@localhost:3301 I> subscribed',
      'main/applier/replicator@localhost:3301 I> remote vclock {1: 2} local vclock {1: 2}',
      'main/applierw/replicator@localhost:3301 C> leaving orphan mode',
      'main/interactive I> replica set sync complete',
      'main/interactive C> leaving orphan mode',
    ]);
    expect(lines(master.log, seen)).toEqual([
      'main/main I> joining replica UUID at fd 16, aka 127.0.0.1:3301, peer of PEER',
      'main/main I> initial data sent.',
      'main/main I> assigned id 2 to replica UUID',
      "relay/PEER/101/main I> recover from `./log'",
      'main/main I> final data sent.',
      'main/main I> subscribed replica UUID at fd 16, aka 127.0.0.1:3301, peer of PEER',
      'main/main I> remote vclock {1: 2} local vclock {1: 2}',
      "relay/PEER/101/main I> recover from `./log'",
    ]);
    // DESIGN D6a: the copy is the master's last snapshot, the later rows are in the log.
    expect(storeTwo.snapshot?.vclock.toString()).toBe('{}');
    expect(storeTwo.snapshot?.rows.length).toBe(storeOne.snapshot?.rows.length);
    expect(storeTwo.log.map(({ lsn }) => lsn)).toEqual([1, 2]);

    master.process.insert(['1', 'Tuple inserted on Terminal #1']);
    sim.expectUntil('the row arrives', () => replica.process.data.has('1'));
    replica.process.insert(['2', 'Tuple inserted on Terminal #2']);
    sim.runFor(1);
    expect(master.process.data.has('2')).toBe(false);

    seen = replica.log.length;
    master.process.exit();
    sim.runFor(3.5);
    const failed =
      'main/applier/replicator@localhost:3301 I> failed to connect to localhost:3301: Connection refused';
    expect(lines(replica.log, seen)).toEqual([
      "main/applier/replicator@localhost:3301 I> can't read row",
      'main/applier/replicator@localhost:3301 coio.cc:378 !> SystemError unexpected EOF when reading from socket, called on fd 16, aka PEER, peer of 127.0.0.1:3301: Broken pipe',
      'main/applier/replicator@localhost:3301 I> will retry every 1.00 second',
      failed,
      failed,
      failed,
    ]);
    replica.process.insert(['3', 'Another']);

    seen = replica.log.length;
    const again = start('one', { store: storeOne, listen: 3301 });
    sim.expectUntil('the link is back', () => replica.process.replication.cluster.synced === 1);
    expect(again.process.data.has('3')).toBe(false);
    expect(lines(replica.log, seen).filter((line) => line !== failed)).toEqual([
      'main/applier/replicator@localhost:3301 I> authenticated',
      'main/applier/replicator@localhost:3301 I> subscribed',
      'main/applier/replicator@localhost:3301 I> remote vclock {1: 3} local vclock {1: 3, 2: 2}',
      'main/applierw/replicator@localhost:3301 C> leaving orphan mode',
    ]);

    seen = again.log.length;
    again.process.run(() => again.process.replication.configure([uriOf(two)]));
    sim.expectUntil('the rows of the replica arrive', () => again.process.data.has('3'));
    sim.expectUntil('the master is in sync', () => !again.process.orphan);
    sim.runFor(0.1);
    expect(lines(again.log, seen)).toEqual([
      'main/interactive I> connecting to 1 replicas',
      'main/applier/replicator@localhost:3302 I> remote master UUID at 127.0.0.1:3302 running Tarantool 2.6.0',
      'main/interactive I> connected to 1 replicas',
      'main/interactive I> synchronizing with 1 replicas',
      'main/applier/replicator@localhost:3302 I> authenticated',
      'main/applier/replicator@localhost:3302 I> subscribed',
      'main/applier/replicator@localhost:3302 I> remote vclock {1: 3, 2: 2} local vclock {1: 3}',
      'main/applierw/replicator@localhost:3302 C> leaving orphan mode',
      'main/interactive I> replica set sync complete',
      'main/interactive C> leaving orphan mode',
    ]);
    expect(new Map(again.process.data)).toEqual(new Map(replica.process.data));
  },
);
