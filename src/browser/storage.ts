import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, unwrap } from 'idb';
import type { DiskErrorCode, Durability } from '../bee/env/index.ts';
import { DiskProblem } from './disk-problem.ts';

/** A name in a directory. Its key is the directory's inode and the name. */
export interface NameRecord {
  readonly inode: number;
  readonly kind: 'file' | 'directory';
}

export interface InodeRecord {
  readonly kind: 'file' | 'directory';
  /** Seconds since 1970; a file's last block may be later. */
  readonly modifiedAt: number;
  /** False once its name was removed: it lives until the last open file closes. */
  readonly isLinked: boolean;
}

/** Some bytes of a file, one after the other without a gap. Its key is the inode and the offset of its first byte. */
export interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** When it was written, seconds since 1970. */
  readonly at: number;
}

interface Schema extends DBSchema {
  names: { key: [number, string]; value: NameRecord };
  inodes: { key: number; value: InodeRecord };
  blocks: { key: [number, number]; value: Block };
  /** One record, `identity`: tells this storage from one that was made anew after the browser had thrown it away. */
  meta: { key: string; value: string };
}

export type StoreName = 'names' | 'inodes' | 'blocks' | 'meta';

export type Reading = IDBPTransaction<Schema, StoreName[], 'readonly'>;
export type Writing = IDBPTransaction<Schema, StoreName[], 'readwrite'>;

export const rootInode = 1;

type Ended = { readonly error: unknown } | undefined;

/** Between an answer to a later question and the news of a transaction's end no more than this may lie. */
const lastEventMs = 100;

/** The browser is done with a write and does not say how it ended: whoever can must look. */
export class LostOutcome extends DiskProblem {
  constructor() {
    super('EIO', '', 'the browser did not say whether it wrote');
  }
}

/** Layout of the database. A change needs a migration in `upgrade`: people's servers live in it. */
const schemaVersion = 1;

/**
 * The session's database in IndexedDB: opens it, opens it again when the browser closed it, and turns every trouble
 * into a `DiskProblem`. All names, inodes and blocks are in one database, because one transaction must be able to change them together.
 */
export class Storage {
  readonly name: string;
  /**
   * A write that has not ended after so many milliseconds is asked after. Chromium 156 sometimes gives a transaction that
   * ran over the quota neither 'complete' nor 'abort', and goes on with the next one.
   */
  stallMs = 2000;
  /** The storage will never work again in this tab, with the reason; told once. */
  onDead: (reason: string) => void = () => {};
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  #identity: string | undefined;
  /** Set when it will never work again: somebody deleted or upgraded the database. */
  #deadBecause: string | undefined;

  /** @param sessionId in the database's name (DESIGN D7) */
  constructor(sessionId: string) {
    this.name = `bee/${sessionId}`;
  }

  /** Runs a read. A problem thrown by `body` passes through. */
  async read<T>(stores: StoreName[], body: (tx: Reading) => Promise<T>): Promise<T> {
    const tx = await this.#begin((database) => database.transaction(stores, 'readonly'));
    return this.#finish(tx, () => body(tx));
  }

