/** Whole clusters under faults, seed by seed: what was answered stays, and what is healed comes together. */
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleSimulator } from './seed-bundle.ts';
import { runSeeds } from './seed-pool.ts';
import type { SeedOutcome } from './seed-runner.ts';
import { Totals } from './totals.ts';

/** Seeds that each run plays: the first number of them always, the second if they fit into the time. */
const seedsMin = 200;
const seedsMax = 2000;
/**
 * Seconds after which no further one is begun. On two cores with nothing else to do a seed takes a tenth of a second, beside other
 * tests more. How far the run comes depends on the machine, what a seed comes to does not.
 */
const secondsMax = 120;

/** 1, 2, 3 … */
function* asManyAsFit(): Generator<number> {
  const begun = performance.now();
  for (let seed = 1; seed <= seedsMax; seed++) {
    if (seed > seedsMin && performance.now() - begun > secondsMax * 1000) return;
    yield seed;
  }
}

/** Seeds that once failed, each with what it showed. They are worth running for ever; what they do now may be another thing. */
const regressions: readonly (readonly [number, string])[] = [
  [233, 'a hole among the logs before the oldest snapshot, where one removal had failed'],
  [285, 'a clock that jumps while a server joins'],
  [
    742,
    'two masters that gave one id to two servers, one of which had been killed before it had any',
  ],
  [760, 'rows that only a follower in no list has, of a server that was seeded anew'],
  [2248, 'three servers on full disks, none of which has the log that the others lack'],
  [
    178,
    'a joiner killed before it had an id, whose disk was full when it came back: it wrote without one',
  ],
  [473, 'a first row whose log file had no name on the device when the power went'],
  [310, 'one server whose logs nobody has, and another that only hears of it'],
  [560, 'an anonymous replica that came back for a copy got one from before what it had'],
  [
    815,
    'a statement that is written and answered with an error, for rows of others that it could have seen are not',
  ],
  [14, 'a server of a ring that is seeded anew, whose follower lacks the logs'],
  [2052, 'a joiner whose log failed behind the copy went on, and its log lacked rows'],
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

  it(`seeds 1 to ${seedsMax}, as many as fit`, { timeout: 900_000 }, async () => {
    const { totals, failures } = await failuresOf(asManyAsFit());
    console.info(totals.text());
    expect(failures).toEqual([]);
    expect(totals.seeds).toBeGreaterThanOrEqual(seedsMin);
    // A run in which nothing happens proves nothing.
    for (const what of [
      'writes',
      'reads',
      'crashes',
      'cuts',
      'failingAppends',
      'fullDisks',
      'powerCuts',
    ]) {
      expect(totals.of(what), what).toBeGreaterThan(10);
    }
  });

  it.each(regressions)('seed %i: %s', { timeout: 60_000 }, async (seed) => {
    expect((await failuresOf([seed])).failures).toEqual([]);
  });
});
