/**
 * Random programs, played on Bee and on the real server, answer by answer as YAML text. A program that is answered differently is cut
 * down to what matters and kept among the golden transcripts, with what the real server says.
 *
 * More of them: `BEE_RUNS=5000 BEE_SEED=7 npx vitest run --project node test/real/differential.test.ts`.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromReal, withoutAddresses, writeScript } from '../scripts/script.ts';
import { buildBee } from '../tools/build.mjs';
import { ConsoleProcess } from './console-process.ts';
import { cleaning, program } from './programs.ts';
import { describeReal, RealDirectory } from './tarantool.ts';

/** About 10 s on a slow machine; the seed is fixed, so that an ordinary run says the same each time. */
const runs = Number(process.env['BEE_RUNS'] ?? 300);
const seed = Number(process.env['BEE_SEED'] ?? 1);

const settings = "db.cfg{wal_mode = 'none', log_level = 0}";

interface Answers {
  readonly bee: readonly string[];
  readonly real: readonly string[];
}

function isSame({ bee, real }: Answers): boolean {
  return bee.every((answer, at) => answer === real[at]);
}

describeReal('random programs', () => {
  const directories: RealDirectory[] = [];
  let bee: ConsoleProcess;
  let real: ConsoleProcess;
  /** Programs at which the real server dies: 2.6.0 has its bugs, and there is no answer to compare with. */
  let crashes = 0;

  function newDirectory(): string {
    const directory = new RealDirectory();
    directories.push(directory);
    return directory.path;
  }

  async function startReal(): Promise<void> {
    real = await ConsoleProcess.real(newDirectory());
    await real.do(settings);
  }

  beforeAll(async () => {
    await buildBee({ ifStale: true });
    bee = ConsoleProcess.bee(newDirectory());
    await bee.do(settings);
    await startReal();
  }, 60_000);

  afterAll(async () => {
    await bee.end('SIGKILL');
    await real.end('SIGKILL');
    for (const directory of directories) directory.remove();
  });

  /** Both servers' answers; undefined when the real one died of the program. */
  async function play(statements: readonly string[]): Promise<Answers | undefined> {
    let theirs: string[];
    try {
      await real.askAll(cleaning);
      // `db` is there, too: errors quote statements, and cut them by their length.
      theirs = await real.askAll(statements);
    } catch (error) {
      if (real.isRunning) throw error;
      crashes++;
      await startReal();
      return undefined;
    }
    await bee.askAll(cleaning);
    const ours = await bee.askAll(statements);
    return { bee: ours.map(withoutAddresses), real: theirs.map(fromReal).map(withoutAddresses) };
  }

  function keep(statements: readonly string[], answers: readonly string[]): string {
    const text = statements.join('\n');
    const name = `differential/${createHash('sha1').update(text).digest('hex').slice(0, 8)}`;
    writeScript({
      name,
      claim: `Found by random programs, seed ${seed}: what is answered here was answered differently.`,
      exchanges: ['db.cfg{}', ...statements].map((statement, at) => ({
        statement,
        answer: at === 0 ? '---\n...\n' : `---\n${answers[at - 1]}...\n`,
      })),
    });
    return name;
  }

  test(`${runs} of seed ${seed} are answered alike`, {
    timeout: 60_000 + runs * 1000,
  }, async () => {
    const outcome = await fc.check(
      fc.asyncProperty(program, async (statements) => {
        const answers = await play(statements);
        return answers === undefined || isSame(answers);
      }),
      { numRuns: runs, seed },
    );
    const [statements] = outcome.counterexample ?? [];
    expect(crashes, 'programs that the real server did not survive').toBeLessThan(runs / 10);
    if (statements === undefined) {
      expect(
        outcome.failed,
        outcome.errorInstance === null ? '' : String(outcome.errorInstance),
      ).toBe(false);
      return;
    }
    const answers = await play(statements);
    if (answers === undefined) throw new Error('it crashed the real server only now');
    const name = keep(statements, answers.real);
    const show = (given: readonly string[]): string =>
      statements.map((statement, at) => `bee> ${statement}\n${given[at]}`).join('\n');
    expect(show(answers.bee), `kept as test/scripts/${name}.txt`).toBe(show(answers.real));
  });
});
