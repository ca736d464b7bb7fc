/** A joiner whose process ends between its first snapshot and its registration has data and no id: what it wrote would be nobody's. */
import { expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from './whole-server.ts';

const one = 'replicator:password@localhost:3301';

/** A master, and a replica that was killed in that moment. */
function interruptedJoin(): { readonly sim: SimWorld; readonly master: WholeServer } {
  const sim = new SimWorld({ seed: 1 });
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301 });
  master.prepare();
  // What comes before it stands in the copy, the registration behind it.
  const checkpoint = master.begin(() => master.instance.checkpoint());
  sim.expectUntil('the snapshot is made', () => checkpoint.isDone);
  const replica = new WholeServer(sim, 'two', { replication: one });
  sim.expectUntil('the first snapshot has its name', () =>
    [...sim.files.files('/home/user/two')].some(([path]) => path.endsWith('.snap')),
  );
  expect(replica.instance.replication.instanceId).toBe(0);
  replica.kill();
  return { sim, master };
}

test('it takes no writes before it has an id, and then they reach the master', () => {
  const { sim, master } = interruptedJoin();
  sim.network.cut('one', 'two');
  const replica = new WholeServer(sim, 'two');
  replica.configure({
    replication: one,
    replication_connect_quorum: 0,
    replication_connect_timeout: 0.1,
  });
  expect(replica.isInSync).toBe(true);
  expect(() => replica.insert(512, 1)).toThrow('read-only mode');
  sim.network.heal();
  sim.expectUntil('it is registered', () => replica.instance.replication.instanceId === 2);
  replica.insert(512, 1);
  replica.configure({ listen: 3302 });
  master.configure({ replication: 'replicator:password@localhost:3302' });
  expect(master.select(512)).toEqual([[1]]);
});

// As the real server, whose first snapshot always holds its id, does with the files of an anonymous replica.
test('without a source that could give it one it does not start', () => {
  const { sim } = interruptedJoin();
  const replica = new WholeServer(sim, 'two', {});
  sim.expectUntil('it ends', () => !replica.spawned.status.isAlive);
  expect(replica.spawned.status.exitCode).toBe(1);
  const { uuid, clusterUuid } = replica.instance.storage;
  const reason = `Replica ${uuid} is not registered with replica set ${clusterUuid}`;
  expect(replica.log.at(-2)).toContain(`box.cc:2643 E> ER_UNKNOWN_REPLICA: ${reason}`);
  expect(replica.log.at(-1)).toContain(`F> can't initialize storage: ${reason}`);
});
