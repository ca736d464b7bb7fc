import {
  type Connection,
  type ConnectionEvent,
  type NetworkError,
  windowBytes,
} from '../bee/env/index.ts';
import { networkError } from '../bee/env/posix.ts';

/**
 * Bytes in one message at most. Small enough that a receiver's turn stays short, large enough that the cost per message
 * (about 30 µs) does not show.
 */
const frameBytesMax = 128 * 1024;
/** The receiver tells the sender what it took after so many bytes; more often costs messages, less often stalls the window. */
const takenBytesStep = windowBytes / 16;
/** What is taken but not yet told is told after so long, so that a sender's idea of what is unsent becomes true. */
const takenDelayMs = 10;

/** What one end says to the other on the connection's channel. */
export type ConnectionMessage =
  /** The listener took the connection. */
  | { readonly kind: 'accepted'; readonly process: string; readonly names: readonly string[] }
  | { readonly kind: 'data'; readonly bytes: Uint8Array<ArrayBuffer>; readonly taken: number }
  /** So many bytes more were handed to the receiver. */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** No more bytes will come. */
  | { readonly kind: 'end' };

/** A message, or news that travels as one would. */
type Arrival = ConnectionMessage | { readonly kind: 'dead' };

/** What carries a connection's messages to the other end, in order. */
export interface ConnectionLink {
  /** Set by the connection. */
  receive: (message: ConnectionMessage) => void;
  post(message: ConnectionMessage): void;
  /** Nothing is received any more; what was posted still leaves. */
  close(): void;
}

/** What a connection needs of the network that it belongs to. */
export interface ConnectionHost {
  /** True while the process is stopped: nothing is handed over. */
  readonly isFrozen: boolean;
  later(run: () => void): void;
  /** What is imposed on what travels from the other end to this one. */
  incomingLink(connection: BrowserConnection): { readonly isCut: boolean; readonly delay: number };
  /** The connection is over: its descriptor is free. */
  ended(connection: BrowserConnection): void;
}

