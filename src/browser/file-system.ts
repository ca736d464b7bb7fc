import { fail, ok, type Result } from '../bee/base/result.ts';
import type { DirectoryEntry, DiskError, FileStat } from '../bee/env/index.ts';
import { namesOf } from '../bee/env/posix.ts';
import { DiskProblem } from './disk-problem.ts';
import type { FileStore } from './file-store.ts';

type Outcome<T> = Promise<Result<T, DiskError>>;

/**
 * The session's file system for the page: whole files, for shell commands, the file panel and lessons. Paths are absolute
 * and normalised. A file that a server has open may be removed or replaced: the server goes on with what it has, as on
 * any Unix.
 */
export class FileSystem {
  readonly #store: FileStore;

  constructor(store: FileStore) {
    this.#store = store;
  }

  /** Entries in byte order of their names. */
  readdir(path: string): Outcome<readonly DirectoryEntry[]> {
    return attempt(path, () => this.#store.list(path));
  }

  stat(path: string): Outcome<FileStat> {
    return attempt(path, () => this.#store.stat(path));
  }

  readFile(path: string): Outcome<Uint8Array<ArrayBuffer>> {
    return attempt(path, () => this.#store.readFile(path));
  }

  /** Makes or replaces a file, at once or not at all. */
  writeFile(path: string, bytes: Uint8Array): Outcome<void> {
    return attempt(path, () => this.#store.writeFile(path, bytes));
  }

  /** Appends to a file, which is made when it is missing. */
  appendFile(path: string, bytes: Uint8Array): Outcome<void> {
    return attempt(path, async () => {
      const file = await this.#store.open(path, 'append');
      try {
        await file.append(bytes, 'relaxed');
      } finally {
        await file.close();
      }
    });
  }

  /**
   * Makes an empty file, or sets the time of change of what is there.
   * @param at seconds since 1970; now when absent
   */
  touch(path: string, at?: number): Outcome<void> {
    return attempt(path, async () => {
      try {
        await this.#store.touch(path, at);
      } catch (error) {
        if (!(error instanceof DiskProblem) || error.code !== 'ENOENT') throw error;
        await (await this.#store.open(path, 'append')).close();
      }
    });
  }

  /** Makes a directory; with `parents` also those above it, and it is no error that it is there (`mkdir -p`). */
  mkdir(path: string, options: { readonly parents?: boolean } = {}): Outcome<void> {
    return attempt(path, async () => {
      if (options.parents !== true) {
        await this.#store.mkdir(path);
        return;
      }
      let above = '';
      for (const name of namesOf(path)) {
        above += `/${name}`;
        await this.#makeUnlessThere(above);
      }
    });
  }

  /** Removes an empty directory. */
  rmdir(path: string): Outcome<void> {
    return attempt(path, () => this.#store.rmdir(path));
  }

  /** Removes a file. */
  unlink(path: string): Outcome<void> {
    return attempt(path, () => this.#store.unlink(path));
  }

  /** Removes a file or a directory with everything in it (`rm -r`). */
  remove(path: string): Outcome<void> {
    return attempt(path, () => this.#removeTree(path));
  }

  rename(from: string, to: string): Outcome<void> {
    return attempt(from, () => this.#store.rename(from, to));
  }

  /** Copies a file, over another one if it is there. */
  copy(from: string, to: string): Outcome<void> {
    return attempt(from, async () => this.#store.writeFile(to, await this.#store.readFile(from)));
  }

  /** Flips bits of one byte of a file, as a bad disk does. EINVAL when there is no such byte. */
  damage(path: string, offset: number, mask = 0xff): Outcome<void> {
    return attempt(path, () => this.#store.damage(path, offset, mask));
  }

  /** Whether a running server works in the directory. */
  isLocked(path: string): Outcome<boolean> {
    return attempt(path, () => this.#store.isDirectoryLocked(path));
  }

  async #makeUnlessThere(path: string): Promise<void> {
    try {
      await this.#store.mkdir(path);
    } catch (error) {
      if (!(error instanceof DiskProblem) || error.code !== 'EEXIST') throw error;
      const { kind } = await this.#store.stat(path);
      if (kind === 'file') throw error;
    }
  }

  async #removeTree(path: string): Promise<void> {
    const { kind } = await this.#store.stat(path);
    if (kind === 'file') {
      await this.#store.unlink(path);
      return;
    }
    for (const { name } of await this.#store.list(path)) {
      await this.#removeTree(path === '/' ? `/${name}` : `${path}/${name}`);
    }
    if (path !== '/') await this.#store.rmdir(path);
  }
}

/** A problem becomes a value; anything else is a bug and stays an exception. */
async function attempt<T>(path: string, run: () => Promise<T>): Outcome<T> {
  try {
    return ok(await run());
  } catch (error) {
    if (error instanceof DiskProblem) return fail(error.toDiskError(error.path || path));
    throw error;
  }
}
