import { assert } from '../base/assert.ts';
import type { Cond, Scheduler, Task } from '../base/fiber.ts';
import type { Logger } from '../base/logger.ts';
import { ClientError } from '../box/error.ts';
import { SystemSpace } from '../box/system-space.ts';
import type { Clock, Network } from '../env/index.ts';
import type {
  ApplyFailure,
  CopySource,
  LogConsumer,
  LogSource,
  ReplicationHost,
} from '../replication/host.ts';
import { LogReader } from '../wal/log-reader.ts';
import { Vclock } from '../wal/vclock.ts';
import { WalError } from '../wal/wal-error.ts';
import { IprotoType, vclockMax } from '../wire/iproto-constants.ts';
import { encode } from '../wire/msgpack.ts';
import { encodeDml } from '../wire/requests.ts';
import { makeXRow, type XRow } from '../wire/xrow.ts';
import { describeRow } from './describe-row.ts';
import type { Instance } from './instance.ts';
import { serverErrors } from './iproto-errors.ts';
import { fromWalError } from './wal-errors.ts';

/** What replication sees of an instance: joins `replication/` to box and wal. */
export class InstanceReplicationHost implements ReplicationHost {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly network: Network;
  readonly log: Logger;
  readonly errors = serverErrors;
  readonly productName = 'Bee';
  readonly written: Cond;
  readonly #instance: Instance;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.scheduler = instance.scheduler;
    this.clock = instance.env.clock;
    this.network = instance.env.network;
    this.log = instance.log.write;
    this.written = instance.storage.rowsReached;
  }

  applierContext(): unknown {
    const { contexts } = this.#instance;
    return contexts.make(contexts.makeSession('applier'));
  }

  instanceUuid(): string {
    return this.#instance.storage.uuid;
  }

  clusterUuid(): string | undefined {
    return this.#instance.storage.clusterUuid;
  }

  isConfigured(): boolean {
    return this.#instance.isConfigured;
  }

  isReadOnlyOption(): boolean {
    return this.#instance.config.flag('read_only');
  }

  isReadOnly(): boolean {
    return this.#instance.isReadOnly;
  }

  isOrphan(): boolean {
    return this.#instance.isOrphan;
  }

  setOrphan(isOrphan: boolean): void {
    this.#instance.isOrphan = isOrphan;
    this.#instance.stateChanged.broadcast();
  }

  isWalDisabled(): boolean {
    return this.#instance.storage.isWalDisabled;
  }

  vclock(): Vclock {
    return this.#instance.storage.vclock;
  }

  writtenVclock(): Vclock {
    return this.#instance.storage.writtenVclock;
  }

  gcVclock(): Vclock {
    return this.#instance.storage.gc.vclock;
  }

  applyTransaction(rows: readonly XRow[]): ApplyFailure | undefined {
    try {
      this.#instance.box.applyTransaction(rows);
      return undefined;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return { error, at: this.#instance.box.failedRow };
    }
  }

  *commitPoint(): Task<void> {
    if (this.#instance.wantsCommitPoint) yield* this.#instance.commitPoint();
  }

  durable(): Task<void> {
    return this.#instance.durable();
  }

  describeRow(row: XRow): string {
    return describeRow(row);
  }

  *beginJoin(vclock: Vclock): Task<void> {
    this.#instance.storage.beginCopy(vclock);
  }

  applyCopyRow(row: XRow): void {
    this.#instance.box.applySnapshotRow(row);
  }

  *endCopy(): Task<void> {
    this.#instance.box.endSnapshot();
  }

  applyUnlogged(row: XRow): void {
    this.#instance.storage.applyUnlogged(row);
  }

  *writeFirstSnapshot(): Task<void> {
    this.#instance.box.endRecovery();
    yield* throwingServerErrors(this.#instance.storage.writeFirstSnapshot());
  }

  *openCopy(): Task<CopySource> {
    // A real joiner does not know CONFIRM and ROLLBACK in what follows the copy: then it gets the memory, as a real server sends it.
    if (this.#instance.box.limbo.hasDecided) return yield* this.openMemory();
    const { gc, snapshots } = this.#instance.storage;
    const checkpoint = gc.lastCheckpoint;
    assert(checkpoint !== undefined, 'a configured server has a snapshot');
    const release = gc.reference(checkpoint, 'join');
    try {
      const cursor = yield* throwingServerErrors(snapshots.open(checkpoint.vclock.signature));
      return {
        vclock: checkpoint.vclock,
        read: () => throwingServerErrors(cursor.nextRows()),
        *close() {
          release();
          yield* cursor.close();
        },
      };
    } catch (error) {
      release();
      if (!(error instanceof ClientError)) throw error;
      return yield* this.openMemory();
    }
  }

  lastSnapshotVclock(): Vclock {
    return this.#instance.storage.gc.lastCheckpoint?.vclock ?? new Vclock();
  }

  openLog(vclock: Vclock, origin: string): LogSource {
    const { walEnv, writer } = this.#instance.storage;
    const reader = new LogReader(walEnv, writer, vclock, origin);
    return {
      vclock: reader.vclock,
      next: (timeout) => throwingServerErrors(reader.next(timeout)),
      close: () => reader.close(),
    };
  }

  registerConsumer(name: string, vclock: Vclock): LogConsumer {
    const { gc } = this.#instance.storage;
    const consumer = gc.register(name, vclock);
    return {
      vclock: consumer.vclock,
      advance: (to) => gc.advance(consumer, to),
      release: () => gc.unregister(consumer),
    };
  }

  acknowledged(replicaId: number, lsn: number): void {
    this.#instance.box.limbo.acknowledged(replicaId, lsn);
  }

  *registerReplica(uuid: string): Task<void> {
    const { box, contexts } = this.#instance;
    // The user who joins needs no right to write `_cluster` through a request of its own.
    const admin = contexts.makeSession('background').credentials;
    box.asUser(admin, () => {
      box.insert(SystemSpace.CLUSTER, encode([this.#freeId(), uuid]));
    });
    yield* this.durable();
  }

  checkAccess(what: 'read universe' | 'write cluster'): void {
    const { box } = this.#instance;
    if (what === 'read universe') box.checkUniverse(readPrivilege);
    else box.checkSpace(SystemSpace.CLUSTER, writePrivilege);
  }

  /**
   * The lowest id from 1 that is not in `_cluster`; beyond the last one the box refuses the row with ER_REPLICA_MAX. Memory is asked,
   * not replication: that hears of a row when it is written, and another joiner's may be on its way.
   */
  #freeId(): number {
    const { box } = this.#instance;
    let id = 1;
    while (id < vclockMax && box.get(SystemSpace.CLUSTER, 0, encode([id])) !== undefined) id++;
    return id;
  }

  /** The copy as a real server always gives it. */
  *openMemory(): Task<CopySource> {
    yield* this.#instance.confirmations.all();
    const { box, storage } = this.#instance;
    const view = box.readView();
    const vclock = storage.vclock.copy();
    const rows = copyRows(view.rows());
    return {
      vclock,
      *read() {
        const batch = rows.next();
        return batch.done ? undefined : batch.value;
      },
      *close() {
        view.close();
      },
    };
  }
}

const readPrivilege = 1;
const writePrivilege = 2;

/** Rows of a copy handed out at a time. */
const copyBatchRows = 1000;

function* copyRows(
  rows: Iterable<{ spaceId: number; groupId: number; tuple: Uint8Array }>,
): Generator<XRow[]> {
  let batch: XRow[] = [];
  for (const { spaceId, groupId, tuple } of rows) {
    const body = encodeDml({ spaceId, tuple });
    batch.push(makeXRow(IprotoType.INSERT, body, groupId));
    if (batch.length < copyBatchRows) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Runs a task of the wal; what is wrong with a file becomes an error that a peer can be told. */
function* throwingServerErrors<T>(task: Task<T>): Task<T> {
  try {
    return yield* task;
  } catch (error) {
    throw error instanceof WalError ? fromWalError(error) : error;
  }
}
