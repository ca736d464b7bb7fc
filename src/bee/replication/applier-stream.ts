/** How an applier follows its master: SUBSCRIBE, then transactions and heartbeats in, acknowledgements out. */
import type { Fiber, Task } from '../base/fiber.ts';
import type { Vclock } from '../wal/vclock.ts';
import { IprotoType, vclockMax } from '../wire/iproto-constants.ts';
import { MsgpackError } from '../wire/msgpack.ts';
import { decodeSubscribe, encodeSubscribe } from '../wire/replication-requests.ts';
import { decodeXRowPacket, makeXRow, type XRow } from '../wire/xrow.ts';
import type { Applier } from './applier.ts';
import { isSynchroType, rowError, send, vclockFrame, vclockOf } from './frames.ts';
import { applierBatchRowsMax } from './limits.ts';
import { disconnectTimeout } from './settings.ts';

/** Subscribes and applies until the connection or the fiber ends: it returns only by an exception. */
export function* subscribe(applier: Applier): Task<never> {
  const remoteVclock = yield* askForRows(applier);
  applier.forgetLoggedError();
  yield* applier.enter('sync');
  const acknowledger = new Acknowledger(applier, remoteVclock);
  acknowledger.start();
  applier.lag = Number.POSITIVE_INFINITY;
  const transactions = new TransactionReader(applier, acknowledger);
  for (;;) {
    const timeout = disconnectTimeout(applier.group.settings);
    yield* transactions.readBatch(timeout);
  }
}

/** @returns the vclock that the master has at this moment: who has it too is in sync */
function* askForRows(applier: Applier): Task<Vclock> {
  const { group } = applier;
  const { host } = group;
  // Rows that are applied and not written yet come once more: the master must not think them safe here.
  const vclock = host.writtenVclock().copy();
  const clusterUuid = host.clusterUuid() ?? '';
  send(
    applier.stream,
    IprotoType.SUBSCRIBE,
    encodeSubscribe({
      clusterUuid,
      instanceUuid: host.instanceUuid(),
      vclock: vclock.entries(),
      isAnonymous: group.settings.isAnonymous,
      // An orphan does not write yet: it also wants rows of its own that it lost and the master still has.
      idFilter: host.isOrphan() ? [] : [group.instanceId],
    }),
  );
  const answer = yield* applier.read(disconnectTimeout(group.settings));
  if (answer.type !== IprotoType.OK) {
    throw host.errors.client('PROTOCOL', ['Invalid response to SUBSCRIBE'], ['applier.cc', 1034]);
  }
  const told = decodeSubscribe(answer.body);
  if (told.clusterUuid !== '' && told.clusterUuid !== clusterUuid) {
    const args = [told.clusterUuid, clusterUuid];
    throw host.errors.client('REPLICASET_UUID_MISMATCH', args, ['applier.cc', 1055]);
  }
  const remoteVclock = vclockOf(told.vclock);
  host.log('I', 'subscribed');
  host.log('I', `remote vclock ${remoteVclock.toString()} local vclock ${vclock.toString()}`);
  return remoteVclock;
}

/** Puts rows together into transactions and applies each when it is whole. */
class TransactionReader {
  readonly #applier: Applier;
  readonly #acknowledger: Acknowledger;
  /** Rows of the transaction that is not whole yet. */
  #rows: XRow[] = [];

  constructor(applier: Applier, acknowledger: Acknowledger) {
    this.#applier = applier;
    this.#acknowledger = acknowledger;
  }

  /** Waits for a frame, then takes all that came with it: applied back to back, acknowledged once. */
  *readBatch(timeout: number): Task<void> {
    const applier = this.#applier;
    const { stream: channel, group } = applier;
    const before = group.applied;
    let frame: Uint8Array | undefined = yield* channel.readFrame(timeout);
    applier.lastRowTime = group.host.clock.monotonic();
    for (let count = 1; frame !== undefined; count++) {
      const row = decodeXRowPacket(frame);
      this.#take(row);
      // What is taken back goes out of memory when the log holds the row, and what comes next may stand in its place.
      if (isSynchroType(row.type)) yield* group.host.durable();
      if (count >= applierBatchRowsMax) break;
      frame = channel.takeFrame();
    }
    if (group.applied === before) return;
    // The write of these rows is what will wake the acknowledger.
    yield* group.host.commitPoint();
  }

