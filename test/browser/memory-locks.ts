import type { Locks } from '../../src/browser/locks.ts';

interface Holder {
  readonly mode: LockMode;
  readonly owner: object;
}

interface Waiter extends Holder {
  readonly grant: () => void;
}

/**
 * Web Locks for Node, which has none: the same rules (first come, first served; shared or exclusive), with owners that
 * can be killed.
 */
export class MemoryLockManager {
  readonly #held = new Map<string, Holder[]>();
  readonly #waiting = new Map<string, Waiter[]>();

  /** Locks as one process sees them. */
  forProcess(owner: object): Locks {
    return {
      tryHold: (name, mode) => {
        const isFree = this.#isFree(name, mode) && (this.#waiting.get(name)?.length ?? 0) === 0;
        return Promise.resolve(isFree ? this.#take(name, { mode, owner }) : undefined);
      },
      hold: (name, mode, signal) =>
        new Promise((resolve) => {
          const waiter: Waiter = {
            mode,
            owner,
            grant: () => resolve(this.#take(name, waiter)),
          };
          this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), waiter]);
          signal?.addEventListener('abort', () => {
            this.#forget(name, (other) => other !== waiter);
            resolve(undefined);
          });
          this.#serve(name);
        }),
      heldNames: () => Promise.resolve(new Set(this.#held.keys())),
    };
  }

  /** The process died: its locks are free, its requests are gone. */
  kill(owner: object): void {
    for (const name of [...this.#waiting.keys()]) this.#forget(name, (w) => w.owner !== owner);
    for (const name of [...this.#held.keys()]) this.#drop(name, (h) => h.owner !== owner);
  }

  #isFree(name: string, mode: LockMode): boolean {
    const holders = this.#held.get(name) ?? [];
    return mode === 'shared' ? holders.every((h) => h.mode === 'shared') : holders.length === 0;
  }

  #take(name: string, holder: Holder): () => void {
    this.#held.set(name, [...(this.#held.get(name) ?? []), holder]);
    return () => this.#drop(name, (other) => other !== holder);
  }

  #drop(name: string, keeps: (holder: Holder) => boolean): void {
    const left = (this.#held.get(name) ?? []).filter(keeps);
    if (left.length > 0) this.#held.set(name, left);
    else this.#held.delete(name);
    this.#serve(name);
  }

  #forget(name: string, keeps: (waiter: Waiter) => boolean): void {
    this.#waiting.set(name, (this.#waiting.get(name) ?? []).filter(keeps));
  }

  #serve(name: string): void {
    for (;;) {
      const queue = this.#waiting.get(name) ?? [];
      const next = queue[0];
      if (next === undefined || !this.#isFree(name, next.mode)) return;
      this.#waiting.set(name, queue.slice(1));
      next.grant();
    }
  }
}
