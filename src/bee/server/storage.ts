/**
 * The files of one instance and the states they are in: joins `box/`, which knows tuples, and `wal/`, which knows files.
 *
 * A start goes `enter` → (`beginRecovery` → `recover` | `found` | the join's `beginCopy` … `writeFirstSnapshot`); afterwards the
 * log is open and `journal` takes what commits.
 */

import { assert } from '../base/assert.ts';
import { awaitCall } from '../base/await.ts';
import { Cond, type Task } from '../base/fiber.ts';
import { clientError, typedError } from '../box/error.ts';
import type { Journal, JournalEntry } from '../box/journal.ts';
import type { DirectoryLock, DiskError, FileStat } from '../env/index.ts';
import { GarbageCollector } from '../wal/garbage-collection.ts';
import { LogWriter, type WalMode } from '../wal/log-writer.ts';
import { Recovery, type RecoveryPoint } from '../wal/recovery.ts';
import { writeSnapshot } from '../wal/snapshot-writer.ts';
import { Vclock } from '../wal/vclock.ts';
import type { WalEnv } from '../wal/wal-env.ts';
import { WalError } from '../wal/wal-error.ts';
import { XlogDirectory } from '../wal/xlog-directory.ts';
import type { XRow } from '../wire/xrow.ts';
import type { Instance } from './instance.ts';
import { unwrittenBytesMax } from './limits.ts';
import { resolvePath } from './path.ts';
import { fromWalError } from './wal-errors.ts';

export class Storage {
  /** Of this instance; '' before the first db.cfg. */
  uuid = '';
  /** Of the replica set; undefined before `_schema` says it. */
  clusterUuid: string | undefined;
  /** Where relative paths of files begin: `work_dir`, else where the process was started. */
  workDirectory: string;
  readonly walEnv: WalEnv;
  readonly journal: Journal = { submit: (entry) => this.#submit(entry) };
  /** Signalled whenever `writtenVclock` has moved; there before the log is, so that others can hold on to it. */
  readonly rowsReached: Cond;
  #signatureAtStart = 0;
  readonly #instance: Instance;
  /** Memory's state while there is no open log: during recovery and join. */
  readonly #unloggedVclock = new Vclock();
  #snapshots: XlogDirectory | undefined;
  #logs: XlogDirectory | undefined;
  #writer: LogWriter | undefined;
  #recovery: Recovery | undefined;
  #point: RecoveryPoint | undefined;
  #gc: GarbageCollector | undefined;
  #lock: DirectoryLock | undefined;
  #isLogOpen = false;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.workDirectory = instance.env.process.cwd;
    this.rowsReached = new Cond(instance.scheduler);
    this.walEnv = {
      scheduler: instance.scheduler,
      disk: instance.env.disk,
      clock: instance.env.clock,
      log: instance.log.write,
    };
  }

  /** Own id in `_cluster`; 0 while there is none. */
  get id(): number {
    return this.#instance.replication.instanceId;
  }

  /** State of memory: what is applied, written or not. */
  get vclock(): Vclock {
    return this.#isLogOpen ? this.writer.assignedVclock : this.#unloggedVclock;
  }

  /** What the log holds; never ahead of `vclock`. */
  get writtenVclock(): Vclock {
    return this.#isLogOpen ? this.writer.writtenVclock : this.#unloggedVclock;
  }

  /** Rows that reached the log since the start, own and others'. */
  get rowsWritten(): number {
    return this.#isLogOpen ? this.writer.writtenVclock.signature - this.#signatureAtStart : 0;
  }

