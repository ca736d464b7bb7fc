import type { Result } from '../../src/bee/base/result.ts';
import { fail, ok } from '../../src/bee/base/result.ts';
import type {
  DirectoryEntry,
  DirectoryLock,
  Disk,
  DiskError,
  DiskErrorCode,
  Done,
  FileStat,
  OpenFile,
  OpenMode,
} from '../../src/bee/env/disk.ts';

interface Inode {
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a test can make the disk refuse: asked before each call; a code fails it. */
export type Fault = (call: string, path: string) => DiskErrorCode | undefined;

/**
 * A disk for tests of the wal alone: one directory tree of files in memory, calls that complete one by one when the test
 * says so, faults that the test names. The disk with random faults is the simulator's.
 */
export class MemoryDisk implements Disk {
  readonly files = new Map<string, Inode>();
  /** Completions to be delivered, in order. */
  readonly pending: (() => void)[] = [];
  fault: Fault = () => undefined;
  /** Appends show at once, before they are reported, and vanish when they fail: a disk may do so. */
  isEager = false;
  /** Calls made, for tests that count them. */
  readonly calls: string[] = [];

  /** A file's bytes. */
  read(path: string): Uint8Array<ArrayBuffer> {
    const inode = this.files.get(path);
    if (inode === undefined) throw new Error(`no file ${path}`);
    return inode.bytes;
  }

  write(path: string, bytes: Uint8Array): void {
    this.files.set(path, { bytes: bytes.slice() });
  }

  /** Names in a directory. */
  names(directory: string): string[] {
    return [...this.files.keys()]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1))
      .sort();
  }

  /** Another disk with the same files: what is there after a crash at this moment. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [path, inode] of this.files) disk.write(path, inode.bytes);
    return disk;
  }

  open(path: string, mode: OpenMode, done: Done<OpenFile>): void {
    this.#call('open', path, done, () => {
      let inode = this.files.get(path);
      if (inode === undefined && mode === 'read') return 'ENOENT';
      if (inode !== undefined && mode === 'create') return 'EEXIST';
      if (inode === undefined || mode === 'truncate') {
        inode = { bytes: new Uint8Array(0) };
        this.files.set(path, inode);
      }
      return ok(this.#openFile(path, inode));
    });
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.#call('list', path, done, () =>
      ok(
        this.names(path).map((name) => ({
          name,
          kind: 'file' as const,
          size: this.read(`${path}/${name}`).length,
          modifiedAt: 0,
        })),
      ),
    );
  }

  stat(path: string, done: Done<FileStat>): void {
    this.#call('stat', path, done, () => {
      const inode = this.files.get(path);
      if (inode === undefined) return 'ENOENT';
      return ok({ kind: 'file' as const, size: inode.bytes.length, modifiedAt: 0 });
    });
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.#call('rename', from, done, () => {
      const inode = this.files.get(from);
      if (inode === undefined) return 'ENOENT';
      this.files.delete(from);
      this.files.set(to, inode);
      return ok(undefined);
    });
  }

  unlink(path: string, done: Done<void>): void {
    this.#call('unlink', path, done, () =>
      this.files.delete(path) ? ok(undefined) : ('ENOENT' as const),
    );
  }

  mkdir(path: string, done: Done<void>): void {
    this.#call('mkdir', path, done, () => ok(undefined));
  }

  rmdir(path: string, done: Done<void>): void {
    this.#call('rmdir', path, done, () => ok(undefined));
  }

  lock(path: string, done: Done<DirectoryLock>): void {
    this.#call('lock', path, done, () => ok({ release: () => {} }));
  }

  #openFile(path: string, inode: Inode): OpenFile {
    return {
      size: inode.bytes.length,
      append: (bytes, durability, done) => {
        const before = inode.bytes;
        const take = () => {
          const joined = new Uint8Array(inode.bytes.length + bytes.length);
          joined.set(inode.bytes);
          joined.set(bytes, inode.bytes.length);
          inode.bytes = joined;
        };
        const { isEager } = this;
        if (isEager) take();
        const report: Done<void> = (result) => {
          if (isEager && !result.ok) inode.bytes = before;
          done(result);
        };
        this.#call(`append ${durability}`, path, report, () => {
          if (!isEager) take();
          return ok(undefined);
        });
      },
      read: (offset, length, done) =>
        this.#call('read', path, done, () => ok(inode.bytes.slice(offset, offset + length))),
      truncate: (size, done) =>
        this.#call('truncate', path, done, () => {
          inode.bytes = inode.bytes.slice(0, size);
          return ok(undefined);
        }),
      close: (done) => this.#call('close', path, done, () => ok(undefined)),
    };
  }

  /** The effect takes place when the completion is delivered: a call in flight at a crash did nothing. */
  #call<T>(
    call: string,
    path: string,
    done: Done<T>,
    effect: () => Result<T, DiskError> | DiskErrorCode,
  ): void {
    this.calls.push(`${call} ${path}`);
    this.pending.push(() => {
      const refused = this.fault(call, path);
      const outcome = refused ?? effect();
      if (typeof outcome !== 'string') done(outcome);
      else done(fail({ code: outcome, path, message: reasons[outcome] ?? outcome }));
    });
  }
}

const reasons: Partial<Record<DiskErrorCode, string>> = {
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  EIO: 'Input/output error',
};
