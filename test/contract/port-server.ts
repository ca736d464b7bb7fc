/** Serves the ports of its own process to a contract suite that runs elsewhere. */
import type {
  Connection,
  DirectoryLock,
  Disk,
  Listener,
  Network,
  OpenFile,
} from '../../src/bee/env/index.ts';
import type { ConnectionInfo, DiskCall, FileCall, FromPorts, ToPorts } from './port-protocol.ts';

export class PortServer {
  readonly #disk: Disk;
  readonly #network: Network;
  readonly #post: (message: FromPorts) => void;
  readonly #files = new Map<number, OpenFile>();
  readonly #locks = new Map<number, DirectoryLock>();
  readonly #listeners = new Map<number, Listener>();
  readonly #connections = new Map<number, Connection>();
  #nextHandle = 1;

  constructor(disk: Disk, network: Network, post: (message: FromPorts) => void) {
    this.#disk = disk;
    this.#network = network;
    this.#post = post;
  }

  hear(message: ToPorts): void {
    switch (message.kind) {
      case 'disk':
        this.#diskCall(message.id, message.call);
        return;
      case 'file':
        this.#fileCall(message.id, message.file, message.call);
        return;
      case 'release':
        this.#locks.get(message.lock)?.release();
        return;
      case 'listen':
        this.#listen(message.id, message.host, message.port);
        return;
      case 'unlisten':
        this.#listeners.get(message.listener)?.close();
        return;
      case 'connect':
        this.#network.connect(message.host, message.port, (result) =>
          this.#answer(message.id, result.ok ? this.#adopt(result.value) : undefined, result),
        );
        return;
      case 'send': {
        const unsent = this.#connections.get(message.connection)?.send(message.bytes) ?? 0;
        this.#post({ kind: 'sent', connection: message.connection, unsent });
        return;
      }
      case 'pause':
        this.#connections.get(message.connection)?.pause(message.paused);
        return;
      case 'close':
        this.#connections.get(message.connection)?.close();
        return;
    }
  }

  /** @param value what stands for the result's value, which may be an object that cannot travel */
  #answer(id: number, value: unknown, result: { readonly ok: boolean }): void {
    this.#post({ kind: 'done', id, result: result.ok ? { ok: true, value } : result });
  }

  #diskCall(id: number, call: DiskCall): void {
    switch (call[0]) {
      case 'open':
        this.#disk.open(call[1], call[2], (result) => {
          if (!result.ok) {
            this.#answer(id, undefined, result);
            return;
          }
          const file = this.#keep(this.#files, result.value);
          this.#answer(id, { file, size: result.value.size }, result);
        });
        return;
      case 'lock':
        this.#disk.lock(call[1], (result) =>
          this.#answer(id, result.ok ? this.#keep(this.#locks, result.value) : 0, result),
        );
        return;
      case 'rename':
        this.#disk.rename(call[1], call[2], (result) => this.#answer(id, undefined, result));
        return;
      case 'list':
        this.#disk.list(call[1], (result) =>
          this.#answer(id, result.ok ? result.value : undefined, result),
        );
        return;
      case 'stat':
        this.#disk.stat(call[1], (result) =>
          this.#answer(id, result.ok ? result.value : undefined, result),
        );
        return;
      default:
        this.#disk[call[0]](call[1], (result) => this.#answer(id, undefined, result));
    }
  }

  #fileCall(id: number, handle: number, call: FileCall): void {
    const file = this.#files.get(handle);
    if (file === undefined) throw new Error(`no file ${handle}`);
    const done = (result: { readonly ok: boolean }): void => this.#answer(id, undefined, result);
    switch (call[0]) {
      case 'append':
        file.append(call[1], call[2], done);
        return;
      case 'read':
        file.read(call[1], call[2], (result) =>
          this.#answer(id, result.ok ? result.value : undefined, result),
        );
        return;
      case 'truncate':
        file.truncate(call[1], done);
        return;
      case 'close':
        file.close(done);
        return;
    }
  }

  #listen(id: number, host: string, port: number | string): void {
    const listener = this.#nextHandle++;
    this.#network.listen(
      host,
      port,
      (connection) => this.#post({ kind: 'accepted', listener, info: this.#adopt(connection) }),
      (result) => {
        if (result.ok) this.#listeners.set(listener, result.value);
        const { fd, address } = result.ok ? result.value : { fd: -1, address: '' };
        this.#answer(id, { listener, fd, address }, result);
      },
    );
  }

  #adopt(connection: Connection): ConnectionInfo {
    const handle = this.#keep(this.#connections, connection);
    connection.onEvent = (event) => this.#post({ kind: 'event', connection: handle, event });
    const { fd, localAddress, peerAddress } = connection;
    return { connection: handle, fd, localAddress, peerAddress };
  }

  #keep<T>(table: Map<number, T>, value: T): number {
    const handle = this.#nextHandle++;
    table.set(handle, value);
    return handle;
  }
}
