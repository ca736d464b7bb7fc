/**
 * Every lesson once in real Chromium, as a reader plays it who wants to see everything: before each step its checks fail and say
 * what they found and what was expected, its hints come one by one, its questions are answered; then it is run, and done when its
 * state holds. The last step with a check is solved, after its first block was run by hand. (The first lesson has its own,
 * stricter tests; the words on all screens are compared in `test/lesson`.)
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksOf, commandsOf, type Step } from '../../src/lesson/index.ts';
import { allLessons } from '../lesson/all-lessons.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

/** No check of a step holds before it; each that fails says what it found against what it expected. */
async function expectFailing(page: TutorialPage, step: Step): Promise<void> {
  const result = page.lesson.getByRole('region', { name: 'Your result' });
  await result.getByRole('button', { name: 'Check now' }).click();
  await page.until(`the failed checks of ${step.id}`, async () => {
    const found = await result.locator('dl.found').count();
    return found === checksOf(step).length;
  });
  for (const found of await result.locator('dl.found').all()) {
    expect(await found.textContent()).toMatch(/^found.+expected.+$/);
  }
}

async function readHints(page: TutorialPage, step: Step): Promise<void> {
  const count = step.blocks.filter(({ kind }) => kind === 'hint').length;
  for (let shown = 0; shown < count; shown++) {
    await page.lesson.getByRole('button', { name: /^(?:Show a|Another) hint/ }).click();
    expect(await page.lesson.locator('ol.hints > li').count()).toBe(shown + 1);
  }
  expect(await page.lesson.getByRole('button', { name: /hint/ }).count()).toBe(0);
}

async function answerQuestions(page: TutorialPage, step: Step): Promise<void> {
  for (const block of step.blocks) {
    if (block.kind !== 'question') continue;
    const question = page.lesson.getByRole('group').filter({ hasText: 'Before you run it' });
    await question.getByRole('radio').first().check();
    await question.getByRole('button', { name: 'Answer' }).click();
    await question.getByRole('status').waitFor();
  }
}

/** Runs a step by its own button; or types its first block and has the rest solved. */
async function play(page: TutorialPage, step: Step, isSolved: boolean): Promise<void> {
  if (!isSolved) {
    await page.lesson.getByRole('button', { name: 'Run this step' }).click();
    return;
  }
  await page.lesson
    .getByRole('button', { name: /^Run in Terminal #\d$/ })
    .first()
    .click();
  await page.lesson
    .getByRole('button', { name: /^Run again in Terminal #\d$/ })
    .first()
    .waitFor();
  const rest = commandsOf(step.blocks).length - 1;
  if (rest === 0) return;
  // The first block may be all that it takes: then there is nothing left to solve, and the others are pressed.
  const solve = page.lesson.getByRole('button', { name: 'Solve this step' });
  const isLeft = await solve.click({ timeout: 2000 }).then(
    () => true,
    () => false,
  );
  if (isLeft) return;
  for (let at = 0; at < rest; at++) {
    await page.lesson
      .getByRole('button', { name: /^Run in Terminal #\d$/ })
      .first()
      .click();
    await page.waitForPrompt(commandsOf(step.blocks)[at + 1]?.terminal ?? 1);
  }
}

describe.skipIf(!hasChromium)('in Chromium', { concurrent: true }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test.each(allLessons.filter(([id]) => id !== 'hands-on'))('%s', async (id, lesson) => {
    const page = await site.open({ route: `/tutorial/${id}` });
    await page.ready(lesson.terminals);
    await page.pressRunButtons(commandsOf(lesson.intro).length);
    const solved = lesson.steps.findLast((step) => checksOf(step).length > 0);
    for (const [at, step] of lesson.steps.entries()) {
      await page.lesson.getByText(`Step ${at + 1} of ${lesson.steps.length}`).waitFor();
      await answerQuestions(page, step);
      if (checksOf(step).length > 0) await expectFailing(page, step);
      await readHints(page, step);
      await play(page, step, step === solved);
      const typed = page.lesson.getByRole('button', { name: /^Run again in Terminal #\d$/ });
      await page.until('all blocks to be typed', async () => {
        const intro = at === 0 ? commandsOf(lesson.intro).length : 0;
        return (await typed.count()) === intro + commandsOf(step.blocks).length;
      });
      if (checksOf(step).length > 0) await page.waitForDone();
      if (at + 1 < lesson.steps.length) await page.next();
    }
    await page.close();
  });
});
