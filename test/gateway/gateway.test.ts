// The gateway and the page's side of it, in one process: Node has no WebSocket of its own, the `ws` package's is the same in what is used.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Connection,
  type Listener,
  type NetworkError,
  windowBytes,
} from '../../src/bee/env/index.ts';
import { networkError } from '../../src/bee/env/posix.ts';
import { encodePipeMessage, PipeClose } from '../../src/bee/wire/pipe-messages.ts';
import { GatewayNetwork } from '../../src/browser/gateway-network.ts';
import { Gateway, type GatewayOptions } from '../../src/gateway/gateway.ts';
import { freePort } from '../iproto/real-server.ts';

const token = 'a-token-for-tests';
const gateways: Gateway[] = [];
const servers: Server[] = [];
const closers: (() => void)[] = [];

beforeAll(() => {
  Reflect.set(globalThis, 'WebSocket', WebSocket);
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  for (const gateway of gateways.splice(0)) await gateway.stop();
  for (const server of servers.splice(0)) server.close();
});

/** Starts a gateway. @returns its address, with the token */
async function startGateway(options: Partial<GatewayOptions> = {}): Promise<string> {
  const gateway = new Gateway({
    host: '127.0.0.1',
    port: 0,
    token,
    allow: [],
    listen: [],
    origins: [],
    connectionsMax: 10,
    log: () => undefined,
    ...options,
  });
  gateways.push(gateway);
  return await gateway.start();
}

/** A TCP server, its clients in order. */
async function startTarget(): Promise<{ target: string; clients: Socket[] }> {
  const clients: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    clients.push(socket);
    closers.push(() => socket.destroy());
    socket.on('error', () => undefined);
  });
  servers.push(server);
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { target: `127.0.0.1:${port}`, clients };
}

const lines: string[] = [];

/** The session's own network: here nobody else is in it. */
const session = {
  listen: (
    _host: string,
    port: number | string,
    _accept: unknown,
    done: (result: { ok: true; value: Listener }) => void,
  ) => done({ ok: true, value: { fd: 11, address: `127.0.0.1:${port}`, close: () => undefined } }),
  connect: (
    _host: string,
    _port: number | string,
    done: (result: { ok: false; error: NetworkError }) => void,
  ) => done({ ok: false, error: networkError('ECONNREFUSED') }),
};

function network(): GatewayNetwork {
  const made = new GatewayNetwork(session, { line: (text) => lines.push(text) });
  closers.push(() => made.close());
  return made;
}

