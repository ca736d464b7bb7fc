/**
 * One file system per session in IndexedDB, the same for every worker and for the page's shell.
 *
 * How a file is kept:
 *  1. `names` maps a directory's inode and a name to an inode; `FileStore.#lookup` walks a path through it.
 *  2. `inodes` says what it is. A file's bytes are `blocks`, keyed by inode and offset of the first byte: one append is
 *     one transaction with one `add` and an explicit commit (`StoredFile.append`, in `stored-file.ts`).
 *  3. Size and time of change are read off the last block, so that an append need not touch the inode.
 *  4. Whoever has a file open holds a shared Web Lock on its inode. `unlink` takes the name away; the blocks go when the
 *     lock can be had alone: at once, when the last open file closes, or at the next `sweep` after a crash.
 *  5. A lock on a directory is a Web Lock too. Whoever gets it first waits, with an empty write, for what a killed
 *     predecessor had still under way.
 *
 * What a real file system does and this one does not: holes, writes in the middle, links, owners and modes: nothing in
 * Bee asks for them. `damage` flips a bit of a byte for the lesson on recovery.
 */
import { unwrap } from 'idb';
import type { DirectoryEntry, DirectoryLock, FileStat, OpenMode } from '../bee/env/index.ts';
import { compareNames, namesOf } from '../bee/env/posix.ts';
import { DiskProblem } from './disk-problem.ts';
import { holdUnlessKept, type Locks } from './locks.ts';
import {
  type InodeRecord,
  LostOutcome,
  type NameRecord,
  type Reading,
  rootInode,
  type Storage,
  type StoreName,
  type Writing,
} from './storage.ts';
import { addBlocks, dateLastBlock, lastBlock, StoredFile, wholeFile } from './stored-file.ts';

/** Where a path's last name stands or would stand. */
interface Place {
  readonly directory: number;
  readonly name: string;
}

/**
 * A directory's lock is waited for so long before it counts as held: the lock of a worker that was just terminated is free
 * 2 to 5 ms later, and a restart must not fail for that.
 */
const lockWaitMs = 200;
/** Who closes a removed file waits so long for others who do the same; after that the next `sweep` removes it. */
const closeWaitMs = 100;

export class FileStore {
  readonly #storage: Storage;
  readonly #locks: Locks;
  readonly #isFull: () => boolean;

  /**
   * @param locks the browser's; every lock name begins with the storage's
   * @param isFull true while appends must fail for want of room: a fault imposed from the page
   */
  constructor(storage: Storage, locks: Locks, isFull: () => boolean = () => false) {
    this.#storage = storage;
    this.#locks = locks;
    this.#isFull = isFull;
  }

