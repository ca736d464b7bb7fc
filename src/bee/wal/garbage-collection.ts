import { Cond, type Task } from '../base/fiber.ts';
import type { LogWriter } from './log-writer.ts';
import { type SnapshotRow, writeSnapshot } from './snapshot-writer.ts';
import { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { WalError } from './wal-error.ts';
import type { XlogDirectory } from './xlog-directory.ts';

/** A snapshot that exists, and who reads it. */
export interface Checkpoint {
  readonly vclock: Vclock;
  /** Names of those who need the file: a join, a backup. It stays while there are any. */
  readonly references: Set<string>;
}

/** Somebody who needs the log from some state on: a replica. */
export interface GcConsumer {
  readonly name: string;
  /** Rows after this are needed. */
  readonly vclock: Vclock;
  /** False when its rows had to be removed because the disk was full. */
  isActive: boolean;
}

/** The tuples of one moment; the box's `ReadView` has this shape. */
export interface SnapshotSource {
  rows(): Iterable<SnapshotRow>;
  close(): void;
}

/** Makes checkpoints, and removes the files that nobody needs any more. */
export class GarbageCollector {
  /** Snapshots that are kept at least (`checkpoint_count`). Nothing is removed before the server runs. */
  checkpointCount = Number.POSITIVE_INFINITY;
  /** The oldest state from which all rows are still there. */
  readonly vclock = new Vclock();
  isCheckpointInProgress = false;
  readonly consumers = new Set<GcConsumer>();
  readonly #checkpoints: Checkpoint[] = [];
  readonly #env: WalEnv;
  readonly #snapshots: XlogDirectory;
  readonly #writer: LogWriter;
  readonly #wanted: Cond;
  #isWanted = false;
  #isRunning = false;

  constructor(env: WalEnv, snapshots: XlogDirectory, writer: LogWriter) {
    this.#env = env;
    this.#snapshots = snapshots;
    this.#writer = writer;
    this.#wanted = new Cond(env.scheduler);
  }

  /** Oldest first. */
  get checkpoints(): readonly Checkpoint[] {
    return this.#checkpoints;
  }

  get lastCheckpoint(): Checkpoint | undefined {
    return this.#checkpoints.at(-1);
  }

  /**
   * Takes up what a start from files found; once more when the server joins anew instead.
   * @param gcVclock of `Recovery.scan`
   */
  begin(gcVclock: Vclock): void {
    this.vclock.assign(gcVclock);
    this.#checkpoints.length = 0;
    for (const file of this.#snapshots.files) this.#track(file.vclock);
    const last = this.lastCheckpoint;
    if (last !== undefined) this.#writer.checkpointVclock.assign(last.vclock);
  }

  /**
   * Makes a snapshot of this moment and removes what it makes superfluous. Without rows since the last snapshot there is
   * nothing to write.
   * @param openView takes a read view of memory
   * @throws WalError: ER_CHECKPOINT_IN_PROGRESS, ER_CHECKPOINT_ROLLBACK when rows could not be written, SystemError when the
   *   file could not
   */
  *checkpoint(openView: () => SnapshotSource): Task<void> {
    if (this.isCheckpointInProgress) {
      throw new WalError('Snapshot is already in progress', {
        type: 'ClientError',
        codeName: 'CHECKPOINT_IN_PROGRESS',
      });
    }
    this.isCheckpointInProgress = true;
    const bytes = this.#writer.bytesSinceCheckpoint;
    // No suspension between the view and the rotation: the one must hold exactly what the other closes with.
    const view = openView();
    try {
      const rotated = yield* this.#writer.rotate();
      if (!rotated.ok) {
        throw new WalError("Can't start a checkpoint while in cascading rollback", {
          type: 'ClientError',
          codeName: 'CHECKPOINT_ROLLBACK',
        });
      }
      const vclock = rotated.value;
      yield* writeSnapshot(this.#env, this.#snapshots, vclock, view.rows());
      this.#writer.checkpointDone(vclock, bytes);
      this.#track(vclock);
    } finally {
      view.close();
      this.isCheckpointInProgress = false;
    }
    yield* this.collect();
  }

  /** Says that rows after `vclock` are needed until further notice. */
  register(name: string, vclock: Vclock): GcConsumer {
    const consumer: GcConsumer = { name, vclock: vclock.copy(), isActive: true };
    this.consumers.add(consumer);
    return consumer;
  }

  /** The consumer has seen more. */
  advance(consumer: GcConsumer, vclock: Vclock): void {
    if (!consumer.isActive || vclock.signature <= consumer.vclock.signature) return;
    consumer.vclock.assign(vclock);
    this.schedule();
  }

  unregister(consumer: GcConsumer): void {
    if (this.consumers.delete(consumer)) this.schedule();
  }

  /** Keeps the file of a checkpoint while it is read. @returns gives it free */
  reference(checkpoint: Checkpoint, name: string): () => void {
    checkpoint.references.add(name);
    return () => {
      if (checkpoint.references.delete(name)) this.schedule();
    };
  }

  /** The disk was full and logs were removed: whoever needed them is out of luck. @param oldest state that is left */
  spaceFreed(oldest: Vclock): void {
    this.vclock.assign(oldest);
    for (const consumer of this.consumers) {
      const order = oldest.compare(consumer.vclock, 1);
      if (!consumer.isActive || order === -1 || order === 0) continue;
      consumer.isActive = false;
      this.#env.log('C', `deactivated WAL consumer ${consumer.name} at ${consumer.vclock}`, {
        origin: 'main',
      });
    }
  }

  /** Asks the collecting fiber to look. */
  schedule(): void {
    this.#isWanted = true;
    this.#wanted.signal();
  }

  /** The body of the collecting fiber: removes files whenever somebody asked for it. Never returns. */
  *run(): Task<never> {
    for (;;) {
      // Whoever collects already looks again before it ends; to ask it once more without waiting would never end.
      while (!this.#isWanted || this.#isRunning) yield* this.#wanted.wait();
      yield* this.collect();
    }
  }

  /** Removes the snapshots beyond `checkpointCount` and the logs that neither a snapshot nor a consumer needs. */
  *collect(): Task<void> {
    this.#isWanted = false;
    if (this.#isRunning) {
      // Whoever runs looks again when this is set.
      this.#isWanted = true;
      return;
    }
    this.#isRunning = true;
    try {
      do {
        this.#isWanted = false;
        yield* this.#collectOnce();
      } while (this.#isWanted);
    } finally {
      this.#isRunning = false;
      // After a failure the collecting fiber takes up what was asked for meanwhile.
      if (this.#isWanted) this.#wanted.signal();
    }
  }

  *#collectOnce(): Task<void> {
    let oldest = this.#checkpoints[0];
    while (oldest !== undefined && this.#checkpoints.length > this.checkpointCount) {
      if (oldest.references.size > 0) break;
      this.#checkpoints.shift();
      oldest = this.#checkpoints[0];
    }
    if (oldest === undefined || this.checkpointCount === Number.POSITIVE_INFINITY) return;
    const needed = oldest.vclock.copy();
    for (const consumer of this.consumers) {
      if (consumer.isActive) needed.minIgnore0(consumer.vclock);
    }
    const { signature } = oldest.vclock;
    for (const file of this.#snapshots.files.filter((other) => other.signature < signature)) {
      yield* this.#snapshots.remove(file, 'main');
    }
    if (needed.signature > this.vclock.signature) {
      this.vclock.assign(needed);
      yield* this.#collectLogs(needed);
    }
  }

  *#collectLogs(needed: Vclock): Task<void> {
    const writer = this.#writer;
    if (writer.mode === 'none') return;
    const { directory } = writer;
    // When the last file is closed and everybody has read it, even that one may go.
    const isAllRead = !writer.hasOpenFile && needed.signature >= writer.writtenVclock.signature;
    const limit = isAllRead
      ? needed.signature
      : directory.files.findLast((file) => needed.covers(file.vclock))?.signature;
    if (limit === undefined) return;
    for (const file of directory.files.filter((other) => other.signature < limit)) {
      yield* directory.remove(file, 'wal');
    }
  }

  #track(vclock: Vclock): void {
    if (this.lastCheckpoint?.vclock.signature === vclock.signature) return;
    this.#checkpoints.push({ vclock: vclock.copy(), references: new Set() });
  }
}
