/** The page for every reader: a narrow window, the keyboard alone, a screen reader, both themes. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

/** Moves the focus with Tab until it stands on what has the name. */
async function tabTo(page: TutorialPage, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.page.keyboard.press('Tab');
    const focused = await page.page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
    });
    if (name.test(focused)) return;
  }
  throw new Error(`Tab never came to ${name}`);
}

describe.skipIf(!hasChromium)('the page in Chromium', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('in a narrow window has tabs, and a dot where something happened', async () => {
    const page = await site.open({ width: 390, height: 844 });
    const tab = (name: RegExp) => page.page.getByRole('tab', { name });
    await tab(/^Terminal #1/).click();
    await page.waitForPrompt(1);
    await tab(/Tutorial/).click();
    await page.pressRunButtons(1);
    await page.waitForDone();
    await tab(/Terminal #1.*something new/).click();
    expect((await page.transcript(1)).join('\n')).toContain('db.space._cluster:select');
    const overflow = await page.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
    await page.close();
  });

  test('is usable by the keyboard alone, in and out of a terminal', async () => {
    const page = await site.open();
    await page.ready();
    await tabTo(page, /^Run in Terminal #1$/);
    await page.page.keyboard.press('Enter');
    await page.waitForDone();
    await tabTo(page, /^Next/);
    await page.page.keyboard.press('Enter');
    await page.lesson.getByRole('heading', { name: 'A replica joins', level: 1 }).waitFor();
    await tabTo(page, /^Terminal #1 input$/);
    await page.enter(1, '1 + 1');
    expect((await page.transcript(1)).join('\n')).toContain('- 2');
    await page.terminal(1).getByRole('textbox').focus();
    await page.page.keyboard.press('F6');
    await page.until('the focus to leave the terminal', () =>
      page.page.evaluate(() => !document.activeElement?.closest('[data-part="terminal-1"]')),
    );
    await page.close();
  });

  test.each(['light', 'dark'] as const)(
    'has no accessibility violations in %s',
    async (colorScheme) => {
      const page = await site.open({ colorScheme });
      await page.ready();
      await page.pressRunButtons(1);
      await page.waitForDone();
      const { violations } = await new AxeBuilder({ page: page.page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
      ).toEqual([]);
      await page.close();
    },
  );

  test('asks a question before the answer, and gives hints one by one', async () => {
    const page = await site.open({ route: '/tutorial/hands-on/replica' });
    await page.page.getByRole('radio', { name: /^One member, itself/ }).check();
    await page.lesson.getByRole('button', { name: /answer/i }).click();
    await page.lesson.getByText('A replica copies all').waitFor();
    await page.lesson.getByRole('button', { name: /^Show a hint/ }).click();
    await page.lesson.getByText('Run these commands in Terminal #2').waitFor();
    await page.close();
  });

  test('opened at a later step, sets the scene by itself, and goes on with it after a reload', async () => {
    const page = await site.open({ route: '/tutorial/hands-on/write-on-replica' });
    const isSet = (): Promise<void> =>
      page.until('the scene', async () => {
        const cluster = await page.page.getByRole('region', { name: 'Cluster' }).textContent();
        return (
          /Server 2 follows Server 1: follow/.test(cluster ?? '') &&
          (await page.lesson.getByRole('button', { name: 'Run in Terminal #2' }).isEnabled())
        );
      });
    await isSet();
    await page.page.reload();
    await page.page.getByRole('button', { name: 'Start my servers again' }).click();
    await isSet();
    await page.waitForPrompt(2, /^bee>$/);
    await page.pressRunButtons(1);
    await page.waitForDone();
    await page.close();
  });
});
