/** Whole servers, their files and their replication, in a simulated world. */
import { describe, expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { lines } from './small-world.ts';
import { WholeServer } from './whole-server.ts';

const one = 'replicator:password@localhost:3301';
const two = 'replicator:password@localhost:3302';

function files(sim: SimWorld, name: string): Map<string, Uint8Array> {
  const directory = `/home/user/${name}`;
  const entries = sim.files.list(directory);
  if (!entries.ok) throw new Error(entries.error.message);
  return new Map(
    entries.value.map((entry) => [entry.name, sim.files.readFile(`${directory}/${entry.name}`)]),
  );
}

describe.each([1, 2, 3])('seed %i', (seed) => {
  test('the tutorial on two whole servers', () => {
    const sim = new SimWorld({ seed });
    const master = new WholeServer(sim, 'one');
    master.configure({ listen: 3301 });
    master.prepare(false);
    const replica = new WholeServer(sim, 'two');
    replica.configure({ listen: 3302, replication_source: one });
    expect(replica.select(320)).toEqual([
      [1, master.instance.storage.uuid],
      [2, replica.instance.storage.uuid],
    ]);
    const { ddl } = master.instance.box;
    master.run(() => ddl.createSpace('tester', undefined));
    master.run(() => ddl.createIndex(512, 'primary', undefined));
    master.insert(512, 1, 'Tuple inserted on Terminal #1');
    sim.expectUntil(
      'the row arrives',
      () =>
        replica.instance.storage.writtenVclock.get(1) ===
        master.instance.storage.writtenVclock.get(1),
    );
    expect(replica.select(512)).toEqual([[1, 'Tuple inserted on Terminal #1']]);
    replica.insert(512, 2, 'Tuple inserted on Terminal #2');
    expect(master.select(512)).toHaveLength(1);
    master.exit();
    sim.runFor(2);
    const [first, second] = [files(sim, 'one'), files(sim, 'two')];
    const snapshot = '00000000000000000000.snap';
    expect(second.get(snapshot)?.length).toBe(first.get(snapshot)?.length);
    replica.insert(512, 3, 'Another');
    const again = new WholeServer(sim, 'one');
    again.configure({ listen: 3301 });
    expect(again.select(512)).toHaveLength(1);
    again.configure({ replication_source: two });
    expect(again.select(512)).toEqual([
      [1, 'Tuple inserted on Terminal #1'],
      [2, 'Tuple inserted on Terminal #2'],
      [3, 'Another'],
    ]);
    again.exit();
    sim.runFor(1);
    expect(
      lines(replica.log).filter((line) => line.includes('exiting the relay loop')),
    ).toHaveLength(1);
  });

  test('servers that join at the same moment get different ids', () => {
    const sim = new SimWorld({ seed });
    const master = new WholeServer(sim, 'one');
    master.configure({ listen: 3301 });
    master.prepare();
    // A slow disk: the second is served while the first one's row is on its way to the log.
    sim.diskFaults.slowness = 100;
    const joiners = ['two', 'three', 'four', 'five'].map(
      (name) => new WholeServer(sim, name, { replication: one }),
    );
    sim.expectUntil('all are in sync', () => joiners.every((joiner) => joiner.isInSync), 60);
    const ids = joiners.map(({ instance }) => instance.storage.id);
    expect(ids.sort()).toEqual([2, 3, 4, 5]);
  });
});
