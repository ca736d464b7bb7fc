import { awaitCall } from '../base/await.ts';
import type { Task } from '../base/fiber.ts';
import type { DiskError, OpenFile } from '../env/disk.ts';
import type { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { systemError, WalError } from './wal-error.ts';
import type { XlogDirectory, XlogFile } from './xlog-directory.ts';
import type { OpenXlog } from './xlog-file-writer.ts';
import { eofMarker } from './xlog-format.ts';

/**
 * Makes the directory ready for writing at `vclock`: moves files out of the way that would collide with those to come, and
 * opens the last file for appending when it begins at this very state and nothing was written to it.
 *
 * The real server opens whatever file has the right name. When all snapshots are lost it so appends a new server's rows to an
 * old server's log, and neither can be read afterwards; and it appends behind a write that a crash had cut. Here such files are
 * set aside, with a word in the log, and a cut write is taken off first.
 *
 * @throws WalError
 */
export function* takeOver(
  env: WalEnv,
  directory: XlogDirectory,
  vclock: Vclock,
): Task<OpenXlog | undefined> {
  const { signature } = vclock;
  // Files of others are passed over here, as the real server's second scan does; recovery has been strict with them.
  const { forceRecovery } = directory;
  directory.forceRecovery = true;
  const names = yield* directory.scan();
  directory.forceRecovery = forceRecovery;
  const last = directory.find(signature);
  const usable = last !== undefined && last.vclock.compare(vclock) === 0 ? last : undefined;
  for (const other of signaturesIn(names)) {
    const file = directory.find(other);
    if (file !== undefined && (file === usable || other !== signature)) continue;
    if (other >= signature) {
      yield* moveAside(
        env,
        directory,
        other,
        'is in the way of this log and cannot be appended to',
      );
    } else {
      env.log(
        'W',
        `rows of ${directory.nameOf(other)} are not in this database; remove the file, or the next start will refuse it`,
      );
    }
  }
  return usable === undefined ? undefined : yield* openLast(env, directory, usable);
}

/** Opens a file that should hold no rows and cuts off its end marker or the rest of a write that a crash cut. */
function* openLast(
  env: WalEnv,
  directory: XlogDirectory,
  entry: XlogFile,
): Task<OpenXlog | undefined> {
  const { signature } = entry;
  const cursor = yield* directory.open(signature);
  const headerBytes = cursor.meta.size;
  let isEmpty = false;
  try {
    isEmpty = (yield* cursor.nextPayload()) === undefined;
  } catch (error) {
    if (!(error instanceof WalError)) throw error;
  }
  const tornBytes = cursor.state === 'cut' ? cursor.tornBytes : 0;
  yield* cursor.close();
  if (!isEmpty) {
    // Rows that recovery went past (force_recovery) or damage: not ours to write over.
    yield* moveAside(env, directory, signature, 'holds rows that were not recovered');
    return undefined;
  }
  const name = directory.nameOf(signature);
  const opened = yield* awaitCall<OpenFile, DiskError>(env.scheduler, (done) =>
    env.disk.open(directory.pathOf(signature), 'append', done),
  );
  if (!opened.ok) throw systemError(`failed to open file '${name}'`, opened.error, 'xlog.c:889');
  const file = opened.value;
  if (file.size > headerBytes) {
    const cut = yield* awaitCall<void, DiskError>(env.scheduler, (done) =>
      file.truncate(headerBytes, done),
    );
    if (!cut.ok) throw systemError(`failed to truncate file '${name}'`, cut.error, 'xlog.c:930');
    if (tornBytes > 0 && tornBytes !== eofMarker.length) {
      env.log('W', `cut ${tornBytes} bytes of an unfinished write from \`${name}'`);
    }
  }
  entry.isClosed = false;
  return { file, entry, size: headerBytes };
}

function* moveAside(
  env: WalEnv,
  directory: XlogDirectory,
  signature: number,
  reason: string,
): Task<void> {
  const name = directory.nameOf(signature);
  const newName = yield* directory.setAside(signature);
  env.log('W', `renaming corrupted ${name} to ${newName}: it ${reason}`, { source: 'wal.c:517' });
}

function signaturesIn(names: readonly string[]): number[] {
  return names
    .filter((name) => /^\d{20}\.xlog$/.test(name))
    .map((name) => Number(name.slice(0, 20)));
}
