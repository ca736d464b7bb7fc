/** A master whose replica stands still while it writes: what that costs the master, and how the replica comes back. */
import { encode } from '../../src/bee/wire/msgpack.ts';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from '../replication/whole-server.ts';

const source = 'replicator:password@localhost:3301';
const text = 'x'.repeat(40);
/** Rows of one transaction of the load. */
const rowsPerTransaction = 1000;

export interface SlowReplica {
  readonly rows: number;
  /** The most that the master held for the replica at any moment: rows of the log's tail and bytes for the network. */
  readonly tailRowsMax: number;
  readonly queuedBytesMax: number;
  /** Rows that the replica took in a second of this machine's time, files and tail together. */
  readonly catchUpRowsPerSecond: number;
  readonly master: WholeServer;
  readonly replica: WholeServer;
}

/**
 * Lets a master write so many rows while its replica is stopped (`SIGSTOP`, or a link that is cut), then lets it catch up.
 * @param standstill how the replica is kept from reading
 */
export function fallBehind(rows: number, standstill: 'paused' | 'cut', seed = 1): SlowReplica {
  const sim = new SimWorld({ seed, traceLinesMax: 0 });
  // Longer than the standstill: the connection must live through it, or there would be nothing to hold.
  const options = { replication_timeout: 3600 };
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301, ...options });
  master.prepare();
  const replica = new WholeServer(sim, 'two');
  replica.configure({ listen: 3302, replication: source, ...options });
  sim.runFor(0.1);
  if (standstill === 'paused') sim.pause(replica.spawned.pid);
  else sim.network.cut('one', 'two');
  const { tail } = master.instance.storage.writer;
  let tailRowsMax = 0;
  let queuedBytesMax = 0;
  for (let key = 0; key < rows; key += rowsPerTransaction) {
    insertMany(master, key, Math.min(rows, key + rowsPerTransaction));
    tailRowsMax = Math.max(tailRowsMax, tail.end - tail.start);
    for (const connection of sim.network.connections) {
      queuedBytesMax = Math.max(queuedBytesMax, connection.queuedBytes);
    }
  }
  const begun = performance.now();
  if (standstill === 'paused') sim.resume(replica.spawned.pid);
  else sim.network.heal();
  const { storage } = replica.instance;
  const isThere = (): boolean =>
    storage.writtenVclock.get(1) === master.instance.storage.writtenVclock.get(1);
  sim.expectUntil('the replica has all', isThere, 600);
  const catchUpRowsPerSecond = rows / ((performance.now() - begun) / 1000);
  return { rows, tailRowsMax, queuedBytesMax, catchUpRowsPerSecond, master, replica };
}

function insertMany(server: WholeServer, from: number, to: number): void {
  const { box } = server.instance;
  server.run(() => {
    box.begin();
    for (let key = from; key < to; key++) box.insert(512, encode([key, text]));
    box.commit();
  });
}

/** Seconds between a row's insert on the master and its being visible on the replica, sorted. Virtual time: disks of 0.2 to 1 ms, links of 0.05 to 1 ms. */
export function lags(rows: number, seed = 1): readonly number[] {
  const sim = new SimWorld({ seed, traceLinesMax: 0 });
  const master = new WholeServer(sim, 'one');
  master.configure({ listen: 3301 });
  master.prepare();
  const replica = new WholeServer(sim, 'two');
  replica.configure({ replication: source });
  const found: number[] = [];
  for (let key = 0; key < rows; key++) {
    const begun = sim.now;
    const { box } = master.instance;
    master.begin(function* () {
      box.insert(512, encode([key, text]));
      yield* master.instance.durable();
    });
    const { storage } = replica.instance;
    const lsn = (): number => storage.vclock.get(1);
    const before = lsn();
    sim.expectUntil('the row arrives', () => lsn() > before);
    found.push(sim.now - begun);
  }
  return found.sort((one, other) => one - other);
}