  async open(path: string, mode: OpenMode): Promise<StoredFile> {
    for (;;) {
      const inode = await this.#openName(path, mode);
      const unlock = await this.#locks.hold(this.#inodeLock(inode), 'shared');
      if (unlock === undefined) throw new DiskProblem('EIO', path, 'the page is going away');
      const release = (): void => {
        unlock();
        // Its own lock is given back a moment later, so this waits for that.
        void this.#reclaim(inode, closeWaitMs).catch(() => undefined);
      };
      const size = await this.#storage.read(['inodes', 'blocks'], async (tx) => {
        const record = await tx.objectStore('inodes').get(inode);
        return record === undefined ? undefined : (await lastBlock(tx, inode)).end;
      });
      if (size !== undefined)
        return new StoredFile(this.#storage, inode, path, size, release, this.#isFull);
      // Removed by somebody else between finding its name and holding it: look again.
      unlock();
    }
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#storage.read(['names', 'inodes', 'blocks'], async (tx) => {
      const found = await lookup(tx, path);
      if (found.kind === 'file') throw new DiskProblem('ENOTDIR', path);
      const range = childrenOf(found.inode);
      const [keys, records] = await Promise.all([
        tx.objectStore('names').getAllKeys(range),
        tx.objectStore('names').getAll(range),
      ]);
      const entries = keys.map(async ([, name], at) => {
        const record = records[at];
        return record === undefined ? [] : [{ name, ...(await statOf(tx, record)) }];
      });
      const listed = (await Promise.all(entries)).flat();
      return listed.sort((one, other) => compareNames(one.name, other.name));
    });
  }

  stat(path: string): Promise<FileStat> {
    return this.#storage.read(['names', 'inodes', 'blocks'], async (tx) =>
      statOf(tx, await lookup(tx, path)),
    );
  }

  /** The whole file as it stands now. */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#storage.read(['names', 'blocks'], async (tx) => {
      const { inode, kind } = await lookup(tx, path);
      if (kind === 'directory') throw new DiskProblem('EISDIR', path);
      return wholeFile(tx, inode);
    });
  }

  /** Replaces a file by one with these bytes, or makes it: all of it or, when it fails or the tab dies, nothing. */
  async writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const stores: StoreName[] = ['names', 'inodes', 'blocks'];
    const replaced = await this.#storage.write(stores, 'relaxed', async (tx) => {
      const opened = await this.#openForWriting(tx, path, 'truncate');
      addBlocks(unwrap(tx.objectStore('blocks')), opened.inode, 0, bytes.slice());
      return opened.replaced;
    });
    if (replaced !== undefined) await this.#reclaim(replaced);
  }

  async rename(from: string, to: string): Promise<void> {
    let renamed: NameRecord | undefined;
    const replaced = await this.#storage
      .write(['names', 'inodes'], 'relaxed', async (tx) => {
        const source = await place(tx, from);
        const moved = await entry(tx, source, from);
        renamed = moved;
        const target = await place(tx, to);
        if (moved.kind === 'directory' && to.startsWith(`${from}/`)) {
          throw new DiskProblem('EINVAL', to);
        }
        const old = await tx.objectStore('names').get([target.directory, target.name]);
        if (old?.inode === moved.inode) return undefined;
        if (old !== undefined) await mayReplace(tx, moved, old, to);
        await tx.objectStore('names').delete([source.directory, source.name]);
        await tx.objectStore('names').put(moved, [target.directory, target.name]);
        await touch(tx, source.directory);
        await touch(tx, target.directory);
        return old === undefined ? undefined : release(tx, old);
      })
      .catch(async (error: unknown) => {
        // A log that got its name and does not know it would be in the way of the next one.
        if (error instanceof LostOutcome && (await this.#hasName(to, renamed))) return undefined;
        throw error;
      });
    if (replaced !== undefined) await this.#reclaim(replaced);
  }

  /** Whether a path leads to that file or directory. */
  #hasName(path: string, record: NameRecord | undefined): Promise<boolean> {
    return this.#storage.read(['names', 'inodes'], async (tx) => {
      const { directory, name } = await place(tx, path);
      const found = await tx.objectStore('names').get([directory, name]);
      return found !== undefined && found.inode === record?.inode;
    });
  }

  async unlink(path: string): Promise<void> {
    const inode = await this.#storage.write(['names', 'inodes'], 'relaxed', async (tx) => {
      const found = await place(tx, path);
      const record = await entry(tx, found, path);
      if (record.kind === 'directory') throw new DiskProblem('EISDIR', path);
      await tx.objectStore('names').delete([found.directory, found.name]);
      await touch(tx, found.directory);
      return release(tx, record);
    });
    await this.#reclaim(inode);
  }

  mkdir(path: string): Promise<void> {
    return this.#storage.write(['names', 'inodes'], 'relaxed', async (tx) => {
      if (path === '/') throw new DiskProblem('EEXIST', path);
      const found = await place(tx, path);
      const key: [number, string] = [found.directory, found.name];
      if ((await tx.objectStore('names').get(key)) !== undefined) {
        throw new DiskProblem('EEXIST', path);
      }
      await link(tx, found, 'directory');
    });
  }

  async rmdir(path: string): Promise<void> {
    await this.#storage.write(['names', 'inodes'], 'relaxed', async (tx) => {
      const found = await place(tx, path);
      const record = await entry(tx, found, path);
      if (record.kind === 'file') throw new DiskProblem('ENOTDIR', path);
      if (await hasChildren(tx, record.inode)) throw new DiskProblem('ENOTEMPTY', path);
      await tx.objectStore('names').delete([found.directory, found.name]);
      await tx.objectStore('inodes').delete(record.inode);
      await touch(tx, found.directory);
    });
  }

  /**
   * Sets the time of change of what is there.
   * @param at seconds since 1970; may be earlier than the last write
   */
  touch(path: string, at = now()): Promise<void> {
    return this.#storage.write(['names', 'inodes', 'blocks'], 'relaxed', async (tx) => {
      const { inode } = await lookup(tx, path);
      await touch(tx, inode, at);
      await dateLastBlock(tx, inode, at);
    });
  }

  /** See `Disk.lock`. */
  async lockDirectory(path: string): Promise<DirectoryLock> {
    const found = await this.#storage.read(['names'], (tx) => lookup(tx, path));
    if (found.kind === 'file') throw new DiskProblem('ENOTDIR', path);
    const name = `${this.#storage.name}/directory/${found.inode}`;
    const unlock = await holdUnlessKept(this.#locks, name, lockWaitMs);
    if (unlock === undefined) throw new DiskProblem('EWOULDBLOCK', path);
    // Writes of a killed predecessor that reached the browser before its lock was freed are queued before this one.
    await this.#storage.write(['names', 'inodes', 'blocks'], 'relaxed', async (tx) => {
      await tx.objectStore('blocks').getKey([0, 0]);
    });
    return { release: unlock };
  }

  /** Whether a living process holds the lock of a directory. */
  async isDirectoryLocked(path: string): Promise<boolean> {
    const { inode } = await this.#storage.read(['names'], (tx) => lookup(tx, path));
    return (await this.#locks.heldNames()).has(`${this.#storage.name}/directory/${inode}`);
  }

  /** Removes what crashes left behind: files without a name that nobody has open, blocks without a file. */
  async sweep(): Promise<void> {
    const orphans = await this.#storage.read(['inodes', 'blocks'], async (tx) => {
      const found = new Set<number>();
      const known = new Set<number>();
      let inodes = await tx.objectStore('inodes').openCursor();
      for (; inodes !== null; inodes = await inodes.continue()) {
        known.add(inodes.key);
        if (!inodes.value.isLinked) found.add(inodes.key);
      }
      let blocks = await tx.objectStore('blocks').openKeyCursor();
      while (blocks !== null) {
        const [inode] = blocks.key;
        if (!known.has(inode)) found.add(inode);
        blocks = await blocks.continue([inode + 1, 0]);
      }
      return found;
    });
    for (const inode of orphans) await this.#reclaim(inode);
  }

  /** Flips bits of one byte: what a bad disk does. */
  damage(path: string, offset: number, mask: number): Promise<void> {
    return this.#storage.write(['names', 'blocks'], 'relaxed', async (tx) => {
      const { inode } = await lookup(tx, path);
      const range = IDBKeyRange.bound([inode, 0], [inode, offset]);
      const cursor = await tx.objectStore('blocks').openCursor(range, 'prev');
      const bytes = cursor?.value.bytes;
      const at = offset - (cursor?.key[1] ?? 0);
      if (cursor === null || bytes === undefined || at >= bytes.length) {
        throw new DiskProblem('EINVAL', path);
      }
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      await cursor.update({ bytes, at: cursor.value.at });
    });
  }

  /** Finds or makes the file that a path names. */
  async #openName(path: string, mode: OpenMode): Promise<number> {
    if (mode === 'read') {
      const found = await this.#storage.read(['names'], (tx) => lookup(tx, path));
      if (found.kind === 'directory') throw new DiskProblem('EISDIR', path);
      return found.inode;
    }
    const opened = await this.#storage.write(['names', 'inodes'], 'relaxed', (tx) =>
      this.#openForWriting(tx, path, mode),
    );
    if (opened.replaced !== undefined) await this.#reclaim(opened.replaced);
    return opened.inode;
  }

  async #openForWriting(
    tx: Writing,
    path: string,
    mode: Exclude<OpenMode, 'read'>,
  ): Promise<{ readonly inode: number; readonly replaced: number | undefined }> {
    if (path === '/') throw new DiskProblem('EISDIR', path);
    const found = await place(tx, path);
    const old = await tx.objectStore('names').get([found.directory, found.name]);
    if (old?.kind === 'directory') throw new DiskProblem('EISDIR', path);
    if (old !== undefined && mode === 'create') throw new DiskProblem('EEXIST', path);
    if (old !== undefined && mode === 'append') return { inode: old.inode, replaced: undefined };
    // Emptying makes a new file under the name: whoever has the old one open keeps it whole.
    const inode = await link(tx, found, 'file');
    return { inode, replaced: old === undefined ? undefined : await release(tx, old) };
  }

  /**
   * Deletes a file without a name, unless somebody has it open.
   * @param waitMs how long to wait for somebody who is about to close it
   */
  async #reclaim(inode: number, waitMs = 0): Promise<void> {
    const isLinked = await this.#storage.read(['inodes'], async (tx) => {
      const record = await tx.objectStore('inodes').get(inode);
      return record?.isLinked === true;
    });
    if (isLinked) return;
    const name = this.#inodeLock(inode);
    const unlock = await (waitMs === 0
      ? this.#locks.tryHold(name, 'exclusive')
      : this.#locks.hold(name, 'exclusive', AbortSignal.timeout(waitMs)));
    if (unlock === undefined) return;
    try {
      await this.#storage.write(['inodes', 'blocks'], 'relaxed', async (tx) => {
        const record = await tx.objectStore('inodes').get(inode);
        if (record?.isLinked) return;
        await tx.objectStore('inodes').delete(inode);
        await tx.objectStore('blocks').delete(IDBKeyRange.bound([inode, 0], [inode, []]));
      });
    } finally {
      unlock();
    }
  }

  #inodeLock(inode: number): string {
    return `${this.#storage.name}/inode/${inode}`;
  }
}

