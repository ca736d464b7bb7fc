/**
 * The server's door: the binary protocol on a port. The walk of a request:
 *
 * 1. `IprotoServer.listen` binds the port. A client that connects gets an `IprotoConnection`: a session of guest, a greeting
 *    with a fresh salt.
 * 2. Bytes that arrive are cut into frames (`Channel`); each whole frame becomes a fiber named `main`, so that a slow request does not
 *    hold up the next one of the same client. Answers may come in another order than requests, as in the real server: the sync tells
 *    which is which. There are at most `net_msg_max` such fibers; beyond that, connections are not read.
 * 3. The fiber takes the frame apart (`iproto-packet.ts`, `wire/requests.ts`) and hands it to the box, the Lua layer, the login
 *    (`iproto-auth.ts`) or replication, and encodes the answer (`iproto-request.ts`).
 * 4. It waits until all that it can have seen is written (`durable`), and only then gives the answer out. Answers of one round
 *    of the scheduler to one client leave in one piece.
 * 5. JOIN and SUBSCRIBE take the connection over: nothing else is read from it until they end.
 *
 * What the real server does and Bee does not: a thread of its own for the network; SQL requests (EXECUTE, PREPARE); TLS, which 2.6.0
 * has not either. Frames are bounded by 128 MiB instead of 2 GiB.
 */
import { awaitCall } from '../base/await.ts';
import type { Task } from '../base/fiber.ts';
import type { Uri } from '../base/uri.ts';
import { typedError } from '../box/error.ts';
import type { Connection, Listener, NetworkError } from '../env/index.ts';
import { Errno } from '../replication/error.ts';
import { IprotoConnection, iprotoOrigin } from './iproto-connection.ts';
import type { IprotoHost } from './iproto-host.ts';
import { connectionsMax } from './limits.ts';

export class IprotoServer {
  readonly host: IprotoHost;
  readonly #connections = new Set<IprotoConnection>();
  /** Connections that may not be read until fewer requests are served, the longest waiting first. */
  readonly #waiting = new Set<IprotoConnection>();
  /** Connections with answers that have not left yet. */
  readonly #unsent = new Set<IprotoConnection>();
  #listener: Listener | undefined;
  /** Where it listens, as logs and `db.info.listen` name it. */
  #address = '';
  #requests = 0;
  /** What `db.stat.net()` says, since the start. */
  readonly totals = { connections: 0, requests: 0, sentBytes: 0, receivedBytes: 0 };

  constructor(host: IprotoHost) {
    this.host = host;
  }

  /** Where it listens, `0.0.0.0:3301`; undefined while it does not. */
  get address(): string | undefined {
    return this.#listener === undefined ? undefined : this.#address;
  }

  /** Connections at this moment, for statistics. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Requests that are served at this moment, for statistics. */
  get requestCount(): number {
    return this.#requests;
  }

  /**
   * Listens on another address instead of the present one; undefined stops listening. Connections stay.
   * @throws ClientError of type SystemError when the port is taken
   */
  *listen(uri: Uri | undefined): Task<void> {
    const { scheduler, network, log } = this.host;
    if (this.#listener !== undefined) {
      this.#listener.close();
      this.#listener = undefined;
      log('I', 'binary: stopped', { origin: iprotoOrigin });
    }
    if (uri === undefined) return;
    // A port alone means all addresses; so does `*`.
    const name = uri.host === '' || uri.host === '*' ? '0.0.0.0' : uri.host;
    // Of a larger number the real server takes the 16 bits that a port has.
    const port = /^\d+$/.test(uri.service) ? Number(uri.service) % 65_536 : uri.service;
    if (typeof port === 'string' && uri.host !== 'unix/' && port !== '') {
      // No table of service names here: a name would be taken for the path of a socket.
      throw typedError('SocketError', "can't resolve uri for bind, called on fd -1").at(
        'evio.c',
        382,
      );
    }
    const result = yield* awaitCall<Listener, NetworkError>(scheduler, (done) =>
      network.listen(name, port, (connection) => this.#accept(connection), done),
    );
    if (!result.ok) {
      if (result.error.code === 'EGATEWAY') {
        throw typedError('SystemError', `binary: ${result.error.message}`).at('evio.c', 399);
      }
      const isTaken = result.error.code === 'EADDRINUSE';
      if (uri.host === 'unix/' && !isTaken) {
        const words = 'bind, called on fd -1, aka unix/:(socket)';
        throw typedError('SocketError', words, { errno: Errno.EINVAL }).at('evio.c', 359);
      }
      const text = 'binary: failed to bind, called on fd -1';
      const errno = isTaken ? Errno.EADDRINUSE : Errno.EINVAL;
      throw typedError('SystemError', text, { errno }).at('evio.c', 399);
    }
    this.#listener = result.value;
    this.#address = uri.host === 'unix/' ? 'unix/:(socket)' : result.value.address;
    log('I', `binary: bound to ${this.#address}`, { origin: iprotoOrigin });
  }

  /** Stops listening and ends all connections, when the instance exits. */
  close(): void {
    this.#listener?.close();
    this.#listener = undefined;
    for (const connection of this.#connections) connection.close();
  }

  /** Takes a place for a request. False when all are taken: the connection is called when one is free. */
  begin(connection: IprotoConnection): boolean {
    if (this.#requests >= this.host.netMsgMax()) {
      if (this.#waiting.size === 0) {
        const text = `stopping input on connection ${connection.description}, net_msg_max limit is reached`;
        this.host.log('W', text, { origin: iprotoOrigin, source: 'iproto.cc:617' });
      }
      this.#waiting.add(connection);
      return false;
    }
    this.#requests++;
    return true;
  }

  /** Gives a request's place back. */
  end(): void {
    this.#requests--;
    for (const connection of this.#waiting) {
      if (this.#requests >= this.host.netMsgMax()) break;
      this.#waiting.delete(connection);
      connection.read();
    }
  }

  /** A connection has answers to send: they leave when the fibers that are ready now have run, all in one piece. */
  flushLater(connection: IprotoConnection): void {
    if (this.#unsent.size === 0) {
      // Made ready behind everybody who is ready already; it has no transaction and belongs to no session.
      this.host.scheduler.spawn('iproto', () => this.#flush());
    }
    this.#unsent.add(connection);
  }

  /** The connection is over and nothing of it is left. */
  forget(connection: IprotoConnection): void {
    this.#connections.delete(connection);
    this.#waiting.delete(connection);
    this.#unsent.delete(connection);
  }

  *#flush(): Task<void> {
    const connections = [...this.#unsent];
    this.#unsent.clear();
    for (const connection of connections) connection.flush();
  }

  #accept(connection: Connection): void {
    if (this.#connections.size >= connectionsMax) {
      connection.close();
      return;
    }
    this.totals.connections++;
    this.#connections.add(new IprotoConnection(this, connection));
  }
}