/** One end of a connection: a link that only the two ends know, with a window on each direction. */
export class BrowserConnection implements Connection {
  readonly fd: number;
  readonly localAddress: string;
  readonly peerAddress: string;
  onEvent: (event: ConnectionEvent) => void = () => undefined;
  /** Names of the other process, for faults. */
  peerNames: ReadonlySet<string> = new Set();
  /** Called once with the listener's answer. */
  onAccepted: (process: string, names: readonly string[]) => void = () => undefined;
  readonly #host: ConnectionHost;
  readonly #link: ConnectionLink;
  /** 'lingering': closed here, but bytes wait for the window; 'over': nothing is sent or received any more. */
  #state: 'open' | 'lingering' | 'over' = 'open';
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  /** Sent and not yet taken by the other side's receiver. Never above `windowBytes`. */
  #inFlightBytes = 0;
  #isFlushPlanned = false;
  #isPaused = false;
  /** Arrived, but held back by a fault; with the moment (`performance.now()`) from which it may pass. In order. */
  readonly #held: { readonly arrival: Arrival; readonly passesAt: number }[] = [];
  /** Passed, but not handed over while the reader is paused: bytes, and undefined for the end. */
  readonly #unread: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  #releaseTimer: ReturnType<typeof setTimeout> | undefined;
  #untoldBytes = 0;
  #tellTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: ConnectionHost,
    link: ConnectionLink,
    fd: number,
    localAddress: string,
    peerAddress: string,
  ) {
    this.#host = host;
    this.#link = link;
    this.fd = fd;
    this.localAddress = localAddress;
    this.peerAddress = peerAddress;
    link.receive = (message) => this.#arrive(message);
  }

  send(bytes: Uint8Array): number {
    if (this.#state !== 'open') return 0;
    if (bytes.length > 0) {
      this.#outgoing.push(bytes);
      this.#outgoingBytes += bytes.length;
      this.#planFlush();
    }
    return this.#outgoingBytes + this.#inFlightBytes;
  }

  pause(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    if (!paused) this.#host.later(() => this.#deliver());
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'lingering';
    this.#report(undefined);
    this.#planFlush();
  }

  /** Something broke the connection on both sides at once. */
  reset(): void {
    this.#finish(networkError('ECONNRESET'));
  }

  /** Nobody took the connection: it never was, and nobody hears of its end. */
  abandon(): void {
    this.onEvent = () => undefined;
    this.#finish(undefined);
  }

  /** The other process died. What it had sent may still be under way, so this takes its place behind it. */
  peerDied(): void {
    this.#arrive({ kind: 'dead' });
  }

  /** The process goes on. */
  thaw(): void {
    this.#host.later(() => this.#deliver());
  }

  /** The faults changed: what was held back may pass now. */
  faultsChanged(): void {
    if (this.#held.length > 0) this.#host.later(() => this.#release());
  }

  /** Tells the other end that this one took the connection. */
  accept(process: string, names: readonly string[]): void {
    this.#post({ kind: 'accepted', process, names });
  }

  /** Packs what this turn sends: the flush runs when the turn's code is done. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#state !== 'over' && this.#outgoing.length > 0) {
      const room = Math.min(windowBytes - this.#inFlightBytes, frameBytesMax);
      if (room <= 0) return;
      const bytes = this.#takeOutgoing(room);
      this.#inFlightBytes += bytes.length;
      this.#post({ kind: 'data', bytes, taken: this.#untoldBytes });
      this.#untoldBytes = 0;
    }
    if (this.#state !== 'lingering') return;
    this.#post({ kind: 'end' });
    this.#finish(undefined);
  }

  /** One frame out of what waits: an array of its own, because a view would travel with its whole buffer. */
  #takeOutgoing(room: number): Uint8Array<ArrayBuffer> {
    const frame = new Uint8Array(Math.min(room, this.#outgoingBytes));
    let filled = 0;
    let used = 0;
    for (const part of this.#outgoing) {
      const fits = Math.min(part.length, frame.length - filled);
      frame.set(fits === part.length ? part : part.subarray(0, fits), filled);
      filled += fits;
      if (fits < part.length) {
        this.#outgoing[used] = part.subarray(fits);
        break;
      }
      used++;
      if (filled === frame.length) break;
    }
    this.#outgoing = this.#outgoing.slice(used);
    this.#outgoingBytes -= filled;
    return frame;
  }

  #arrive(arrival: Arrival): void {
    if (this.#state === 'over') return;
    if (arrival.kind === 'accepted') {
      this.onAccepted(arrival.process, arrival.names);
      return;
    }
    const link = this.#host.incomingLink(this);
    if (this.#held.length === 0 && !link.isCut && link.delay === 0) {
      this.#pass(arrival);
      return;
    }
    this.#held.push({ arrival, passesAt: performance.now() + link.delay * 1000 });
    this.#release();
  }

  /** Lets pass what no fault holds back any more, in order. */
  #release(): void {
    clearTimeout(this.#releaseTimer);
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      if (this.#host.incomingLink(this).isCut) return;
      const wait = next.passesAt - performance.now();
      if (wait > 0) {
        this.#releaseTimer = setTimeout(() => this.#release(), wait);
        return;
      }
      this.#held.shift();
      this.#pass(next.arrival);
    }
  }

  #pass(arrival: Arrival): void {
    if (arrival.kind === 'taken') this.#taken(arrival.bytes);
    if (arrival.kind === 'data') {
      // Before the bytes themselves: a reader that pauses must not hold back its own sending.
      this.#taken(arrival.taken);
      this.#unread.push(arrival.bytes);
    }
    // A killed process's kernel closes its sockets in order, so a death looks the same as an end.
    if (arrival.kind === 'end' || arrival.kind === 'dead') this.#unread.push(undefined);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#state !== 'over' && this.#unread.length > 0) {
      if (this.#host.isFrozen || (this.#isPaused && this.#state === 'open')) return;
      const bytes = this.#unread.shift();
      if (bytes === undefined) {
        this.#finish(undefined);
        return;
      }
      this.#untoldBytes += bytes.length;
      this.#tellTaken();
      // Who closed reads no more, but what comes must be taken: the other side may have to send it before it can end.
      if (this.#state === 'open') this.onEvent({ kind: 'data', bytes });
    }
  }

  #tellTaken(): void {
    if (this.#untoldBytes >= takenBytesStep) {
      this.#postTaken();
      return;
    }
    this.#tellTimer ??= setTimeout(() => this.#postTaken(), takenDelayMs);
  }

  #postTaken(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    if (this.#untoldBytes === 0 || this.#state === 'over') return;
    this.#post({ kind: 'taken', bytes: this.#untoldBytes });
    this.#untoldBytes = 0;
  }

  #taken(bytes: number): void {
    if (bytes === 0) return;
    const before = this.#outgoingBytes + this.#inFlightBytes;
    this.#inFlightBytes -= bytes;
    this.#flush();
    const wasAbove = before >= windowBytes / 2;
    if (this.#state === 'open' && wasAbove && before - bytes < windowBytes / 2) {
      this.onEvent({ kind: 'drained' });
    }
  }

  /** Both directions are over. */
  #finish(error: NetworkError | undefined): void {
    const wasOpen = this.#state === 'open';
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    this.#held.length = 0;
    this.#unread.length = 0;
    clearTimeout(this.#releaseTimer);
    clearTimeout(this.#tellTimer);
    this.#link.receive = () => undefined;
    this.#link.close();
    this.#host.ended(this);
    if (wasOpen) this.#report(error);
  }

  /** In a later turn: bytes that the receiver of events is being given come first. */
  #report(error: NetworkError | undefined): void {
    this.#host.later(() => this.onEvent({ kind: 'closed', error }));
  }

  #post(message: ConnectionMessage): void {
    this.#link.post(message);
  }
}
