/** The page of `trouble.test.ts`: faults, storage that is taken away, deaths; processes are workers. */
import type { Result } from '../../../src/bee/base/result.ts';
import type { Connection, DiskError, NetworkError, OpenFile } from '../../../src/bee/env/index.ts';
import { BrowserSession } from '../../../src/browser/session.ts';
import type { RemoteProcess } from '../../contract/remote-process.ts';
import { patienceMs } from '../../support/patience.ts';
import { workerProcess } from './worker-process.ts';

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not in time`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const newSession = (): string => `trouble-${crypto.randomUUID()}`;

/** A port call as a promise; a failure's code as an exception. */
async function call<T>(
  start: (done: (result: Result<T, DiskError | NetworkError>) => void) => void,
): Promise<T> {
  const result = await new Promise<Result<T, DiskError | NetworkError>>((resolve) =>
    start(resolve),
  );
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.message}`);
  return result.value;
}

const reason = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: Error) => error.message,
  );

class Ear {
  heard = '';

  constructor(connection: Connection) {
    connection.onEvent = (event) => {
      if (event.kind === 'data') this.heard += new TextDecoder().decode(event.bytes);
      if (event.kind === 'closed') this.heard += `|closed ${event.error?.code ?? ''}`;
    };
  }
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** A connection from one process to another's port 3301. */
async function wire(client: RemoteProcess, server: RemoteProcess) {
  const accepted: { far: Connection; ear: Ear }[] = [];
  await call((done) =>
    server.network.listen('', 3301, (far) => accepted.push({ far, ear: new Ear(far) }), done),
  );
  const near = await call<Connection>((done) => client.network.connect('', 3301, done));
  const nearEar = new Ear(near);
  await until(() => accepted.length === 1, 'accepted');
  const [{ far, ear } = { far: near, ear: nearEar }] = accepted;
  return { near, nearEar, far, farEar: ear };
}

/** How many blocks and inodes the session's database holds. */
function count(sessionId: string): Promise<{ blocks: number; inodes: number }> {
  return new Promise((resolve) => {
    const request = indexedDB.open(`bee/${sessionId}`);
    request.onsuccess = () => {
      const tx = request.result.transaction(['blocks', 'inodes']);
      const blocks = tx.objectStore('blocks').count();
      const inodes = tx.objectStore('inodes').count();
      tx.oncomplete = () => {
        request.result.close();
        resolve({ blocks: blocks.result, inodes: inodes.result });
      };
    };
  });
}

/** What outlives one call from the test. */
const kept: { session?: BrowserSession; process?: RemoteProcess; file?: OpenFile; ear?: Ear } = {};

const troubles = {
  async links() {
    const id = newSession();
    const session = new BrowserSession(id);
    const [server, client] = [workerProcess(id), workerProcess(id)];
    const { near, nearEar, far, farEar } = await wire(client, server);
    const serverName = 'port:3301';
    const clientName = `pid:${client.pid}`;
    const log: Record<string, unknown> = {};

    session.faults.cut(clientName, serverName, 'one-way');
    // The rule travels on a channel of its own: a first message finds out when it is there.
    await pause(50);
    near.send(text('a'));
    far.send(text('x'));
    await until(() => nearEar.heard === 'x', 'the whole direction');
    log['half open'] = farEar.heard;
    near.send(text('b'));
    session.faults.heal(clientName, serverName);
    await until(() => farEar.heard === 'ab', 'healed');

    session.faults.delay(clientName, serverName, 0.3);
    await pause(50);
    const began = performance.now();
    near.send(text('c'));
    await until(() => farEar.heard === 'abc', 'late');
    log['delayed'] = performance.now() - began >= 295;
    session.faults.healAll();
    await pause(50);

    session.faults.drop(clientName, serverName);
    await until(() => nearEar.heard.includes('closed') && farEar.heard.includes('closed'), 'drop');
    log['dropped'] = [nearEar.heard, farEar.heard];

    session.faults.cut(clientName, serverName);
    await pause(50);
    let connected: Connection | undefined;
    client.network.connect('', 3301, (result) => {
      if (result.ok) connected = result.value;
    });
    await pause(400);
    log['connect over a cut link'] = connected === undefined;
    session.faults.healAll();
    await until(() => connected !== undefined, 'the connect goes through');

    if (connected === undefined) throw new Error('not connected');
    const ear = new Ear(connected);
    session.faults.cut(clientName, serverName);
    await pause(50);
    await server.kill();
    await pause(200);
    log['death behind a cut'] = ear.heard;
    session.faults.healAll();
    await until(() => ear.heard !== '', 'the death is noticed');
    log['death'] = ear.heard;
    await client.kill();
    await session.destroy();
    return log;
  },

  /** Time from terminate() until a waiting lock is granted and until the peer's connection ends, in milliseconds. */
  async death() {
    const id = newSession();
    const [server, client] = [workerProcess(id), workerProcess(id)];
    const { nearEar } = await wire(client, server);
    const began = performance.now();
    await server.kill();
    await until(() => nearEar.heard !== '', 'the death is noticed');
    const noticed = performance.now() - began;
    await client.kill();
    return noticed;
  },

  async fullDisk() {
    const session = new BrowserSession(newSession());
    await session.open();
    const process = workerProcess(session.id);
    const file = await call<OpenFile>((done) => process.disk.open('/f', 'create', done));
    const append = () => reason(call((done) => file.append(text('12345'), 'relaxed', done)));
    const outcomes = [await append()];
    session.faults.fillDisk(true);
    await pause(50);
    outcomes.push(await append());
    session.faults.fillDisk(false);
    await pause(50);
    outcomes.push(await append());
    const read = await session.files.readFile('/f');
    await process.kill();
    await session.destroy();
    return { outcomes, size: read.ok && read.value.length };
  },

  /** The shell removes what a server has open. */
  async removedWhileOpen() {
    const session = new BrowserSession(newSession());
    await session.open();
    const process = workerProcess(session.id);
    await session.files.mkdir('/d');
    const file = await call<OpenFile>((done) => process.disk.open('/d/f', 'create', done));
    await call((done) => file.append(text('before '), 'relaxed', done));
    await session.files.remove('/d');
    await call((done) => file.append(text('after'), 'relaxed', done));
    const read = await call<Uint8Array>((done) => file.read(0, 100, done));
    const whileOpen = await count(session.id);
    await call((done) => file.close(done));
    let closed = await count(session.id);
    // The blocks go in the background, when the lock is given back.
    for (let tries = 0; tries < 100 && closed.blocks > 0; tries++) closed = await count(session.id);
    const victim = workerProcess(session.id);
    const orphan = await call<OpenFile>((done) => victim.disk.open('/orphan', 'create', done));
    await call((done) => orphan.append(text('orphan'), 'relaxed', done));
    await session.files.unlink('/orphan');
    await victim.kill();
    await pause(100);
    const killed = await count(session.id);
    await session.close();
    const again = new BrowserSession(session.id);
    await again.open();
    const swept = await count(session.id);
    await process.kill();
    await again.destroy();
    return { text: new TextDecoder().decode(read), whileOpen, closed, killed, swept };
  },

  /** Leaves a process with an open file that holds 100,000 bytes. */
  async prepare() {
    const session = new BrowserSession(newSession());
    await session.open();
    const process = workerProcess(session.id);
    const file = await call<OpenFile>((done) => process.disk.open('/f', 'create', done));
    await call((done) => file.append(new Uint8Array(100_000).fill(1), 'strict', done));
    Object.assign(kept, { session, process, file });
  },

  /** Appends a megabyte of what does not compress; 'ok' or why not. */
  append() {
    const { file } = kept;
    const bytes = new Uint8Array(1_000_000);
    for (let at = 0; at < bytes.length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    return reason(call((done) => file?.append(bytes, 'strict', done)));
  },

  async size() {
    const found = await kept.session?.files.stat('/f');
    return found?.ok ? found.value.size : found?.error.message;
  },

  async dropDatabase() {
    const { session } = kept;
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(`bee/${session?.id}`);
      request.onsuccess = resolve;
      request.onerror = reject;
      request.onblocked = () => reject(new Error('blocked'));
    });
  },

