/** A reader may be faster than a step that is opened cold: what it begins with still comes first. */
import { expect, test } from 'vitest';
import { type Lesson, LessonRunner, newProgress } from '../../src/lesson/index.ts';
import { FakeStage } from './fake-stage.ts';
import { command, emptyLesson } from './small-lesson.ts';

const last = command('two.0', 1, 'b = 2');
const lesson: Lesson = {
  ...emptyLesson,
  intro: [command('intro.0', 1, 'bee')],
  steps: [
    { id: 'one', title: '', blocks: [command('one.0', 1, 'a = 1')] },
    { id: 'two', title: '', blocks: [last] },
  ],
};

test.each([
  ['the step', (runner: LessonRunner) => runner.runStep()],
  ['a block', (runner: LessonRunner) => runner.run(last)],
  ['its solution', (runner: LessonRunner) => runner.solve(false)],
])('%s is run on the state that the step begins with', (_, press) => {
  const stage = new FakeStage();
  const answers: (() => void)[] = [];
  const find = stage.find.bind(stage);
  stage.find = (pattern, done) => void answers.push(() => find(pattern, done));
  const runner = new LessonRunner({
    lesson,
    stage,
    progress: { ...newProgress(lesson), at: 'two' },
    onChange: () => undefined,
  });
  runner.look();
  press(runner);
  expect(stage.typed).toEqual([]);
  // As long as there are questions about the files.
  for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) answer();
  expect(stage.typed).toEqual(['1!bee', '1!a = 1', '1:b = 2']);
  expect(stage.resets).toBe(1);
  expect(runner.activity.kind).toBe('idle');
  expect(runner.progress.steps['two']?.isDone).toBe(true);
});