  get writer(): LogWriter {
    assert(this.#writer !== undefined, 'the log is used before db.cfg');
    return this.#writer;
  }

  get gc(): GarbageCollector {
    assert(this.#gc !== undefined, 'garbage collection is used before db.cfg');
    return this.#gc;
  }

  get snapshots(): XlogDirectory {
    assert(this.#snapshots !== undefined, 'snapshots are used before db.cfg');
    return this.#snapshots;
  }

  get isWalDisabled(): boolean {
    return this.#instance.config.text('wal_mode') === 'none';
  }

  /** True when there is a snapshot to start from. */
  get hasSnapshot(): boolean {
    return this.#point !== undefined;
  }

  get bytesSinceCheckpoint(): number {
    return this.#writer?.bytesSinceCheckpoint ?? 0;
  }

  /** True when the next commit should wait until the log has caught up. */
  get wantsPause(): boolean {
    const writer = this.#writer;
    if (writer === undefined) return false;
    if (writer.unwrittenBytes > unwrittenBytesMax) return true;
    // While the disk refuses, each commit waits for its own row, and so raises its own error.
    return (writer.mode === 'fsync' || writer.isRefused) && writer.hasUnwritten;
  }

  /**
   * Goes to `work_dir`, which relative paths begin in from then on.
   * @throws ClientError of type SystemError when there is no such directory
   */
  *changeDirectory(): Task<void> {
    const { config, env, scheduler } = this.#instance;
    const name = config.text('work_dir');
    if (name === '') return;
    const path = resolvePath(this.workDirectory, name);
    const found = yield* awaitCall<FileStat, DiskError>(scheduler, (done) =>
      env.disk.stat(path, done),
    );
    if (!found.ok || found.value.kind !== 'directory') {
      const errno = found.ok ? 20 : 2;
      const reason = found.ok ? 'Not a directory' : 'No such file or directory';
      throw typedError('SystemError', `can't chdir to \`${name}': ${reason}`, { errno });
    }
    this.workDirectory = path;
  }

  /**
   * Takes the lock of the log's directory and looks for snapshots.
   * @throws ClientError ER_ALREADY_RUNNING and what else keeps the server from starting
   */
  *enter(): Task<void> {
    const { config, env, scheduler } = this.#instance;
    const directory = (name: string, type: 'SNAP' | 'XLOG') =>
      new XlogDirectory(this.walEnv, type, {
        path: resolvePath(this.workDirectory, config.text(name)),
        label: config.text(name),
        forceRecovery: config.flag('force_recovery'),
      });
    const logs = directory('wal_dir', 'XLOG');
    const snapshots = directory('memtx_dir', 'SNAP');
    const locked = yield* awaitCall<DirectoryLock, DiskError>(scheduler, (done) =>
      env.disk.lock(logs.path, done),
    );
    if (locked.ok) this.#lock = locked.value;
    else if (locked.error.code === 'EWOULDBLOCK') {
      throw clientError('ALREADY_RUNNING', config.text('wal_dir')).at('box.cc', 2621);
    } else {
      throw typedError('SystemError', `error reading directory '${logs.label}'`, {
        errno: locked.error.code === 'ENOENT' ? 2 : 5,
      });
    }
    this.#logs = logs;
    this.#snapshots = snapshots;
    this.#writer = new LogWriter(this.walEnv, logs, {
      instanceId: () => this.id,
      // The option's values were checked when it was read.
      mode: config.text('wal_mode') as WalMode,
      maxFileBytes: config.number('wal_max_size'),
      maxFileRows: config.number('rows_per_wal'),
      onSpaceFreed: (oldest) => this.gc.spaceFreed(oldest),
    });
    this.#gc = new GarbageCollector(this.walEnv, snapshots, this.writer);
    this.#recovery = new Recovery(this.walEnv, {
      snapshots,
      logs,
      forceRecovery: config.flag('force_recovery'),
      logError: (error) => this.#instance.logError(error),
    });
    this.#point = yield* this.#recovery.open();
  }

  /** Says who this is and how far the logs go. @throws ClientError ER_INSTANCE_UUID_MISMATCH */
  *beginRecovery(): Task<void> {
    const point = this.#point;
    assert(point !== undefined && this.#recovery !== undefined, 'there is nothing to recover');
    const wanted = this.#instance.config.text('instance_uuid');
    if (wanted !== '' && wanted !== point.instanceUuid) {
      throw clientError('INSTANCE_UUID_MISMATCH', wanted, point.instanceUuid).at('box.cc', 2380);
    }
    this.setUuid(point.instanceUuid);
    const scan = yield* this.#recovery.scan();
    this.#unloggedVclock.assign(scan.instanceVclock);
    this.gc.begin(scan.gcVclock);
  }

  /** Gives the instance its UUID: of its files, or a new one. */
  setUuid(uuid: string): void {
    this.uuid = uuid;
    this.snapshots.instanceUuid = uuid;
    if (this.#logs !== undefined) this.#logs.instanceUuid = uuid;
    this.#instance.log.write('I', `instance uuid ${uuid}`);
  }

  /**
   * Fills memory from the newest snapshot and the logs after it, and opens the log.
   * @throws WalError, ClientError: the real server ends the process then, and so does `boot`
   */
  *recover(): Task<void> {
    const { box, config } = this.#instance;
    const recovery = this.#recovery;
    assert(recovery !== undefined, 'recovery was not begun');
    yield* recovery.recoverSnapshot((row) => box.applySnapshotRow(row));
    box.endSnapshot();
    yield* recovery.recoverLogs((row) => box.applyRow(row));
    box.endRecovery();
    yield* recovery.finish();
    const wanted = config.text('replicaset_uuid');
    if (wanted !== '' && wanted !== this.clusterUuid) {
      const found = this.clusterUuid ?? '';
      throw clientError('REPLICASET_UUID_MISMATCH', wanted, found).at('box.cc', 2496);
    }
    yield* this.#openLog(recovery.vclock);
  }

  /**
   * Begins a new cluster in an empty directory, with this server as number 1.
   * @param others UUIDs of servers that are to join it: members from the first snapshot on
   */
  *found(clusterUuid: string, others: readonly string[]): Task<void> {
    const members = [this.uuid, ...others.filter((uuid) => uuid !== this.uuid)];
    this.#instance.box.bootstrap(members, clusterUuid);
    yield* this.writeFirstSnapshot();
  }

  // The copy of another server.

  /** Empties memory for a copy that stands at `vclock`. */
  beginCopy(vclock: Vclock): void {
    this.#instance.box.reset();
    this.clusterUuid = undefined;
    this.#unloggedVclock.assign(vclock);
    this.#unloggedVclock.set(0, 0);
  }

  /** One row of the log before there is a log of one's own. */
  applyUnlogged(row: XRow): void {
    this.#instance.box.applyRow(row);
    if (row.lsn > this.#unloggedVclock.get(row.replicaId)) {
      this.#unloggedVclock.follow(row.replicaId, row.lsn);
    }
  }

  /** Writes memory as the first snapshot and opens the log behind it. @throws WalError */
  *writeFirstSnapshot(): Task<void> {
    const vclock = this.#unloggedVclock;
    const view = this.#instance.box.readView();
    try {
      yield* writeSnapshot(this.walEnv, this.snapshots, vclock, view.rows());
    } finally {
      view.close();
    }
    this.gc.begin(vclock);
    yield* this.#openLog(vclock);
  }

  // The open log.

  /** Gives what the turn queued to the disk. */
  flush(): void {
    if (this.#isLogOpen) this.#writer?.flush();
  }

  /** Waits until everything submitted so far is written. @returns false when some of it was rolled back */
  *written(): Task<boolean> {
    if (!this.#isLogOpen || !this.writer.hasUnwritten) return true;
    const outcome = yield* this.writer.flushed();
    return outcome.ok;
  }

  /**
   * Makes a snapshot (`db.snapshot`) of what memory holds now.
   * @throws ClientError ER_CHECKPOINT_IN_PROGRESS, or what the disk refused
   */
  *checkpoint(): Task<void> {
    const { box, contexts } = this.#instance;
    yield* this.#instance.confirmations.all();
    try {
      yield* this.gc.checkpoint(() => {
        // The wait would abort the transaction of who asks; what it did is nobody's yet, and must not get into the file.
        box.onYield(contexts.current);
        return box.readView();
      });
    } catch (error) {
      throw error instanceof WalError ? fromWalError(error) : error;
    }
  }

  /** Closes the log in order and gives the directory back. */
  *close(): Task<void> {
    if (this.#isLogOpen) yield* this.writer.close();
    this.#isLogOpen = false;
    this.#lock?.release();
  }

  #submit(entry: JournalEntry): void {
    // What a program writes to its own local spaces while the server starts is not checked by `Instance.isReadOnly`.
    if (!this.#isLogOpen) throw clientError('READONLY');
    const [first] = entry.rows;
    const isOwn = first === undefined || first.replicaId === 0;
    this.writer.submit(isOwn ? entry : this.#applied(entry));
  }

  /**
   * Rows of another server. When they cannot be written its applier must not go on: the next row would be taken, the vclock
   * would pass over the lost ones, and nobody would ever send them again (`test/sim/cluster.test.ts` sees it).
   */
  #applied(entry: JournalEntry): JournalEntry {
    return {
      rows: entry.rows,
      onWritten: () => entry.onWritten(),
      onFailed: () => {
        entry.onFailed();
        this.#instance.replication.rolledBack(clientError('WAL_IO').at('applier.cc', 0));
      },
    };
  }

  *#openLog(vclock: Vclock): Task<void> {
    yield* this.writer.enable(vclock);
    this.#signatureAtStart = vclock.signature;
    this.#isLogOpen = true;
    // What was not confirmed when the server ended is in its log: the first acknowledgement.
    this.#instance.box.limbo.acknowledged(this.id, vclock.get(this.id));
    const { writer, rowsReached } = this;
    const { checkpoints, config, scheduler } = this.#instance;
    scheduler.spawn('wal', function* () {
      while (true) {
        yield* writer.written.wait();
        rowsReached.broadcast();
        const threshold = config.number('checkpoint_wal_threshold');
        if (writer.bytesSinceCheckpoint > threshold) checkpoints.reconfigure();
      }
    });
  }
}
