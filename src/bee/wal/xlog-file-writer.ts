import { awaitCall } from '../base/await.ts';
import { concat } from '../base/bytes.ts';
import type { Task } from '../base/fiber.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { DiskError, Durability, OpenFile } from '../env/disk.ts';
import { encodeUtf8 } from '../wire/utf8.ts';
import type { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { logWalError, systemError, type WalError } from './wal-error.ts';
import { inprogressSuffix, type XlogDirectory, type XlogFile } from './xlog-directory.ts';
import { eofMarker, formatHeader } from './xlog-format.ts';

/** An xlog that is open for appending. */
export interface OpenXlog {
  readonly file: OpenFile;
  readonly entry: XlogFile;
  /** Bytes that the disk reported written. */
  size: number;
}

type Done<T> = (result: Result<T, WalError>) => void;

/**
 * Creates an xlog: header and first bytes go to `NAME.inprogress`, which then gets its name, so that nobody ever sees a file
 * without a header.
 *
 * Written with callbacks rather than as a fiber, because the log writer runs at the end of a turn, outside of fibers.
 *
 * @param vclock state before the file's first row
 * @param content what stands behind the header: blocks, or the end marker of an empty file
 */
export function createXlog(
  env: WalEnv,
  directory: XlogDirectory,
  vclock: Vclock,
  content: Uint8Array,
  durability: Durability,
  done: Done<OpenXlog>,
): void {
  const { disk } = env;
  const signature = vclock.signature;
  const name = directory.nameOf(signature);
  const target = directory.pathOf(signature);
  const draft = directory.pathOf(signature, inprogressSuffix);
  const header = formatHeader('XLOG', directory.instanceUuid, vclock, directory.last?.vclock);
  const bytes = concat([encodeUtf8(header), content]);

  const giveUp = (file: OpenFile | undefined, words: string, error: DiskError, source: string) => {
    file?.close(() => {});
    disk.unlink(draft, () => done(fail(systemError(words, error, source))));
  };
  const rename = (file: OpenFile) => {
    disk.rename(draft, target, (renamed) => {
      if (renamed.ok) {
        done(ok({ file, entry: directory.add(vclock, false), size: bytes.length }));
      } else {
        giveUp(
          file,
          `failed to rename '${name}${inprogressSuffix}' file`,
          renamed.error,
          'xlog.c:747',
        );
      }
    });
  };
  const write = (file: OpenFile) => {
    file.append(bytes, durability, (written) => {
      if (written.ok) rename(file);
      else giveUp(file, `failed to write to '${name}' file`, written.error, 'xlog.c:1090');
    });
  };
  const create = () => {
    disk.open(draft, 'truncate', (opened) => {
      if (opened.ok) write(opened.value);
      else {
        giveUp(
          undefined,
          `failed to create file '${name}${inprogressSuffix}'`,
          opened.error,
          'xlog.c:841',
        );
      }
    });
  };
  // The rename below would replace a file of that name, whatever it holds.
  disk.stat(target, (found) => {
    if (!found.ok) {
      create();
      return;
    }
    const error: DiskError = { code: 'EEXIST', path: target, message: 'File exists' };
    done(fail(systemError(`file '${name}' already exists`, error, 'xlog.c:808')));
  });
}

/** Appends the end marker and closes the file. As in the real server, a failure is logged and the file stays without one. */
export function closeXlog(
  env: WalEnv,
  directory: XlogDirectory,
  xlog: OpenXlog,
  durability: Durability,
  done: () => void,
): void {
  xlog.file.append(eofMarker.slice(), durability, (written) => {
    if (written.ok) {
      xlog.size += eofMarker.length;
      xlog.entry.isClosed = true;
    } else {
      const name = directory.nameOf(xlog.entry.signature);
      env.log('E', `${name}: failed to write EOF marker: ${written.error.message}`, {
        origin: 'wal',
        source: 'xlog.c:1455',
      });
    }
    xlog.file.close(() => done());
  });
}

/** Leaves a file that says only where the log ended, for the next start. A failure is logged: the rows are in the files before. */
export function* leaveEmptyXlog(env: WalEnv, directory: XlogDirectory, vclock: Vclock): Task<void> {
  const { scheduler } = env;
  const created = yield* awaitCall<OpenXlog, WalError>(scheduler, (done) =>
    createXlog(env, directory, vclock, eofMarker, 'strict', done),
  );
  if (!created.ok) {
    logWalError(env.log, created.error, 'wal');
    return;
  }
  created.value.entry.isClosed = true;
  yield* awaitCall<void, DiskError>(scheduler, (done) => created.value.file.close(done));
}
