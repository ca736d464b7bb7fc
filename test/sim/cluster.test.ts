/** Whole clusters under faults, seed by seed: what was answered stays, and what is healed comes together. */
import { describe, it } from 'vitest';
import { createServer } from '../../src/bee/index.ts';
import { SimCluster } from '../../src/sim/index.ts';

/** More of them: `BEE_SEEDS=1000 npx vitest run test/sim/cluster.test.ts`; one of them: `BEE_SEED=7 …`. */
const count = Number(process.env['BEE_SEEDS'] ?? 20);
const only = process.env['BEE_SEED'];
const seeds =
  only === undefined ? Array.from({ length: count }, (_, at) => at + 1) : [Number(only)];

describe('a cluster under faults', () => {
  it.each(seeds)('seed %i', (seed) => {
    const traceLinesMax = only === undefined ? 400 : 100_000;
    new SimCluster({ seed, create: createServer, seconds: 5, traceLinesMax }).run();
  });
});
