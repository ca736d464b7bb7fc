/** Whole clusters under faults, seed by seed: what was answered stays, and what is healed comes together. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleSimulator } from './seed-bundle.ts';
import { runSeeds } from './seed-pool.ts';
import type { SeedOutcome } from './seed-runner.ts';
import { Totals } from './totals.ts';

/**
 * As many as take half a minute on two cores, at a fifth of a second each. 2,000 take four minutes, `npm run sim -- --seeds 100000`
 * three hours.
 */
const seedsInEachRun = 200;

/** Seeds that once failed, each with what it showed. They are worth running for ever; what they do now may be another thing. */
const regressions: readonly (readonly [number, string])[] = [
  [233, 'a hole among the logs before the oldest snapshot, where one removal had failed'],
  [285, 'a clock that jumps while a server joins'],
  [
    742,
    'two masters that gave one id to two servers, one of which had been killed before it had any',
  ],
  [14, 'a server of a ring that is seeded anew, whose follower lacks the logs'],
];

describe('a cluster under faults', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = await bundleSimulator();
  });

  async function failuresOf(seeds: Iterable<number>): Promise<{
    readonly totals: Totals;
    readonly failures: readonly SeedOutcome[];
  }> {
    const totals = new Totals();
    await runSeeds({
      bundle,
      seeds,
      onOutcome: (outcome) => {
        totals.add(outcome);
        return totals.failures.length >= 3;
      },
    });
    return { totals, failures: totals.failures };
  }

  it(`seeds 1 to ${seedsInEachRun}`, { timeout: 300_000 }, async () => {
    const seeds = Array.from({ length: seedsInEachRun }, (_, at) => at + 1);
    const { totals, failures } = await failuresOf(seeds);
    expect(failures).toEqual([]);
    // A run in which nothing happens proves nothing.
    for (const what of ['writes', 'reads', 'crashes', 'cuts', 'failingAppends', 'fullDisks']) {
      expect(totals.of(what), what).toBeGreaterThan(10);
    }
  });

  it.each(regressions)('seed %i: %s', { timeout: 60_000 }, async (seed) => {
    expect((await failuresOf([seed])).failures).toEqual([]);
  });
});
