/** Starts the real server, where it is installed, for tests that ask it instead of remembering. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** False where `tarantool` is not installed: tests that need it say so by name and are skipped. */
export const isRealServerInstalled = ((): boolean => {
  try {
    return execFileSync('tarantool', ['--version']).toString().startsWith('Tarantool 2.6.0');
  } catch {
    return false;
  }
})();

export interface RealServer {
  readonly port: number;
  readonly directory: string;
  /** What it logged so far. */
  log(): string;
  /** Resolves when the log holds the text. */
  logged(text: string | RegExp): Promise<void>;
  /** Sends a signal, waits for the end and removes the directory unless another run is to use it. */
  stop(signal?: NodeJS.Signals, keep?: 'keep'): Promise<void>;
}

/**
 * Runs a Lua script in a fresh directory.
 * @param script sees the globals `port` and `directory`; it should end in `ready()`
 */
export async function startRealServer(script: string, directory?: string): Promise<RealServer> {
  const port = await freePort();
  const home = directory ?? mkdtempSync(join(tmpdir(), 'bee-real-'));
  const prelude = `port = ${port}; directory = '${home}'; function ready() require('log').info('script is done') end\n`;
  writeFileSync(join(home, 'script.lua'), prelude + script);
  const child = spawn('tarantool', ['script.lua'], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A test that fails before it stops its server must not leave it running.
  const killAtExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  child.once('exit', () => process.removeListener('exit', killAtExit));
  let text = '';
  const waiters = new Set<() => void>();
  const mourners = new Set<() => void>();
  child.once('exit', () => {
    for (const mourn of mourners) mourn();
  });
  const take = (bytes: Buffer): void => {
    text += bytes.toString();
    for (const wake of waiters) wake();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const server: RealServer = {
    port,
    directory: home,
    log: () => text,
    logged: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) {
            waiters.delete(look);
            mourners.delete(mourn);
            resolve();
          }
        };
        const mourn = (): void => reject(new Error(`the real server ended:\n${text}`));
        waiters.add(look);
        mourners.add(mourn);
        look();
      }),
    stop: async (signal, keep) => {
      await ended(child, signal ?? 'SIGKILL');
      if (keep === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
  await server.logged('script is done');
  return server;
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** A TCP port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
