/** A process of the contract suites in a real worker: the browser's ports, driven by messages from the page. */
import { createBrowserHost } from '../../../src/browser/browser-env.ts';
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
    const process = { sessionId, pid, cwd: '/', home: '/', hostname: 'localhost', environment: {} };
    const { env } = createBrowserHost(process, { line: () => undefined });
    server = new PortServer(env.disk, env.network, (message) => postMessage(message));
    return;
  }
  server?.hear(data);
});
