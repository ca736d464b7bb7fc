/** The contract suites on Node: real directories and real sockets, one child process per process, SIGKILL as kill. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { diskContract } from '../contract/disk-contract.ts';
import type { Bench } from '../contract/host.ts';
import { networkContract } from '../contract/network-contract.ts';
import type { FromPorts } from '../contract/port-protocol.ts';
import { RemoteProcess } from '../contract/remote-process.ts';
import { freePort } from '../iproto/real-server.ts';
import { root } from '../tools/source-tree.ts';

const waitMsMax = 20_000;
const scratch = mkdtempSync(join(tmpdir(), 'bee-contract-'));
const program = join(scratch, 'port-process.mjs');

function start(directory: string): { child: ChildProcess; process: RemoteProcess } {
  const child = fork(program, [directory], { serialization: 'advanced', stdio: 'inherit' });
  const process = new RemoteProcess({
    post: (message) => child.send(message),
    // The child sends nothing else.
    onMessage: (hear) => child.on('message', (message) => hear(message as FromPorts)),
    kill: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  });
  return { child, process };
}

/** Two ports in a row that nobody listens on. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const isNextFree = await new Promise<boolean>((resolve) => {
      const probe = createServer().once('error', () => resolve(false));
      probe.listen(port + 1, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isNextFree) return port;
  }
}

function nodeBench(port: number): Bench {
  const directory = mkdtempSync(join(scratch, 'fs-'));
  const children: ChildProcess[] = [];
  return {
    port,
    process: () => {
      const { child, process } = start(directory);
      children.push(child);
      return Promise.resolve(process);
    },
    until: async (condition, what) => {
      const deadline = performance.now() + waitMsMax;
      while (!condition()) {
        if (performance.now() > deadline) throw new Error(`${what ?? 'a condition'}: not in time`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    dispose: () => {
      for (const child of children) child.kill('SIGKILL');
      return Promise.resolve();
    },
  };
}

describe('Node hosts', () => {
  beforeAll(async () => {
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      build: {
        ssr: join(root, 'test/node/port-process.ts'),
        outDir: scratch,
        emptyOutDir: false,
        target: 'node20',
        rolldownOptions: { output: { entryFileNames: 'port-process.mjs' } },
      },
    });
  });
  afterAll(() => rmSync(scratch, { recursive: true }));

  for (const { name, run } of [...diskContract, ...networkContract]) {
    it(name, async () => {
      const bench = nodeBench(await freePorts());
      try {
        await run(bench);
      } finally {
        await bench.dispose();
      }
    });
  }
});
