/** A process of the contract suites in a real worker: the browser's ports, driven by messages from the page. */
import type {
  Connection,
  DirectoryLock,
  Disk,
  Listener,
  OpenFile,
} from '../../../src/bee/env/index.ts';
import { BrowserDisk } from '../../../src/browser/browser-disk.ts';
import { BrowserNetwork } from '../../../src/browser/browser-network.ts';
import { FileStore } from '../../../src/browser/file-store.ts';
import { WebLocks } from '../../../src/browser/locks.ts';
import { Storage } from '../../../src/browser/storage.ts';
import type { ConnectionInfo, DiskCall, FileCall, FromPorts, ToPorts } from './port-protocol.ts';

const files = new Map<number, OpenFile>();
const locks = new Map<number, DirectoryLock>();
const listeners = new Map<number, Listener>();
const connections = new Map<number, Connection>();
let nextHandle = 1;
let disk: Disk | undefined;
let network: BrowserNetwork | undefined;

const post = (message: FromPorts): void => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<ToPorts>) => {
  if (data.kind === 'start') {
    const webLocks = new WebLocks(navigator.locks);
    disk = new BrowserDisk(new FileStore(new Storage(data.sessionId), webLocks));
    network = new BrowserNetwork({ sessionId: data.sessionId, pid: data.pid, locks: webLocks });
    return;
  }
  handle(data);
});

function handle(message: Exclude<ToPorts, { kind: 'start' }>): void {
  switch (message.kind) {
    case 'disk':
      diskCall(message.id, message.call);
      return;
    case 'file':
      fileCall(message.id, message.file, message.call);
      return;
    case 'release':
      locks.get(message.lock)?.release();
      return;
    case 'listen':
      listen(message.id, message.host, message.port);
      return;
    case 'unlisten':
      listeners.get(message.listener)?.close();
      return;
    case 'connect':
      network?.connect(message.host, message.port, (result) =>
        answer(message.id, result.ok ? { ok: true, value: adopt(result.value) } : result),
      );
      return;
    case 'send': {
      const unsent = connections.get(message.connection)?.send(message.bytes) ?? 0;
      post({ kind: 'sent', connection: message.connection, unsent });
      return;
    }
    case 'pause':
      connections.get(message.connection)?.pause(message.paused);
      return;
    case 'close':
      connections.get(message.connection)?.close();
      return;
  }
}

function answer(id: number, result: unknown): void {
  post({ kind: 'done', id, result });
}

function diskCall(id: number, call: DiskCall): void {
  const done = (result: unknown): void => answer(id, result);
  if (disk === undefined) throw new Error('not started');
  switch (call[0]) {
    case 'open':
      disk.open(call[1], call[2], (result) => {
        if (!result.ok) {
          done(result);
          return;
        }
        const file = nextHandle++;
        files.set(file, result.value);
        done({ ok: true, value: { file, size: result.value.size } });
      });
      return;
    case 'lock':
      disk.lock(call[1], (result) => {
        if (!result.ok) {
          done(result);
          return;
        }
        const lock = nextHandle++;
        locks.set(lock, result.value);
        done({ ok: true, value: lock });
      });
      return;
    case 'rename':
      disk.rename(call[1], call[2], done);
      return;
    default:
      disk[call[0]](call[1], done);
      return;
  }
}

function fileCall(id: number, handle: number, call: FileCall): void {
  const done = (result: unknown): void => answer(id, result);
  const file = files.get(handle);
  if (file === undefined) throw new Error(`no file ${handle}`);
  switch (call[0]) {
    case 'append':
      file.append(call[1], call[2], done);
      return;
    case 'read':
      file.read(call[1], call[2], done);
      return;
    case 'truncate':
      file.truncate(call[1], done);
      return;
    case 'close':
      file.close(done);
      return;
  }
}

function listen(id: number, host: string, port: number | string): void {
  const listener = nextHandle++;
  network?.listen(
    host,
    port,
    (connection) => post({ kind: 'accepted', listener, info: adopt(connection) }),
    (result) => {
      if (result.ok) listeners.set(listener, result.value);
      const value = result.ok && { listener, address: result.value.address };
      answer(id, result.ok ? { ok: true, value } : result);
    },
  );
}

function adopt(connection: Connection): ConnectionInfo {
  const handle = nextHandle++;
  connections.set(handle, connection);
  connection.onEvent = (event) => post({ kind: 'event', connection: handle, event });
  const { fd, localAddress, peerAddress } = connection;
  return { connection: handle, fd, localAddress, peerAddress };
}
