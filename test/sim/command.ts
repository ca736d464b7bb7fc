/**
 * `npm run sim`: whole clusters under faults, seed by seed.
 *
 * Exit codes, so that a script can tell: 0 all seeds passed (with --mutations: all were caught); 1 safety (something answered
 * was lost, applied twice, half there, or differs; or a mutation was not caught); 2 the command was not understood; 3 liveness (a healed
 * cluster did not come together in time, or a server hung).
 */
import { bundleSimulator } from './seed-bundle.ts';
import { runSeeds } from './seed-pool.ts';
import type { SeedOutcome } from './seed-runner.ts';
import { Totals } from './totals.ts';

const usage = `npm run sim -- [options]

  --seeds N      run seeds 1 to N (200 when absent)
  --from N       begin with another seed than 1
  --seed N       run one seed and tell its story: faults, what was typed and answered, the servers' logs
  --detailed     with --seed: disk calls and packets, too
  --mutations    build known bugs in, one at a time, and count the seeds until each is caught
  --figures      run the seeds, then all mutations, then the replication bench, and print the figures of each
  --rows N       with --figures: how far behind the replica is that catches up (500000 when absent)
  --help         this text

exit codes: 0 good, 1 safety, 2 usage, 3 liveness
`;

interface Order {
  readonly seeds: number;
  readonly from: number;
  readonly seed: number | undefined;
  readonly rows: number;
  readonly flags: ReadonlySet<string>;
}

const flags = ['--detailed', '--mutations', '--figures', '--help'];
const numberOptions = ['--seeds', '--from', '--seed', '--rows'];

/** @returns undefined, with a word to the user, for a command line that is not understood */
function parse(args: readonly string[]): Order | undefined {
  const numbers = new Map<string, number>();
  const given = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const name = args[at] ?? '';
    if (flags.includes(name)) {
      given.add(name);
      continue;
    }
    const value = Number(args[at + 1]);
    const isKnown = numberOptions.includes(name);
    if (!isKnown || !Number.isSafeInteger(value) || value < 1) {
      console.error(isKnown ? `${name} wants a whole number from 1.` : `"${name}" is not known.`);
      return undefined;
    }
    numbers.set(name, value);
    at++;
  }
  return {
    seeds: numbers.get('--seeds') ?? 200,
    from: numbers.get('--from') ?? 1,
    seed: numbers.get('--seed'),
    rows: numbers.get('--rows') ?? 500_000,
    flags: given,
  };
}

function exitCodeOf(failures: readonly SeedOutcome[]): number {
  if (failures.some(({ kind }) => kind === 'safety')) return 1;
  return failures.length > 0 ? 3 : 0;
}

function describe({ seed, kind, message }: SeedOutcome): string {
  return `seed ${seed}: ${kind}: ${message}\n  npm run sim -- --seed ${seed} tells its story`;
}

async function runMany(from: number, count: number): Promise<number> {
  const bundle = await bundleSimulator();
  const totals = new Totals();
  await runSeeds({
    bundle,
    seeds: Array.from({ length: count }, (_, at) => from + at),
    onOutcome: (outcome) => {
      totals.add(outcome);
      if (outcome.kind !== 'passed') console.log(describe(outcome));
      if (totals.seeds % 500 === 0) console.log(totals.line());
      return false;
    },
  });
  console.log(totals.text());
  return exitCodeOf(totals.failures);
}

async function tell(seed: number, isDetailed: boolean): Promise<number> {
  const bundle = await bundleSimulator();
  const failures: SeedOutcome[] = [];
  const onOutcome = (outcome: SeedOutcome): boolean => {
    if (outcome.kind !== 'passed') failures.push(outcome);
    console.log(outcome.kind === 'passed' ? `seed ${seed} passed` : describe(outcome));
    return false;
  };
  await runSeeds({ bundle, seeds: [seed], processes: 1, isTold: true, isDetailed, onOutcome });
  return exitCodeOf(failures);
}

async function runMutations(): Promise<number> {
  const { catchMutations, mutationLine, mutationTitles } = await import('./catch-mutations.ts');
  console.log(mutationTitles);
  const caught = await catchMutations((one) => console.log(mutationLine(one)));
  return caught.every(({ seeds }) => seeds !== undefined) ? 0 : 1;
}

/** Says what is printed next, and in the end how long it took. */
async function part<T>(title: string, run: () => T | Promise<T>): Promise<T> {
  console.log(`\n${title}`);
  const begun = performance.now();
  const result = await run();
  console.log(`(${((performance.now() - begun) / 1000).toFixed(0)} s)`);
  return result;
}

async function printFigures({ from, seeds, rows }: Order): Promise<number> {
  const codes = [
    await part('Clusters under faults', () => runMany(from, seeds)),
    await part('Known bugs, built in one at a time', runMutations),
  ];
  const { behindFigures, linkFigures } = await import('./replication-figures.ts');
  await part('A link', () => console.log(linkFigures()));
  await part('A replica that was away', async () => console.log(await behindFigures(rows)));
  return codes.find((code) => code !== 0) ?? 0;
}

function main(args: readonly string[]): Promise<number> {
  const order = parse(args);
  if (order === undefined) {
    console.error(usage);
    return Promise.resolve(2);
  }
  if (order.flags.has('--help')) {
    console.log(usage);
    return Promise.resolve(0);
  }
  if (order.flags.has('--figures')) return printFigures(order);
  if (order.flags.has('--mutations')) return runMutations();
  if (order.seed !== undefined) return tell(order.seed, order.flags.has('--detailed'));
  return runMany(order.from, order.seeds);
}

process.exitCode = await main(process.argv.slice(2));
