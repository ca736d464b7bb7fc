/** The browser's file system over an IndexedDB in memory: fast, and in every run. Real Chromium follows in `chromium.test.ts`. */
import 'fake-indexeddb/auto';
import { setImmediate } from 'node:timers';
import { describe, expect, it } from 'vitest';
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

/** Makes the browser forget to say how the next write ends. */
function loseNextEnd(): void {
  const { dispatchEvent } = IDBTransaction.prototype;
  IDBTransaction.prototype.dispatchEvent = function (this: IDBTransaction, event: Event) {
    if (this.mode !== 'readwrite') return dispatchEvent.call(this, event);
    IDBTransaction.prototype.dispatchEvent = dispatchEvent;
    return true;
  };
}

describe('a write whose end the browser does not tell', () => {
  it('is looked for: what is there was written, what is not has failed', async () => {
    const storage = new Storage('lost-ends');
    storage.stallMs = 10;
    const store = new FileStore(storage, new MemoryLockManager().forProcess({}));
    const file = await store.open('/f', 'create');
    await file.append(new Uint8Array([1, 2]), 'relaxed');
    loseNextEnd();
    await file.append(new Uint8Array([3]), 'relaxed');
    await file.append(new Uint8Array([4]), 'relaxed');
    expect([...(await store.readFile('/f'))]).toEqual([1, 2, 3, 4]);
    loseNextEnd();
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (this: IDBObjectStore) {
      IDBObjectStore.prototype.add = add;
      return this.get([0, 0]);
    };
    await expect(file.append(new Uint8Array([5]), 'relaxed')).rejects.toThrow('did not say');
    await file.append(new Uint8Array([6]), 'relaxed');
    expect([...(await store.readFile('/f'))]).toEqual([1, 2, 3, 4, 6]);
  });

  it('is looked for when a file gets its name, too', async () => {
    const storage = new Storage('lost-names');
    storage.stallMs = 10;
    const store = new FileStore(storage, new MemoryLockManager().forProcess({}));
    const file = await store.open('/new', 'create');
    await file.append(new Uint8Array([1]), 'relaxed');
    loseNextEnd();
    await store.rename('/new', '/f');
    expect([...(await store.readFile('/f'))]).toEqual([1]);
    await expect(store.readFile('/new')).rejects.toThrow();
  });

  it('fails when the storage is gone before anybody could look', async () => {
    const storage = new Storage('lost-storage');
    storage.stallMs = 10;
    const store = new FileStore(storage, new MemoryLockManager().forProcess({}));
    const file = await store.open('/f', 'create');
    loseNextEnd();
    const outcome = expect(file.append(new Uint8Array([1]), 'relaxed')).rejects.toThrow(
      'is closed',
    );
    // The write is on its way by then.
    await new Promise((resolve) => setImmediate(resolve));
    await storage.close();
    await outcome;
  });
});

it('a byte that was damaged stays damaged when its small block is merged with others', async () => {
  const store = new FileStore(new Storage('damaged'), new MemoryLockManager().forProcess({}));
  const file = await store.open('/f', 'create');
  const append = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await file.append(new Uint8Array([n]), 'relaxed');
  };
  await append(10);
  await store.damage('/f', 3, 0x80);
  await append(60);
  const bytes = await store.readFile('/f');
  expect([...bytes.slice(0, 12)]).toEqual([0, 1, 2, 0x83, 4, 5, 6, 7, 8, 9, 0, 1]);
  expect(bytes.length).toBe(70);
});

describe('browser disk over fake-indexeddb', () => {
  for (const { name, run } of diskContract) it(name, () => run(bench()));
});
