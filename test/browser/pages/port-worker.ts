/** A process of the contract suites in a real worker: the browser's ports, driven by messages from the page. */
import { BrowserDisk } from '../../../src/browser/browser-disk.ts';
import { BrowserNetwork } from '../../../src/browser/browser-network.ts';
import { FileStore } from '../../../src/browser/file-store.ts';
import { WebLocks } from '../../../src/browser/locks.ts';
import { Storage } from '../../../src/browser/storage.ts';
import type { ToPorts } from '../../contract/port-protocol.ts';
import { PortServer } from '../../contract/port-server.ts';

/** Comes first. */
export interface PortWorkerStart {
  readonly sessionId: string;
  readonly pid: number;
}

let server: PortServer | undefined;

addEventListener('message', ({ data }: MessageEvent<PortWorkerStart | ToPorts>) => {
  if ('sessionId' in data) {
    const { sessionId, pid } = data;
    const locks = new WebLocks(navigator.locks);
    const disk = new BrowserDisk(new FileStore(new Storage(sessionId), locks));
    const network = new BrowserNetwork({ sessionId, pid, locks });
    server = new PortServer(disk, network, (message) => postMessage(message));
    return;
  }
  server?.hear(data);
});
