/** A check that a server cannot answer says what is missing, and shows nothing of how it asked. */
import { expect, test } from 'vitest';
import {
  type Check,
  type CheckOutcome,
  evaluateCheck,
  type FileClaim,
  type Pace,
  startPlay,
} from '../../src/lesson/index.ts';
import { FakeStage } from './fake-stage.ts';
import { readLesson } from './read-lesson.ts';
import { SimStage } from './sim-stage.ts';

const joined: Check = {
  kind: 'lua',
  words: '',
  terminal: 2,
  code: 'db.info.replication[1].upstream.status',
  expected: 'follow',
};

function stageAfter(...lines: readonly string[]): SimStage {
  const stage = new SimStage(readLesson('hands-on'), 1);
  const pace: Pace = 'fast';
  for (const line of lines) {
    // The last one may never end: what is found meanwhile is what this is about.
    stage.run(
      line,
      (function* () {
        yield (resume) => {
          stage.typeLine(2, line, pace, () => undefined);
          stage.after(2, () => resume(undefined));
        };
      })(),
    );
  }
  return stage;
}

test.each([
  [
    'a db.cfg that waits for its master',
    ['bee', "db.cfg{listen=3302, replication_source='localhost:3301'}"],
    'the server in Terminal #2 is not there yet: its db.cfg is still waiting, for the server that it copies from perhaps',
  ],
  [
    'no db.cfg',
    ['bee'],
    'the server in Terminal #2 has no database yet: db.cfg was not called there',
  ],
  [
    'a server that follows nobody',
    ['bee', 'db.cfg{listen=3302}'],
    'no “upstream” on the server in Terminal #2',
  ],
])('%s', (_, lines, found) => {
  const stage = stageAfter(...lines);
  expect(stage.run('the check', evaluateCheck(joined, stage)).found).toBe(found);
});

test('a space that is not there', () => {
  const stage = stageAfter('bee', 'db.cfg{}');
  const check: Check = { ...joined, code: 'db.space.tester:len()' };
  expect(stage.run('the check', evaluateCheck(check, stage)).found).toBe(
    'no “tester” on the server in Terminal #2',
  );
});

test.each<[FileClaim, string]>([
  [{ kind: 'missing', pattern: '~/one' }, 'no ~/one'],
  [{ kind: 'exists', pattern: '~/one' }, '~/one'],
  [{ kind: 'empty', pattern: '~/one' }, '~/one with nothing in it'],
])('files that cannot be read make no claim true: %j', (claim, expected) => {
  const stage = new FakeStage();
  stage.filesError = 'Input/output error';
  const outcomes: CheckOutcome[] = [];
  const check: Check = { kind: 'files', words: '', claims: [claim] };
  startPlay(evaluateCheck(check, stage), (outcome) => outcomes.push(outcome));
  const found = 'files that cannot be read: Input/output error';
  expect(outcomes).toEqual([{ holds: false, found, expected }]);
});
