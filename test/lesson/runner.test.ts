/** A step is done when its state holds, however the reader got there. */
import { describe, expect, test } from 'vitest';
import {
  type Check,
  type CheckOutcome,
  type CommandBlock,
  commandsOf,
  evaluateCheck,
  type Lesson,
  LessonRunner,
  newProgress,
  type Probed,
  startPlay,
  wrongPromptText,
} from '../../src/lesson/index.ts';
import { FakeStage } from './fake-stage.ts';
import { command, emptyLesson } from './small-lesson.ts';

function luaStep(id: string, name: string, block: CommandBlock): Lesson['steps'][number] {
  const check: Check = { kind: 'lua', words: name, terminal: 1, code: name, expected: 1 };
  return { id, title: id, blocks: [block, { kind: 'check', id: `${id}.1`, check }] };
}

const lesson: Lesson = {
  ...emptyLesson,
  intro: [command('intro.1', 1, 'bee')],
  steps: [
    luaStep('one', 'a', command('one.1', 1, 'a = 1')),
    luaStep('two', 'b', command('two.1', 1, 'b = 2', 'b = 1')),
    { id: 'three', title: '', blocks: [{ kind: 'prose', html: '' }] },
    { id: 'look', title: '', blocks: [command('look.1', 1, 'ls'), command('look.2', 1, 'ls')] },
  ],
};

function start() {
  const stage = new FakeStage();
  const runner = new LessonRunner({
    lesson,
    stage,
    progress: newProgress(lesson),
    onChange: () => undefined,
  });
  runner.look();
  const isDone = (step: string) => runner.progress.steps[step]?.isDone === true;
  return { stage, runner, isDone };
}

/** The same, where the reader has something that a step opened cold must not throw away. */
function startAmongFiles() {
  const { stage, ...rest } = start();
  stage.typeLine(1, 'touch ~/mine', 'fast', () => undefined);
  stage.typed.length = 0;
  return { stage, ...rest };
}

describe('a step opened cold', () => {
  test('gets what it begins with, on an empty machine', () => {
    const { stage, runner } = start();
    runner.open('two');
    expect(stage.resets).toBe(1);
    expect(stage.typed).toEqual(['1!bee', '1!a = 1']);
    expect(runner.activity.kind).toBe('idle');
  });

  test('is not done because nothing is there yet', () => {
    const stage = new FakeStage();
    const check: Check = { kind: 'program', words: '', terminal: 1, program: 'shell' };
    const end = { id: 'end', title: '', blocks: [{ kind: 'check', id: 'end.1', check } as const] };
    const steps = [...lesson.steps, end];
    const runner = new LessonRunner({
      lesson: { ...lesson, steps },
      stage,
      progress: { ...newProgress(lesson), at: 'end' },
      onChange: () => undefined,
    });
    runner.look();
    expect(stage.program(1)).toBe('console');
    expect(runner.progress.steps['end']?.isDone).not.toBe(true);
  });

  test('leaves files and servers of the reader alone', () => {
    const { stage, runner } = startAmongFiles();
    runner.open('two');
    expect(stage.resets).toBe(0);
    const other = start();
    other.stage.typeLine(1, 'bee', 'fast', () => undefined);
    other.runner.open('two');
    expect(other.stage.resets).toBe(0);
  });

  test('is left as it was when it is done already', () => {
    const { stage, runner } = start();
    const steps = { two: { isDone: true, ran: [], hints: 0, answers: {} } };
    const again = new LessonRunner({
      lesson,
      stage,
      progress: { ...runner.progress, at: 'two', steps },
      onChange: () => undefined,
    });
    again.look();
    expect(stage.resets).toBe(0);
  });
});

