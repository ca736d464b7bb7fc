/**
 * The way out of the page: connections to real servers, and ports that real servers reach, through a gateway (`src/gateway`). It
 * stands before the network of the session and takes the addresses that begin with `ws://`; all others go through.
 *
 * 1. `connect('ws://GATEWAY/TOKEN/127.0.0.1:3301')` opens a WebSocket there. When the gateway has the TCP connection it says so, and
 *    the link becomes a `BrowserConnection`, with the windows that all connections have.
 * 2. `listen('ws://GATEWAY/TOKEN/3302')` keeps a WebSocket open for as long as it listens. The gateway listens on that port of its
 *    machine and names each client; the connection is fetched by a WebSocket of its own.
 * 3. The same port is listened on in the session, so that servers of the page reach the server as they reach any other.
 * 4. A gateway that goes away takes its connections with it. A listener asks each second whether it is back.
 */

import { fail, ok, type Result } from '../bee/base/result.ts';
import { parseGatewayAddress } from '../bee/base/uri.ts';
import type {
  Connection,
  Listener,
  LogSink,
  Network,
  NetworkError,
  NetworkErrorCode,
} from '../bee/env/index.ts';
import { networkError } from '../bee/env/posix.ts';
import { PipeClose } from '../bee/wire/pipe-messages.ts';
import { BrowserConnection, type ConnectionHost } from './browser-connection.ts';
import { type GatewayEnd, GatewayLink } from './gateway-link.ts';
import { TurnQueue } from './turns.ts';

type Accept = (connection: Connection) => void;
type Listened = (result: Result<Listener, NetworkError>) => void;
type Connected = (result: Result<Connection, NetworkError>) => void;

/** A gateway that was lost is asked for again so often: as often as servers ask for each other. */
const retryMs = 1000;
/** A gateway that is reached and says nothing for so long is none, or its target does not answer. */
const answerMsMax = 30_000;
/** Descriptors in messages; those of the session's network begin at 16 and have room for a thousand. */
const firstFd = 1040;

/** An address behind a gateway, taken apart. */
type Place = NonNullable<ReturnType<typeof parseGatewayAddress>>;

export class GatewayNetwork implements Network, ConnectionHost {
  /** True while the process is stopped. */
  isFrozen = false;
  readonly #session: Network;
  readonly #log: LogSink;
  readonly #turns = new TurnQueue();
  readonly #connections = new Set<BrowserConnection>();

  /** @param session the network of the session's own servers; @param log hears of a listener's gateway that goes and comes */
  constructor(session: Network, log: LogSink) {
    this.#session = session;
    this.#log = log;
  }

