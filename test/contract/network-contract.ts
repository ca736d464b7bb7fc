/** The network port's promises (`src/bee/env/network.ts`), each as a case that runs on every host. */
import {
  type Connection,
  type ConnectionEvent,
  type Listener,
  type Network,
  type NetworkError,
  windowBytes,
} from '../../src/bee/env/index.ts';
import {
  type Bench,
  type ContractCase,
  check,
  concat,
  equal,
  outcome,
  pattern,
  sameBytes,
  type TestProcess,
} from './host.ts';

/** One end of a connection with everything that it was told. */
class End {
  readonly connection: Connection;
  readonly parts: Uint8Array[] = [];
  received = 0;
  drained = 0;
  closed = 0;
  error: NetworkError | undefined;
  wasToldAfterClose = false;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.onEvent = (event) => this.#note(event);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return concat(this.parts);
  }

  #note(event: ConnectionEvent): void {
    if (this.closed > 0) this.wasToldAfterClose = true;
    if (event.kind === 'data') {
      this.parts.push(event.bytes.slice());
      this.received += event.bytes.length;
    } else if (event.kind === 'drained') {
      this.drained++;
    } else {
      this.closed++;
      this.error = event.error;
    }
  }
}

/** A listener with the ends that it accepted. */
interface Server {
  readonly listener: Listener;
  readonly accepted: End[];
}

type Outcome<T> = { ok: true; value: T } | { ok: false; error: NetworkError };

function tryListen(
  bench: Bench,
  network: Network,
  port: number | string,
  accepted: End[],
  onAccept: (end: End) => void = () => undefined,
): Promise<Outcome<Listener>> {
  return outcome<Outcome<Listener>>(
    bench,
    (done) =>
      network.listen(
        'localhost',
        port,
        (connection) => {
          const end = new End(connection);
          accepted.push(end);
          onAccept(end);
        },
        done,
      ),
    `listen on ${port}`,
  );
}

async function listen(
  bench: Bench,
  process: TestProcess,
  port: number | string,
  onAccept?: (end: End) => void,
): Promise<Server> {
  const accepted: End[] = [];
  const result = await tryListen(bench, process.network, port, accepted, onAccept);
  if (!result.ok) throw new Error(`listen on ${port}: ${result.error.code}`);
  return { listener: result.value, accepted };
}

/** Connects; the end's receiver is set in the very call that hands the connection over. */
async function tryConnect(
  bench: Bench,
  process: TestProcess,
  port: number | string,
  host = 'localhost',
): Promise<Outcome<End>> {
  return await outcome<Outcome<End>>(
    bench,
    (done) =>
      process.network.connect(host, port, (result) =>
        done(result.ok ? { ok: true, value: new End(result.value) } : result),
      ),
    `connect to ${port}`,
  );
}

async function connect(bench: Bench, process: TestProcess, port: number | string): Promise<End> {
  const result = await tryConnect(bench, process, port);
  if (!result.ok) throw new Error(`connect to ${port}: ${result.error.code}`);
  return result.value;
}

/** Two processes and a connection between them. */
async function pair(bench: Bench, port: number | string) {
  const server = await bench.process();
  const client = await bench.process();
  const { accepted, listener } = await listen(bench, server, port);
  const near = await connect(bench, client, port);
  await bench.until(() => accepted.length === 1, 'the connection is accepted');
  const far = accepted[0];
  if (far === undefined) throw new Error('no connection');
  return { server, client, near, far, accepted, listener };
}

/** Each bench has fresh ports, so a case may use any; these are apart from what a developer's machine listens on. */
/** A network that other programs share may have this port taken: its bench names another. The next one is used, too. */
function portOf(bench: Bench): number {
  return bench.port ?? 33_301;
}

