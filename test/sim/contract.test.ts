import { describe, it } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { diskContract } from '../contract/disk-contract.ts';
import { networkContract } from '../contract/network-contract.ts';
import { simBench } from './sim-bench.ts';

const seeds = [1, 2, 3];

describe.each(seeds)('simulated host, seed %i', (seed) => {
  for (const { name, run } of [...diskContract, ...networkContract]) {
    it(name, () => run(simBench(new SimWorld({ seed }))));
  }
});
