/** Web Locks in the two forms that Bee needs. Tests in Node, which has none, hand in their own. */
export interface Locks {
  /**
   * Takes a lock if it is free.
   * @returns gives it back; undefined when somebody else holds it
   */
  tryHold(name: string, mode: LockMode): Promise<(() => void) | undefined>;
  /**
   * Waits for a lock and takes it.
   * @param signal ends the wait
   * @returns gives it back; undefined when the wait was ended
   */
  hold(name: string, mode: LockMode, signal?: AbortSignal): Promise<(() => void) | undefined>;
  /** Names of all locks that somebody in any tab holds. */
  heldNames(): Promise<ReadonlySet<string>>;
}

/** The browser's own locks: they go with the worker or tab that holds them, however it ends. */
export class WebLocks implements Locks {
  readonly #manager = navigator.locks;

  tryHold(name: string, mode: LockMode): Promise<(() => void) | undefined> {
    return this.#request(name, { mode, ifAvailable: true });
  }

  hold(name: string, mode: LockMode, signal?: AbortSignal): Promise<(() => void) | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    return this.#request(name, signal === undefined ? { mode } : { mode, signal });
  }

  async heldNames(): Promise<ReadonlySet<string>> {
    const { held = [] } = await this.#manager.query();
    return new Set(held.map((lock) => lock.name ?? ''));
  }

  #request(name: string, options: LockOptions): Promise<(() => void) | undefined> {
    return new Promise((resolve, reject) => {
      const granted = (lock: Lock | null): Promise<void> | undefined => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        // The lock is held for as long as the promise returned here is open.
        return new Promise<void>((release) => resolve(() => release()));
      };
      this.#manager.request(name, options, granted).catch((error: unknown) => {
        // Ended by its signal, or the document goes away: no lock. Anything else is a browser that gives this page none.
        if (error instanceof DOMException && noLock.has(error.name)) resolve(undefined);
        else reject(error);
      });
    });
  }
}

const noLock: ReadonlySet<string> = new Set(['AbortError', 'InvalidStateError']);

/**
 * Takes a lock unless somebody has it and keeps it. What a terminated worker or a closing document held is free some
 * milliseconds later, and a browser that has just started may take longer than that to grant a free lock; so not the clock decides
 * but that somebody had it at each of two looks.
 * @param waitMs milliseconds from the beginning to the second look
 * @returns gives it back; undefined when somebody else keeps it
 */
export async function holdUnlessKept(
  locks: Locks,
  name: string,
  waitMs: number,
): Promise<(() => void) | undefined> {
  const giveUp = new AbortController();
  const granted = locks.hold(name, 'exclusive', giveUp.signal);
  let isGranted = false;
  // A refusal is thrown below, where `granted` is awaited.
  const noted = (): void => {
    isGranted = true;
  };
  granted.then(noted, noted);
  for (let looks = 0; looks < 2 && !isGranted; ) {
    const pause = new Promise((resolve) => setTimeout(resolve, waitMs / 2));
    await Promise.race([granted, pause]);
    if (!isGranted) looks = (await locks.heldNames()).has(name) ? looks + 1 : 0;
  }
  if (!isGranted) giveUp.abort();
  // It may have been granted at that very moment.
  return granted;
}
