import type { Result } from '../base/result.ts';

/**
 * The network port: TCP in miniature. Connections are ordered, reliable byte streams until one side closes or dies.
 *
 * Contract, checked on every host by `test/contract/network-contract.ts`:
 * - Every outcome and every event is delivered in a fresh turn of the host's event loop, never during a call.
 * - Bytes arrive in the order in which they were sent, in pieces of any size. Nothing arrives after 'closed'.
 * - `closed` comes exactly once on each side, whoever ended the connection and however: `close()`, a cut link,
 *   a killed peer. Bytes that were delivered to the receiver's host before an orderly `close()` still arrive before 'closed'.
 * - A connection has a window: `send` takes all bytes and answers how many are not yet taken by the other side.
 *   A sender that goes on above `windowBytes` breaks the contract's bound on memory; 'drained' says that the
 *   unsent amount fell below half of it; it comes each time that happens, also when it never was above the whole.
 */
export interface Network {
  /**
   * Listens on a port. EADDRINUSE when a living process of the session listens there already.
   * @param host '0.0.0.0', 'localhost', … (a host with one address may ignore it), or `ws://GATEWAY/TOKEN/PORT` with a port of ''
   * @param port 1 to 65535, or a path of a unix socket
   * @param accept called for each new connection
   */
  listen(
    host: string,
    port: number | string,
    accept: (connection: Connection) => void,
    done: (result: Result<Listener, NetworkError>) => void,
  ): void;
  /**
   * Connects. ECONNREFUSED when nobody listens, ENOTFOUND for an unknown host name, ETIMEDOUT.
   * @param host a name, or `ws://GATEWAY/TOKEN/HOST:PORT` with a port of '': EGATEWAY where that is not possible
   */
  connect(
    host: string,
    port: number | string,
    done: (result: Result<Connection, NetworkError>) => void,
  ): void;
}

export interface Listener {
  /** A small number that stands for the file descriptor in messages. */
  readonly fd: number;
  /** What the other side may connect to, `host:port` or a path. */
  readonly address: string;
  close(): void;
}

export interface Connection {
  /** A small number that stands for the file descriptor in messages ("called on fd 16"). */
  readonly fd: number;
  /** Own address, `127.0.0.1:34680`. */
  readonly localAddress: string;
  /** The other side's address. */
  readonly peerAddress: string;
  /**
   * Queues the bytes; the caller must not change them afterwards.
   * @returns how many bytes are on their way and not yet taken by the receiver, these included
   */
  send(bytes: Uint8Array): number;
  /** Stops ('paused' true) or resumes delivery of 'data', so that a slow reader holds the sender back. */
  pause(paused: boolean): void;
  /** Ends the connection. Idempotent; the own 'closed' event still comes. */
  close(): void;
  /** The one receiver of events; set it before the turn in which the connection was handed over ends. */
  onEvent: (event: ConnectionEvent) => void;
}

export type ConnectionEvent =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'drained' }
  | { readonly kind: 'closed'; readonly error: NetworkError | undefined };

/** 1 MiB: enough to keep a 180 MB/s channel busy over a 1 ms round trip, small enough for thirty connections. */
export const windowBytes = 1024 * 1024;

export interface NetworkError {
  readonly code: NetworkErrorCode;
  readonly message: string;
  /** What a failed `connect` was tried with, as messages name it: `fd 16, aka 127.0.0.1:46870`. */
  readonly socket?: string;
}

export type NetworkErrorCode =
  | 'EADDRINUSE'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EPIPE'
  | 'ENOTFOUND'
  | 'ETIMEDOUT'
  | 'EINVAL'
  /** A gateway is asked for that is not there, or refuses, or cannot be used by this host; the message says which. */
  | 'EGATEWAY';
