/**
 * A session as the page holds it (DESIGN D7): its files, its faults, and the right to run its servers.
 *
 * 1. `open` checks what the browser offers, takes the session's lock, opens the storage and clears what crashes left.
 * 2. The lock is held by one tab. Another one's `open` answers 'held'; it may read the files all the same, or `takeOver`.
 * 3. `takeOver` asks the holder, through the session's tab channel, to let go; that one stops its servers in `onTakenOver`.
 * 4. Every database, channel and lock has the session's id in its name, so sessions never meet.
 */
import { DiskProblem } from './disk-problem.ts';
import { FaultController } from './faults.ts';
import { FileStore } from './file-store.ts';
import { FileSystem } from './file-system.ts';
import { holdUnlessKept, type Locks, WebLocks } from './locks.ts';
import { Storage } from './storage.ts';

/** Somebody must have had the session for so long before it counts as held: after a reload the old document may still be going. */
const lockWaitMs = 300;

type TabMessage =
  | { readonly kind: 'let-go' }
  /** Another tab wants to see what happens. */
  | { readonly kind: 'watch' }
  /** What the tab that holds the session shows; what is in it is the page's business. */
  | { readonly kind: 'news'; readonly news: unknown };

/** What a tab hears that reads along. */
export interface WatchEvents {
  readonly onNews: (news: unknown) => void;
  /** The tab that held the session is gone, or let go. */
  readonly onGone: () => void;
}

export class BrowserSession {
  readonly id: string;
  readonly files: FileSystem;
  readonly faults: FaultController;
  /** Another tab takes the session: stop its servers now. Their locks are free when this returns or their workers are gone. */
  onTakenOver: () => void = () => undefined;
  /** The session's files are gone, with the reason: the browser threw them away, or somebody removed them. */
  onLost: (reason: string) => void = () => undefined;
  /** Another tab begins to read along: it must be told everything, and from now on every change. */
  onWatched: () => void = () => undefined;
  #onNews: ((news: unknown) => void) | undefined;
  readonly #storage: Storage;
  readonly #store: FileStore;
  readonly #locks: Locks;
  readonly #tabs: BroadcastChannel;
  #unlock: (() => void) | undefined;
  /** Ends a wait for the session's lock when the session is closed. */
  readonly #closing = new AbortController();

  /** @throws Error with a sentence for the reader when the browser lacks what Bee stands on */
  constructor(id: string) {
    requireFeatures();
    this.id = id;
    this.#locks = new WebLocks();
    this.#storage = new Storage(id);
    this.#storage.onDead = (reason) => this.onLost(reason);
    this.#store = new FileStore(this.#storage, this.#locks);
    this.files = new FileSystem(this.#store);
    this.faults = new FaultController(id);
    this.#tabs = new BroadcastChannel(`bee/${id}/tabs`);
    this.#tabs.onmessage = ({ data }: MessageEvent<TabMessage>) => {
      if (data.kind === 'news') this.#onNews?.(data.news);
      // Only the tab that holds the session answers.
      if (this.#unlock === undefined) return;
      if (data.kind === 'let-go') this.#letGo();
      if (data.kind === 'watch') this.onWatched();
    };
  }

  /**
   * Takes the session for this tab.
   * @returns 'held' when another tab has it
   * @throws Error with a sentence for the reader when storage is refused
   */
  async open(): Promise<'open' | 'held'> {
    const unlock = await holdUnlessKept(this.#locks, this.#lockName, lockWaitMs);
    if (unlock === undefined) return 'held';
    await this.#start(unlock);
    return 'open';
  }

  /** Asks the tab that holds the session to let go, and takes it. */
  async takeOver(): Promise<void> {
    this.#say({ kind: 'let-go' });
    const unlock = await this.#locks.hold(this.#lockName, 'exclusive', this.#closing.signal);
    if (unlock !== undefined) await this.#start(unlock);
  }

  /** Tells the tabs that read along. @param news what structured clone can carry */
  tell(news: unknown): void {
    this.#say({ kind: 'news', news });
  }

  /** Reads along with the tab that holds the session. @returns ends it */
  watch({ onNews, onGone }: WatchEvents): () => void {
    const ending = new AbortController();
    this.#onNews = onNews;
    this.#say({ kind: 'watch' });
    // Whoever gets the lock, shared, knows that nobody holds it any more.
    void this.#locks.hold(this.#lockName, 'shared', ending.signal).then((release) => {
      release?.();
      if (release !== undefined) onGone();
    });
    return () => {
      this.#onNews = undefined;
      ending.abort();
    };
  }

  #say(message: TabMessage): void {
    this.#tabs.postMessage(message);
  }

  /** Asks the browser not to throw the session away when room is short. */
  async persist(): Promise<boolean> {
    // WebKitGTK has no StorageManager, whatever the typings say.
    const storage: StorageManager | undefined = navigator.storage;
    return (await storage?.persist?.()) ?? false;
  }

  /** Lets go of everything; the files stay. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#unlock?.();
    this.#unlock = undefined;
    this.#tabs.close();
    this.faults.close();
    await this.#storage.close();
  }

  /** Closes the session and deletes its files. Its servers must be gone. */
  async destroy(): Promise<void> {
    await this.close();
    await deleteDatabase(this.#storage.name);
  }

  get #lockName(): string {
    return sessionLock(this.id);
  }

  async #start(unlock: () => void): Promise<void> {
    try {
      await this.#store.sweep();
    } catch (error) {
      unlock();
      const reason = error instanceof DiskProblem ? error.message : String(error);
      throw new Error(`The browser gives this page no storage (${reason}).`, { cause: error });
    }
    // Closed meanwhile: nobody would give it back.
    if (this.#closing.signal.aborted) unlock();
    else this.#unlock = unlock;
  }

  #letGo(): void {
    this.onTakenOver();
    this.#unlock?.();
    this.#unlock = undefined;
  }
}

function sessionLock(id: string): string {
  return `bee/${id}/session`;
}

/**
 * Removes the files of throw-away sessions whose page is gone: a page that is closed has no time to do so.
 * @param prefix that only ids of throw-away sessions have
 * @returns the ids of those that it removed
 */
export async function sweepSessions(prefix: string): Promise<string[]> {
  const start = `bee/${prefix}`;
  const databases = await indexedDB.databases();
  const names = databases.flatMap(({ name = '' }) => (name.startsWith(start) ? [name] : []));
  const locks = new WebLocks();
  const swept: string[] = [];
  for (const name of names) {
    const id = name.slice('bee/'.length);
    const unlock = await locks.tryHold(sessionLock(id), 'exclusive');
    if (unlock === undefined) continue;
    await deleteDatabase(name);
    unlock();
    swept.push(id);
  }
  return swept;
}

function requireFeatures(): void {
  const missing: string[] = [];
  if (typeof indexedDB === 'undefined') missing.push('IndexedDB');
  if (typeof BroadcastChannel === 'undefined') missing.push('BroadcastChannel');
  // Missing on pages that came over plain HTTP from another machine.
  if (!('locks' in navigator)) missing.push('Web Locks (they need HTTPS or localhost)');
  if (missing.length > 0) throw new Error(`This browser lacks ${missing.join(', ')}.`);
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error(`cannot delete ${name}`));
  });
}