  connect(host: string, port: number | string, done: Connected): void {
    const place = parseGatewayAddress(host);
    if (place === undefined) {
      this.#session.connect(host, port, done);
      return;
    }
    // At once, in the event that tells it: what the target says first may be the next event, and must find a listener.
    this.#open(`${place.gateway}/${place.token}/${place.target}`, (result) =>
      done(result.ok ? result : fail(errorOf(place, result.error))),
    );
  }

  listen(host: string, port: number | string, accept: Accept, done: Listened): void {
    const place = parseGatewayAddress(host);
    if (place === undefined) {
      this.#session.listen(host, port, accept, done);
      return;
    }
    const own = Number(place.target.replace(/^.*:/, ''));
    this.#session.listen('127.0.0.1', own, accept, (result) => {
      if (!result.ok) done(result);
      else this.#listen(place, own, result.value, accept, done);
    });
  }

  /** The process is stopped, or goes on. */
  freeze(isFrozen: boolean): void {
    this.isFrozen = isFrozen;
    if (isFrozen) return;
    for (const connection of this.#connections) connection.thaw();
  }

  /** Ends everything in order. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  later(run: () => void): void {
    this.#turns.later(run);
  }

  /** Faults are imposed on links between servers of the page; nothing imposes any on the way out. */
  incomingLink(): { isCut: boolean; delay: number } {
    return { isCut: false, delay: 0 };
  }

  ended(connection: BrowserConnection): void {
    this.#connections.delete(connection);
  }

  /** Opens a link, and makes a connection of it when the gateway has one. */
  #open(url: string, done: (result: Result<BrowserConnection, GatewayEnd>) => void): void {
    const link = new GatewayLink(url);
    const timer = setTimeout(() => giveUp('ETIMEDOUT it does not answer'), answerMsMax);
    const giveUp = (reason: string): void => {
      link.close();
      done(fail({ wasOpen: true, code: PipeClose.failed, reason }));
    };
    link.onEnd = (end) => {
      clearTimeout(timer);
      done(fail(end));
    };
    link.onAccepted = (address, peer) => {
      clearTimeout(timer);
      const connection = new BrowserConnection(this, link, this.#fd(), address, peer);
      // The gateway or the way to it is gone; what came before is still to be read.
      link.onEnd = () => connection.peerDied();
      this.#connections.add(connection);
      done(ok(connection));
    };
  }

  #listen(place: Place, port: number, inner: Listener, accept: Accept, done: Listened): void {
    const gate = new Gate(place, port, {
      fetch: (id) =>
        this.#open(`${place.gateway}/${place.token}/accept/${id}`, (result) => {
          // Otherwise the client has left already.
          if (result.ok) accept(result.value);
        }),
      say: (text) => this.#log.line(text, 'W'),
    });
    gate.open((problem) => {
      if (problem !== undefined) {
        inner.close();
        this.later(() => done(fail(errorOf(place, problem))));
        return;
      }
      const close = (): void => {
        gate.close();
        inner.close();
      };
      this.later(() => done(ok({ fd: inner.fd, address: inner.address, close })));
    });
  }

  #fd(): number {
    const taken = new Set([...this.#connections].map(({ fd }) => fd));
    let fd = firstFd;
    while (taken.has(fd)) fd++;
    return fd;
  }
}

interface GateHost {
  fetch(id: string): void;
  say(text: string): void;
}

/** A port of the gateway's machine, kept open for a server of the page. */
class Gate {
  readonly #place: Place;
  readonly #url: string;
  readonly #host: GateHost;
  #link: GatewayLink | undefined;
  #isClosed = false;
  #isLost = false;

  constructor(place: Place, port: number, host: GateHost) {
    this.#place = place;
    this.#url = `${place.gateway}/${place.token}/listen/${port}`;
    this.#host = host;
  }

  /** @param done undefined when the gateway listens, else why it does not; called once */
  open(done: (problem: GatewayEnd | undefined) => void): void {
    const link = new GatewayLink(this.#url);
    this.#link = link;
    link.onIncoming = (id) => this.#host.fetch(id);
    link.onEnd = done;
    link.onAccepted = () => {
      link.onEnd = () => this.#lost();
      if (this.#isLost) this.#host.say(`gateway ${this.#place.gateway} is back, and listens again`);
      this.#isLost = false;
      done(undefined);
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#link?.close();
  }

  #lost(): void {
    if (this.#isClosed) return;
    if (!this.#isLost) {
      const { gateway } = this.#place;
      this.#host.say(`gateway ${gateway} is gone: nobody outside the page reaches this server`);
    }
    this.#isLost = true;
    setTimeout(() => {
      if (!this.#isClosed) this.open((problem) => problem && this.#lost());
    }, retryMs);
  }
}

const systemErrors: ReadonlySet<string> = new Set<NetworkErrorCode>([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EADDRINUSE',
]);

function isSystemError(code: string): code is NetworkErrorCode {
  return systemErrors.has(code);
}

/** What the end of a link means for who wanted a connection. */
function errorOf({ gateway }: Place, { wasOpen, code, reason }: GatewayEnd): NetworkError {
  if (!wasOpen) {
    const message = `no gateway answers at ${gateway}: npm run gateway starts one`;
    return { code: 'EGATEWAY', message };
  }
  const [name = ''] = reason.split(' ');
  if (code === PipeClose.failed && isSystemError(name)) return networkError(name);
  return { code: 'EGATEWAY', message: `gateway ${gateway}: ${reason || `it closed with ${code}`}` };
}