describe('a step', () => {
  test('is done when the button typed it', () => {
    const { stage, runner, isDone } = start();
    stage.typeLine(1, 'bee', 'visible', () => undefined);
    runner.runStep();
    expect(stage.typed.at(-1)).toBe('1:a = 1');
    expect(isDone('one')).toBe(true);
    expect(runner.progress.steps['one']?.ran).toEqual(['one.1']);
  });

  test('is done when somebody typed it, and stays done when it is undone', () => {
    const { stage, runner, isDone } = start();
    stage.typeLine(1, 'bee', 'visible', () => undefined);
    stage.typeLine(1, 'a = 2', 'visible', () => undefined);
    stage.tick();
    expect(isDone('one')).toBe(false);
    expect(runner.claims[0]?.outcome).toEqual({ holds: false, found: '2', expected: '1' });
    stage.typeLine(1, 'a = 1', 'visible', () => undefined);
    stage.tick();
    expect(isDone('one')).toBe(true);
    stage.typeLine(1, 'a = 2', 'visible', () => undefined);
    stage.tick();
    expect(isDone('one')).toBe(true);
  });

  test('with nothing to check is done when it is left', () => {
    const { runner, isDone } = start();
    runner.open('three');
    expect(isDone('three')).toBe(false);
    runner.open('one');
    expect(isDone('three')).toBe(true);
  });

  test('that only looks is done when all its blocks were run', () => {
    const { runner, isDone } = start();
    runner.open('look');
    runner.run(command('look.1', 1, 'ls'));
    expect(isDone('look')).toBe(false);
    runner.run(command('look.2', 1, 'ls'));
    expect(isDone('look')).toBe(true);
  });

  test('opened cold begins with the intro and all steps before it, typed fast', () => {
    const { stage, runner, isDone } = start();
    runner.startStep('two');
    expect(stage.resets).toBe(1);
    expect(stage.typed).toEqual(['1!bee', '1!a = 1']);
    expect(runner.activity.kind).toBe('idle');
    expect(isDone('two')).toBe(false);
  });

  test('is solved from where it stands when nothing was touched, from its start otherwise', () => {
    const { stage, runner, isDone } = start();
    runner.startStep('two');
    runner.solve(false);
    expect(stage.resets).toBe(1);
    expect(stage.typed.slice(-2)).toEqual(['1:b = 2', '1:b = 1']);
    expect(isDone('two')).toBe(true);
    runner.solve(true);
    expect(stage.resets).toBe(2);
  });

  test('is not done by a state that is passed through while the cluster is rebuilt', () => {
    const { stage, runner, isDone } = start();
    stage.isPrompt = false;
    runner.startStep('one');
    stage.typeLine(1, 'a = 1', 'visible', () => undefined);
    expect(stage.hasTimers).toBe(false);
    expect(runner.activity.kind).toBe('preparing');
    expect(isDone('one')).toBe(false);
  });
});

/** A lesson as `parseLesson` makes it: each line knows its program. */
function startProgrammed(stage = new FakeStage()) {
  const shell = ['shell'] as const;
  const console = ['console'] as const;
  const intro = [{ ...command('intro.1', 1, 'touch ~/one', 'bee'), programs: ['shell', 'shell'] }];
  const steps = [
    luaStep('one', 'a', { ...command('one.1', 1, 'a = 1'), programs: console }),
    luaStep('two', 'b', {
      ...command('two.1', 1, 'os.exit()', 'bee'),
      programs: [...console, ...shell],
    }),
  ];
  const programmed = { ...lesson, intro, steps } as Lesson;
  const runner = new LessonRunner({
    lesson: programmed,
    stage,
    progress: newProgress(programmed),
    onChange: () => undefined,
  });
  runner.look();
  const [block] = intro;
  if (block === undefined) throw new Error('no intro');
  return {
    stage,
    runner,
    intro: block as CommandBlock,
    first: commandsOf(steps[0]?.blocks ?? [])[0],
  };
}