export const networkContract: readonly ContractCase[] = [
  {
    name: 'connect says why it cannot',
    async run(bench) {
      const client = await bench.process();
      const code = async (to: number | string, host?: string): Promise<string> => {
        const result = await tryConnect(bench, client, to, host);
        return result.ok ? 'connected' : result.error.code;
      };
      equal(await code(portOf(bench)), 'ECONNREFUSED', 'nobody listens');
      equal(await code(portOf(bench), 'no-such-host.invalid'), 'ENOTFOUND', 'an unknown name');
      equal(await code(0), 'EINVAL', 'no port');
      equal(await code(70_000), 'EINVAL', 'not a port');
    },
  },
  {
    name: 'both sides talk, and know each other by the same addresses',
    async run(bench) {
      const { near, far } = await pair(bench, portOf(bench));
      equal(near.connection.peerAddress, `127.0.0.1:${portOf(bench)}`, 'whom the client talks to');
      equal(far.connection.localAddress, near.connection.peerAddress, "the server's own");
      equal(far.connection.peerAddress, near.connection.localAddress, "the client's");
      check(/^127\.0\.0\.1:\d+$/.test(near.connection.localAddress), 'the client has a port');
      check(near.connection.fd > 2 && far.connection.fd > 2, 'descriptors');
      near.connection.send(pattern(10, 1));
      await bench.until(() => far.received === 10, 'ten bytes');
      far.connection.send(pattern(20, 2));
      await bench.until(() => near.received === 20, 'twenty bytes');
      sameBytes(far.bytes, pattern(10, 1), 'to the server');
      sameBytes(near.bytes, pattern(20, 2), 'to the client');
    },
  },
  {
    name: 'a port has one listener, and is free when that closes or dies',
    async run(bench) {
      const one = await bench.process();
      const other = await bench.process();
      const first = await listen(bench, one, portOf(bench));
      equal(first.listener.address, `localhost:${portOf(bench)}`, 'address');
      const refused = await tryListen(bench, other.network, portOf(bench), []);
      equal(refused.ok ? 'listening' : refused.error.code, 'EADDRINUSE', 'a second listener');
      const itself = await tryListen(bench, one.network, portOf(bench), []);
      equal(itself.ok ? 'listening' : itself.error.code, 'EADDRINUSE', 'the same process again');
      const free = async (): Promise<Listener> => {
        // A host may hear of the end a moment later.
        for (let tries = 0; tries < 1000; tries++) {
          const result = await tryListen(bench, other.network, portOf(bench), []);
          if (result.ok) return result.value;
          await bench.process();
        }
        throw new Error('the port is not freed');
      };
      first.listener.close();
      (await free()).close();
      const client = await tryConnect(bench, one, portOf(bench));
      equal(client.ok ? 'connected' : client.error.code, 'ECONNREFUSED', 'after both closed');
      for (let tries = 0; tries < 1000; tries++) {
        const again = await tryListen(bench, one.network, portOf(bench), []);
        if (again.ok) break;
      }
      await one.kill();
      await free();
    },
  },
  {
    name: 'bytes arrive in the order in which they were sent, both ways',
    async run(bench) {
      const { near, far } = await pair(bench, portOf(bench));
      const sent: [Uint8Array[], Uint8Array[]] = [[], []];
      for (let at = 0; at < 300; at++) {
        const there = pattern(1 + ((at * 7919) % 9000), at);
        const back = pattern(1 + ((at * 104_729) % 9000), at + 1000);
        sent[0].push(there);
        sent[1].push(back);
        near.connection.send(there);
        far.connection.send(back);
        if (at % 50 === 0) await bench.until(() => far.received > 0, 'something');
      }
      const [there, back] = [concat(sent[0]), concat(sent[1])];
      await bench.until(
        () => far.received === there.length && near.received === back.length,
        'all',
      );
      sameBytes(far.bytes, there, 'there');
      sameBytes(near.bytes, back, 'back');
    },
  },
  {
    name: 'one huge send arrives',
    async run(bench) {
      const { near, far } = await pair(bench, portOf(bench));
      const huge = pattern(5_000_000);
      check(near.connection.send(huge) > windowBytes, 'most of it is not taken at once');
      await bench.until(() => far.received === huge.length, 'all of it');
      sameBytes(far.bytes, huge);
      await bench.until(() => near.drained > 0, 'the sender is told');
    },
  },
  {
    name: 'a view of a larger buffer sends only itself',
    async run(bench) {
      const { near, far } = await pair(bench, portOf(bench));
      const buffer = pattern(100_000);
      near.connection.send(buffer.subarray(50_000, 50_003));
      near.connection.send(new Uint8Array(0));
      near.connection.send(buffer.subarray(7, 9));
      await bench.until(() => far.received >= 5, 'five bytes');
      sameBytes(far.bytes, concat([buffer.subarray(50_000, 50_003), buffer.subarray(7, 9)]));
    },
  },
  {
    name: 'a reader that pauses holds the sender back, and loses nothing',
    async run(bench) {
      const { near, far, client } = await pair(bench, portOf(bench));
      far.connection.pause(true);
      let unsent = 0;
      let sent = 0;
      while (unsent <= windowBytes && sent < 64 * windowBytes) {
        near.connection.send(pattern(100_000, sent));
        sent += 100_000;
        // A process that is driven from afar knows its unsent amount only after a round trip.
        await outcome(bench, (done) => client.disk.stat('/', done));
        unsent = near.connection.send(new Uint8Array(0));
      }
      check(unsent > windowBytes, 'the unsent amount grows above the window');
      const before = far.received;
      // A round trip of another connection: time enough for whatever would wrongly arrive.
      const probe = await pair(bench, portOf(bench) + 1);
      probe.near.connection.send(pattern(1));
      await bench.until(() => probe.far.received === 1, 'a probe');
      equal(far.received, before, 'nothing arrives while it is paused');
      equal(near.drained, 0, 'the sender is not told to go on');
      near.connection.send(pattern(3));
      far.connection.pause(false);
      await bench.until(() => far.received === sent + 3, 'all');
      await bench.until(() => near.drained > 0, 'drained');
      const parts = [];
      for (let at = 0; at < sent; at += 100_000) parts.push(pattern(100_000, at));
      sameBytes(far.bytes, concat([...parts, pattern(3)]));
      await bench.until(() => near.connection.send(new Uint8Array(0)) < windowBytes / 2, 'room');
    },
  },
  {
    name: 'close lets through what was sent, then both sides hear of it once',
    async run(bench) {
      for (const size of [10, 300_000, 3 * windowBytes]) {
        const { near, far, listener } = await pair(bench, portOf(bench));
        near.connection.send(pattern(size));
        near.connection.close();
        near.connection.close();
        equal(near.closed, 0, 'not during the call');
        equal(near.connection.send(pattern(5)), 0, 'a send after close is nothing');
        await bench.until(() => near.closed > 0 && far.closed > 0, 'both are told');
        sameBytes(far.bytes, pattern(size), 'what was sent before');
        equal(far.error, undefined, 'an orderly end');
        far.connection.close();
        far.connection.send(pattern(5));
        listener.close();
        await pair(bench, portOf(bench) + 1).then(({ listener: other }) => other.close());
        equal([near.closed, far.closed], [1, 1], 'once each');
        check(!near.wasToldAfterClose && !far.wasToldAfterClose, 'nothing after closed');
        await bench.until(() => true);
      }
    },
  },
  {
    name: 'a killed peer closes the connection, on whichever side it was',
    async run(bench) {
      for (const victim of ['client', 'server'] as const) {
        const { near, far, client, server, listener } = await pair(bench, portOf(bench));
        const survivor = victim === 'client' ? far : near;
        near.connection.send(pattern(1000));
        far.connection.send(pattern(1000));
        await bench.until(() => survivor.received > 0, 'some bytes');
        await (victim === 'client' ? client : server).kill();
        await bench.until(() => survivor.closed > 0, 'the survivor is told');
        equal(survivor.closed, 1, 'once');
        check(!survivor.wasToldAfterClose, 'nothing after closed');
        sameBytes(survivor.bytes, pattern(1000).subarray(0, survivor.received), 'a prefix');
        equal(survivor.connection.send(pattern(1)), 0, 'a send to the dead is nothing');
        if (victim === 'client') listener.close();
      }
    },
  },
  {
    name: 'a peer that is killed while it is held back still ends the connection',
    async run(bench) {
      const { near, far, client } = await pair(bench, portOf(bench));
      far.connection.pause(true);
      for (let at = 0; at < 5; at++) near.connection.send(pattern(windowBytes));
      await client.kill();
      far.connection.pause(false);
      await bench.until(() => far.closed > 0, 'closed');
      const sent = concat(Array.from({ length: 5 }, () => pattern(windowBytes)));
      sameBytes(far.bytes, sent.subarray(0, far.received), 'a prefix');
    },
  },
  {
    name: 'a greeting sent while accepting reaches the client',
    async run(bench) {
      const server = await bench.process();
      const client = await bench.process();
      await listen(bench, server, portOf(bench), (end) => end.connection.send(pattern(128)));
      for (let at = 0; at < 20; at++) {
        const near = await connect(bench, client, portOf(bench));
        await bench.until(() => near.received === 128, 'the greeting');
        sameBytes(near.bytes, pattern(128), 'greeting');
        near.connection.close();
      }
    },
  },
  {
    name: 'many connections live side by side, and outlive their listener',
    async run(bench) {
      const server = await bench.process();
      const clients = [await bench.process(), await bench.process()];
      const { accepted, listener } = await listen(bench, server, portOf(bench), (end) => {
        const { connection } = end;
        const note = connection.onEvent;
        connection.onEvent = (event) => {
          note(event);
          if (event.kind === 'data') connection.send(event.bytes.slice());
        };
      });
      const ends: End[] = [];
      for (let at = 0; at < 30; at++) {
        const client = clients[at % 2];
        if (client !== undefined) ends.push(await connect(bench, client, portOf(bench)));
      }
      listener.close();
      await bench.until(() => accepted.length === 30, 'all are accepted');
      const descriptors = new Set(accepted.map((end) => end.connection.fd));
      equal(descriptors.size, 30, 'each has a descriptor of its own');
      for (const [at, end] of ends.entries()) end.connection.send(pattern(100 + at, at));
      await bench.until(() => ends.every((end, at) => end.received === 100 + at), 'all echoes');
      for (const [at, end] of ends.entries()) sameBytes(end.bytes, pattern(100 + at, at), 'echo');
    },
  },
  {
    name: 'a process connects to itself',
    async run(bench) {
      const process = await bench.process();
      const { accepted } = await listen(bench, process, portOf(bench));
      const near = await connect(bench, process, portOf(bench));
      await bench.until(() => accepted.length === 1, 'accepted');
      near.connection.send(pattern(50));
      await bench.until(() => accepted[0]?.received === 50, 'fifty bytes');
      accepted[0]?.connection.close();
      await bench.until(() => near.closed === 1, 'closed');
    },
  },
  {
    name: 'a path is a port of its own',
    async run(bench) {
      const path = '/tmp/bee-contract.sock';
      const { near, far, listener } = await pair(bench, path);
      equal(listener.address, path, 'address');
      equal(near.connection.peerAddress, path, 'whom the client talks to');
      near.connection.send(pattern(50));
      await bench.until(() => far.received === 50, 'fifty bytes');
      const client = await bench.process();
      const result = await tryConnect(bench, client, '/tmp/bee-nobody.sock');
      equal(result.ok ? 'connected' : result.error.code, 'ECONNREFUSED', 'a path without listener');
      listener.close();
    },
  },
];
