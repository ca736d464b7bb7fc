import { assert } from '../bee/base/assert.ts';
import { ok, type Result } from '../bee/base/result.ts';
import type { DirectoryEntry, DiskError, FileStat, OpenMode } from '../bee/env/index.ts';
import { compareNames, diskFailure, namesOf } from '../bee/env/posix.ts';
import type { SeededRandom } from './random.ts';

type Outcome<T> = Result<T, DiskError>;

/** A file's bytes, growing by doubling. */
export class FileNode {
  readonly kind = 'file';
  modifiedAt: number;
  /** How many open files hold it: damage is done only to files at rest. */
  openCount = 0;
  #bytes = new Uint8Array(64);
  #size = 0;

  constructor(modifiedAt: number) {
    this.modifiedAt = modifiedAt;
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    const end = this.#size + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = end;
  }

  /** A copy of at most `length` bytes. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size));
  }

  truncate(size: number): void {
    assert(size <= this.#size, `truncate to ${size} would grow a file of ${this.#size} bytes`);
    this.#size = size;
  }

  /** Damages one byte. */
  flip(offset: number, mask: number): void {
    assert(offset < this.#size, `no byte ${offset} in a file of ${this.#size} bytes`);
    this.#bytes[offset] = (this.#bytes[offset] ?? 0) ^ mask;
  }
}

/** A directory: names to nodes. */
export class DirectoryNode {
  readonly kind = 'directory';
  modifiedAt: number;
  readonly entries = new Map<string, SimNode>();

  constructor(modifiedAt: number) {
    this.modifiedAt = modifiedAt;
  }
}

export type SimNode = FileNode | DirectoryNode;

/**
 * The file system of a simulated world: plain data in memory, each operation at once and atomic. `SimDisk` gives it the
 * port's shape, its delays and its faults; tests look into it and write into it directly.
 */
export class SimFileSystem {
  readonly root: DirectoryNode;
  /**
   * How to take back what happened since the last flush to the device, oldest first. Undefined when nobody will cut the
   * power: a long run would remember everything.
   */
  #undo: (() => void)[] | undefined;
  /** Seconds since 1970, for modification times. */
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
    this.root = new DirectoryNode(now());
  }

  /** From now on a power cut may come: remembers what is not flushed. */
  trackUnflushed(): void {
    this.#undo = [];
  }

  /** Everything so far is on the device: all names and files are one database, flushed together. */
  flush(): void {
    if (this.#undo !== undefined) this.#undo = [];
  }

  /** The machine lost its power: takes back some of what was not flushed, the newest first. */
  losePower(random: SeededRandom): void {
    const undo = this.#undo ?? [];
    const kept = random.below(undo.length + 1);
    for (const takeBack of undo.slice(kept).reverse()) takeBack();
    this.#undo = undo.slice(0, kept);
  }

  /** Appends to a file. */
  append(file: FileNode, bytes: Uint8Array): void {
    const { size } = file;
    this.#undo?.push(() => file.truncate(size));
    file.append(bytes);
    file.modifiedAt = this.now();
  }

  /** Cuts a file, which is at least so long. */
  truncate(file: FileNode, size: number): void {
    const cut = file.read(size, file.size - size);
    this.#undo?.push(() => file.append(cut));
    file.truncate(size);
    file.modifiedAt = this.now();
  }

  /** Gives a name in a directory another meaning, or none. */
  #set(directory: DirectoryNode, name: string, node: SimNode | undefined): void {
    const old = directory.entries.get(name);
    this.#undo?.push(() => setEntry(directory, name, old));
    setEntry(directory, name, node);
    directory.modifiedAt = this.now();
  }

  lookup(path: string): Outcome<SimNode> {
    let node: SimNode = this.root;
    for (const name of namesOf(path)) {
      if (node.kind === 'file') return diskFailure('ENOTDIR', path);
      const next = node.entries.get(name);
      if (next === undefined) return diskFailure('ENOENT', path);
      node = next;
    }
    return ok(node);
  }

  open(path: string, mode: OpenMode): Outcome<FileNode> {
    const place = this.#place(path);
    if (!place.ok) return place;
    const { directory, name } = place.value;
    const found = directory.entries.get(name);
    if (found?.kind === 'directory') return diskFailure('EISDIR', path);
    if (found === undefined) {
      if (mode === 'read') return diskFailure('ENOENT', path);
      const file = new FileNode(this.now());
      this.#set(directory, name, file);
      return ok(file);
    }
    if (mode === 'create') return diskFailure('EEXIST', path);
    if (mode === 'truncate') this.truncate(found, 0);
    return ok(found);
  }

  list(path: string): Outcome<readonly DirectoryEntry[]> {
    const node = this.lookup(path);
    if (!node.ok) return node;
    if (node.value.kind === 'file') return diskFailure('ENOTDIR', path);
    const entries = [...node.value.entries].map(([name, child]) => ({ name, ...statOf(child) }));
    return ok(entries.sort((one, other) => compareNames(one.name, other.name)));
  }

  stat(path: string): Outcome<FileStat> {
    const node = this.lookup(path);
    return node.ok ? ok(statOf(node.value)) : node;
  }

