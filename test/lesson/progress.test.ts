/** Progress is kept in the reader's storage, where anything may stand. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataText, parseData, sameData } from '../../src/lesson/data.ts';
import {
  type Data,
  doneCount,
  type Lesson,
  newProgress,
  readProgress,
} from '../../src/lesson/index.ts';
import {
  introId,
  withAnswer,
  withBlockRun,
  withHintShown,
  withStepDone,
  withStepOpen,
  withStepRestarted,
} from '../../src/lesson/progress.ts';
import { emptyLesson } from './small-lesson.ts';

const lesson: Lesson = {
  ...emptyLesson,
  steps: ['one', 'two'].map((id) => ({ id, title: id, blocks: [] })),
};

test('what was stored comes back', () => {
  let progress = withStepOpen(newProgress(lesson), 'two');
  progress = withStepDone(progress, 'one');
  progress = withHintShown(withHintShown(progress, 'two'), 'two');
  progress = withAnswer(progress, 'two', 'two.1', 2);
  expect(readProgress(JSON.parse(JSON.stringify(progress)), lesson)).toEqual(progress);
  expect(doneCount(progress, lesson)).toBe(1);
});

test('a step that is started again has run nothing, and keeps what was reached', () => {
  let progress = withStepDone(withBlockRun(newProgress(lesson), 'one', 'one.1'), 'one');
  progress = withHintShown(withBlockRun(progress, 'two', 'two.1'), 'one');
  const again = withStepRestarted(progress, 'one');
  expect(again.steps['one']).toEqual({ isDone: true, ran: [], hints: 1, answers: {} });
  expect(again.steps['two']?.ran).toEqual(['two.1']);
});

test('of another lesson, another version, or none it is nothing', () => {
  const progress = newProgress(lesson);
  expect(readProgress({ ...progress, lesson: 'other' }, lesson)).toBeUndefined();
  expect(readProgress({ ...progress, version: 2 }, lesson)).toBeUndefined();
  expect(readProgress(null, lesson)).toBeUndefined();
});

test('a step that the lesson has lost is forgotten, and the first one is open', () => {
  const progress = withStepDone(withStepOpen(newProgress(lesson), 'gone'), 'gone');
  expect(readProgress(progress, lesson)).toEqual(newProgress(lesson));
});

test('whatever stands there, reading it neither fails nor makes a wrong progress', () => {
  const json = fc.jsonValue();
  const step = fc.record({ isDone: json, ran: json, hints: json, answers: json });
  const ids = [introId, ...lesson.steps.map(({ id }) => id), 'gone'];
  const stepsOf = fc.dictionary(fc.constantFrom(...ids), fc.oneof(json, step));
  let seen = 0;
  fc.assert(
    fc.property(fc.oneof(json, fc.constantFrom(...ids)), fc.oneof(json, stepsOf), (at, steps) => {
      const read = readProgress({ version: 1, lesson: 'some', at, steps }, lesson);
      if (read === undefined) return;
      expect(lesson.steps.map(({ id }) => id)).toContain(read.at);
      for (const [id, one] of Object.entries(read.steps)) {
        seen++;
        expect(ids.slice(0, -1)).toContain(id);
        expect(typeof one.isDone).toBe('boolean');
        expect(one.ran.every((block) => typeof block === 'string')).toBe(true);
        expect(Number.isInteger(one.hints) && one.hints >= 0, `${one.hints} hints`).toBe(true);
        expect(Object.values(one.answers).every((n) => typeof n === 'number')).toBe(true);
      }
    }),
    { seed: 31, numRuns: 300 },
  );
  expect(seen).toBeGreaterThan(50);
});

test('a value that a check expects is written as the console would', () => {
  for (const text of ['nil', 'true', '-1.5', "'x'", "{1, 'x', {}}", "{a = {1}, b = 'x'}"]) {
    const parsed = parseData(text);
    expect(parsed === undefined ? undefined : dataText(parsed.data)).toBe(text);
  }
  for (const text of ['', 'x', "'x", '{1', '{1 2}', '1 2', '{1, a = 2}']) {
    expect(parseData(text)).toBeUndefined();
  }
});

test('a list is no map with numbers for keys, but what is empty is both', () => {
  expect(sameData(['a'], { 0: 'a' })).toBe(false);
  expect(sameData({ 0: 'a' }, ['a'])).toBe(false);
  expect(sameData([], {})).toBe(true);
  expect(sameData({ a: [] }, { a: {} })).toBe(true);
});

test('a value equals itself and nothing else', () => {
  const data = fc.letrec<{ data: Data }>((tie) => ({
    data: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom('a', 'b'),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('data'), { noNullPrototype: true }),
    ),
  })).data;
  // An empty table is a list and a map at once in Lua, so both print alike.
  const text = (value: Data) => JSON.stringify(value, (_, inner) => sorted(inner));
  fc.assert(
    fc.property(data, data, (one, other) => {
      expect(sameData(one, one)).toBe(true);
      expect(sameData(one, other)).toBe(text(one) === text(other));
    }),
    { seed: 32, numRuns: 300 },
  );
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? [] : Object.fromEntries(entries);
}
