import { spawn } from 'node:child_process';
import {
  close,
  constants,
  type Dirent,
  fdatasync,
  fstat,
  ftruncate,
  lstat,
  mkdir,
  type NoParamCallback,
  open,
  read,
  readdir,
  rename,
  rmdir,
  type Stats,
  stat,
  unlink,
  write,
} from 'node:fs';
import { ok, type Result } from '../bee/base/result.ts';
import type {
  DirectoryEntry,
  DirectoryLock,
  Disk,
  DiskError,
  DiskErrorCode,
  Done,
  Durability,
  FileStat,
  OpenFile,
  OpenMode,
} from '../bee/env/index.ts';
import { compareNames, diskFailure } from '../bee/env/posix.ts';

type Outcome<T> = Result<T, DiskError>;

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC } = constants;

const openFlags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL,
  append: O_RDWR | O_APPEND | O_CREAT,
  truncate: O_RDWR | O_APPEND | O_CREAT | O_TRUNC,
};

/** Calls that follow each other: Node runs file calls on several threads, in any order. */
class Lane {
  readonly #waiting: (() => void)[] = [];
  #isBusy = false;

  /** @param start makes the call and says when it is over */
  add<T>(start: (finish: Done<T>) => void, done: Done<T>): void {
    this.#waiting.push(() =>
      start((result) => {
        // In a turn of its own: whatever `done` throws must not stop the lane.
        setImmediate(() => done(result));
        this.#next();
      }),
    );
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    const start = this.#waiting.shift();
    this.#isBusy = start !== undefined;
    start?.();
  }
}

/** The disk port over a real file system. */
export class NodeDisk implements Disk {
  readonly #names = new Lane();

  open(path: string, mode: OpenMode, done: Done<OpenFile>): void {
    this.#names.add((finish: Done<OpenFile>) => openFile(path, mode, finish), done);
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.#names.add((finish: Done<readonly DirectoryEntry[]>) => {
      readdir(path, { withFileTypes: true }, (error, found: Dirent[]) => {
        if (error !== null) finish(failure(error, path));
        else statAll(path, found.map(({ name }) => name).sort(compareNames), finish);
      });
    }, done);
  }

  stat(path: string, done: Done<FileStat>): void {
    this.#names.add((finish: Done<FileStat>) => {
      stat(path, (error, stats) =>
        finish(error === null ? ok(statOf(stats)) : failure(error, path)),
      );
    }, done);
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.#names.add((finish: Done<void>) => rename(from, to, answer(from, finish)), done);
  }

  unlink(path: string, done: Done<void>): void {
    this.#names.add((finish: Done<void>) => unlink(path, answer(path, finish)), done);
  }

  mkdir(path: string, done: Done<void>): void {
    this.#names.add((finish: Done<void>) => mkdir(path, answer(path, finish)), done);
  }

  rmdir(path: string, done: Done<void>): void {
    this.#names.add((finish: Done<void>) => rmdir(path, answer(path, finish)), done);
  }

  lock(path: string, done: Done<DirectoryLock>): void {
    this.#names.add((finish: Done<DirectoryLock>) => {
      stat(path, (error, stats) => {
        if (error !== null) finish(failure(error, path));
        else if (!stats.isDirectory()) finish(diskFailure('ENOTDIR', path));
        else lockDirectory(path, finish);
      });
    }, done);
  }
}

/**
 * Takes flock(2), the lock that the real server takes, so that the two never work in one directory. Node cannot call it;
 * flock(1) of util-linux holds it for us and ends when our end of its pipe closes, however this process ends. Where that
 * command is missing (macOS) two servers in one directory are not kept apart.
 */
