/** What the playground offers to begin with, typed on simulated servers: each line meets the prompt that it is for. */
import { expect, test } from 'vitest';
import { playCommands, wrongPromptText } from '../../src/lesson/index.ts';
import { type StartState, startStates, stepOf } from '../../src/ui/machine/start-states.ts';
import { readLesson } from '../lesson/read-lesson.ts';
import { SimStage } from '../lesson/sim-stage.ts';

/** Three terminals. */
const stageFor = () => new SimStage({ ...readLesson('hands-on'), terminals: 3 }, 1);

function stateNamed(id: string): StartState {
  const state = startStates.find((one) => one.id === id);
  if (state === undefined) throw new Error(`no start ${id}`);
  return state;
}

// The last line of `load` never ends: its client writes until it is stopped.
test.each(startStates.filter(({ id }) => id !== 'load').map(({ id }) => id))(
  '%s is typed to its end',
  (id) => {
    const stage = stageFor();
    expect(stage.run(id, playCommands(stepOf(stateNamed(id)), stage, 'fast'))).toBe('typed');
  },
);

test('one whose server refuses to start ends there: nothing of the rest reaches the shell', () => {
  const stage = stageFor();
  const prepare = (line: string) =>
    stage.run(
      line,
      playCommands(stepOf({ ...stateNamed('empty'), lines: [[1, line]] }), stage, 'fast'),
    );
  prepare('mkdir -p ~/one');
  prepare('echo damaged > ~/one/00000000000000000000.snap');
  const typed = stage.run(
    'the start',
    playCommands(stepOf(stateNamed('two-servers')), stage, 'fast'),
  );
  if (typeof typed === 'string') throw new Error(`it was ${typed}`);
  expect(wrongPromptText(typed)).toMatch(
    /^Line 1, “db\.schema\.user\.grant.*”, is for a server’s console, at bee>, but Terminal #1 is at \$/,
  );
  expect(stage.lines(1).join('\n')).not.toContain('db.schema');
  expect(stage.lines(2)).toEqual([]);
});