  /** Runs a change: all of it or, when `body` throws or the browser aborts it, nothing. Done when it is committed. */
  async write<T>(
    stores: StoreName[],
    durability: Durability,
    body: (tx: Writing) => Promise<T> | T,
  ): Promise<T> {
    const tx = await this.#begin((database) =>
      database.transaction(stores, 'readwrite', { durability }),
    );
    return this.#finish(tx, () => body(tx), stores);
  }

  /**
   * Changes blocks: the road of every append, so it goes without idb's wrappers, which cost a third of it.
   * @param issue makes the requests; 'more follow' when one of them, as it succeeds, makes others
   * @returns false when nothing was written because an `add` met a block that is there
   */
  async writeBlocks(
    durability: Durability,
    issue: (blocks: IDBObjectStore) => 'complete' | 'more follow',
  ): Promise<boolean> {
    const tx = await this.#begin((database) =>
      unwrap(database).transaction('blocks', 'readwrite', { durability }),
    );
    let isTaken = false;
    const ended = new Promise<Ended>((resolve) => {
      tx.oncomplete = () => resolve(undefined);
      tx.onabort = () => resolve({ error: tx.error ?? new Error('the browser gave a write up') });
      tx.onerror = ({ target }) => {
        // Errors of requests bubble up to their transaction.
        if (target instanceof IDBRequest) isTaken ||= target.error?.name === 'ConstraintError';
      };
    });
    try {
      if (issue(tx.objectStore('blocks')) === 'complete') tx.commit();
    } catch (error) {
      throw this.#problem(error);
    }
    const failed = await this.#orLost(ended, ['blocks']);
    if (failed === undefined) return true;
    if (isTaken) return false;
    throw this.#problem(failed.error);
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#deadBecause ??= 'the session is closed';
    this.#database = undefined;
    (await database?.catch(() => undefined))?.close();
  }

  /** @param watched stores of a change, whose end is watched: see `stallMs` */
  async #finish<T>(
    tx: Reading | Writing,
    body: () => Promise<T> | T,
    watched: StoreName[] = [],
  ): Promise<T> {
    // Observed from the start: an abort during `body` would else be an unhandled rejection.
    const ended = tx.done.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const settled = watched.length === 0 ? ended : this.#orLost(ended, watched);
    try {
      const value = await body();
      // Explicit: without it the browser waits a round trip to see whether more requests come.
      try {
        tx.commit();
      } catch {
        // Aborted, or it finished by itself: `settled` knows.
      }
      const failed = await settled;
      if (failed !== undefined) throw this.#problem(failed.error);
      return value;
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // It is over already.
      }
      // The transaction's own error says more than the request's AbortError: a full disk shows only there.
      const failed = await settled;
      if (error instanceof DiskProblem) throw error;
      throw this.#problem(failed?.error ?? error);
    }
  }

  /** The transaction's end; or, when the browser does not tell it, that. */
  #orLost(ended: Promise<Ended>, stores: StoreName[]): Promise<Ended> {
    return new Promise((resolve) => {
      let isTold = false;
      const ask = async (): Promise<void> => {
        try {
          // Runs behind the transaction in question, so its answer says that the browser is done with that.
          await this.read(stores, (tx) => tx.objectStore(stores[0] ?? 'meta').openKeyCursor());
        } catch (error) {
          // Nothing is known yet. It is asked again, unless there will never be an answer.
          if (this.#deadBecause !== undefined) resolve({ error });
          else if (!isTold) askLater();
          return;
        }
        await new Promise((later) => setTimeout(later, lastEventMs));
        resolve({ error: new LostOutcome() });
      };
      let timer: ReturnType<typeof setTimeout> | undefined;
      const askLater = (): void => {
        timer = setTimeout(() => void ask(), this.stallMs);
      };
      askLater();
      void ended.then((outcome) => {
        isTold = true;
        clearTimeout(timer);
        resolve(outcome);
      });
    });
  }

  async #begin<T>(make: (database: IDBPDatabase<Schema>) => T): Promise<T> {
    try {
      // A connection that was just closed by the browser throws here; the second time it is a new one.
      for (let tries = 0; ; tries++) {
        const database = await this.#connect();
        try {
          return make(database);
        } catch (error) {
          if (tries > 0) throw error;
          this.#database = undefined;
        }
      }
    } catch (error) {
      throw error instanceof DiskProblem ? error : this.#problem(error);
    }
  }

  #connect(): Promise<IDBPDatabase<Schema>> {
    if (this.#deadBecause !== undefined) {
      return Promise.reject(new DiskProblem('EIO', '', this.#deadBecause));
    }
    this.#database ??= this.#open().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    const database = await openDB<Schema>(this.name, schemaVersion, {
      upgrade: (fresh) => {
        fresh.createObjectStore('names');
        const inodes = fresh.createObjectStore('inodes', { autoIncrement: true });
        fresh.createObjectStore('blocks');
        const meta = fresh.createObjectStore('meta');
        const now = Date.now() / 1000;
        void inodes.add({ kind: 'directory', modifiedAt: now, isLinked: true }, rootInode);
        void meta.add(crypto.randomUUID(), 'identity');
      },
      // Another tab deletes or upgrades the database: hold it up no longer, and never come back.
      blocking: (_version, newVersion) => {
        this.#die(
          newVersion === null
            ? 'the storage of this session was removed'
            : 'another tab runs a newer version of this page; reload this one',
        );
        database.close();
      },
      // The browser closed the connection by itself: out of memory, or the reader cleared the site's data.
      terminated: () => {
        this.#database = undefined;
        // Was it thrown away? Better to know at once than at the next write.
        if (this.#deadBecause === undefined) void this.#connect().catch(() => undefined);
      },
    });
    const identity = (await database.get('meta', 'identity')) ?? '';
    if (this.#identity !== undefined && this.#identity !== identity) {
      const reason = 'the browser threw the storage of this session away';
      this.#die(reason);
      database.close();
      throw new DiskProblem('EIO', '', reason);
    }
    this.#identity = identity;
    return database;
  }

  #die(reason: string): void {
    if (this.#deadBecause !== undefined) return;
    this.#deadBecause = reason;
    this.onDead(reason);
  }

  #problem(error: unknown): DiskProblem {
    if (error instanceof LostOutcome) return error;
    const { name, message } =
      error instanceof Error || error instanceof DOMException
        ? error
        : { name: 'Error', message: String(error) };
    const code: DiskErrorCode = name === 'QuotaExceededError' ? 'ENOSPC' : 'EIO';
    const words = this.#deadBecause ?? (code === 'EIO' ? `${name}: ${message}` : undefined);
    return new DiskProblem(code, '', words);
  }
}