async function lookup(tx: Reading | Writing, path: string): Promise<NameRecord> {
  let found: NameRecord = { inode: rootInode, kind: 'directory' };
  for (const name of namesOf(path)) {
    if (found.kind === 'file') throw new DiskProblem('ENOTDIR', path);
    const next: NameRecord | undefined = await tx.objectStore('names').get([found.inode, name]);
    if (next === undefined) throw new DiskProblem('ENOENT', path);
    found = next;
  }
  return found;
}

async function place(tx: Reading | Writing, path: string): Promise<Place> {
  const name = namesOf(path).at(-1);
  if (name === undefined) throw new DiskProblem('EINVAL', path);
  const parent = await lookup(tx, path.slice(0, -name.length - 1));
  if (parent.kind === 'file') throw new DiskProblem('ENOTDIR', path);
  return { directory: parent.inode, name };
}

async function entry(tx: Writing, { directory, name }: Place, path: string): Promise<NameRecord> {
  const record = await tx.objectStore('names').get([directory, name]);
  if (record === undefined) throw new DiskProblem('ENOENT', path);
  return record;
}

/** Makes a new inode under a name, in place of what the name meant. */
async function link(tx: Writing, { directory, name }: Place, kind: NameRecord['kind']) {
  const inode = await tx.objectStore('inodes').add({ kind, modifiedAt: now(), isLinked: true });
  await tx.objectStore('names').put({ inode, kind }, [directory, name]);
  await touch(tx, directory);
  return inode;
}

