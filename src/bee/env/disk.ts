import type { Result } from '../base/result.ts';

/**
 * The disk port: one file system, shared by every server and shell of a session.
 *
 * Contract, checked on every host by `test/contract/disk-contract.ts`:
 * - Paths are absolute, `/`-separated and already normalised (no `.`, `..`, double or trailing slash). A file is an
 *   inode: an open file goes on working after its name was removed or renamed.
 * - Every call returns at once; its outcome is handed to `done`, later, in a fresh turn of the host's event loop, never
 *   during the call. Calls on one `OpenFile` complete in the order in which they were made; so do calls on one `Disk`
 *   that name paths. Between two open files no order is promised.
 * - `append` that reported success survives a kill of the process at any later moment ('relaxed': of the process;
 *   'strict': of the machine as far as the host can). An append that did not report may be there in full, in part
 *   (a prefix of its bytes) or not at all after a crash. A prefix never mixes with a later append.
 * - After a failed `append` nothing of it is in the file as seen by later calls.
 * - Two open files of one file append one behind the other, as with O_APPEND: neither's bytes are lost.
 * - `rename` replaces an existing target atomically.
 * - `lock` is not refused for what a process that was just killed held: hosts wait a moment for its end. Whoever gets the
 *   lock sees the last of what the one before it did.
 */
export interface Disk {
  open(path: string, mode: OpenMode, done: Done<OpenFile>): void;
  /** Entries of a directory in byte order of their names. ENOENT, ENOTDIR. */
  list(path: string, done: Done<readonly DirectoryEntry[]>): void;
  stat(path: string, done: Done<FileStat>): void;
  rename(from: string, to: string, done: Done<void>): void;
  /** Removes a file's name. EISDIR for a directory. */
  unlink(path: string, done: Done<void>): void;
  /** Creates one directory. ENOENT when the parent is missing, EEXIST when the path is there. */
  mkdir(path: string, done: Done<void>): void;
  /** Removes an empty directory. ENOTEMPTY. */
  rmdir(path: string, done: Done<void>): void;
  /**
   * Takes the exclusive lock that a server holds on its WAL directory for as long as its process lives. EWOULDBLOCK when another
   * living process holds it. The lock goes with the process, however that ends.
   */
  lock(path: string, done: Done<DirectoryLock>): void;
}

/**
 * How a file is opened: 'read' needs it to exist; 'create' makes it and fails with EEXIST when it is there;
 * 'append' makes it when it is missing; 'truncate' makes it or empties it.
 */
export type OpenMode = 'read' | 'create' | 'append' | 'truncate';

/** An open file: an inode, whatever happens to its names. */
export interface OpenFile {
  /** Size in bytes when it was opened. */
  readonly size: number;
  /** Appends the bytes. The caller must not change them until `done` was called. */
  append(bytes: Uint8Array, durability: Durability, done: Done<void>): void;
  /** Reads up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number, done: Done<Uint8Array<ArrayBuffer>>): void;
  /** Cuts the file to `size` bytes, which is not above its present size. */
  truncate(size: number, done: Done<void>): void;
  close(done: Done<void>): void;
}

/** 'relaxed' survives the process, 'strict' is flushed to the device where the host can. */
export type Durability = 'relaxed' | 'strict';

export interface FileStat {
  readonly kind: 'file' | 'directory';
  /** Bytes; 4096 for a directory. */
  readonly size: number;
  /** Last change, seconds since 1970. */
  readonly modifiedAt: number;
}

export interface DirectoryEntry extends FileStat {
  readonly name: string;
}

export interface DirectoryLock {
  release(): void;
}

/** What a disk call can fail with: the POSIX name, and a sentence for the log. */
export interface DiskError {
  readonly code: DiskErrorCode;
  readonly path: string;
  readonly message: string;
}

export type DiskErrorCode =
  | 'ENOENT'
  | 'EEXIST'
  | 'ENOTDIR'
  | 'EISDIR'
  | 'ENOTEMPTY'
  | 'EINVAL'
  | 'EACCES'
  | 'ENOSPC'
  | 'EIO'
  | 'EWOULDBLOCK';

export type Done<T> = (result: Result<T, DiskError>) => void;
