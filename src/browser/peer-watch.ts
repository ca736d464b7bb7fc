import type { BrowserConnection } from './browser-connection.ts';
import type { Locks } from './locks.ts';

/**
 * The lock of a process that ended in order may be free before its last bytes, sent on another road, are here. So long
 * they are waited for.
 */
const graceMs = 20;

interface Watched {
  readonly connections: Set<BrowserConnection>;
  readonly giveUp: AbortController;
}

/** Hears of the death of processes: each holds a lock with its name while it lives, and whoever gets it knows. */
export class PeerWatch {
  readonly #locks: Locks;
  readonly #lockName: (process: string) => string;
  readonly #watched = new Map<string, Watched>();

  constructor(locks: Locks, lockName: (process: string) => string) {
    this.#locks = locks;
    this.#lockName = lockName;
  }

  /** Tells the connection when the process dies. */
  watch(process: string, connection: BrowserConnection): void {
    const known = this.#watched.get(process);
    if (known !== undefined) {
      known.connections.add(connection);
      return;
    }
    const watched: Watched = {
      connections: new Set([connection]),
      giveUp: new AbortController(),
    };
    this.#watched.set(process, watched);
    void this.#wait(process, watched);
  }

  forget(process: string, connection: BrowserConnection): void {
    const watched = this.#watched.get(process);
    watched?.connections.delete(connection);
    if (watched?.connections.size !== 0) return;
    this.#watched.delete(process);
    watched.giveUp.abort();
  }

  async #wait(process: string, watched: Watched): Promise<void> {
    const name = this.#lockName(process);
    // Shared, so that all who wait hear of it at once.
    const release = await this.#locks.hold(name, 'shared', watched.giveUp.signal);
    if (release === undefined) return;
    release();
    setTimeout(() => {
      for (const connection of [...watched.connections]) connection.peerDied();
    }, graceMs);
  }
}
