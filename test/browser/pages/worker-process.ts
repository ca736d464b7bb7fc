import type { FromPorts } from '../../contract/port-protocol.ts';
import { RemoteProcess } from '../../contract/remote-process.ts';
import type { PortWorkerStart } from './port-worker.ts';

let nextPid = 1001;

/** A process that is a worker; its kill is a terminate(). */
export function workerProcess(sessionId: string): RemoteProcess & { readonly pid: number } {
  const worker = new Worker(new URL('./port-worker.ts', import.meta.url), { type: 'module' });
  worker.onerror = (event) => {
    throw new Error(`worker: ${event.message}`);
  };
  const pid = nextPid++;
  const start: PortWorkerStart = { sessionId, pid };
  worker.postMessage(start);
  const process = new RemoteProcess({
    post: (message) => worker.postMessage(message),
    onMessage: (hear) => {
      worker.onmessage = ({ data }: MessageEvent<FromPorts>) => hear(data);
    },
    kill: () => Promise.resolve(worker.terminate()),
  });
  return Object.assign(process, { pid });
}
