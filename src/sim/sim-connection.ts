import { assert } from '../bee/base/assert.ts';
import {
  type Connection,
  type ConnectionEvent,
  type NetworkError,
  windowBytes,
} from '../bee/env/index.ts';
import { networkError } from '../bee/env/posix.ts';
import type { Micros } from './event-queue.ts';
import type { NetworkWorld } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';

/** What travels between two ends of a connection. */
export type Packet =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** The other side's receiver took so many bytes. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'end'; readonly error: NetworkError | undefined }
  /** The handshake's answer, in the same stream as what follows it. */
  | { readonly kind: 'established'; readonly tell: () => void };

/** Probability that what is sent in one piece arrives in two. */
const splitChance = 0.2;

/** One end of a simulated connection, with its kernel's buffers. */
export class SimConnection implements Connection {
  readonly fd: number;
  readonly localAddress: string;
  readonly peerAddress: string;
  readonly process: SimProcess;
  onEvent: (event: ConnectionEvent) => void = () => undefined;
  onFree: () => void = () => undefined;
  readonly #world: NetworkWorld;
  #peer: SimConnection | undefined;
  /** Closed here, whether or not the receiver of events heard of it yet. */
  #isClosed = false;
  /** Taken from the sender and not on its way: waits for the window. */
  readonly #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  /** On its way or in the peer's buffer. Never above `windowBytes`. */
  #inFlightBytes = 0;
  readonly #incoming: Exclude<Packet, { kind: 'taken' }>[] = [];
  #isPaused = false;
  #hasSentEnd = false;
  #lastArrival: Micros = 0;
  /** Packets on their way, in order, each with the moment before which it is not there. */
  readonly #travelling: { readonly packet: Packet; readonly arrival: Micros }[] = [];

  constructor(
    world: NetworkWorld,
    process: SimProcess,
    fd: number,
    localAddress: string,
    peerAddress: string,
  ) {
    this.#world = world;
    this.process = process;
    this.fd = fd;
    this.localAddress = localAddress;
    this.peerAddress = peerAddress;
  }

