import { type Mutation, mutations } from './mutations.ts';
import { bundleSimulator } from './seed-bundle.ts';
import { runSeeds } from './seed-pool.ts';
import type { SeedOutcome } from './seed-runner.ts';

/** How a mutation was caught. */
export interface Caught {
  readonly mutation: Mutation;
  /** How many seeds it took; undefined when none of those allowed saw it. */
  readonly seeds: number | undefined;
  readonly outcome: SeedOutcome | undefined;
}

/**
 * Builds each bug in and runs seeds until one fails.
 * @param onCaught hears of each when it is done
 */
export async function catchMutations(onCaught: (caught: Caught) => void): Promise<Caught[]> {
  const all: Caught[] = [];
  for (const mutation of mutations) {
    const caught = await catchMutation(mutation);
    onCaught(caught);
    all.push(caught);
  }
  return all;
}

export async function catchMutation(mutation: Mutation): Promise<Caught> {
  const bundle = await bundleSimulator(mutation);
  const failed: SeedOutcome[] = [];
  await runSeeds({
    bundle,
    seeds: Array.from({ length: mutation.seedsMax }, (_, at) => at + 1),
    onOutcome: (outcome) => {
      if (outcome.kind !== 'passed') failed.push(outcome);
      return failed.length > 0;
    },
  });
  // Several run at a time, and the one that fails first need not be the lowest: that is the number that everybody gets.
  const [outcome] = failed.sort((one, other) => one.seed - other.seed);
  return { mutation, seeds: outcome?.seed, outcome };
}

/** One line of the table. */
export function mutationLine({ mutation, seeds, outcome }: Caught): string {
  const count = seeds === undefined ? `NOT in ${mutation.seedsMax}` : `${seeds}`;
  const [reason = ''] = (outcome?.message ?? '').split('\n');
  const kind = outcome === undefined ? '' : `${outcome.kind}: ${reason.slice(0, 100)}`;
  return columns(mutation.name, count, kind);
}

function columns(name: string, seeds: string, seen: string): string {
  return `${name.padEnd(40)} ${seeds.padStart(10)}  ${seen}`;
}

export const mutationTitles = columns('mutation', 'seeds', 'what was seen');