describe('a line at the prompt of another program', () => {
  test('is not typed, nor what follows; the line, its program and the prompt are named', () => {
    const { stage, runner, intro, first } = startProgrammed();
    if (first === undefined) throw new Error('no block');
    runner.run(first);
    expect(stage.typed).toEqual([]);
    expect(runner.hasRun(first)).toBe(false);
    expect(runner.wrongPrompt?.block).toBe(first);
    const words = runner.wrongPrompt && wrongPromptText(runner.wrongPrompt);
    expect(words).toMatch(
      /^Line 1, “a = 1”, is for a server’s console, at bee>, but Terminal #1 is at \$/,
    );
    runner.run(intro);
    expect(runner.wrongPrompt).toBeUndefined();
    runner.run(intro);
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee']);
    expect(runner.wrongPrompt && wrongPromptText(runner.wrongPrompt)).toMatch(
      /^Line 1, “touch ~\/one”, is for the shell, at \$, but Terminal #1 is at bee>/,
    );
  });

  test('is not typed into an unfinished statement either', () => {
    const { stage, runner } = start();
    stage.isContinuation = true;
    runner.run(command('x', 1, 'a = 1'));
    expect(stage.typed).toEqual([]);
    expect(runner.wrongPrompt && wrongPromptText(runner.wrongPrompt)).toContain(
      'the rest of what was begun',
    );
  });

  test('stops a step that is solved: none of it counts as run', () => {
    const { stage, runner } = startProgrammed();
    stage.typeLine(1, 'touch ~/mine', 'fast', () => undefined);
    runner.open('two');
    runner.solve(false);
    expect(runner.wrongPrompt?.at).toBe(0);
    expect(runner.progress.steps['two']?.ran ?? []).toEqual([]);
  });
});

describe('the first step', () => {
  test('runs what nobody has typed of the intro first', () => {
    const { stage, runner } = startProgrammed();
    runner.runStep();
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee', '1:a = 1']);
    expect(runner.progress.steps['one']?.isDone).toBe(true);
  });

  test('solved does so, too', () => {
    const { stage, runner } = startProgrammed();
    runner.solve(false);
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee', '1:a = 1']);
  });

  test('goes on from an intro that was run, or typed by hand', () => {
    const { stage, runner, intro } = startProgrammed();
    runner.run(intro);
    runner.runStep();
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee', '1:a = 1']);
    const byHand = startProgrammed();
    byHand.stage.typeLine(1, 'bee', 'visible', () => undefined);
    byHand.runner.runStep();
    expect(byHand.stage.typed).toEqual(['1:bee', '1:a = 1']);
  });
});

describe('servers and files of another lesson', () => {
  function occupied(...lines: string[]): FakeStage {
    const stage = new FakeStage();
    stage.owner = 'other';
    for (const line of lines) stage.typeLine(1, line, 'fast', () => undefined);
    stage.typed.length = 0;
    return stage;
  }

  test.each([['bee'], ['touch ~/one']])('are not typed into unasked: after %s', (line) => {
    const { stage, runner, intro } = startProgrammed(occupied(line));
    expect(runner.isForeign).toBe(true);
    runner.run(intro);
    runner.runStep();
    runner.solve(false);
    expect(stage.typed).toEqual([]);
    expect(runner.asked?.kind).toBe('solve');
    runner.run(intro);
    runner.beginEmpty();
    expect(stage.resets).toBe(1);
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee']);
    expect(stage.owner).toBe('some');
    runner.runStep();
    expect(stage.typed.at(-1)).toBe('1:a = 1');
  });

  test('may be where nobody can look: such a place is not taken for an empty one', () => {
    const stage = new FakeStage();
    stage.owner = 'other';
    stage.filesError = 'EIO';
    const { runner, intro } = startProgrammed(stage);
    expect(runner.isForeign).toBe(true);
    runner.run(intro);
    expect(stage.typed).toEqual([]);
  });

  test('are noticed also when news come while they are looked for', () => {
    const stage = occupied('touch ~/one');
    const answers: (() => void)[] = [];
    const find = stage.find.bind(stage);
    stage.find = (pattern, done) => void answers.push(() => find(pattern, done));
    const { runner } = startProgrammed(stage);
    runner.look();
    for (const answer of answers) answer();
    expect(runner.isForeign).toBe(true);
  });

  test('are kept when the reader says so', () => {
    const { stage, runner, intro } = startProgrammed(occupied('touch ~/mine'));
    runner.run(intro);
    runner.keepWhatIsThere();
    expect(stage.resets).toBe(0);
    expect(stage.typed).toEqual(['1:touch ~/one', '1:bee']);
    expect(runner.isForeign).toBe(false);
  });

  test('tick nothing by accident', () => {
    const { stage, runner } = startProgrammed(occupied('bee', 'a = 1'));
    stage.tick();
    expect(runner.claims[0]?.outcome.holds).toBe(true);
    expect(runner.progress.steps['one']?.isDone).not.toBe(true);
    runner.keepWhatIsThere();
    expect(runner.progress.steps['one']?.isDone).toBe(true);
  });

  test('are no more when the reader has cleared up', () => {
    const { stage, runner } = startProgrammed(occupied('bee'));
    stage.typeLine(1, 'os.exit()', 'fast', () => undefined);
    stage.tick();
    expect(runner.isForeign).toBe(false);
    expect(stage.owner).toBe('some');
  });

  test('are gone from a later step that is begun empty: what it begins with is built', () => {
    const { stage, runner } = startProgrammed(occupied('bee'));
    runner.open('two');
    runner.runStep();
    expect(stage.typed).toEqual([]);
    runner.beginEmpty();
    expect(stage.typed).toEqual(['1!touch ~/one', '1!bee', '1!a = 1', '1:os.exit()', '1:bee']);
  });
});

