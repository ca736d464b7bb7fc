import { awaitCall } from '../base/await.ts';
import { concat } from '../base/bytes.ts';
import type { Task } from '../base/fiber.ts';
import type { Result } from '../base/result.ts';
import type { DiskError, Done, Durability, OpenFile } from '../env/disk.ts';
import { encodeUtf8 } from '../wire/utf8.ts';
import { BlockBuilder } from './block-builder.ts';
import type { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { systemError, type WalError } from './wal-error.ts';
import { inprogressSuffix, type XlogDirectory } from './xlog-directory.ts';
import { eofMarker, formatHeader } from './xlog-format.ts';

/** One tuple of a snapshot; the box's `ReadViewRow` has this shape. */
export interface SnapshotRow {
  readonly spaceId: number;
  readonly groupId: number;
  /** A msgpack array, valid until the next row. */
  readonly tuple: Uint8Array;
}

/** In the log, as of the real server's snapshot thread. */
const origin = 'snapshot/101/main';

/**
 * Bytes given to the disk at a time; other fibers run while it writes. Blocks of that size are what IndexedDB takes
 * fastest (130 to 260 MB/s); ten times that would stop a worker for a noticeable moment.
 */
const pieceBytes = 1024 * 1024;

/** The real server says after so many rows how far it is. */
const progressRows = 100000;

/**
 * Writes a snapshot: to `NAME.snap.inprogress`, which gets its name when it is complete and on the disk. With a snapshot
 * of that very state there already, it does nothing.
 * @param directory of snapshots; its `instanceUuid` goes into the file
 * @param vclock the state that the rows are
 * @param rows all tuples by space id, inside by primary key
 * @throws WalError; the unfinished file is then removed
 */
export function* writeSnapshot(
  env: WalEnv,
  directory: XlogDirectory,
  vclock: Vclock,
  rows: Iterable<SnapshotRow>,
): Task<void> {
  if (directory.last?.vclock.compare(vclock) === 0) return;
  const { disk, scheduler } = env;
  const signature = vclock.signature;
  const draft = directory.pathOf(signature, inprogressSuffix);
  const draftName = directory.nameOf(signature, inprogressSuffix);
  const call = <T>(start: (done: Done<T>) => void): Task<Result<T, DiskError>> =>
    awaitCall<T, DiskError>(scheduler, start);

  const opened = yield* call<OpenFile>((done) => disk.open(draft, 'truncate', done));
  if (!opened.ok) {
    throw systemError(`failed to create file '${draftName}'`, opened.error, 'xlog.c:841');
  }
  env.log('I', `saving snapshot \`${draftName}'`, { origin });
  const file = opened.value;
  let failure = yield* writeRows(env, file, directory, vclock, rows);
  const closed = yield* call<void>((done) => file.close(done));
  if (!closed.ok) failure ??= writeError(directory, signature, closed.error);
  if (failure === undefined) {
    env.log('I', 'done', { origin });
    const renamed = yield* call<void>((done) =>
      disk.rename(draft, directory.pathOf(signature), done),
    );
    if (renamed.ok) {
      directory.add(vclock, true);
      return;
    }
    failure = systemError("can't rename .snap.inprogress", renamed.error, 'memtx_engine.c:696');
  }
  yield* call<void>((done) => disk.unlink(draft, done));
  throw failure;
}

/** Header, rows in blocks, end marker. @returns what went wrong */
function* writeRows(
  env: WalEnv,
  file: OpenFile,
  directory: XlogDirectory,
  vclock: Vclock,
  rows: Iterable<SnapshotRow>,
): Task<WalError | undefined> {
  const signature = vclock.signature;
  const append = (bytes: Uint8Array, durability: Durability): Task<Result<void, DiskError>> =>
    awaitCall<void, DiskError>(env.scheduler, (done) => file.append(bytes, durability, done));

  const timestamp = env.clock.now();
  const builder = new BlockBuilder();
  // A small snapshot is one append: header, rows and end marker together.
  let head: Uint8Array = encodeUtf8(
    formatHeader('SNAP', directory.instanceUuid, vclock, undefined),
  );
  let count = 0;
  for (const row of rows) {
    builder.addTuple(count, timestamp, row.spaceId, row.groupId, row.tuple);
    count++;
    if (count % progressRows === 0) {
      env.log('C', `${(count / 1e6).toFixed(1)}M rows written`, { origin });
    }
    if (builder.length < pieceBytes || builder.hasOpenBlock) continue;
    const written = yield* append(concat([head, builder.take()]), 'relaxed');
    if (!written.ok) return writeError(directory, signature, written.error);
    head = noBytes;
  }
  // A snapshot replaces the logs before it, so it must be on the device, not only out of this process.
  const ended = yield* append(concat([head, builder.take(), eofMarker]), 'strict');
  return ended.ok ? undefined : writeError(directory, signature, ended.error);
}

const noBytes = new Uint8Array(0);

function writeError(directory: XlogDirectory, signature: number, error: DiskError): WalError {
  const name = directory.nameOf(signature, inprogressSuffix);
  return systemError(`failed to write to '${name}' file`, error, 'xlog.c:1090');
}
