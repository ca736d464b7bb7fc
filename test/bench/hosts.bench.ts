/** The browser's ports beside what the browser itself takes for the same: disk, network, deaths. */
import type { BenchResult, ToBench } from './hosts-worker.ts';
import type { Report } from './report.ts';

export const host = 'chromium';

const deaths = 21;

export async function run(report: Report): Promise<void> {
  const sessionId = `bench-${crypto.randomUUID()}`;
  let pid = 5001;
  const start = async (): Promise<{ worker: Worker; lock: string }> => {
    const worker = new Worker(new URL('./hosts-worker.ts', import.meta.url), { type: 'module' });
    const lock = `bench-${pid}`;
    await ask(worker, { kind: 'start', sessionId, pid: pid++ });
    return { worker, lock };
  };
  const [{ worker: client }, { worker: server }] = [await start(), await start()];
  await ask(server, { kind: 'serve' });
  // The workers answer each question with what it asks for: see hosts-worker.ts.
  const disk = (await ask(client, { kind: 'disk' })) as BenchResult[];
  const network = (await ask(client, { kind: 'network' })) as BenchResult[];
  for (const { name, value } of [...disk, ...network]) {
    const aim = aims[name];
    report.measure({ name, value, unit: units[name] ?? 'ms', ...(aim && { aim }) });
  }
  report.measure({
    name: 'terminate() to lock granted',
    value: await timeOfDeath(client, start),
    unit: 'ms',
    aim: { atMost: 20 },
  });
  client.terminate();
  server.terminate();
  indexedDB.deleteDatabase(`bee/${sessionId}`);
}

const units: Readonly<Record<string, 'MB/s' | 'calls/s'>> = {
  'worker: put of 1 MiB': 'MB/s',
  'worker: append of 1 MiB': 'MB/s',
  'worker: read, 1 MiB at a time': 'MB/s',
  'stream in 100 kB sends': 'MB/s',
  'stream of 100 B sends': 'calls/s',
};

const aims: Readonly<
  Record<string, { atMost: number; of?: string } | { atLeast: number; of?: string }>
> = {
  'worker: append of 100 B, relaxed': { atMost: 1.5, of: 'worker: one put, relaxed' },
  'worker: append of 100 B, strict': { atMost: 1.5, of: 'worker: one put, strict' },
  'worker: append of 1 MiB': { atLeast: 0.8, of: 'worker: put of 1 MiB' },
  'worker: read of 10,400 tiny appends': { atMost: 20 },
  'connection round trip': { atMost: 1.5, of: 'BroadcastChannel round trip, workers' },
  'stream in 100 kB sends': { atLeast: 100 },
  'stream of 100 B sends': { atLeast: 300_000 },
};

/** Median milliseconds from terminate() until another worker has the dead one's lock. */
async function timeOfDeath(
  waiter: Worker,
  start: () => Promise<{ worker: Worker; lock: string }>,
): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < deaths; round++) {
    const { worker, lock } = await start();
    const granted = ask(waiter, { kind: 'wait-for-lock', name: lock });
    // The request must be there first: a lock that is free already would be granted without a death.
    while (!(await navigator.locks.query()).pending?.some(({ name }) => name === lock));
    const begun = performance.timeOrigin + performance.now();
    worker.terminate();
    times.push(Number(await granted) - begun);
  }
  times.sort((one, other) => one - other);
  return times[times.length >> 1] ?? 0;
}

function ask(worker: Worker, message: ToBench): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(message);
  });
}
