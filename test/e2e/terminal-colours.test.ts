/** A terminal's colours stand under the strictest policy: what it selects, finds and prints is coloured, and nothing complains. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('colours of a terminal', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('of a program, of selected text and of matches', async () => {
    // The site's policy is `default-src 'self'`; `close` fails when the page complained.
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.type(1, 'bee');
    await tab.type(1, "print('\\27[38;2;10;20;200mblue\\27[0m')");
    const printed = tab
      .terminal(1)
      .locator('.xterm-rows span')
      .filter({ hasText: /^blue$/ });
    // As the program gave it: dark enough on light paper to be left alone.
    expect(await printed.evaluate((span) => getComputedStyle(span).color)).toBe('rgb(10, 20, 200)');
    const screen = await tab.terminal(1).locator('.xterm-screen').boundingBox();
    if (screen === null) throw new Error('no screen');
    await tab.page.mouse.move(screen.x + 2, screen.y + 8);
    await tab.page.mouse.down();
    await tab.page.mouse.move(screen.x + 300, screen.y + 60);
    await tab.page.mouse.up();
    await tab.page.keyboard.press('Control+Shift+F');
    await tab.page.keyboard.type('blue');
    await tab.page.keyboard.press('Enter');
    await tab.page.keyboard.press('Enter');
    await tab.page.keyboard.press('Escape');
    await tab.waitForPrompt(1);
    await tab.close();
  });
});
