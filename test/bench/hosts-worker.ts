/** The worker of `hosts.bench.ts`: the browser's floors and the ports over them, measured where servers run. */
import type { Result } from '../../src/bee/base/result.ts';
import type {
  Connection,
  DiskError,
  Durability,
  NetworkError,
  OpenFile,
} from '../../src/bee/env/index.ts';
import { createBrowserHost } from '../../src/browser/browser-env.ts';

export type ToBench =
  | { readonly kind: 'start'; readonly sessionId: string; readonly pid: number }
  /** Answers whoever connects to port 3301: echoes, or takes a stream and says when it has it all. */
  | { readonly kind: 'serve' }
  | { readonly kind: 'disk' }
  | { readonly kind: 'network' }
  | { readonly kind: 'wait-for-lock'; readonly name: string };

export interface BenchResult {
  readonly name: string;
  readonly value: number;
}

let host: ReturnType<typeof createBrowserHost> | undefined;
let session = '';

addEventListener('message', ({ data }: MessageEvent<ToBench>) => {
  if (data.kind === 'start') {
    session = data.sessionId;
    const process = { cwd: '/', home: '/', hostname: 'localhost', environment: {} };
    host = createBrowserHost({ ...data, ...process }, { line: () => undefined });
    navigator.locks.request(`bench-${data.pid}`, () => {
      postMessage('ready');
      return new Promise(() => undefined);
    });
  } else if (data.kind === 'serve') void serve();
  else if (data.kind === 'disk') void disk().then((results) => postMessage(results));
  else if (data.kind === 'network') void network().then((results) => postMessage(results));
  else {
    void navigator.locks.request(data.name, () =>
      postMessage(performance.timeOrigin + performance.now()),
    );
  }
});

function ports() {
  if (host === undefined) throw new Error('not started');
  return host.env;
}

