import { awaitCall } from '../base/await.ts';
import type { Task } from '../base/fiber.ts';
import type { Result } from '../base/result.ts';
import type { DirectoryEntry, DiskError, Done } from '../env/disk.ts';
import { Vclock } from './vclock.ts';
import type { WalEnv } from './wal-env.ts';
import { logWalError, systemError, WalError } from './wal-error.ts';
import { XlogCursor } from './xlog-cursor.ts';
import type { XlogType } from './xlog-format.ts';

/** One file of a directory, as its header says. */
export interface XlogFile {
  /** State that a snapshot holds, or before the first row of an xlog. */
  readonly vclock: Vclock;
  /** Sum of the vclock's components: the file's name. */
  readonly signature: number;
  /** Whether it has an end marker; undefined while nobody has looked. */
  isClosed: boolean | undefined;
}

export interface XlogDirectoryOptions {
  /** Absolute path. */
  readonly path: string;
  /** As configured, for messages: `.` gives `./00000000000000000000.snap`. */
  readonly label: string;
  /** Go past files that cannot be used, with an error in the log. */
  readonly forceRecovery: boolean;
}

/** Files that are not complete yet. */
export const inprogressSuffix = '.inprogress';

/**
 * The files of one kind in a directory, in the order of their vclocks. Recovery, the writer, relays and garbage collection
 * share one directory of xlogs, so that each file's header is read once.
 */
export class XlogDirectory {
  readonly type: XlogType;
  readonly path: string;
  readonly label: string;
  forceRecovery: boolean;
  /** Files of another instance are refused; empty while the own UUID is not known. */
  instanceUuid = '';
  readonly #env: WalEnv;
  /** By signature, ascending; their vclocks ascend too. */
  #files: XlogFile[] = [];

  constructor(env: WalEnv, type: XlogType, options: XlogDirectoryOptions) {
    this.#env = env;
    this.type = type;
    this.path = options.path;
    this.label = options.label;
    this.forceRecovery = options.forceRecovery;
  }

  /** Usable files, oldest first. */
  get files(): readonly XlogFile[] {
    return this.#files;
  }

  get first(): XlogFile | undefined {
    return this.#files[0];
  }

  get last(): XlogFile | undefined {
    return this.#files.at(-1);
  }

  /** `./00000000000000000028.xlog`, as messages name a file. */
  nameOf(signature: number, suffix = ''): string {
    return `${this.label}/${this.#fileName(signature)}${suffix}`;
  }

  /** Absolute path of a file. */
  pathOf(signature: number, suffix = ''): string {
    return this.#resolve(`${this.#fileName(signature)}${suffix}`);
  }

  find(signature: number): XlogFile | undefined {
    return this.#files.find((file) => file.signature === signature);
  }

  /**
   * The file in which reading must begin to see every row after `vclock`: the newest that is not after it anywhere. When there is
   * none, the oldest, which then is after a gap.
   */
  match(vclock: Vclock): XlogFile | undefined {
    return this.#files.findLast((file) => vclock.covers(file.vclock)) ?? this.first;
  }

  /** The file that follows. */
  next(file: XlogFile): XlogFile | undefined {
    return this.#files.find((other) => other.signature > file.signature);
  }

  /** Adds a file that was just written. */
  add(vclock: Vclock, isClosed: boolean): XlogFile {
    const file: XlogFile = { vclock: vclock.copy(), signature: vclock.signature, isClosed };
    const at = this.#files.findIndex((other) => other.signature > file.signature);
    this.#files.splice(at < 0 ? this.#files.length : at, 0, file);
    return file;
  }

  /** Forgets a file that was removed. */
  forget(file: XlogFile): void {
    this.#files = this.#files.filter((other) => other !== file);
  }

  /**
   * Reads the directory: takes up the headers of files not known yet, forgets files that are gone.
   * @returns the names of all entries, so that callers can see what else is there
   * @throws WalError for the first file that cannot be used, unless `forceRecovery` is set
   */
  *scan(): Task<readonly string[]> {
    const names = (yield* this.#list()).map((entry) => entry.name);
    const signatures = new Set<number>();
    for (const name of names) {
      const signature = this.#signatureOf(name);
      if (signature !== undefined) signatures.add(signature);
    }
    this.#files = this.#files.filter((file) => signatures.has(file.signature));
    for (const signature of [...signatures].sort((a, b) => a - b)) {
      if (this.find(signature) !== undefined) continue;
      try {
        yield* this.#index(signature);
      } catch (error) {
        if (!(error instanceof WalError) || !this.forceRecovery) throw error;
        logWalError(this.#env.log, error);
      }
    }
    return names;
  }

  /**
   * Opens a file for reading. The caller closes the cursor.
   * @throws WalError when it is not what its name and directory say
   */
  *open(signature: number): Task<XlogCursor> {
    const name = this.nameOf(signature);
    const cursor = yield* XlogCursor.open(this.#env, this.pathOf(signature), name);
    try {
      this.#check(cursor, signature);
    } catch (error) {
      yield* cursor.close();
      throw error;
    }
    return cursor;
  }

  /** Removes a file and says so, as garbage collection does. @param origin in the log */
  *remove(file: XlogFile, origin: string): Task<Result<void, DiskError>> {
    const removed = yield* this.#call<void>((done) =>
      this.#env.disk.unlink(this.pathOf(file.signature), done),
    );
    const name = this.nameOf(file.signature);
    if (removed.ok) {
      this.#env.log('I', `removed ${name}`, { origin });
      this.forget(file);
    } else if (removed.error.code === 'ENOENT') {
      this.forget(file);
    } else {
      this.#env.log('!', `error while removing ${name}: ${removed.error.message}`, {
        origin,
        source: 'xlog.c:658',
      });
    }
    return removed;
  }

