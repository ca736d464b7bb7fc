import type { Env, LogSink } from '../bee/env/index.ts';
import { BrowserClock, BrowserRandom } from './browser-clock.ts';
import { BrowserDisk } from './browser-disk.ts';
import { BrowserNetwork } from './browser-network.ts';
import { FileStore } from './file-store.ts';
import { GatewayNetwork } from './gateway-network.ts';
import { WebLocks } from './locks.ts';
import { Storage } from './storage.ts';

export interface BrowserProcessOptions {
  /** In every database, channel and lock name (DESIGN D7). */
  readonly sessionId: string;
  readonly pid: number;
  /** Absolute directory in the session's file system. */
  readonly cwd: string;
  readonly home: string;
  readonly hostname: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The ports of one worker, and what ends them. */
export interface BrowserHost {
  readonly env: Env;
  /** Stops or resumes the delivery of network bytes: part of stopping the process (SIGSTOP). */
  freeze(isFrozen: boolean): void;
  /** Ends connections in order and lets the storage go. */
  close(): Promise<void>;
}

/** Builds the ports of a server that runs in this worker. */
export function createBrowserHost(options: BrowserProcessOptions, log: LogSink): BrowserHost {
  const { sessionId, pid, cwd, home, hostname, environment } = options;
  const locks = new WebLocks();
  const storage = new Storage(sessionId);
  const session = new BrowserNetwork({ sessionId, pid, locks });
  const network = new GatewayNetwork(session, log);
  const files = new FileStore(storage, locks, () => session.faults.state.isDiskFull);
  const process = { pid, cwd, home, hostname, environment: new Map(Object.entries(environment)) };
  return {
    env: {
      disk: new BrowserDisk(files),
      network,
      clock: new BrowserClock(),
      random: new BrowserRandom(),
      log,
      process,
    },
    freeze: (isFrozen) => {
      session.freeze(isFrozen);
      network.freeze(isFrozen);
    },
    close: async () => {
      network.close();
      await session.close();
      await storage.close();
    },
  };
}
