/**
 * An anonymous replica gets the master's memory as its copy, as from the real server (`box.cc`: "sending current read-view"), not
 * the last snapshot as a joiner does: one that comes back because its logs are gone must not go back behind what it had.
 */
import { expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from './whole-server.ts';

test("an anonymous replica's first snapshot is the present state of its master", () => {
  const sim = new SimWorld({ seed: 1 });
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301 });
  master.prepare();
  for (let key = 0; key < 10; key++) master.insert(512, key);
  const state = master.instance.storage.writtenVclock.signature;
  const replica = new WholeServer(sim, 'two');
  replica.configure({
    replication: 'replicator:password@localhost:3301',
    replication_anon: true,
    read_only: true,
  });
  const snapshots = [...sim.files.files('/home/user/two')]
    .map(([path]) => path)
    .filter((path) => path.endsWith('.snap'));
  expect(snapshots).toEqual([`/home/user/two/${String(state).padStart(20, '0')}.snap`]);
  expect(replica.select(512)).toHaveLength(10);
});
