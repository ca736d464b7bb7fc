/** The page that runs the contract suites in a real browser: each process is a worker, each kill a terminate(). */
import { diskContract } from '../../contract/disk-contract.ts';
import type { Bench } from '../../contract/host.ts';
import { networkContract } from '../../contract/network-contract.ts';
import type { RemoteProcess } from '../../contract/remote-process.ts';
import { patienceMs } from '../../support/patience.ts';
import { workerProcess } from './worker-process.ts';

function browserBench(): Bench {
  const sessionId = `contract-${crypto.randomUUID()}`;
  const processes: RemoteProcess[] = [];
  return {
    process: () => {
      const process = workerProcess(sessionId);
      processes.push(process);
      return Promise.resolve(process);
    },
    until: async (condition, what) => {
      const deadline = performance.now() + patienceMs;
      const channel = new MessageChannel();
      while (!condition()) {
        if (performance.now() > deadline) throw new Error(`${what ?? 'a condition'}: not in time`);
        await new Promise<void>((resolve) => {
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(undefined);
        });
      }
      channel.port1.close();
    },
    dispose: async () => {
      for (const process of processes) await process.kill();
      indexedDB.deleteDatabase(`bee/${sessionId}`);
    },
  };
}

/** Runs one case; called by the test in Node. Rejects with what is wrong. */
async function runCase(suite: 'disk' | 'network', name: string): Promise<void> {
  const cases = suite === 'disk' ? diskContract : networkContract;
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  const bench = browserBench();
  try {
    await found.run(bench);
  } finally {
    await bench.dispose();
  }
}

Object.assign(globalThis, { runCase });