/** Takes the last name from a file, which stays until nobody has it open. An empty directory goes at once. */
async function release(tx: Writing, { inode, kind }: NameRecord): Promise<number> {
  if (kind === 'directory') await tx.objectStore('inodes').delete(inode);
  else await tx.objectStore('inodes').put({ kind, modifiedAt: now(), isLinked: false }, inode);
  return inode;
}

async function mayReplace(
  tx: Writing,
  moved: NameRecord,
  old: NameRecord,
  path: string,
): Promise<void> {
  if (moved.kind === 'directory' && old.kind === 'file') throw new DiskProblem('ENOTDIR', path);
  if (moved.kind === 'file' && old.kind === 'directory') throw new DiskProblem('EISDIR', path);
  if (old.kind === 'directory' && (await hasChildren(tx, old.inode))) {
    throw new DiskProblem('ENOTEMPTY', path);
  }
}

async function touch(tx: Writing, inode: number, at = now()): Promise<void> {
  const record: InodeRecord | undefined = await tx.objectStore('inodes').get(inode);
  if (record !== undefined) {
    await tx.objectStore('inodes').put({ ...record, modifiedAt: at }, inode);
  }
}

async function hasChildren(tx: Writing, inode: number): Promise<boolean> {
  return (await tx.objectStore('names').getKey(childrenOf(inode))) !== undefined;
}

/** Every name in a directory: an array sorts after every string. */
function childrenOf(inode: number): IDBKeyRange {
  return IDBKeyRange.bound([inode, ''], [inode, []]);
}

async function statOf(tx: Reading, { inode, kind }: NameRecord): Promise<FileStat> {
  const record = await tx.objectStore('inodes').get(inode);
  const modifiedAt = record?.modifiedAt ?? 0;
  if (kind === 'directory') return { kind, size: 4096, modifiedAt };
  const last = await lastBlock(tx, inode);
  return { kind, size: last.end, modifiedAt: Math.max(modifiedAt, last.at) };
}

function now(): number {
  return Date.now() / 1000;
}