  get peer(): SimConnection {
    assert(this.#peer !== undefined, 'a connection has two ends');
    return this.#peer;
  }

  set peer(peer: SimConnection) {
    this.#peer = peer;
  }

  /** Bytes that were sent here and that the other side has not taken: what this end costs its process. */
  get queuedBytes(): number {
    return this.#outgoingBytes + this.#inFlightBytes;
  }

  send(bytes: Uint8Array): number {
    if (this.#isClosed) return 0;
    if (bytes.length > 0) this.#outgoing.push(bytes);
    this.#outgoingBytes += bytes.length;
    this.#pump();
    return this.#outgoingBytes + this.#inFlightBytes;
  }

  pause(paused: boolean): void {
    if (this.#isPaused === paused) return;
    this.#isPaused = paused;
    if (!paused) this.process.deliver(0, () => this.#receive());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#end(undefined);
    // What still waits for the window follows first, and then the end: see #pump.
    this.#pump();
  }

  /** The link broke the connection: both sides hear of it, and nothing on its way arrives. */
  reset(): void {
    for (const end of [this, this.peer]) {
      end.#abandon(networkError('ECONNRESET'));
    }
  }

  /** The process was killed; its kernel ends the connection. */
  die(): void {
    this.#isClosed = true;
    this.#outgoing.length = 0;
    this.#free();
    if (this.#hasSentEnd) return;
    this.#hasSentEnd = true;
    const isReset = this.#world.random.chance(0.5);
    this.transmit({ kind: 'end', error: isReset ? networkError('ECONNRESET') : undefined }, 0);
  }

  /** Sends a packet to the other end, behind those before it. */
  transmit(packet: Packet, bytes: number): void {
    const { timeline } = this.#world;
    const arrival = timeline.now + this.#travelTime(bytes);
    this.#lastArrival = Math.max(arrival, this.#lastArrival);
    this.#travelling.push({ packet, arrival: this.#lastArrival });
    if (this.#travelling.length === 1) this.#arm(this.#lastArrival);
  }

  /** Looks at the first packet that travels when it should arrive: those behind it never overtake it. */
  #arm(arrival: Micros): void {
    const { timeline } = this.#world;
    timeline.after(arrival - timeline.now, () => this.#deliver());
  }

  #deliver(): void {
    // The link is cut: TCP would send the packet again, and so does the healing.
    if (this.#world.link(this.process.name, this.peer.process.name).isCut) {
      this.#world.onHeal(() => this.#arm(this.#world.timeline.now + this.#travelTime(0)));
      return;
    }
    const first = this.#travelling.shift();
    if (first === undefined) return;
    const [next] = this.#travelling;
    if (next !== undefined) this.#arm(next.arrival);
    this.peer.#arrive(first.packet);
  }

  #travelTime(bytes: number): Micros {
    return this.#world.travelTime(this.process.name, this.peer.process.name, bytes);
  }

  /** Lets travel what the window allows. */
  #pump(): void {
    const { random, trace } = this.#world;
    while (this.#inFlightBytes < windowBytes) {
      const bytes = this.#outgoing.shift();
      if (bytes === undefined) break;
      const room = Math.min(bytes.length, windowBytes - this.#inFlightBytes);
      const isSplit = room > 1 && random.chance(splitChance);
      const size = isSplit ? 1 + random.below(room - 1) : room;
      if (size < bytes.length) this.#outgoing.unshift(bytes.subarray(size));
      this.#outgoingBytes -= size;
      this.#inFlightBytes += size;
      trace(() => `${this.process.name} send ${size} B to ${this.peer.process.name}`);
      this.transmit({ kind: 'data', bytes: bytes.subarray(0, size) }, size);
    }
    if (this.#isClosed && this.#outgoing.length === 0 && !this.#hasSentEnd) {
      this.#hasSentEnd = true;
      this.transmit({ kind: 'end', error: undefined }, 0);
    }
  }

  /** A packet is in this end's kernel. */
  #arrive(packet: Packet): void {
    if (packet.kind === 'taken') this.#taken(packet.bytes);
    if (packet.kind === 'taken' || this.#isClosed) return;
    // A reset overtakes what the receiver did not take yet, as in a kernel that throws its buffer away.
    if (packet.kind === 'end' && packet.error !== undefined) this.#dropIncoming();
    this.#incoming.push(packet);
    this.process.deliver(0, () => this.#receive());
  }

  /** Hands over what arrived, in order, until the receiver pauses or closes. */
  #receive(): void {
    while (!this.#isClosed) {
      const next = this.#incoming[0];
      if (next === undefined || (this.#isPaused && !isReset(next))) return;
      this.#incoming.shift();
      if (next.kind === 'established') {
        next.tell();
        // The receiver of events is set in the turn in which the connection is handed over.
        this.process.deliver(0, () => this.#receive());
        return;
      }
      if (next.kind === 'end') {
        this.#abandon(next.error);
        return;
      }
      this.transmit({ kind: 'taken', bytes: next.bytes.length }, 0);
      this.onEvent({ kind: 'data', bytes: next.bytes });
    }
  }

  #taken(bytes: number): void {
    const before = this.#outgoingBytes + this.#inFlightBytes;
    this.#inFlightBytes -= bytes;
    assert(this.#inFlightBytes >= 0, 'more was taken than was sent');
    this.#pump();
    const isBelow = before - bytes < windowBytes / 2;
    if (this.#isClosed || before < windowBytes / 2 || !isBelow) return;
    this.process.deliver(0, () => {
      if (!this.#isClosed) this.onEvent({ kind: 'drained' });
    });
  }

  /** The other side is gone: nobody would take what still waits here. */
  #abandon(error: NetworkError | undefined): void {
    this.#outgoing.length = 0;
    this.#outgoingBytes = 0;
    this.#hasSentEnd = true;
    this.#end(error);
  }

  /** This end is over; its receiver hears of it once, in a fresh turn. */
  #end(error: NetworkError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dropIncoming();
    this.#world.trace(
      () => `${this.process.name} connection ${this.fd} closed ${error?.code ?? ''}`,
    );
    this.process.deliver(0, () => {
      this.#free();
      this.onEvent({ kind: 'closed', error });
    });
  }

  /** Throws away what arrived and was not taken, but not that the connection was made: whoever waits for that must hear it. */
  #dropIncoming(): void {
    for (const packet of this.#incoming.splice(0)) {
      if (packet.kind === 'established') packet.tell();
    }
  }

  #free(): void {
    this.onFree();
    this.#world.connections.delete(this);
  }
}

function isReset(packet: Packet): boolean {
  return packet.kind === 'end' && packet.error !== undefined;
}
