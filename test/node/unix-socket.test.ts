/** A unix socket's file stays when its server is killed: the next one takes its place, but never that of one that lives. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Connection, Listener } from '../../src/bee/env/index.ts';
import { NodeNetwork } from '../../src/node/node-network.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bee-socket-'));
  path = join(directory, 'a.sock');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Another process that listens there. @returns kills it */
async function startOther(): Promise<() => Promise<void>> {
  const program = "require('net').createServer().listen(process.argv[1], () => console.log('up'))";
  const child = spawn(process.execPath, ['-e', program, path]);
  await once(child.stdout, 'data');
  return async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
}

const network = new NodeNetwork();
const listen = (): Promise<Listener | string> =>
  new Promise((resolve) => {
    const accept = (connection: Connection): void => connection.close();
    network.listen('', path, accept, (result) =>
      resolve(result.ok ? result.value : result.error.code),
    );
  });
const connect = (): Promise<string> =>
  new Promise((resolve) => {
    network.connect('', path, (result) => {
      if (result.ok) result.value.close();
      resolve(result.ok ? 'connected' : result.error.code);
    });
  });

test('what a killed server left is taken over', async () => {
  const kill = await startOther();
  await kill();
  expect(existsSync(path)).toBe(true);
  expect(await connect()).toBe('ECONNREFUSED');
  const listener = await listen();
  if (typeof listener === 'string') throw new Error(listener);
  expect(await connect()).toBe('connected');
  listener.close();
});

test('a living server keeps its own', async () => {
  const kill = await startOther();
  expect(await listen()).toBe('EADDRINUSE');
  expect(await connect()).toBe('connected');
  await kill();
});