async function call<T>(
  start: (done: (result: Result<T, DiskError | NetworkError>) => void) => void,
): Promise<T> {
  const result = await new Promise<Result<T, DiskError | NetworkError>>((resolve) =>
    start(resolve),
  );
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** So many batches of each kind of call take turns, and the best of each counts: others use this machine, too. */
const batches = 8;

/**
 * Milliseconds of one call of each kind, measured in turns, so that what slows the machine slows all of them. In batches,
 * because a page's clock shows tenths of a millisecond.
 */
async function compare<Name extends string>(
  rounds: number,
  kinds: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<BenchResult[]> {
  const found = Object.entries<() => Promise<unknown>>(kinds).map(([name, run]) => ({
    name,
    run,
    value: Number.POSITIVE_INFINITY,
  }));
  const batch = Math.ceil(rounds / batches);
  for (let turn = -1; turn < batches; turn++) {
    for (const kind of found) {
      const begun = performance.now();
      for (let round = 0; round < batch; round++) await kind.run();
      // The first turn warms up.
      if (turn >= 0) kind.value = Math.min(kind.value, (performance.now() - begun) / batch);
    }
  }
  return found.map(({ name, value }) => ({ name, value }));
}

/** Milliseconds of a megabyte as megabytes a second. */
const throughput = ({ name, value }: BenchResult): BenchResult => ({ name, value: 1000 / value });

async function disk(): Promise<BenchResult[]> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(`bench-${session}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('blocks');
    request.onsuccess = () => resolve(request.result);
  });
  let key = 0;
  const put = (bytes: Uint8Array, durability: Durability) => () =>
    new Promise<unknown>((resolve) => {
      const tx = database.transaction('blocks', 'readwrite', { durability });
      tx.objectStore('blocks').put(bytes, key++);
      tx.oncomplete = resolve;
      tx.commit();
    });
  const file = await call<OpenFile>((done) => ports().disk.open('/bench', 'create', done));
  const append = (bytes: Uint8Array, durability: Durability) => () =>
    call((done) => file.append(bytes, durability, done));
  const small = new Uint8Array(100);
  const large = new Uint8Array(1024 * 1024);
  const results = [
    ...(await compare(800, {
      'worker: one put, relaxed': put(small, 'relaxed'),
      'worker: append of 100 B, relaxed': append(small, 'relaxed'),
    })),
    ...(await compare(400, {
      'worker: one put, strict': put(small, 'strict'),
      'worker: append of 100 B, strict': append(small, 'strict'),
    })),
    ...(
      await compare(48, {
        'worker: put of 1 MiB': put(large, 'relaxed'),
        'worker: append of 1 MiB': append(large, 'relaxed'),
      })
    ).map(throughput),
  ];
  database.close();
  indexedDB.deleteDatabase(`bench-${session}`);

  const tiny = await call<OpenFile>((done) => ports().disk.open('/tiny', 'create', done));
  for (let at = 0; at < 9900; at++) tiny.append(small, 'relaxed', () => undefined);
  // One at a time, as typed inserts come; the rest above was packed by the file itself.
  for (let at = 0; at < 500; at++) await call((done) => tiny.append(small, 'relaxed', done));
  const readTiny = () => call((done) => tiny.read(0, 2_000_000, done));
  results.push(...(await compare(24, { 'worker: read of 10,400 tiny appends': readTiny })));
  let at = 0;
  const readOn = () => {
    at = (at + large.length) % (40 * large.length);
    return call((done) => file.read(at, large.length, done));
  };
  const reads = await compare(160, { 'worker: read, 1 MiB at a time': readOn });
  return [...results, ...reads.map(throughput)];
}

async function serve(): Promise<void> {
  const echo = new BroadcastChannel('bench-echo');
  echo.onmessage = ({ data }) => {
    if (data.to === 'server') echo.postMessage({ to: 'client', bytes: data.bytes });
  };
  const accept = (connection: Connection): void => {
    let streamed = 0;
    connection.onEvent = (event) => {
      if (event.kind !== 'data') return;
      const [mode] = event.bytes;
      // A stream's bytes are 2, its last one is 3.
      if (mode === 1) connection.send(event.bytes);
      else streamed += event.bytes.length;
      if (event.bytes.at(-1) === 3) connection.send(new Uint8Array([streamed & 0xff]));
    };
  };
  await call((done) => ports().network.listen('', 3301, accept, done));
  postMessage('ready');
}

async function network(): Promise<BenchResult[]> {
  const small = new Uint8Array(100).fill(1);
  const connection = await call<Connection>((done) => ports().network.connect('', 3301, done));
  let heard: () => void = () => undefined;
  let drained: () => void = () => undefined;
  connection.onEvent = (event) => {
    if (event.kind === 'data') heard();
    if (event.kind === 'drained') drained();
  };
  const bare = new BroadcastChannel('bench-echo');
  const trips = await compare(1600, {
    'BroadcastChannel round trip, workers': () =>
      new Promise<void>((resolve) => {
        bare.onmessage = ({ data }) => (data.to === 'client' ? resolve() : undefined);
        bare.postMessage({ to: 'server', bytes: small });
      }),
    'connection round trip': () =>
      new Promise<void>((resolve) => {
        heard = resolve;
        connection.send(small);
      }),
  });
  bare.close();
  const connects = await compare(80, {
    connect: async () => {
      const one = await call<Connection>((done) => ports().network.connect('', 3301, done));
      one.close();
    },
  });
  /** Seconds for so many messages of a size, up to the receiver's answer, as fast as the window allows. */
  const stream = async (size: number, count: number): Promise<number> => {
    const message = new Uint8Array(size).fill(2);
    const begun = performance.now();
    const answered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    for (let at = 0; at < count; at++) {
      const unsent = connection.send(message);
      if (unsent > 1024 * 1024) {
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
      }
    }
    connection.send(new Uint8Array([3]));
    await answered;
    return (performance.now() - begun) / 1000;
  };
  await stream(100_000, 100);
  const largeSeconds = await stream(100_000, 1000);
  const smallSeconds = await stream(100, 300_000);
  return [
    ...trips,
    ...connects,
    { name: 'stream in 100 kB sends', value: 100 / largeSeconds },
    { name: 'stream of 100 B sends', value: 300_000 / smallSeconds },
  ];
}
