/**
 * Every lesson once in real Chromium, as "Run this step" plays it: each step is done when its state
 * holds. (The first lesson has its own, stricter tests; the words on all screens are compared in
 * `test/lesson`.)
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { checksOf, commandsOf } from '../../src/lesson/index.ts';
import { allLessons } from '../lesson/all-lessons.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('in Chromium', { timeout: 180_000, concurrent: true }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test.each(allLessons.filter(([id]) => id !== 'hands-on'))('%s', async (id, lesson) => {
    const page = await site.open({ route: `/tutorial/${id}` });
    await page.ready(lesson.terminals);
    await page.pressRunButtons(commandsOf(lesson.intro).length);
    for (const [at, step] of lesson.steps.entries()) {
      await page.lesson.getByText(`Step ${at + 1} of ${lesson.steps.length}`).waitFor();
      await page.lesson.getByRole('button', { name: 'Run this step' }).click();
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
