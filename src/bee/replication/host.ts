import type { Cond, Scheduler, Task } from '../base/fiber.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock, Network } from '../env/index.ts';
import type { Vclock } from '../wal/vclock.ts';
import type { XRow } from '../wire/xrow.ts';
import type { ErrorFactory, ServerError } from './error.ts';

/**
 * Everything that replication needs of the instance around it. `server/replication-host.ts` implements it over box and wal.
 * Replication itself knows rows, vclocks and UUIDs, and nothing of tuples, files or configuration.
 */
export interface ReplicationHost extends InstanceState, RowSink, JoinTarget, RowSource {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  /** Its callbacks run inside turns of the instance. */
  readonly network: Network;
  readonly log: Logger;
  readonly errors: ErrorFactory;
  /** What `remote master … running NAME 2.6.0` calls a server. */
  readonly productName: string;
  /** Context for a fiber that acts with admin's rights, of session type 'applier'. */
  applierContext(): unknown;
}

/** Who this instance is and what it may do. */
export interface InstanceState {
  instanceUuid(): string;
  /** Undefined before the first row of `_schema` was applied. */
  clusterUuid(): string | undefined;
  /** False until the first `db.cfg` is through: whoever asks to join or follow is told to come again. */
  isConfigured(): boolean;
  /** The option `read_only`, whatever else keeps it from writing. */
  isReadOnlyOption(): boolean;
  /** Whether writes are refused, for whatever reason. */
  isReadOnly(): boolean;
  isOrphan(): boolean;
  /** Changes the state only: replication has logged it. Orphans are read-only. */
  setOrphan(isOrphan: boolean): void;
  /** With `wal_mode = 'none'` there is nothing to send. */
  isWalDisabled(): boolean;
  /** All rows applied in memory, also those that are on their way to the log. */
  vclock(): Vclock;
  /** All rows that the log holds; never ahead of `vclock`. Nothing beyond it may leave the instance. */
  writtenVclock(): Vclock;
  /** The oldest state from which the log files are still there. */
  gcVclock(): Vclock;
  /** Signalled whenever `writtenVclock` has moved. */
  readonly written: Cond;
}

/** Where rows of other servers go. */
export interface RowSink {
  /**
   * Applies one transaction of another server in memory and hands it to the log with its origin's ids, LSNs and times. Never suspends.
   * @param rows all rows of the transaction, the last with `isCommit`; a NOP takes its place in the log and does nothing
   * @returns what went wrong and with which row; nothing of the transaction is then left
   */
  applyTransaction(rows: readonly XRow[]): ApplyFailure | undefined;
  /** The place where a commit may suspend: at once when nothing waits, longer when too many bytes are unwritten. */
  commitPoint(): Task<void>;
  /** Waits until all that was applied so far is written. @throws ServerError ER_WAL_IO */
  durable(): Task<void>;
  /** `{type: 'INSERT', replica_id: 2, lsn: 1, space_id: 512, index_id: 0, tuple: [1, "from B"]}`. */
  describeRow(row: XRow): string;
}

export interface ApplyFailure {
  readonly error: ServerError;
  /** Index of the row that failed. */
  readonly at: number;
}

/** An instance that becomes the copy of another one. */
export interface JoinTarget {
  /**
   * Empties the instance for a copy that stands at `vclock`. May be called again when the connection broke in the middle.
   */
  beginJoin(vclock: Vclock): Task<void>;
  /** One row of the copy. @throws ServerError */
  applyCopyRow(row: XRow): void;
  /** The copy is complete: indexes are built. Rows of the log follow. */
  endCopy(): Task<void>;
  /** One row of the log, before there is a log of one's own to write it to. @throws ServerError */
  applyUnlogged(row: XRow): void;
  /** Writes the present state as the first snapshot and opens the log behind it. @throws ServerError */
  writeFirstSnapshot(): Task<void>;
}

/** What an instance can give to replicas. */
export interface RowSource {
  /**
   * Opens the copy that a joiner gets: the last snapshot's file, or the memory where that file is gone.
   * The log is kept from its vclock on only by a consumer: register it before the first suspension.
   */
  openCopy(): Task<CopySource>;
  /**
   * Opens the copy that an anonymous replica gets: the memory. It may have been here before and is further than the last
   * snapshot then, so that from there it would go back.
   */
  openMemory(): Task<CopySource>;
  /** Vclock of the last snapshot. */
  lastSnapshotVclock(): Vclock;
  /**
   * Reads the log after `vclock`: files first, then what was written lately, never what is not written.
   * @param origin the log's name for the reader, `relay/127.0.0.1:34680/101/main`
   */
  openLog(vclock: Vclock, origin: string): LogSource;
  /** Keeps log files for a reader that is at `vclock`. @param name as `db.info.gc()` shows it */
  registerConsumer(name: string, vclock: Vclock): LogConsumer;
  /** A replica with an id has this server's own rows up to `lsn`: synchronous transactions count it. */
  acknowledged(replicaId: number, lsn: number): void;
  /** Puts a new server into `_cluster` under the lowest free id and waits until that is written. @throws ServerError */
  registerReplica(uuid: string): Task<void>;
  /** @throws ServerError ER_ACCESS_DENIED unless the running fiber's user may do it */
  checkAccess(what: 'read universe' | 'write cluster'): void;
}

export interface CopySource {
  readonly vclock: Vclock;
  /** The next rows, in the order of a snapshot; undefined at the end. @throws ServerError XlogError */
  read(): Task<readonly XRow[] | undefined>;
  close(): Task<void>;
}

/** `LogReader` of the wal, with its errors as the server's. */
export interface LogSource {
  /** Where the reader is: all rows up to here were given out. */
  readonly vclock: Vclock;
  /**
   * The next rows that are written, in the log's order; waits until there are some.
   * @param timeout seconds after which it gives up and returns none
   * @throws ServerError XlogGapError, XlogError
   */
  next(timeout: number): Task<readonly XRow[]>;
  close(): Task<void>;
}

export interface LogConsumer {
  readonly vclock: Vclock;
  advance(vclock: Vclock): void;
  release(): void;
}
