/** The ports of another process (a worker, a child of Node) as the suite sees them: each call is a message, each outcome another. */
import type { Result } from '../../src/bee/base/result.ts';
import type {
  Connection,
  ConnectionEvent,
  Disk,
  DiskError,
  Done,
  Listener,
  Network,
  NetworkError,
  OpenFile,
} from '../../src/bee/env/index.ts';
import type { TestProcess } from './host.ts';
import type { ConnectionInfo, DiskCall, FromPorts, ToPorts } from './port-protocol.ts';

/** Plain `Omit` would forget that the message is one of several shapes. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** The road to the process. */
export interface Transport {
  post(message: ToPorts): void;
  onMessage(hear: (message: FromPorts) => void): void;
  kill(): Promise<void>;
}

export class RemoteProcess implements TestProcess {
  readonly disk: Disk;
  readonly network: Network;
  readonly #transport: Transport;
  readonly #waiting = new Map<number, (result: never) => void>();
  readonly #accepts = new Map<number, (connection: Connection) => void>();
  readonly #connections = new Map<number, RemoteConnection>();
  /** Connections accepted before the page knew the listener's handle. */
  readonly #early = new Map<number, ConnectionInfo[]>();
  #nextId = 1;

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.onMessage((message) => this.#hear(message));
    this.disk = this.#makeDisk();
    this.network = this.#makeNetwork();
  }

  kill(): Promise<void> {
    return this.#transport.kill();
  }

  #post(message: ToPorts): void {
    this.#transport.post(message);
  }

  #call<T>(message: WithoutId<ToPorts>, done: (result: T) => void): void {
    const id = this.#nextId++;
    this.#waiting.set(id, done);
    // The id is what makes it one of the shapes again.
    this.#post({ ...message, id } as ToPorts);
  }

  #hear(message: FromPorts): void {
    switch (message.kind) {
      case 'done': {
        // Each id is answered once, with what its call expects: the worker runs the same call.
        const done = this.#waiting.get(message.id) as ((result: unknown) => void) | undefined;
        this.#waiting.delete(message.id);
        done?.(message.result);
        return;
      }
      case 'accepted': {
        const accept = this.#accepts.get(message.listener);
        if (accept !== undefined) accept(this.#adopt(message.info));
        else
          this.#early.set(message.listener, [
            ...(this.#early.get(message.listener) ?? []),
            message.info,
          ]);
        return;
      }
      case 'event':
        this.#connections.get(message.connection)?.hear(message.event);
        return;
      case 'sent':
        this.#connections.get(message.connection)?.sent(message.unsent);
    }
  }

  #makeDisk(): Disk {
    const call = <T>(named: DiskCall, done: Done<T>): void =>
      this.#call({ kind: 'disk', call: named }, done);
    return {
      open: (path, mode, done) =>
        call(['open', path, mode], (result: Result<{ file: number; size: number }, DiskError>) =>
          done(result.ok ? { ok: true, value: this.#file(result.value) } : result),
        ),
      list: (path, done) => call(['list', path], done),
      stat: (path, done) => call(['stat', path], done),
      unlink: (path, done) => call(['unlink', path], done),
      mkdir: (path, done) => call(['mkdir', path], done),
      rmdir: (path, done) => call(['rmdir', path], done),
      rename: (from, to, done) => call(['rename', from, to], done),
      lock: (path, done) =>
        call(['lock', path], (result: Result<number, DiskError>) => {
          if (!result.ok) {
            done(result);
            return;
          }
          const lock = result.value;
          done({ ok: true, value: { release: () => this.#post({ kind: 'release', lock }) } });
        }),
    };
  }

  #file({ file, size }: { file: number; size: number }): OpenFile {
    return {
      size,
      append: (bytes, durability, done) =>
        this.#call({ kind: 'file', file, call: ['append', bytes, durability] }, done),
      read: (offset, length, done) =>
        this.#call({ kind: 'file', file, call: ['read', offset, length] }, done),
      truncate: (to, done) => this.#call({ kind: 'file', file, call: ['truncate', to] }, done),
      close: (done) => this.#call({ kind: 'file', file, call: ['close'] }, done),
    };
  }

  #makeNetwork(): Network {
    return {
      listen: (host, port, accept, done) =>
        this.#call(
          { kind: 'listen', host, port },
          (result: Result<{ listener: number; fd: number; address: string }, NetworkError>) => {
            if (!result.ok) {
              done(result);
              return;
            }
            const { listener, fd, address } = result.value;
            this.#accepts.set(listener, accept);
            const value: Listener = {
              fd,
              address,
              close: () => this.#post({ kind: 'unlisten', listener }),
            };
            done({ ok: true, value });
            for (const info of this.#early.get(listener) ?? []) accept(this.#adopt(info));
          },
        ),
      connect: (host, port, done) =>
        this.#call(
          { kind: 'connect', host, port },
          (result: Result<ConnectionInfo, NetworkError>) =>
            done(result.ok ? { ok: true, value: this.#adopt(result.value) } : result),
        ),
    };
  }

  #adopt(info: ConnectionInfo): Connection {
    const connection = new RemoteConnection(info, (message) => this.#post(message));
    this.#connections.set(info.connection, connection);
    return connection;
  }
}

/** The port answers at once how much is unsent; here that is the worker's last word and what it has not answered yet. */
class RemoteConnection implements Connection {
  readonly fd: number;
  readonly localAddress: string;
  readonly peerAddress: string;
  onEvent: Connection['onEvent'] = () => undefined;
  readonly #handle: number;
  readonly #post: (message: ToPorts) => void;
  readonly #unanswered: number[] = [];
  #unsent = 0;
  #isClosed = false;

  constructor(info: ConnectionInfo, post: (message: ToPorts) => void) {
    this.fd = info.fd;
    this.localAddress = info.localAddress;
    this.peerAddress = info.peerAddress;
    this.#handle = info.connection;
    this.#post = post;
  }

  send(bytes: Uint8Array): number {
    if (this.#isClosed) return 0;
    this.#unanswered.push(bytes.length);
    this.#post({ kind: 'send', connection: this.#handle, bytes: bytes.slice() });
    return this.#unanswered.reduce((sum, length) => sum + length, this.#unsent);
  }

  hear(event: ConnectionEvent): void {
    if (event.kind === 'closed') this.#isClosed = true;
    this.onEvent(event);
  }

  sent(unsent: number): void {
    this.#unanswered.shift();
    this.#unsent = unsent;
  }

  pause(paused: boolean): void {
    this.#post({ kind: 'pause', connection: this.#handle, paused });
  }

  close(): void {
    this.#isClosed = true;
    this.#post({ kind: 'close', connection: this.#handle });
  }
}
