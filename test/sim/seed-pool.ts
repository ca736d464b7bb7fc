import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { SeedOrder, SeedOutcome } from './seed-runner.ts';

/** Seconds that one seed may take on a busy machine; a thousand times what it takes on an idle one is a loop without end. */
const seedSecondsMax = 120;

/** A cluster lives for a fifth of a second: most of it is garbage before it is old. MiB; the default of 16 costs a tenth of the time. */
const execArgv = ['--max-semi-space-size=32'];

export interface PoolOptions {
  /** Made by `bundleSimulator`. */
  readonly bundle: string;
  readonly seeds: Iterable<number>;
  /** One per core when absent. */
  readonly processes?: number;
  readonly isTold?: boolean;
  readonly isDetailed?: boolean;
  /** Hears of each seed when it ends. @returns true to begin no further one */
  readonly onOutcome: (outcome: SeedOutcome) => boolean;
}

/** Runs seeds in as many processes as there are cores. */
export async function runSeeds(options: PoolOptions): Promise<void> {
  const { bundle, onOutcome, isTold = false, isDetailed = false } = options;
  const seeds = options.seeds[Symbol.iterator]();
  let isOver = false;
  const work = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    try {
      while (!isOver) {
        const next = seeds.next();
        if (next.done) break;
        child ??= fork(bundle, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
        const outcome = await runInProcess(child, { seed: next.value, isTold, isDetailed });
        if (child.exitCode !== null || child.signalCode !== null || child.killed) child = undefined;
        isOver = onOutcome(outcome) || isOver;
      }
    } finally {
      child?.kill('SIGKILL');
    }
  };
  const count = options.processes ?? availableParallelism();
  await Promise.all(Array.from({ length: count }, work));
}

/** One seed in a process that may die of it or never come back. */
function runInProcess(child: ChildProcess, order: SeedOrder): Promise<SeedOutcome> {
  return new Promise((done) => {
    const end = (outcome: SeedOutcome): void => {
      clearTimeout(timer);
      child.removeAllListeners('message');
      child.removeAllListeners('exit');
      done(outcome);
    };
    const lost = (kind: 'safety' | 'liveness', message: string): void =>
      end({ seed: order.seed, kind, message, counts: {} });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      lost('liveness', `did not end within ${seedSecondsMax} s: a turn without an end`);
    }, seedSecondsMax * 1000);
    child.once('message', (outcome: SeedOutcome) => end(outcome));
    child.once('exit', (code, signal) =>
      lost('safety', `its process ended with ${code ?? signal}`),
    );
    child.send(order);
  });
}