  mkdir(path: string): Outcome<void> {
    const place = this.#place(path);
    // The root has no place, and it is there.
    if (!place.ok) return path === '/' ? diskFailure('EEXIST', path) : place;
    const { directory, name } = place.value;
    if (directory.entries.has(name)) return diskFailure('EEXIST', path);
    this.#set(directory, name, new DirectoryNode(this.now()));
    return ok(undefined);
  }

  unlink(path: string): Outcome<void> {
    const place = this.#existing(path);
    if (!place.ok) return place;
    const { directory, name, node } = place.value;
    if (node.kind === 'directory') return diskFailure('EISDIR', path);
    this.#set(directory, name, undefined);
    return ok(undefined);
  }

  rmdir(path: string): Outcome<void> {
    const place = this.#existing(path);
    if (!place.ok) return place;
    const { directory, name, node } = place.value;
    if (node.kind === 'file') return diskFailure('ENOTDIR', path);
    if (node.entries.size > 0) return diskFailure('ENOTEMPTY', path);
    this.#set(directory, name, undefined);
    return ok(undefined);
  }

  rename(from: string, to: string): Outcome<void> {
    const source = this.#existing(from);
    if (!source.ok) return source;
    const target = this.#place(to);
    if (!target.ok) return target;
    const { node } = source.value;
    const replaced = target.value.directory.entries.get(target.value.name);
    if (replaced === node) return ok(undefined);
    if (node.kind === 'directory' && to.startsWith(`${from}/`)) return diskFailure('EINVAL', to);
    if (replaced !== undefined) {
      if (node.kind === 'directory' && replaced.kind === 'file') return diskFailure('ENOTDIR', to);
      if (node.kind === 'file' && replaced.kind === 'directory') return diskFailure('EISDIR', to);
      if (replaced.kind === 'directory' && replaced.entries.size > 0) {
        return diskFailure('ENOTEMPTY', to);
      }
    }
    const { directory, name } = target.value;
    const old = directory.entries.get(name);
    // One step, also for a power cut: a rename is there or it is not.
    this.#undo?.push(() => {
      setEntry(directory, name, old);
      setEntry(source.value.directory, source.value.name, node);
    });
    setEntry(source.value.directory, source.value.name, undefined);
    setEntry(directory, name, node);
    source.value.directory.modifiedAt = this.now();
    directory.modifiedAt = this.now();
    return ok(undefined);
  }

  /** For tests: the whole file. */
  readFile(path: string): Uint8Array<ArrayBuffer> {
    const node = this.lookup(path);
    assert(node.ok && node.value.kind === 'file', `no file ${path}`);
    return node.value.read(0, node.value.size);
  }

  /** For tests: makes or replaces a file, with the directories above it. */
  writeFile(path: string, bytes: Uint8Array): void {
    this.makeDirectories(path.slice(0, path.lastIndexOf('/')));
    const file = this.open(path, 'truncate');
    assert(file.ok, `cannot write ${path}`);
    this.append(file.value, bytes);
  }

  /** For tests: `mkdir -p`. */
  makeDirectories(path: string): void {
    let sofar = '';
    for (const name of namesOf(path)) {
      sofar += `/${name}`;
      const made = this.mkdir(sofar);
      assert(made.ok || made.error.code === 'EEXIST', `cannot make ${sofar}`);
    }
  }

  exists(path: string): boolean {
    return this.lookup(path).ok;
  }

  /** Every file with its path, in byte order. */
  *files(path = ''): Generator<readonly [string, FileNode]> {
    const node = this.lookup(path);
    if (!node.ok || node.value.kind === 'file') return;
    const names = [...node.value.entries.keys()].sort(compareNames);
    for (const name of names) {
      const child = node.value.entries.get(name);
      if (child?.kind === 'file') yield [`${path}/${name}`, child];
      else yield* this.files(`${path}/${name}`);
    }
  }

  get totalBytes(): number {
    let total = 0;
    for (const [, file] of this.files()) total += file.size;
    return total;
  }

  /** Where a path's last name stands or would stand. */
  #place(path: string): Outcome<{ directory: DirectoryNode; name: string }> {
    const name = namesOf(path).at(-1);
    if (name === undefined) return diskFailure('EISDIR', path);
    const parent = this.lookup(path.slice(0, -name.length - 1));
    if (!parent.ok) return diskFailure(parent.error.code, path);
    if (parent.value.kind === 'file') return diskFailure('ENOTDIR', path);
    return ok({ directory: parent.value, name });
  }

  #existing(path: string): Outcome<{ directory: DirectoryNode; name: string; node: SimNode }> {
    const place = this.#place(path);
    if (!place.ok) return place;
    const node = place.value.directory.entries.get(place.value.name);
    return node === undefined ? diskFailure('ENOENT', path) : ok({ ...place.value, node });
  }
}

function setEntry(directory: DirectoryNode, name: string, node: SimNode | undefined): void {
  if (node === undefined) directory.entries.delete(name);
  else directory.entries.set(name, node);
}

function statOf(node: SimNode): FileStat {
  const size = node.kind === 'file' ? node.size : 4096;
  return { kind: node.kind, size, modifiedAt: node.modifiedAt };
}