/** One end with what came. */
class End {
  readonly connection: Connection;
  readonly parts: Uint8Array[] = [];
  bytes = 0;
  drained = 0;
  isClosed = false;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.onEvent = (event) => {
      if (event.kind === 'data') {
        this.parts.push(event.bytes);
        this.bytes += event.bytes.length;
      } else if (event.kind === 'drained') this.drained++;
      else this.isClosed = true;
    };
  }

  get whole(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function connect(address: string): Promise<End | NetworkError> {
  return new Promise((resolve) =>
    network().connect(address, '', (result) =>
      resolve(result.ok ? new End(result.value) : result.error),
    ),
  );
}

async function connected(address: string): Promise<End> {
  const end = await connect(address);
  if (!(end instanceof End)) throw new Error(end.message);
  return end;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Bytes in which each place can be told from the next. */
function pattern(length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  return bytes;
}

describe('a connection through the gateway', () => {
  test('bytes go both ways, and an end travels', async () => {
    const { target, clients } = await startTarget();
    const address = await startGateway({ allow: [target] });
    const end = await connected(`${address}/${target}`);
    await until(() => clients.length === 1, 'the target has a client');
    const [client] = clients;
    client?.resume().on('data', (bytes) => client.write(Buffer.from(bytes).reverse()));
    end.connection.send(Buffer.from('abc'));
    await until(() => end.bytes === 3, 'the answer');
    expect(end.whole.toString()).toBe('cba');
    expect(end.connection.peerAddress).toBe(target);
    client?.end();
    await until(() => end.isClosed, 'the end');
  });

  test('a page that closes is gone for the target too, with all that it had sent', async () => {
    const { target, clients } = await startTarget();
    const end = await connected(`${await startGateway({ allow: [target] })}/${target}`);
    const sent = pattern(500_000);
    end.connection.send(sent);
    end.connection.close();
    await until(() => clients.length === 1, 'the target has a client');
    const parts: Buffer[] = [];
    const ended = new Promise((resolve) => clients[0]?.once('end', resolve));
    clients[0]?.on('data', (bytes: Buffer) => parts.push(bytes)).resume();
    await ended;
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
  });

  test('a target that takes nothing holds the page back; then all arrives', async () => {
    const { target, clients } = await startTarget();
    const end = await connected(`${await startGateway({ allow: [target] })}/${target}`);
    const sent = pattern(30 * windowBytes);
    const unsent = end.connection.send(sent);
    expect(unsent).toBe(sent.length);
    await until(() => clients.length === 1, 'the target has a client');
    // Kernel buffers take some MiB; the gateway itself takes no more than a window.
    let last = -1;
    for (let now = -2; now !== last; ) {
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = end.connection.send(new Uint8Array(0));
    }
    expect(last).toBeGreaterThan(10 * windowBytes);
    let received = 0;
    const parts: Buffer[] = [];
    clients[0]?.on('data', (bytes: Buffer) => {
      received += bytes.length;
      parts.push(bytes);
    });
    clients[0]?.resume();
    await until(() => received === sent.length, 'all bytes');
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    await until(() => end.drained === 1, 'the page hears that it is drained');
  });

  test('a page that takes nothing holds the target back; then all arrives', async () => {
    const { target, clients } = await startTarget();
    const end = await connected(`${await startGateway({ allow: [target] })}/${target}`);
    end.connection.pause(true);
    await until(() => clients.length === 1, 'the target has a client');
    const [client] = clients;
    const sent = pattern(30 * windowBytes);
    client?.write(sent);
    let last = -1;
    for (let now = -2; now !== last; ) {
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
      now = client?.bytesWritten === undefined ? 0 : client.writableLength;
    }
    expect(client?.writableLength).toBeGreaterThan(0);
    expect(end.bytes).toBe(0);
    end.connection.pause(false);
    await until(() => end.bytes === sent.length, 'all bytes');
    expect(end.whole.equals(sent)).toBe(true);
  });

  test('a gateway that is killed ends its connections', async () => {
    const { target, clients } = await startTarget();
    const end = await connected(`${await startGateway({ allow: [target] })}/${target}`);
    await until(() => clients.length === 1, 'the target has a client');
    await gateways[0]?.stop();
    await until(() => end.isClosed, 'the end');
  });
});

describe('who and what is let through', () => {
  test('no gateway', async () => {
    const address = `ws://127.0.0.1:${await freePort()}/${token}/127.0.0.1:3301`;
    expect(await connect(address)).toEqual({
      code: 'EGATEWAY',
      message: expect.stringMatching(/^no gateway answers at ws:.*: npm run gateway starts one$/),
    });
  });

  test('a wrong token', async () => {
    const address = await startGateway({ allow: ['127.0.0.1:3301'] });
    expect(await connect(`${address}x/127.0.0.1:3301`)).toEqual({
      code: 'EGATEWAY',
      message: expect.stringMatching(/: the token is not the one that it printed$/),
    });
  });

  test.each(['127.0.0.1:3302', '127.0.0.2:3301', 'localhost:3301', 'example.org:80'])(
    'a target that is not on the list: %s',
    async (target) => {
      const address = await startGateway({ allow: ['127.0.0.1:3301'] });
      expect(await connect(`${address}/${target}`)).toEqual({
        code: 'EGATEWAY',
        message: expect.stringContaining(
          `${target} is not allowed: start it with --allow ${target}`,
        ),
      });
    },
  );

  test('a target where nobody listens is refused as any other', async () => {
    const target = `127.0.0.1:${await freePort()}`;
    const address = await startGateway({ allow: [target] });
    expect(await connect(`${address}/${target}`)).toEqual(networkError('ECONNREFUSED'));
  });

  test('more connections than there may be', async () => {
    const { target } = await startTarget();
    const address = await startGateway({ allow: [target], connectionsMax: 2 });
    const first = await connected(`${address}/${target}`);
    await connected(`${address}/${target}`);
    expect(await connect(`${address}/${target}`)).toMatchObject({ code: 'EGATEWAY' });
    first.connection.close();
    await until(() => first.isClosed, 'a place is free');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await connected(`${address}/${target}`);
  });

  test.each([
    ['http://localhost:5173', undefined],
    ['http://127.0.0.1:8080', undefined],
    ['https://bee.example', undefined],
    [undefined, undefined],
    ['https://evil.example', PipeClose.notAllowed],
    ['http://localhost.evil.example', PipeClose.notAllowed],
    ['null', PipeClose.notAllowed],
  ])('pages of %s', async (origin, code) => {
    const { target } = await startTarget();
    const address = await startGateway({ allow: [target], origins: ['https://bee.example'] });
    const socket = new WebSocket(`${address}/${target}`, origin === undefined ? {} : { origin });
    closers.push(() => socket.terminate());
    const seen = await new Promise((resolve) => {
      socket.once('message', () => resolve(undefined));
      socket.once('close', resolve);
    });
    expect(seen).toBe(code);
  });

  test.each([
    [
      'more than a window at once',
      new Array(400).fill(
        encodePipeMessage({ kind: 'data', bytes: new Uint8Array(100_000), taken: 0 }),
      ),
      PipeClose.broken,
    ],
    ['what is no message', [new Uint8Array([9, 9])], PipeClose.broken],
    [
      'having taken more than was sent',
      [encodePipeMessage({ kind: 'taken', bytes: 1 })],
      PipeClose.broken,
    ],
    ['a message larger than any of a page', [new Uint8Array(3_000_000)], 1009],
  ])('a client that breaks the rules by %s is thrown out', async (_what, messages, code) => {
    const { target } = await startTarget();
    const socket = new WebSocket(`${await startGateway({ allow: [target] })}/${target}`);
    closers.push(() => socket.terminate());
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('message', resolve));
    // In one piece of TCP: the target, which reads nothing, has no time to take any.
    for (const message of messages as Uint8Array[]) socket.send(message);
    expect(await closed).toBe(code);
  });
});

describe('a port of the gateway’s machine for a server in the page', () => {
  async function listen(address: string, accepted: End[]): Promise<Listener | NetworkError> {
    return await new Promise((resolve) =>
      network().listen(
        address,
        '',
        (connection) => accepted.push(new End(connection)),
        (result) => resolve(result.ok ? result.value : result.error),
      ),
    );
  }

  function client(port: number): Promise<End | NetworkError> {
    return connect(`${currentAddress}/127.0.0.1:${port}`);
  }
  let currentAddress = '';

  test('clients reach it, bytes go both ways, and closing frees the port', async () => {
    const port = await freePort();
    currentAddress = await startGateway({ listen: [port] });
    const accepted: End[] = [];
    const listener = await listen(`${currentAddress}/${port}`, accepted);
    if (!('close' in listener)) throw new Error(listener.message);
    const [one, two] = [await client(port), await client(port)];
    if (!(one instanceof End && two instanceof End)) throw new Error('not connected');
    await until(() => accepted.length === 2, 'two clients');
    one.connection.send(Buffer.from('one'));
    await until(() => accepted.some(({ bytes }) => bytes === 3), 'its bytes');
    const asked = accepted.find(({ bytes }) => bytes === 3);
    asked?.connection.send(pattern(3_000_000));
    await until(() => one.bytes === 3_000_000, 'the answer');
    expect(one.whole.equals(pattern(3_000_000))).toBe(true);
    listener.close();
    for (
      let last: End | NetworkError = one;
      last instanceof End || last.code !== 'ECONNREFUSED';
    ) {
      last = await client(port);
    }
  });

  test('a port that was not offered, and one that is taken', async () => {
    const { target } = await startTarget();
    const taken = Number(target.split(':')[1]);
    const address = await startGateway({ listen: [taken] });
    expect(await listen(`${address}/${taken}`, [])).toEqual(networkError('EADDRINUSE'));
    expect(await listen(`${address}/1`, [])).toEqual({
      code: 'EGATEWAY',
      message: expect.stringContaining('port 1 is not offered: start it with --listen 1'),
    });
  });

  test('a gateway that comes back listens again, and the log says both', async () => {
    const [own, port] = [await freePort(), await freePort()];
    currentAddress = await startGateway({ port: own, listen: [port] });
    const accepted: End[] = [];
    await listen(`${currentAddress}/${port}`, accepted);
    lines.length = 0;
    await gateways.pop()?.stop();
    await until(() => lines.length === 1, 'the loss is said');
    await startGateway({ port: own, listen: [port] });
    await until(() => lines.length === 2, 'the return is said');
    expect(lines).toEqual([
      `gateway ws://127.0.0.1:${own} is gone: nobody outside the page reaches this server`,
      `gateway ws://127.0.0.1:${own} is back, and listens again`,
    ]);
    expect(await client(port)).toBeInstanceOf(End);
    await until(() => accepted.length === 1, 'a client');
  });
});
