/** What every lesson promises its reader, whatever it is about. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checksOf, type Step } from '../../src/lesson/index.ts';
import { problemText } from '../../src/lesson/lesson-error.ts';
import { parseLessonText } from '../../tutorial/lesson-plugin.ts';
import { allLessons } from './all-lessons.ts';

const root = `${import.meta.dirname}/../..`;
const folders = readdirSync(`${root}/tutorial`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const blocks = <Kind extends Step['blocks'][number]['kind']>(step: Step, kind: Kind) =>
  step.blocks.filter((block) => block.kind === kind);

describe('every lesson keeps the form that README describes', () => {
  test.each(folders)('%s', (folder) => {
    const file = `tutorial/${folder}/lesson.md`;
    const parsed = parseLessonText(file, readFileSync(`${root}/${file}`, 'utf8'));
    expect(parsed.ok ? [] : parsed.problems.map(problemText)).toEqual([]);
  });
});

describe.each(allLessons)('%s', (_, lesson) => {
  test('has 4 to 10 steps, each with something to type', () => {
    expect(lesson.steps.length).toBeGreaterThanOrEqual(4);
    expect(lesson.steps.length).toBeLessThanOrEqual(10);
    const idle = lesson.steps.filter((step) => blocks(step, 'command').length === 0);
    expect(idle.map(({ id }) => id)).toEqual([]);
  });

  test('helps in two hints or more, from a nudge to the solution, where something can go wrong', () => {
    const meagre = lesson.steps.filter(
      (step) => checksOf(step).length > 0 && blocks(step, 'hint').length < 2,
    );
    expect(meagre.map(({ id }) => id)).toEqual([]);
  });

  test('says after each step what just happened, and at least once where in the page it can be seen', () => {
    const silent = lesson.steps.filter((step) => blocks(step, 'aside').length === 0);
    // A step that only looks may leave that to the prose.
    expect(silent.filter((step) => checksOf(step).length > 0).map(({ id }) => id)).toEqual([]);
    const said = lesson.steps.flatMap((step) =>
      step.blocks.map((block) => (block.kind === 'aside' ? block.html : '')),
    );
    expect(said.join(' ')).toMatch(/cluster strip|file panel|\blog\b|\bfiles?\b/);
  });

  test('asks the reader to predict something', () => {
    expect(lesson.steps.flatMap((step) => blocks(step, 'question')).length).toBeGreaterThan(0);
  });
});

/** The questions of the manual's "All the What If? Questions" and its sections, each with the lesson that answers it. */
const answered: Readonly<Record<string, string>> = {
  'Setting up the master; setting up a replica': 'quick-start',
  'Simple cluster, quick start-up': 'quick-start',
  'Replication architecture: the log and its numbers': 'files',
  'Replication architecture: rows, not programs': 'rows-not-programs',
  'Recovering from a degraded state': 'failover',
  'How long must logs be kept': 'keep-the-logs',
  'Master-master': 'master-master',
  'Load balancing': 'read-from-either',
  'Hands-On Replication Tutorial': 'hands-on',
  'What if there are more than two servers with master-master?': 'three-masters',
  'What if a a server should be taken out of the cluster?': 'leave-and-return',
  'What if a server leaves the cluster?': 'leave-and-return',
  'What if two servers both change the same tuple?': 'same-tuple',
  'What if a master disappears and the replica must take over?': 'failover',
  "What if it's necessary to know what cluster a server is in?": 'which-cluster',
  "What if one of the server's files is corrupted or deleted?": 'damaged-file',
  'What if replication causes security concerns?': 'keep-strangers-out',
};

test("every section and every What if? of the manual's chapter has its lesson", () => {
  const ids = allLessons.map(([id]) => id);
  expect(Object.values(answered).filter((id) => !ids.includes(id))).toEqual([]);
});