describe('typing', () => {
  test('waits for the prompt after each line', () => {
    const { stage, runner } = startAmongFiles();
    stage.isPrompt = false;
    runner.open('two');
    runner.runStep();
    expect(stage.typed).toEqual(['1:b = 2']);
    expect(runner.activity.kind).toBe('solving');
    stage.release();
    expect(stage.typed).toEqual(['1:b = 2', '1:b = 1']);
    stage.release();
    expect(runner.activity.kind).toBe('idle');
  });

  test('stops when it is cancelled, and when the terminal is gone', () => {
    const { stage, runner } = startAmongFiles();
    stage.isPrompt = false;
    runner.open('two');
    runner.runStep();
    runner.cancel();
    stage.release();
    expect(stage.typed).toEqual(['1:b = 2']);
    stage.isPrompt = true;
    runner.run(command('x', 1, 'fail', 'never'));
    expect(stage.typed.at(-1)).toBe('1:fail');
    expect(runner.progress.steps['two']?.ran ?? []).toEqual([]);
  });

  test('nothing goes on after close', () => {
    const { stage, runner, isDone } = start();
    expect(stage.hasTimers).toBe(true);
    runner.close();
    expect(stage.hasTimers).toBe(false);
    stage.typeLine(1, 'bee', 'fast', () => undefined);
    stage.typeLine(1, 'a = 1', 'fast', () => undefined);
    runner.look();
    expect(isDone('one')).toBe(false);
    expect(stage.hasTimers).toBe(false);
  });
});