function lockDirectory(path: string, finish: Done<DirectoryLock>): void {
  const holder = spawn('flock', ['--nonblock', path, '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let isAnswered = false;
  const decide = (result: Outcome<DirectoryLock>): void => {
    if (isAnswered) return;
    isAnswered = true;
    letGo();
    finish(result);
  };
  // The lock alone does not keep a finished process alive; whether it is to be had must be waited for. What is typed as a
  // stream is a socket with these methods.
  const letGo = (): void => {
    holder.unref();
    for (const stream of [holder.stdin, holder.stdout]) {
      if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
    }
  };
  const release = (): void => {
    holder.stdin.destroy();
  };
  holder.stdout.once('data', () => decide(ok({ release })));
  holder.once('error', () => decide(ok({ release: () => undefined })));
  holder.once('exit', () => decide(diskFailure('EWOULDBLOCK', path)));
}

function openFile(path: string, mode: OpenMode, finish: Done<OpenFile>): void {
  open(path, openFlags[mode], (openError, fd) => {
    if (openError !== null) {
      finish(failure(openError, path));
      return;
    }
    fstat(fd, (error, stats) => {
      if (error === null && stats.isFile()) {
        finish(ok(new NodeFile(fd, path, stats.size)));
        return;
      }
      close(fd, () => finish(error === null ? diskFailure('EISDIR', path) : failure(error, path)));
    });
  });
}

class NodeFile implements OpenFile {
  readonly size: number;
  readonly #fd: number;
  readonly #path: string;
  readonly #lane = new Lane();

  constructor(fd: number, path: string, size: number) {
    this.#fd = fd;
    this.#path = path;
    this.size = size;
  }

  append(bytes: Uint8Array, durability: Durability, done: Done<void>): void {
    this.#lane.add((finish: Done<void>) => this.#append(bytes, durability, finish), done);
  }

  read(offset: number, length: number, done: Done<Uint8Array<ArrayBuffer>>): void {
    this.#lane.add((finish: Done<Uint8Array<ArrayBuffer>>) => {
      fstat(this.#fd, (error, stats) => {
        if (error !== null) finish(failure(error, this.#path));
        else
          this.#readInto(
            new Uint8Array(Math.max(0, Math.min(length, stats.size - offset))),
            offset,
            finish,
          );
      });
    }, done);
  }

  truncate(size: number, done: Done<void>): void {
    this.#lane.add((finish: Done<void>) => {
      fstat(this.#fd, (error, stats) => {
        if (error !== null) finish(failure(error, this.#path));
        else if (size > stats.size) finish(diskFailure('EINVAL', this.#path));
        else ftruncate(this.#fd, size, answer(this.#path, finish));
      });
    }, done);
  }

  close(done: Done<void>): void {
    this.#lane.add((finish: Done<void>) => close(this.#fd, answer(this.#path, finish)), done);
  }

  /** Fills the array, which ends at the file's end at the latest. */
  #readInto(
    bytes: Uint8Array<ArrayBuffer>,
    offset: number,
    finish: Done<Uint8Array<ArrayBuffer>>,
    filled = 0,
  ): void {
    if (filled === bytes.length) {
      finish(ok(bytes));
      return;
    }
    read(this.#fd, bytes, filled, bytes.length - filled, offset + filled, (error, count) => {
      if (error !== null) finish(failure(error, this.#path));
      // Somebody cut the file meanwhile.
      else if (count === 0) finish(ok(bytes.slice(0, filled)));
      else this.#readInto(bytes, offset, finish, filled + count);
    });
  }

  #append(bytes: Uint8Array, durability: Durability, finish: Done<void>): void {
    fstat(this.#fd, (error, stats) => {
      if (error === null) this.#writeAll(bytes, 0, stats.size, durability, finish);
      else finish(failure(error, this.#path));
    });
  }

  #writeAll(
    bytes: Uint8Array,
    from: number,
    sizeBefore: number,
    durability: Durability,
    finish: Done<void>,
  ): void {
    const undo = (error: NodeJS.ErrnoException): void =>
      // A full disk may take a part: nothing of a failed append may stay.
      ftruncate(this.#fd, sizeBefore, () => finish(failure(error, this.#path)));
    if (from === bytes.length) {
      if (durability === 'relaxed') finish(ok(undefined));
      else fdatasync(this.#fd, (error) => (error === null ? finish(ok(undefined)) : undo(error)));
      return;
    }
    write(this.#fd, bytes, from, bytes.length - from, null, (error, count) => {
      if (error === null) this.#writeAll(bytes, from + count, sizeBefore, durability, finish);
      else undo(error);
    });
  }
}

function statAll(
  directory: string,
  names: readonly string[],
  finish: Done<readonly DirectoryEntry[]>,
): void {
  const entries: (DirectoryEntry | undefined)[] = names.map(() => undefined);
  let left = names.length;
  if (left === 0) finish(ok([]));
  for (const [at, name] of names.entries()) {
    lstat(`${directory}/${name}`, (error, stats) => {
      // Removed since it was listed: it is no entry any more.
      if (error === null) entries[at] = { name, ...statOf(stats) };
      left--;
      if (left === 0) finish(ok(entries.filter((entry) => entry !== undefined)));
    });
  }
}

function statOf(stats: Stats): FileStat {
  const modifiedAt = stats.mtimeMs / 1000;
  // A directory's own size differs between file systems; the port says 4096.
  if (stats.isDirectory()) return { kind: 'directory', size: 4096, modifiedAt };
  return { kind: 'file', size: stats.size, modifiedAt };
}

/** Turns a callback's two forms of outcome into one value. */
function answer(path: string, finish: Done<void>): NoParamCallback {
  return (error) => finish(error === null ? ok(undefined) : failure(error, path));
}

const knownCodes: ReadonlySet<string> = new Set<DiskErrorCode>([
  'ENOENT',
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EINVAL',
  'EACCES',
  'ENOSPC',
]);

function failure(error: NodeJS.ErrnoException, path: string) {
  const { code = '' } = error;
  if (isKnown(code)) return diskFailure(code, path);
  if (code === 'EPERM') return diskFailure('EACCES', path);
  if (code === 'EDQUOT') return diskFailure('ENOSPC', path);
  return diskFailure('EIO', path, error.message);
}

function isKnown(code: string): code is DiskErrorCode {
  return knownCodes.has(code);
}