  /** Removes what unfinished writes of earlier runs left, and says so. */
  *removeInprogress(): Task<void> {
    const suffix = `${this.#extension}${inprogressSuffix}`;
    for (const entry of yield* this.#list()) {
      if (!entry.name.endsWith(suffix)) continue;
      const name = `${this.label}/${entry.name}`;
      const removed = yield* this.#call<void>((done) =>
        this.#env.disk.unlink(this.#resolve(entry.name), done),
      );
      if (removed.ok) this.#env.log('I', `removed ${name}`);
      else {
        this.#env.log('!', `error while removing ${name}: ${removed.error.message}`, {
          source: 'xlog.c:708',
        });
      }
    }
  }

  /** Gives a file another name, one that is free, so that nothing is lost and nothing is in the way. @returns that name */
  *setAside(signature: number): Task<string> {
    const taken = new Set((yield* this.#list()).map((entry) => entry.name));
    const base = `${this.#fileName(signature)}.corrupted`;
    let name = base;
    for (let attempt = 1; taken.has(name); attempt++) name = `${base}.${attempt}`;
    const renamed = yield* this.#call<void>((done) =>
      this.#env.disk.rename(this.pathOf(signature), this.#resolve(name), done),
    );
    if (!renamed.ok) {
      throw systemError(`failed to rename ${this.nameOf(signature)}`, renamed.error, 'wal.c:521');
    }
    this.#files = this.#files.filter((file) => file.signature !== signature);
    return `${this.label}/${name}`;
  }

  get #extension(): string {
    return this.type === 'SNAP' ? '.snap' : '.xlog';
  }

  #fileName(signature: number): string {
    return `${String(signature).padStart(20, '0')}${this.#extension}`;
  }

  #resolve(name: string): string {
    return this.path === '/' ? `/${name}` : `${this.path}/${name}`;
  }

  /** Number in a file's name; undefined for files of other kinds. */
  #signatureOf(name: string): number | undefined {
    const dot = name.indexOf('.');
    if (dot < 0 || name.slice(dot) !== this.#extension) return undefined;
    const signature = Number(name.slice(0, dot));
    // A name without leading zeros is another file than the one that the number stands for.
    if (Number.isSafeInteger(signature) && name === this.#fileName(signature)) return signature;
    this.#env.log('W', `can't parse \`${name}', skipping`, { source: 'xlog.c:564' });
    return undefined;
  }

  *#index(signature: number): Task<void> {
    const cursor = yield* this.open(signature);
    yield* cursor.close();
    const vclock = cursor.meta.vclock ?? new Vclock();
    const isInOrder = this.#files.every((file) => {
      const order = file.vclock.compare(vclock);
      return order !== undefined && order !== 0;
    });
    if (!isInOrder) {
      throw new WalError(`${cursor.name}: invalid xlog order`, { source: 'xlog.c:416' });
    }
    this.add(vclock, false).isClosed = undefined;
  }

  #check(cursor: XlogCursor, signature: number): void {
    const { meta, name } = cursor;
    for (const key of meta.unknownKeys) {
      this.#env.log('W', `Unknown meta item: \`${key}'`, { source: 'xlog.c:317' });
    }
    if (meta.type !== this.type) {
      throw new WalError(`Invalid xlog type: expected ${this.type}, got ${meta.type}`, {
        type: 'ClientError',
        codeName: 'INVALID_XLOG_TYPE',
        source: 'xlog.c:455',
        file: name,
      });
    }
    if (this.instanceUuid !== '' && meta.instanceUuid !== this.instanceUuid) {
      throw new WalError(`${name}: invalid instance UUID`, { source: 'xlog.c:462' });
    }
    if (meta.vclock?.signature !== signature) {
      throw new WalError(`${name}: signature check failed`, { source: 'xlog.c:473' });
    }
  }

  *#list(): Task<readonly DirectoryEntry[]> {
    const listed = yield* this.#call<readonly DirectoryEntry[]>((done) =>
      this.#env.disk.list(this.path, done),
    );
    if (listed.ok) return listed.value;
    throw systemError(`error reading directory '${this.label}'`, listed.error, 'xlog.c:521');
  }

  #call<T>(start: (done: Done<T>) => void): Task<Result<T, DiskError>> {
    return awaitCall<T, DiskError>(this.#env.scheduler, start);
  }
}
