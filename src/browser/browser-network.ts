/**
 * The network port over BroadcastChannel (DESIGN D4): TCP in miniature between the workers of a session, in all its tabs.
 *
 * How a connection comes about:
 *  1. Every process holds a Web Lock with its own name for as long as it lives (`#start`). Who talks to it waits for that
 *     lock, and so hears of its death however it ends (`PeerWatch`).
 *  2. `listen` holds the port's Web Lock: a second one gets EADDRINUSE, in whichever tab.
 *  3. `connect` looks whether anybody holds the port's lock (else ECONNREFUSED), makes a channel that only this connection
 *     will use, and says its name on the session's directory channel.
 *  4. The listener opens that channel too, answers 'accepted' on it, and from then on bytes travel there, packed per turn
 *     and bounded by a window (`BrowserConnection`).
 *  5. `close` sends what is left and then 'end'; a death is noticed through the lock. Each side gets 'closed' once.
 *
 * What real TCP does and this does not: addresses other than this machine, half-closed connections, urgent data, delays
 * and losses of its own (`faults.ts` imposes them).
 */
import { fail, ok, type Result } from '../bee/base/result.ts';
import {
  formatAddress,
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
import {
  BrowserConnection,
  type ConnectionHost,
  type ConnectionLink,
  type ConnectionMessage,
} from './browser-connection.ts';
import { FaultBoard } from './faults.ts';
import { holdUnlessKept, type Locks } from './locks.ts';
import { PeerWatch } from './peer-watch.ts';
import { TurnQueue } from './turns.ts';

/** A connect that hears nothing gives up after so long. Linux takes about 130 s; nobody here wants to. */
const connectTimeoutMs = 75_000;
/** While it waits it looks this often whether the listener still lives. */
const listenerCheckMs = 250;
/** A port is waited for so long before it counts as taken: that of a worker just terminated is free 2 to 5 ms later. */
const portWaitMs = 200;
/** The first descriptor: below it a real server has its log, epoll and pipes. */
const firstFd = 16;
/** Listeners come before the first connection. */
const firstListenerFd = 11;
/** Clients' ports on Linux. */
const ephemeralPorts = { first: 32768, count: 28232 };

/** What processes say to each other on the session's directory channel. */
type DirectoryMessage =
  | {
      readonly kind: 'connect';
      readonly port: number | string;
      readonly connection: string;
      readonly process: string;
      readonly names: readonly string[];
      readonly address: string;
    }
  /** A process listens on other ports than before. */
  | { readonly kind: 'names'; readonly process: string; readonly names: readonly string[] };

type Connected = (result: Result<Connection, NetworkError>) => void;

export interface BrowserNetworkOptions {
  readonly sessionId: string;
  readonly pid: number;
  readonly locks: Locks;
}

export class BrowserNetwork implements Network, ConnectionHost {
  readonly faults: FaultBoard;
  /** True while the process is stopped. */
  isFrozen = false;
  readonly #prefix: string;
  /** Unique among all processes of all times: a pid may be used again. */
  readonly #process: string;
  readonly #pidName: string;
  readonly #locks: Locks;
  readonly #turns = new TurnQueue();
  readonly #directory: BroadcastChannel;
  readonly #peers: PeerWatch;
  readonly #listeners = new Map<number | string, (connection: Connection) => void>();
  /** Open connections, and the process at the other end of each. */
  readonly #connections = new Map<BrowserConnection, string>();
  readonly #fds = new Set<number>();
  readonly #attempts = new Set<() => void>();
  readonly #started: Promise<(() => void) | undefined>;
  #nextPort = Math.floor(Math.random() * ephemeralPorts.count);

  constructor({ sessionId, pid, locks }: BrowserNetworkOptions) {
    this.#prefix = `bee/${sessionId}`;
    this.#process = `${pid}-${crypto.randomUUID()}`;
    this.#pidName = `pid:${pid}`;
    this.#locks = locks;
    this.#peers = new PeerWatch(locks, (process) => this.#processLock(process));
    this.#directory = new BroadcastChannel(`${this.#prefix}/ports`);
    this.#directory.onmessage = ({ data }: MessageEvent<DirectoryMessage>) => this.#hear(data);
    this.faults = new FaultBoard(
      sessionId,
      () => this.#faultsChanged(),
      (one, other) => this.#drop(one, other),
    );
    this.#started = locks.hold(this.#processLock(this.#process), 'exclusive');
  }

  listen(
    host: string,
    port: number | string,
    accept: (connection: Connection) => void,
    done: (result: Result<Listener, NetworkError>) => void,
  ): void {
    const answer = (result: Result<Listener, NetworkError>): void => this.later(() => done(result));
    if (!isPort(port)) {
      answer(fail(networkError('EINVAL')));
      return;
    }
    void this.#listen(host, port, accept).then(answer);
  }

  async #listen(
    host: string,
    port: number | string,
    accept: (connection: Connection) => void,
  ): Promise<Result<Listener, NetworkError>> {
    await this.#started;
    const unlock = await holdUnlessKept(this.#locks, this.#portLock(port), portWaitMs);
    if (unlock === undefined) return fail(networkError('EADDRINUSE'));
    this.#listeners.set(port, accept);
    this.#tellNames();
    const fd = this.#takeFd(firstListenerFd);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#listeners.delete(port);
      this.#fds.delete(fd);
      unlock();
      this.#tellNames();
    };
    return ok({ fd, address: formatAddress(host, port), close });
  }

  connect(host: string, port: number | string, done: Connected): void {
    const refuse = (code: NetworkErrorCode): void =>
      this.later(() => done(fail(networkError(code))));
    if (!isPort(port)) refuse('EINVAL');
    else if (isOwnHost(host)) void this.#started.then(() => this.#connect(port, done));
    // A name that nobody knows is answered at once; an address that nobody has is not answered at all.
    else if (!isNumericHost(host)) refuse('ENOTFOUND');
    else setTimeout(() => refuse('ETIMEDOUT'), connectTimeoutMs);
  }

  /** Stops or resumes the delivery of all bytes, as when the whole process is stopped: its peers' windows fill. */
  freeze(isFrozen: boolean): void {
    this.isFrozen = isFrozen;
    if (isFrozen) return;
    for (const connection of this.#connections.keys()) connection.thaw();
  }

  /** Ends everything in order: what was sent goes out as far as the windows allow. */
  async close(): Promise<void> {
    this.#listeners.clear();
    for (const connection of this.#connections.keys()) connection.close();
    this.faults.close();
    this.#directory.close();
    (await this.#started)?.();
  }

  later(run: () => void): void {
    this.#turns.later(run);
  }

  incomingLink(connection: BrowserConnection): { isCut: boolean; delay: number } {
    if (this.faults.state.links.length === 0) return { isCut: false, delay: 0 };
    return this.faults.link(connection.peerNames, this.#names());
  }

  ended(connection: BrowserConnection): void {
    const process = this.#connections.get(connection);
    if (process !== undefined) this.#peers.forget(process, connection);
    this.#connections.delete(connection);
    this.#fds.delete(connection.fd);
  }

  /** Waits for the listener, for the link to be whole, or for the time to be over. */
  async #connect(port: number | string, done: Connected): Promise<void> {
    const name = `${this.#process}/${crypto.randomUUID()}`;
    const local = typeof port === 'number' ? peerAddressOf(this.#ephemeralPort()) : '';
    const connection = this.#open(name, local, peerAddressOf(port));
    connection.peerNames = new Set([`port:${port}`]);
    let isDecided = false;
    let isSent = false;
    const decide = (code: NetworkErrorCode | undefined): void => {
      if (isDecided) return;
      isDecided = true;
      clearTimeout(timeout);
      clearInterval(checking);
      this.#attempts.delete(attempt);
      if (code === undefined) {
        done(ok(connection));
        return;
      }
      connection.abandon();
      const socket = `fd ${connection.fd}${local === '' ? '' : `, aka ${local}`}`;
      this.later(() => done(fail(networkError(code, socket))));
    };
    const timeout = setTimeout(() => decide('ETIMEDOUT'), connectTimeoutMs);
    const check = async (): Promise<void> => {
      const held = await this.#locks.heldNames();
      if (!held.has(this.#portLock(port))) decide('ECONNREFUSED');
      else attempt();
    };
    const checking = setInterval(() => void check(), listenerCheckMs);
    const attempt = (): void => {
      if (isSent || isDecided) return;
      const there = connection.peerNames;
      const here = this.#names();
      if (this.faults.link(here, there).isCut || this.faults.link(there, here).isCut) return;
      isSent = true;
      this.#call(port, name, local);
    };
    connection.onAccepted = (process, names) => {
      this.#join(connection, process, [...names, `port:${port}`]);
      decide(undefined);
    };
    this.#attempts.add(attempt);
    await check();
  }

  #call(port: number | string, connection: string, address: string): void {
    const message: DirectoryMessage = {
      kind: 'connect',
      port,
      connection,
      process: this.#process,
      names: [...this.#names()],
      address,
    };
    // A channel does not hear itself: a process that connects to itself is told directly.
    if (this.#listeners.has(port)) this.later(() => this.#hear(message));
    else this.#directory.postMessage(message);
  }

  #hear(message: DirectoryMessage): void {
    if (message.kind === 'names') {
      for (const [connection, process] of this.#connections) {
        if (process !== message.process) continue;
        connection.peerNames = new Set(message.names);
        connection.faultsChanged();
      }
      return;
    }
    const accept = this.#listeners.get(message.port);
    if (accept === undefined) return;
    const { connection: name, address, port } = message;
    const connection = this.#open(name, peerAddressOf(port), address);
    this.#join(connection, message.process, message.names);
    connection.accept(this.#process, [...this.#names()]);
    accept(connection);
  }

  #open(name: string, local: string, peer: string): BrowserConnection {
    const link = new BroadcastLink(`${this.#prefix}/connection/${name}`);
    return new BrowserConnection(this, link, this.#takeFd(firstFd), local, peer);
  }

  /** The lowest free descriptor from `first` on. */
  #takeFd(first: number): number {
    let fd = first;
    while (this.#fds.has(fd)) fd++;
    this.#fds.add(fd);
    return fd;
  }

  /** Both ends know each other: from now on the other's death ends the connection. */
  #join(connection: BrowserConnection, process: string, names: readonly string[]): void {
    connection.peerNames = new Set(names);
    this.#connections.set(connection, process);
    if (process !== this.#process) this.#peers.watch(process, connection);
  }

  #faultsChanged(): void {
    for (const connection of this.#connections.keys()) connection.faultsChanged();
    for (const attempt of [...this.#attempts]) attempt();
  }

  #drop(one: string, other: string): void {
    const here = this.#names();
    for (const connection of [...this.#connections.keys()]) {
      const there = connection.peerNames;
      if ((here.has(one) && there.has(other)) || (here.has(other) && there.has(one))) {
        connection.reset();
      }
    }
  }

  /** By what faults know this process. */
  #names(): Set<string> {
    return new Set([this.#pidName, ...[...this.#listeners.keys()].map((port) => `port:${port}`)]);
  }

  #tellNames(): void {
    const message: DirectoryMessage = {
      kind: 'names',
      process: this.#process,
      names: [...this.#names()],
    };
    this.#directory.postMessage(message);
    this.#faultsChanged();
  }

  #ephemeralPort(): number {
    this.#nextPort = (this.#nextPort + 1) % ephemeralPorts.count;
    return ephemeralPorts.first + this.#nextPort;
  }

  #portLock(port: number | string): string {
    return `${this.#prefix}/port/${port}`;
  }

  #processLock(process: string): string {
    return `${this.#prefix}/process/${process}`;
  }
}

/** A connection between two workers: a channel that only they know the name of. */
class BroadcastLink implements ConnectionLink {
  receive: (message: ConnectionMessage) => void = () => undefined;
  readonly #channel: BroadcastChannel;

  constructor(name: string) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<ConnectionMessage>) => this.receive(data);
  }

  post(message: ConnectionMessage): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.onmessage = null;
    this.#channel.close();
  }
}
