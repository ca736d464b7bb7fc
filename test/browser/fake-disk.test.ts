/** The browser's file system over an IndexedDB in memory: fast, and in every run. Real Chromium follows in `chromium.test.ts`. */
import 'fake-indexeddb/auto';
import { setImmediate } from 'node:timers';
import { describe, it } from 'vitest';
import type { Network } from '../../src/bee/env/index.ts';
import { BrowserDisk } from '../../src/browser/browser-disk.ts';
import { FileStore } from '../../src/browser/file-store.ts';
import { Storage } from '../../src/browser/storage.ts';
import { diskContract } from '../contract/disk-contract.ts';
import type { Bench } from '../contract/host.ts';
import { MemoryLockManager } from './memory-locks.ts';

let sessions = 0;

function bench(): Bench {
  const session = `test-${sessions++}`;
  const locks = new MemoryLockManager();
  return {
    process: () => {
      const owner = {};
      const storage = new Storage(session);
      const store = new FileStore(storage, locks.forProcess(owner));
      const network: Network = {
        listen: () => undefined,
        connect: () => undefined,
      };
      return Promise.resolve({
        disk: new BrowserDisk(store),
        network,
        kill: async () => {
          await storage.close();
          locks.kill(owner);
        },
      });
    },
    until: async (condition, what) => {
      for (let turns = 0; !condition(); turns++) {
        if (turns > 200_000) throw new Error(`${what ?? 'a condition'}: never`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    dispose: () => Promise.resolve(),
  };
}

describe('browser disk over fake-indexeddb', () => {
  for (const { name, run } of diskContract) it(name, () => run(bench()));
});
