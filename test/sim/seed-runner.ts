/**
 * Runs seeds in a process of its own: bundled by `seed-bundle.ts`, forked by `seed-pool.ts`, told what to do by messages. What is
 * run must be the code as it is bundled for the product, not as a test runner rewrites it: it is twice as fast.
 */
import { createServer } from '../../src/bee/index.ts';
import { type Counts, SimCluster, Violation } from '../../src/sim/index.ts';

/** How one seed ended. */
export interface SeedOutcome {
  readonly seed: number;
  readonly kind: 'passed' | 'safety' | 'liveness';
  readonly message: string;
  readonly counts: Counts;
}

/** A seed to run; with `isTold` the story goes to the standard output line by line. */
export interface SeedOrder {
  readonly seed: number;
  readonly isTold: boolean;
  readonly isDetailed: boolean;
}

export function runSeed({ seed, isTold, isDetailed }: SeedOrder): SeedOutcome {
  const cluster = new SimCluster({
    seed,
    create: createServer,
    isTraceDetailed: isDetailed,
    ...(isTold ? { onTrace: (line) => process.stdout.write(`${line}\n`) } : {}),
  });
  try {
    cluster.run();
    return { seed, kind: 'passed', message: '', counts: cluster.counts };
  } catch (error) {
    // An assertion of the server that fails, or anything else that it throws, is a bug of its own: safety.
    const kind = error instanceof Violation ? error.kind : 'safety';
    const message = error instanceof Violation ? error.message : stackOf(error);
    return { seed, kind, message, counts: cluster.counts };
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.on('message', (order: SeedOrder) => {
  process.send?.(runSeed(order));
});