  #take(row: XRow): void {
    const applier = this.#applier;
    const { host } = applier.group;
    const error = rowError(host.errors, row);
    if (error !== undefined) throw error;
    applier.lag = host.clock.now() - row.timestamp;
    this.#check(row);
    this.#rows.push(row);
    if (!row.isCommit) return;
    const rows = this.#rows;
    this.#rows = [];
    if (row.lsn === 0) this.#acknowledger.signal();
    else this.#apply(rows);
  }

  /** Refuses rows that cannot be part of a stream. */
  #check(row: XRow): void {
    const { errors, clusterUuid } = this.#applier.group.host;
    if (row.replicaId >= vclockMax) {
      const args = [row.replicaId, clusterUuid() ?? ''];
      throw errors.client('UNKNOWN_REPLICA', args, ['applier.cc', 730]);
    }
    if (!Number.isSafeInteger(row.lsn)) throw new MsgpackError('packet header');
    const [first] = this.#rows;
    if (first === undefined && row.lsn !== row.tsn) {
      const text = 'Transaction id must be equal to LSN of the first row in the transaction.';
      throw errors.client('PROTOCOL', [text], ['applier.cc', 741]);
    }
    if (first !== undefined && first.tsn !== row.tsn) {
      const args = ['replication', 'interleaving transactions'];
      throw errors.client('UNSUPPORTED', args, ['applier.cc', 747]);
    }
  }

  /** Applies a transaction that is not applied yet: in a ring the same one comes along several ways. */
  #apply(received: readonly XRow[]): void {
    const { group } = this.#applier;
    const { host, settings } = group;
    const vclock = host.vclock();
    const last = received.at(-1);
    if (last === undefined || vclock.get(last.replicaId) >= last.lsn) return;
    let rows = received.filter((row) => row.lsn > vclock.get(row.replicaId));
    for (;;) {
      const failure = host.applyTransaction(rows);
      if (failure === undefined) break;
      const row = rows[failure.at];
      // The real server describes the row unless it did not even find the space.
      if (row !== undefined && failure.error.codeName !== 'ER_NO_SUCH_SPACE') {
        const from = { source: 'applier.cc:338' };
        host.log('E', `error applying row: ${host.describeRow(row)}`, from);
      }
      const isSkipped = settings.skipConflict && failure.error.codeName === 'ER_TUPLE_FOUND';
      if (row === undefined || !isSkipped) throw failure.error;
      rows = rows.map((other) => (other === row ? emptied(row) : other));
    }
    group.applied++;
  }
}

/** A row that keeps its place in the log and does nothing. */
function emptied(row: XRow): XRow {
  const { replicaId, lsn, timestamp, tsn, isCommit } = row;
  return { ...makeXRow(IprotoType.NOP), replicaId, lsn, timestamp, tsn, isCommit };
}

/**
 * Tells the master how far this instance has come: after each write of rows that an applier took, and in answer to each
 * heartbeat. A fiber of its own, `applierw/…`, because a master that does not read must not hold the rows up.
 */
class Acknowledger {
  readonly #applier: Applier;
  readonly #remoteVclock: Vclock;
  #fiber: Fiber | undefined;
  #isWanted = false;
  /** Sum of the others' components in the last acknowledgement. */
  #acknowledged = 0;

  constructor(applier: Applier, remoteVclock: Vclock) {
    this.#applier = applier;
    this.#remoteVclock = remoteVclock;
    this.#acknowledged = this.#othersWritten();
  }

  start(): void {
    const applier = this.#applier;
    const { host } = applier.group;
    const body = (): Task<void> => this.#run();
    const context = host.applierContext();
    this.#fiber = host.scheduler.start(`applierw/${applier.name}`, body, context);
    applier.writer = this.#fiber;
  }

  /** The master asks: it is answered at once, with whatever is written by now. */
  signal(): void {
    this.#isWanted = true;
    if (this.#fiber !== undefined) this.#applier.group.host.scheduler.wakeup(this.#fiber);
  }

  *#run(): Task<void> {
    const applier = this.#applier;
    const { group, stream: channel } = applier;
    for (;;) {
      // A wakeup ends this wait as a write does.
      while (!this.#isWanted && this.#othersWritten() === this.#acknowledged) {
        yield* group.host.written.wait();
      }
      this.#checkSync();
      this.#isWanted = false;
      if (applier.state !== 'sync' && applier.state !== 'follow') continue;
      this.#acknowledged = this.#othersWritten();
      channel.send(vclockFrame(group.host.writtenVclock()));
    }
  }

  /** Grows with each row of another server that the log holds; this instance's own rows are no news to a master. */
  #othersWritten(): number {
    const { host, instanceId } = this.#applier.group;
    const vclock = host.writtenVclock();
    return vclock.signature - vclock.get(0) - (instanceId === 0 ? 0 : vclock.get(instanceId));
  }

  /** In sync is who has all that the master had when asked, and is not further behind than allowed. */
  #checkSync(): void {
    const applier = this.#applier;
    const { host, settings } = applier.group;
    if (applier.state !== 'sync' || applier.lag > settings.syncLag) return;
    const order = this.#remoteVclock.compare(host.writtenVclock(), 1);
    if (order === -1 || order === 0) applier.enterNow('follow');
  }
}
