import { fail, ok } from '../bee/base/result.ts';
import type {
  DirectoryEntry,
  DirectoryLock,
  Disk,
  Done,
  Durability,
  FileStat,
  OpenFile,
  OpenMode,
} from '../bee/env/index.ts';
import { DiskProblem } from './disk-problem.ts';
import type { FileStore } from './file-store.ts';
import type { StoredFile } from './stored-file.ts';

/** The disk port over the session's file system. */
export class BrowserDisk implements Disk {
  readonly #store: FileStore;
  /** Calls that name paths follow each other: IndexedDB keeps the order of writes, but not of reads among them. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(store: FileStore) {
    this.#store = store;
  }

  open(path: string, mode: OpenMode, done: Done<OpenFile>): void {
    this.#next(path, done, async () => openFile(await this.#store.open(path, mode), path));
  }

  list(path: string, done: Done<readonly DirectoryEntry[]>): void {
    this.#next(path, done, () => this.#store.list(path));
  }

  stat(path: string, done: Done<FileStat>): void {
    this.#next(path, done, () => this.#store.stat(path));
  }

  rename(from: string, to: string, done: Done<void>): void {
    this.#next(from, done, () => this.#store.rename(from, to));
  }

  unlink(path: string, done: Done<void>): void {
    this.#next(path, done, () => this.#store.unlink(path));
  }

  mkdir(path: string, done: Done<void>): void {
    this.#next(path, done, () => this.#store.mkdir(path));
  }

  rmdir(path: string, done: Done<void>): void {
    this.#next(path, done, () => this.#store.rmdir(path));
  }

  lock(path: string, done: Done<DirectoryLock>): void {
    this.#next(path, done, () => this.#store.lockDirectory(path));
  }

  #next<T>(path: string, done: Done<T>, run: () => Promise<T>): void {
    this.#previous = this.#previous.then(() => settle(path, run(), done));
  }
}

function openFile(file: StoredFile, path: string): OpenFile {
  return {
    size: file.size,
    append: (bytes: Uint8Array, durability: Durability, done: Done<void>) =>
      void settle(path, file.append(bytes, durability), done),
    read: (offset: number, length: number, done: Done<Uint8Array<ArrayBuffer>>) =>
      void settle(path, file.read(offset, length), done),
    truncate: (size: number, done: Done<void>) => void settle(path, file.truncate(size), done),
    close: (done: Done<void>) => void settle(path, file.close(), done),
  };
}

/**
 * Hands the outcome over. What is not a `DiskProblem` is a bug and stays a rejection, which stops the instance; so does
 * whatever `done` itself throws.
 */
async function settle<T>(path: string, promise: Promise<T>, done: Done<T>): Promise<void> {
  const result = await promise.then(ok, (error: unknown) => {
    if (error instanceof DiskProblem) return fail(error.toDiskError(path));
    throw error;
  });
  done(result);
}
