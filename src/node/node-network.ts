import { existsSync, rm } from 'node:fs';
import {
  type AddressInfo,
  createConnection,
  createServer,
  type ListenOptions,
  type Server,
  type Socket,
} from 'node:net';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../bee/base/result.ts';
import { formatAddress, gatewayRefusal, isPort } from '../bee/env/address.ts';
import {
  type Connection,
  type ConnectionEvent,
  type Listener,
  type Network,
  type NetworkError,
  type NetworkErrorCode,
  windowBytes,
} from '../bee/env/index.ts';
import { networkError } from '../bee/env/posix.ts';

/** A gateway is for those who cannot do what this host does. */
const ownSockets =
  'gateways are for servers in a page: leave out ws://GATEWAY/TOKEN/ here, as this server opens sockets itself';

type Listened = (result: Result<Listener, NetworkError>) => void;
type Side = 'client' | 'server';
type Accept = (connection: Connection) => void;

/** The network port over real TCP and unix sockets. */
export class NodeNetwork implements Network {
  listen(host: string, port: number | string, accept: Accept, done: Listened): void {
    const refusal = gatewayRefusal(host, ownSockets);
    if (refusal !== undefined) setImmediate(() => done(fail(refusal)));
    else if (isPort(port)) listen(host, port, accept, done);
    else setImmediate(() => done(fail(networkError('EINVAL'))));
  }

  connect(
    host: string,
    port: number | string,
    done: (result: Result<Connection, NetworkError>) => void,
  ): void {
    const refusal = gatewayRefusal(host, ownSockets);
    if (refusal !== undefined || !isPort(port)) {
      setImmediate(() => done(fail(refusal ?? networkError('EINVAL'))));
      return;
    }
    const socket =
      typeof port === 'string'
        ? createConnection(port)
        : createConnection({
            host: host === '' ? 'localhost' : host,
            port,
            family: familyOf(host),
          });
    const refused = (error: NodeJS.ErrnoException): void => done(fail(errorOf(error)));
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      done(ok(new NodeConnection(socket, port, 'client')));
    });
  }
}

function listen(
  host: string,
  port: number | string,
  accept: Accept,
  done: Listened,
  isRetry = false,
): void {
  const server = createServer((socket) => accept(new NodeConnection(socket, port, 'server')));
  const refused = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EADDRINUSE' && typeof port === 'string' && !isRetry) {
      removeStale(port, (isRemoved) => {
        if (isRemoved) listen(host, port, accept, done, true);
        else done(fail(networkError('EADDRINUSE')));
      });
    } else done(fail(listenErrorOf(error, port)));
  };
  server.once('error', refused);
  const where: ListenOptions =
    typeof port === 'string' ? { path: port } : { port, host: bindAddress(host) };
  server.listen(where, () => {
    server.off('error', refused);
    done(
      ok({
        fd: descriptorOf(server),
        address: formatAddress(host, port),
        close: () => close(server),
      }),
    );
  });
}

function close(server: Server): void {
  server.close();
}

/** The socket of a server that died stays behind as a file. As the real server does: whom nobody answers on is removed. */
function removeStale(path: string, done: (isRemoved: boolean) => void): void {
  const probe = createConnection(path);
  probe.once('connect', () => {
    probe.destroy();
    done(false);
  });
  probe.once('error', () => rm(path, (error) => done(error === null)));
}

class NodeConnection implements Connection {
  readonly fd: number;
  readonly localAddress: string;
  readonly peerAddress: string;
  onEvent: (event: ConnectionEvent) => void = () => undefined;
  readonly #socket: Socket;
  #isClosed = false;
  #wasAboveHalf = false;

  constructor(socket: Socket, port: number | string, side: Side) {
    this.#socket = socket;
    this.fd = descriptorOf(socket);
    const [local, peer] = addressesOf(socket, port, side);
    this.localAddress = local;
    this.peerAddress = peer;
    let error: NetworkError | undefined;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer<ArrayBuffer>) => {
      if (!this.#isClosed)
        this.onEvent({
          kind: 'data',
          bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
        });
    });
    socket.on('error', (cause) => {
      error = errorOf(cause);
    });
    // The other side closed, and takes nothing more: half-open connections are not in the port.
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#closed(error));
  }

  send(bytes: Uint8Array): number {
    if (this.#isClosed || this.#socket.destroyed) return 0;
    if (bytes.length > 0) this.#socket.write(bytes, () => this.#written());
    const unsent = this.#socket.writableLength;
    this.#wasAboveHalf ||= unsent >= windowBytes / 2;
    return unsent;
  }

  pause(paused: boolean): void {
    if (this.#isClosed) return;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#socket.end();
    // What still comes is read and dropped, else the other side could not end.
    this.#socket.resume();
    setImmediate(() => this.#closed(undefined));
  }

  #written(): void {
    if (!this.#wasAboveHalf || this.#isClosed) return;
    if (this.#socket.writableLength >= windowBytes / 2) return;
    this.#wasAboveHalf = false;
    this.onEvent({ kind: 'drained' });
  }

  #closed(error: NetworkError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onEvent({ kind: 'closed', error });
  }
}

/** Node does not show descriptors; its handle of a socket has one on Unix. -1 where it has not. */
function descriptorOf(socket: Socket | Server): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null && Reflect.get(handle, 'fd');
  return typeof fd === 'number' ? fd : -1;
}

/** Own address and the peer's. Of a unix socket only the listening side has a name. */
function addressesOf(socket: Socket, port: number | string, side: Side): readonly [string, string] {
  if (typeof port === 'string') return side === 'client' ? ['', port] : [port, ''];
  const local = socket.address() as Partial<AddressInfo>; // A connected TCP socket has no other kind of address.
  return [
    `${local.address ?? ''}:${local.port ?? 0}`,
    `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`,
  ];
}

function bindAddress(host: string): string {
  if (host === '' || host === '*') return '0.0.0.0';
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** `localhost` is 127.0.0.1 in all that Bee prints, so it must not become ::1 on some machines. */
function familyOf(host: string): 0 | 4 {
  return host === 'localhost' || host === '' ? 4 : 0;
}

const codes: Readonly<Record<string, NetworkErrorCode>> = {
  EADDRINUSE: 'EADDRINUSE',
  ECONNREFUSED: 'ECONNREFUSED',
  ECONNRESET: 'ECONNRESET',
  EPIPE: 'EPIPE',
  ENOTFOUND: 'ENOTFOUND',
  EAI_AGAIN: 'ENOTFOUND',
  ETIMEDOUT: 'ETIMEDOUT',
  // A unix socket that is not there.
  ENOENT: 'ECONNREFUSED',
};

/** Node says EACCES of a path in a directory that is not there. */
function listenErrorOf(error: NodeJS.ErrnoException, port: number | string): NetworkError {
  if (error.code === 'EACCES' && typeof port === 'string' && !existsSync(dirname(port))) {
    return { code: 'EINVAL', message: 'No such file or directory' };
  }
  return errorOf(error);
}

function errorOf(error: NodeJS.ErrnoException): NetworkError {
  const code = codes[error.code ?? ''];
  if (code !== undefined) return networkError(code);
  if (error.code === 'EACCES') return { code: 'EINVAL', message: 'Permission denied' };
  return { code: 'EINVAL', message: error.message };
}