  async finish() {
    await kept.process?.kill();
    await kept.session?.close();
  },

  /** In one tab: a process that listens. In the other: one that connects to it. */
  async listenIn(sessionId: string) {
    const process = workerProcess(sessionId);
    kept.process = process;
    await call((done) =>
      process.network.listen('', 3301, (connection) => connection.send(text('hello')), done),
    );
    await call((done) => process.disk.mkdir('/d', done));
    await call((done) => process.disk.lock('/d', done));
  },

  async connectIn(sessionId: string) {
    const process = workerProcess(sessionId);
    kept.process = process;
    const inUse = await reason(
      call((done) => process.network.listen('', 3301, () => undefined, done)),
    );
    const locked = await reason(call((done) => process.disk.lock('/d', done)));
    const connection = await call<Connection>((done) => process.network.connect('', 3301, done));
    const ear = new Ear(connection);
    kept.ear = ear;
    await until(() => ear.heard === 'hello', 'the greeting from the other tab');
    return { inUse, locked };
  },

  /** After the other tab was closed. */
  async afterClose() {
    const { ear, process } = kept;
    await until(() => ear?.heard.includes('closed') === true, 'the end of the other tab');
    const free = await reason(
      call((done) => process?.network.listen('', 3301, () => undefined, done)),
    );
    const unlocked = await reason(call((done) => process?.disk.lock('/d', done)));
    return { heard: ear?.heard, free, unlocked };
  },
};

export type Troubles = typeof troubles;

Object.assign(globalThis, { troubles });
