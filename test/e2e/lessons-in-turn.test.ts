/** What a run button does where the world is not as it expects: another lesson's servers, or another program's prompt. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

const press = (page: TutorialPage, name: string | RegExp) =>
  page.lesson.getByRole('button', { name }).first().click();

describe.skipIf(!hasChromium)('in Chromium', { timeout: 240_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('the first step, run at once, has its introduction run first', async () => {
    const page = await site.open({ route: '/tutorial/damaged-file' });
    await page.ready();
    await press(page, 'Run this step');
    await page.waitForDone();
    expect((await page.transcript(2)).join('\n')).not.toContain('syntax error');
    await page.close();
  });

  test('a second lesson asks before it types into the first one’s, after a reload, too', async () => {
    const page = await site.open({ route: '/tutorial/damaged-file' });
    await page.ready();
    await press(page, 'Run this step');
    await page.waitForDone();
    await page.page.evaluate(() => {
      location.hash = '#/tutorial/same-tuple';
    });
    const begin = page.lesson.getByRole('button', { name: 'Begin with empty terminals' });
    await page.lesson.getByRole('heading', { name: 'Two servers change one tuple' }).waitFor();
    await begin.waitFor();
    const before = await page.transcript(1);
    await press(page, 'Run in Terminal #1');
    await page.lesson.getByRole('button', { name: 'Run it anyway' }).waitFor();
    expect(await page.transcript(1)).toEqual(before);
    await page.page.reload();
    await page.ready();
    await press(page, 'Run in Terminal #1');
    await page.lesson.getByRole('button', { name: 'Run it anyway' }).waitFor();
    await begin.click();
    await page.lesson.getByRole('button', { name: 'Run again in Terminal #1' }).waitFor();
    await press(page, 'Run this step');
    await page.waitForDone();
    await page.close();
  });

  test('a line at the wrong prompt is not typed, and the page says which and why', async () => {
    const page = await site.open({ route: '/tutorial/damaged-file' });
    await page.ready();
    await page.type(1, 'bee');
    await press(page, 'Run in Terminal #1');
    await page.lesson.getByRole('alert').waitFor();
    expect(await page.lesson.getByRole('alert').textContent()).toMatch(
      /^Line 1, “mkdir -p ~\/one && cd ~\/one”, is for the shell, at \$, but Terminal #1 is at bee>/,
    );
    expect(await page.lesson.getByRole('button', { name: /^Run again/ }).count()).toBe(0);
    expect((await page.transcript(1)).join('\n')).not.toContain('mkdir');
    await page.close();
  });
});
