/**
 * A process's view of the simulated network, and the world's side of it.
 *
 * The fault model. Faults belong to the link from one named process to another, so they outlive restarts:
 *  1. Delay: each packet takes a seeded time; a link can be made slower. Packets of one connection and direction keep
 *     their order, those of two connections do not.
 *  2. Pieces: a send may arrive in several pieces. No frame may count on arriving whole.
 *  3. Cut: what would travel waits, as TCP's retransmission does, and arrives in order when the link is healed. Cut in
 *     one direction only, it is half open. Neither side hears of the other's death meanwhile.
 *  4. Drop: every connection of the link ends at once with ECONNRESET on both sides.
 *  5. A killed process: its kernel ends its connections. What was on its way arrives, or is lost with a reset; what
 *     waited for the window is lost.
 *  6. A paused process: its peers can connect and send until the window is full, and hear nothing.
 * Not in the model, because TCP does not do it: bytes lost, doubled or out of order inside a connection.
 */
import { fail, ok, type Result } from '../bee/base/result.ts';
import {
  formatAddress,
  gatewayRefusal,
  isNumericHost,
  isOwnHost,
  isPort,
  peerAddressOf,
} from '../bee/env/address.ts';
import type {
  Connection,
  Listener,
  Network,
  NetworkError,
  NetworkErrorCode,
} from '../bee/env/index.ts';
import { networkError } from '../bee/env/posix.ts';
import type { Micros } from './event-queue.ts';
import type { SeededRandom } from './random.ts';
import { type Packet, SimConnection } from './sim-connection.ts';
import type { SimProcess } from './sim-process.ts';
import type { Timeline } from './timeline.ts';

/** Seconds before a connect that hears nothing gives up. Linux takes about 130; nobody here wants to wait that long. */
const connectTimeoutSeconds = 75;
/** Bytes that the network carries in a second. */
const bytesPerSecond = 100e6;
/** Where clients' port numbers begin on Linux. */
const firstEphemeralPort = 32768;
const noGateways = 'gateways lead out of a page: there is nothing outside of the simulated network';

/** One direction between two processes. */
export interface LinkState {
  isCut: boolean;
  /** Seconds that each packet takes longer. */
  delay: number;
}

interface SimListener {
  readonly process: SimProcess;
  readonly network: SimNetwork;
  readonly accept: (connection: Connection) => void;
}

/** What the networks of one world share: ports, links and connections. */
export class NetworkWorld {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly trace: (text: () => string) => void;
  readonly listeners = new Map<number | string, SimListener>();
  readonly connections = new Set<SimConnection>();
  readonly #links = new Map<string, LinkState>();
  #waitingForHeal: (() => void)[] = [];
  #nextPort = firstEphemeralPort;

  constructor(timeline: Timeline, random: SeededRandom, trace: (text: () => string) => void) {
    this.timeline = timeline;
    this.random = random;
    this.trace = trace;
  }

  /** State of the link from one process, by name, to another. */
  link(from: string, to: string): LinkState {
    const key = `${from}>${to}`;
    const state = this.#links.get(key) ?? { isCut: false, delay: 0 };
    this.#links.set(key, state);
    return state;
  }

  /** Cuts the link in both directions, or only from the first to the second. */
  cut(one: string, other: string, directions: 'both' | 'one-way' = 'both'): void {
    this.trace(() => `link ${one} ${other} cut ${directions}`);
    this.link(one, other).isCut = true;
    if (directions === 'both') this.link(other, one).isCut = true;
  }

  /** Makes every packet between the two take so many seconds longer. */
  delay(one: string, other: string, seconds: number): void {
    this.trace(() => `link ${one} ${other} delay ${seconds}`);
    this.link(one, other).delay = seconds;
    this.link(other, one).delay = seconds;
  }

  /** Ends the connections between the two. */
  drop(one: string, other: string): void {
    this.trace(() => `link ${one} ${other} drop`);
    for (const connection of [...this.connections]) {
      const ends = [connection.process.name, connection.peer.process.name];
      if (ends.includes(one) && ends.includes(other)) connection.reset();
    }
  }

  /** Takes all faults off all links; what waited travels on. */
  heal(): void {
    this.trace(() => 'links healed');
    this.#mend([...this.#links.values()]);
  }

  /** Takes the faults off the link between two processes. */
  healLink(one: string, other: string): void {
    this.trace(() => `link ${one} ${other} healed`);
    this.#mend([this.link(one, other), this.link(other, one)]);
  }

  #mend(links: readonly LinkState[]): void {
    for (const state of links) {
      state.isCut = false;
      state.delay = 0;
    }
    const waiting = this.#waitingForHeal;
    this.#waitingForHeal = [];
    // Whatever waits for another link looks, and waits again.
    for (const go of waiting) go();
  }

  /** Calls back at the next healing; the caller looks again whether its own link is whole. */
  onHeal(go: () => void): void {
    this.#waitingForHeal.push(go);
  }

  /** Microseconds that a packet takes on a link: 50 µs to 1 ms, its bytes, and what was imposed. */
  travelTime(from: string, to: string, bytes: number): Micros {
    const { delay } = this.link(from, to);
    return Math.round(this.random.between(50, 1000) + (bytes / bytesPerSecond) * 1e6 + delay * 1e6);
  }

  ephemeralPort(): number {
    if (this.#nextPort > 60999) this.#nextPort = firstEphemeralPort;
    return this.#nextPort++;
  }

  /** A process died: its ports are free, its connections end. */
  crash(process: SimProcess): void {
    for (const [port, listener] of this.listeners) {
      if (listener.process === process) this.listeners.delete(port);
    }
    for (const connection of [...this.connections]) {
      if (connection.process === process) connection.die();
    }
  }
}

