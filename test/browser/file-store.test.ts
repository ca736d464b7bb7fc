/** What the disk's contract cannot see from outside: what IndexedDB holds, how it is asked, and files that two have open. */
import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { FileStore } from '../../src/browser/file-store.ts';
import { Storage } from '../../src/browser/storage.ts';
import { SeededRandom } from '../../src/sim/index.ts';
import { MemoryLockManager } from './memory-locks.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let sessions = 0;

/** A session's files as one process has them, and what kills it. */
function open(session = `store-${sessions++}`, locks = new MemoryLockManager()) {
  const owner = {};
  const storage = new Storage(session);
  const store = new FileStore(storage, locks.forProcess(owner));
  const kill = async (): Promise<void> => {
    await storage.close();
    locks.kill(owner);
  };
  return { session, locks, store, kill };
}

/** How many records the session's database holds. */
async function records(session: string): Promise<{ inodes: number; blocks: number }> {
  const request = indexedDB.open(`bee/${session}`);
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const tx = database.transaction(['inodes', 'blocks']);
  const [inodes, blocks] = [tx.objectStore('inodes').count(), tx.objectStore('blocks').count()];
  await new Promise((resolve) => {
    tx.oncomplete = resolve;
  });
  database.close();
  return { inodes: inodes.result, blocks: blocks.result };
}

test('a file that another one replaces by its name leaves nothing behind', async () => {
  const { session, store } = open();
  await store.writeFile('/old', Uint8Array.of(1, 2, 3));
  await store.writeFile('/new', Uint8Array.of(4));
  await store.rename('/new', '/old');
  expect([...(await store.readFile('/old'))]).toEqual([4]);
  // The root directory and the one file.
  expect(await records(session)).toEqual({ inodes: 2, blocks: 1 });
});

test('what a killed process had open without a name goes with the next sweep, and nothing else', async () => {
  const { session, locks, store } = open();
  const other = open(session, locks);
  const file = await other.store.open('/gone', 'create');
  await file.append(Uint8Array.of(1), 'relaxed');
  const kept = await store.open('/kept', 'create');
  await kept.append(Uint8Array.of(2), 'relaxed');
  await store.unlink('/gone');
  await store.unlink('/kept');
  await other.kill();
  await store.sweep();
  expect(await records(session)).toEqual({ inodes: 2, blocks: 1 });
  expect([...(await kept.read(0, 10))]).toEqual([2]);
});

test('one strict append among those that go together makes all of them strict', async () => {
  const { store } = open();
  const file = await store.open('/f', 'create');
  const asked: unknown[] = [];
  const { transaction } = IDBDatabase.prototype;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...args
  ) {
    asked.push(args[2]?.durability);
    return transaction.apply(this, args);
  });
  const append = (durability: 'relaxed' | 'strict') => file.append(Uint8Array.of(1), durability);
  await Promise.all([append('relaxed'), append('relaxed'), append('strict'), append('relaxed')]);
  await append('relaxed');
  // The first is on its way before the others come.
  expect(asked).toEqual(['relaxed', 'strict', 'relaxed']);
});

test('a file is as young as its last byte', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
  const { store } = open();
  const file = await store.open('/f', 'create');
  expect(await store.stat('/f')).toMatchObject({ size: 0, modifiedAt: 1000 });
  vi.setSystemTime(1_010_000);
  await file.append(Uint8Array.of(1), 'relaxed');
  expect(await store.stat('/f')).toMatchObject({ size: 1, modifiedAt: 1010 });
  vi.setSystemTime(1_020_000);
  await file.truncate(0);
  await file.append(Uint8Array.of(1, 2), 'relaxed');
  expect(await store.list('/')).toMatchObject([{ name: 'f', size: 2, modifiedAt: 1020 }]);
});

test('a file may be made older than its bytes, and is young again with the next one', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
  const { store } = open();
  const file = await store.open('/f', 'create');
  await file.append(Uint8Array.of(1, 2), 'relaxed');
  await store.touch('/f', 12.5);
  expect(await store.stat('/f')).toMatchObject({ size: 2, modifiedAt: 12.5 });
  expect([...(await store.readFile('/f'))]).toEqual([1, 2]);
  await store.touch('/', 13.5);
  expect(await store.stat('/')).toMatchObject({ modifiedAt: 13.5 });
  await file.append(Uint8Array.of(3), 'relaxed');
  expect(await store.stat('/f')).toMatchObject({ size: 3, modifiedAt: 1000 });
});

test('the last byte can be damaged, the one behind it cannot', async () => {
  const { store } = open();
  await store.writeFile('/f', Uint8Array.of(1, 2));
  await store.damage('/f', 1, 0x80);
  expect([...(await store.readFile('/f'))]).toEqual([1, 0x82]);
  await expect(store.damage('/f', 2, 0x80)).rejects.toMatchObject({ code: 'EINVAL' });
});

/** Small appends at random, by one or by two who have the file open, and cuts by the one who has it alone. */
async function appendAtRandom(seed: number, hasOther: boolean): Promise<void> {
  const random = new SeededRandom(seed);
  const { session, locks, store } = open();
  const own = await store.open('/f', 'create');
  const other = hasOther ? await open(session, locks).store.open('/f', 'append') : own;
  let expected: number[] = [];
  for (let round = 0; round < 300; round++) {
    if (!hasOther && random.chance(0.03)) {
      expected = expected.slice(0, random.below(expected.length + 1));
      await own.truncate(expected.length);
    } else {
      const bytes = Array.from({ length: 1 + random.below(3) }, () => random.below(256));
      await (random.chance(0.02) ? other : own).append(Uint8Array.from(bytes), 'relaxed');
      expected.push(...bytes);
    }
    if (round % 10 === 0) expect((await store.stat('/f')).size).toBe(expected.length);
  }
  expect([...(await store.readFile('/f'))]).toEqual(expected);
  // Else every append would be a block for ever. Only neighbours of one who appends are merged.
  if (!hasOther) expect((await records(session)).blocks).toBeLessThan(100);
}

const seeds = [1, 2, 3, 4, 5, 6];
test.each(seeds)('appends and cuts leave the bytes that they should, seed %i', (seed) =>
  appendAtRandom(seed, false),
);
test.each(seeds)('so do appends of two who have the file open, seed %i', (seed) =>
  appendAtRandom(seed, true),
);
