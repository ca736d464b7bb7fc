/**
 * The floors: what the browser itself takes for the smallest thing that Bee builds on. Aims of
 * other benches are ratios to these.
 */
import type { Report } from './report.ts';

export const host = 'chromium';

const rounds = 300;

export async function run(report: Report): Promise<void> {
  report.measure({ name: 'one IndexedDB transaction, one put', value: await onePut(), unit: 'ms' });
  report.measure({ name: 'BroadcastChannel round trip', value: await roundTrip(), unit: 'ms' });
}

async function onePut(): Promise<number> {
  const floor = await BarePuts.open();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await floor.put());
  floor.close();
  return typical(times);
}

/** A database of its own, for nothing but puts. */
export class BarePuts {
  readonly #database: IDBDatabase;
  #key = 0;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  static async open(): Promise<BarePuts> {
    const database = await new Promise<IDBDatabase>((done, refuse) => {
      const request = indexedDB.open('floor', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('blocks');
      request.onsuccess = () => done(request.result);
      request.onerror = () => refuse(request.error);
    });
    return new BarePuts(database);
  }

  /**
   * One relaxed transaction with one put of 100 bytes, committed at once.
   * @returns ms from its begin to its completion
   */
  async put(): Promise<number> {
    const begun = performance.now();
    await new Promise<void>((done, refuse) => {
      const transaction = this.#database.transaction('blocks', 'readwrite', {
        durability: 'relaxed',
      });
      transaction.objectStore('blocks').put(new Uint8Array(100), this.#key++);
      transaction.oncomplete = () => done();
      transaction.onerror = () => refuse(transaction.error);
      transaction.commit();
    });
    return performance.now() - begun;
  }

  close(): void {
    this.#database.close();
    indexedDB.deleteDatabase('floor');
  }
}

/** A message of 100 bytes to a worker and back. */
async function roundTrip(): Promise<number> {
  const script = `const channel = new BroadcastChannel('floor-echo');
    channel.onmessage = ({ data }) => { if (data.to === 'worker') channel.postMessage({ to: 'page', bytes: data.bytes }); };
    postMessage('ready');`;
  const worker = new Worker(URL.createObjectURL(new Blob([script])));
  await new Promise((done) => {
    worker.onmessage = done;
  });
  const channel = new BroadcastChannel('floor-echo');
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await new Promise<void>((done) => {
      channel.onmessage = ({ data }) => {
        if (data.to === 'page') done();
      };
      channel.postMessage({ to: 'worker', bytes: new Uint8Array(100) });
    });
    times.push(performance.now() - begun);
  }
  channel.close();
  worker.terminate();
  return typical(times);
}

/**
 * The mean without the slowest tenth: the clock of a page is too coarse for a median, and pauses of
 * the machine are not the floor.
 */
export function typical(times: number[]): number {
  const kept = times.sort((one, other) => one - other).slice(0, Math.ceil(times.length * 0.9));
  return kept.reduce((sum, time) => sum + time, 0) / kept.length;
}