export class SimNetwork implements Network {
  readonly #world: NetworkWorld;
  readonly #process: SimProcess;
  readonly #fds = new Set<number>();

  constructor(world: NetworkWorld, process: SimProcess) {
    this.#world = world;
    this.#process = process;
  }

  listen(
    host: string,
    port: number | string,
    accept: (connection: Connection) => void,
    done: (result: Result<Listener, NetworkError>) => void,
  ): void {
    const { listeners, trace } = this.#world;
    const process = this.#process;
    const answer = (result: Result<Listener, NetworkError>): void => {
      trace(() => `${process.name} listen ${port}${result.ok ? '' : `: ${result.error.code}`}`);
      process.deliver(0, () => done(result));
    };
    const refusal = gatewayRefusal(host, noGateways);
    if (refusal !== undefined) {
      answer(fail(refusal));
      return;
    }
    if (!isPort(port) || listeners.has(port)) {
      answer(fail(networkError(isPort(port) ? 'EADDRINUSE' : 'EINVAL')));
      return;
    }
    const listener: SimListener = { process, network: this, accept };
    listeners.set(port, listener);
    const fd = this.#fd(11);
    answer(
      ok({
        fd,
        address: formatAddress(host, port),
        close: () => {
          this.#fds.delete(fd);
          if (listeners.get(port) === listener) listeners.delete(port);
        },
      }),
    );
  }

  connect(
    host: string,
    port: number | string,
    done: (result: Result<Connection, NetworkError>) => void,
  ): void {
    const process = this.#process;
    let isDecided = false;
    const decide = (result: Result<Connection, NetworkError>): void => {
      if (isDecided) return;
      isDecided = true;
      cancelTimeout();
      if (!result.ok)
        this.#world.trace(() => `${process.name} connect ${port}: ${result.error.code}`);
      // Success comes with the first packet of the stream, in a turn already; bytes may be right behind it.
      if (result.ok) done(result);
      else process.deliver(0, () => done(result));
    };
    const refuse = (code: NetworkErrorCode): void =>
      decide(fail(networkError(code, this.#unusedSocket(port))));
    const cancelTimeout = process.deliver(
      connectTimeoutSeconds * 1e6,
      () => refuse('ETIMEDOUT'),
      true,
    );
    const refusal = gatewayRefusal(host, noGateways);
    if (refusal !== undefined) decide(fail(refusal));
    else if (!isPort(port)) refuse('EINVAL');
    else if (isOwnHost(host)) this.#knock(port, () => isDecided, decide);
    // A name that nobody knows is answered at once; an address that nobody has is not answered at all.
    else if (!isNumericHost(host)) refuse('ENOTFOUND');
  }

  /** Sends the first packet; waits while the link is cut. */
  #knock(
    port: number | string,
    isDecided: () => boolean,
    decide: (result: Result<Connection, NetworkError>) => void,
  ): void {
    const world = this.#world;
    const here = this.#process.name;
    const arrive = (): void => {
      if (isDecided() || !this.#process.isAlive) return;
      const listener = world.listeners.get(port);
      if (listener === undefined) {
        decide(fail(networkError('ECONNREFUSED', this.#unusedSocket(port))));
        return;
      }
      const there = listener.process.name;
      if (world.link(here, there).isCut || world.link(there, here).isCut) {
        world.onHeal(() => world.timeline.after(0, arrive));
        return;
      }
      this.#establish(port, listener, decide);
    };
    const there = world.listeners.get(port)?.process.name ?? here;
    world.timeline.after(world.travelTime(here, there, 0), arrive);
  }

  /** The handshake went through: both ends exist, the listener's side hears of it first. */
  #establish(
    port: number | string,
    listener: SimListener,
    decide: (result: Result<Connection, NetworkError>) => void,
  ): void {
    const world = this.#world;
    const local = typeof port === 'number' ? peerAddressOf(world.ephemeralPort()) : '';
    const remote = peerAddressOf(port);
    const client = new SimConnection(world, this.#process, this.#fd(), local, remote);
    const { network, process } = listener;
    const server = new SimConnection(world, process, network.#fd(), remote, local);
    client.peer = server;
    server.peer = client;
    // Until it is handed over, its end is the failure of the connect.
    client.onEvent = (event) => {
      if (event.kind === 'closed') decide(fail(networkError('ECONNRESET')));
    };
    client.onFree = () => this.#fds.delete(client.fd);
    server.onFree = () => network.#fds.delete(server.fd);
    world.connections.add(client).add(server);
    world.trace(() => `${this.#process.name} connected to ${process.name} ${port} as ${local}`);
    process.deliver(0, () => listener.accept(server));
    const greeting: Packet = { kind: 'established', tell: () => decide(ok(client)) };
    server.transmit(greeting, 0);
  }

  /** What a connect that failed was tried with, as messages name it. */
  #unusedSocket(port: number | string): string {
    const fd = this.#fd();
    this.#fds.delete(fd);
    const isTcp = typeof port === 'number';
    return isTcp ? `fd ${fd}, aka ${peerAddressOf(this.#world.ephemeralPort())}` : `fd ${fd}`;
  }

  /** The lowest free descriptor. Real servers show their first connection as fd 16 or so: below are logs, epoll, pipes, listeners. */
  #fd(first = 16): number {
    let fd = first;
    while (this.#fds.has(fd)) fd++;
    this.#fds.add(fd);
    return fd;
  }
}