describe('a check', () => {
  function outcomeOf(check: Check, ...lines: string[]): CheckOutcome | undefined {
    const stage = new FakeStage();
    for (const line of lines) stage.typeLine(1, line, 'fast', () => undefined);
    let outcome: CheckOutcome | undefined;
    startPlay(evaluateCheck(check, stage), (value) => {
      outcome = value;
    });
    return outcome;
  }
  const lua = (code: string): Check => ({ kind: 'lua', words: '', terminal: 1, code, expected: 1 });

  test('says that no server runs, or which error came', () => {
    expect(outcomeOf(lua('a'))?.found).toContain("Terminal #1 at the shell's prompt");
    expect(outcomeOf(lua('error()'), 'bee')?.found).toBe('error: attempt to call');
    expect(outcomeOf(lua('a'), 'bee')).toEqual({ holds: false, found: 'nil', expected: '1' });
  });

  test('of what a terminal runs', () => {
    const check: Check = { kind: 'program', words: '', terminal: 1, program: 'shell' };
    expect(outcomeOf(check)?.holds).toBe(true);
    expect(outcomeOf(check, 'bee')?.holds).toBe(false);
  });

  describe('of what two servers hold', () => {
    const here: Probed = {
      kind: 'value',
      value: { t: { id: 512, count: 1, digest: 1, key: [1] } },
    };
    const there: Probed = {
      kind: 'value',
      value: { t: { id: 512, count: 1, digest: 2, key: [1] } },
    };
    const gone: Probed = { kind: 'no-server' };
    const broken: Probed = { kind: 'error', message: 'probe:1: no' };
    test.each([
      [here, here, true, true, 'the same on both servers'],
      [here, here, false, false, 'the same on both servers'],
      [here, there, true, false, 'different contents in t'],
      [here, there, false, true, 'different contents in t'],
      // Nothing is known of one that cannot be asked: it is neither the same nor different.
      [here, gone, true, false, /^Terminal #2 at the shell's prompt/],
      [gone, here, false, false, /^Terminal #1 at the shell's prompt/],
      [here, broken, true, false, 'error: no'],
      [broken, here, false, false, 'error: no'],
    ])('%j and %j, the same: %j', (one, two, areSame, holds, found) => {
      const stage = new FakeStage();
      stage.probe = (terminal, _code, done) => done(terminal === 1 ? one : two);
      const check: Check = { kind: 'contents', words: '', terminals: [1, 2], areSame };
      let outcome: CheckOutcome | undefined;
      startPlay(evaluateCheck(check, stage), (value) => {
        outcome = value;
      });
      expect(outcome?.holds).toBe(holds);
      expect(outcome?.found).toMatch(found);
    });
  });

  test.each([
    ['exists', ['touch ~/a/1.snap'], true],
    ['exists', [], false],
    ['missing', ['touch ~/a/1.snap'], false],
    ['missing', [], true],
  ] as const)('of files: %s after %j', (kind, lines, holds) => {
    const check: Check = { kind: 'files', words: '', claims: [{ kind, pattern: '~/a/*.snap' }] };
    expect(outcomeOf(check, ...lines)?.holds).toBe(holds);
  });

  test('of several things: the first that is not so is told', () => {
    const claims = ['~/a', '~/b', '~/c'].map((pattern) => ({ kind: 'exists', pattern }) as const);
    const check: Check = { kind: 'files', words: '', claims };
    const outcome = outcomeOf(check, 'touch ~/a', 'touch ~/c');
    expect(outcome).toEqual({ holds: false, found: 'no ~/b', expected: '~/b' });
    expect(outcomeOf(check, 'touch ~/a', 'touch ~/b', 'touch ~/c')?.holds).toBe(true);
  });

  test('of an empty folder', () => {
    const check: Check = { kind: 'files', words: '', claims: [{ kind: 'empty', pattern: '~/a' }] };
    expect(outcomeOf(check)?.holds).toBe(false);
    expect(outcomeOf(check, 'touch ~/a')?.holds).toBe(true);
    expect(outcomeOf(check, 'touch ~/a', 'touch ~/a/b')?.found).toBe('~/a/b');
  });

  test('of two files that are equally long', () => {
    const claim = { kind: 'same-size', pattern: '~/a/*.snap', other: '~/b/*.snap' } as const;
    const check: Check = { kind: 'files', words: '', claims: [claim] };
    expect(outcomeOf(check, 'touch ~/a/1.snap', 'touch ~/b/2.snap')?.holds).toBe(true);
    expect(outcomeOf(check, 'touch ~/a/1.snap', 'touch ~/b/22.snap')?.found).toBe(
      '~/a/1.snap of 10 bytes and ~/b/22.snap of 11 bytes',
    );
    expect(outcomeOf(check, 'touch ~/a/1.snap')?.holds).toBe(false);
    expect(outcomeOf(check)?.holds).toBe(false);
    const both = ['touch ~/a/1.snap', 'touch ~/a/2.snap', 'touch ~/b/1.snap'];
    expect(outcomeOf(check, ...both)?.holds).toBe(false);
  });
});
