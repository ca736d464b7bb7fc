/** What a reader sees keeps its place: nothing is pushed out of a small window, and whoever types goes on typing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('room in the window', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test.each([
    [1400, '/tutorial/hands-on/replica'],
    [360, '/tutorial/hands-on/replica'],
    [320, '/tutorial/hands-on'],
    [320, '/playground'],
  ])('%i pixels hold %s without a scroll bar of the page', async (width, route) => {
    const tab = await site.open({ width, height: 640, route });
    await tab.page.getByRole('button', { name: 'Start again' }).waitFor();
    await tab.until('the page to be drawn', async () =>
      tab.page.evaluate(
        () => document.querySelector('.lesson-text h1, .playground-bar h1') !== null,
      ),
    );
    const found = await tab.page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      const buttons = [...document.querySelectorAll('.page-head button')];
      const right = Math.max(...buttons.map((button) => button.getBoundingClientRect().right));
      return { scrollWidth, scrollHeight, isHeadSeen: right <= innerWidth };
    });
    expect(found).toEqual({ scrollWidth: width, scrollHeight: 640, isHeadSeen: true });
    await tab.close();
  });

  test.each([1400, 700])(
    '%i pixels wide, a step is printed whole, dark on light',
    async (width) => {
      const tab = await site.open({ width, height: 500, colorScheme: 'dark' });
      await tab.page.getByRole('heading', { name: 'This step is done when' }).waitFor();
      await tab.page.emulateMedia({ media: 'print' });
      const found = await tab.page.evaluate(() => {
        const isSeen = (selector: string): boolean =>
          document.querySelector(selector)?.checkVisibility() === true;
        // What an ancestor cuts off, or scrolls, is not on the paper.
        const text = document.querySelector('.lesson-text');
        let isWhole = text !== null;
        for (let at = text; at !== null; at = at.parentElement) {
          if (
            at.scrollHeight > at.clientHeight + 1 &&
            getComputedStyle(at).overflowY !== 'visible'
          ) {
            isWhole = false;
          }
        }
        const [, red = ''] = /rgb\((\d+)/.exec(getComputedStyle(document.body).color) ?? [];
        return {
          isWhole,
          isInkDark: Number(red) < 100,
          seen: ['.terminal', '.page-head', '.command .run', '.checks'].filter(isSeen),
        };
      });
      expect(found).toEqual({ isWhole: true, isInkDark: true, seen: ['.checks'] });
      await tab.close();
    },
  );

  test('the bar of the playground is one row on a phone', async () => {
    const tab = await site.open({ width: 320, height: 600, route: '/playground' });
    const bar = await tab.page.locator('.playground-bar').boundingBox();
    expect(bar?.height).toBeLessThan(60);
    // What is behind the edge is reached by keyboard, and by a finger.
    await tab.page.getByRole('button', { name: 'Sessions…' }).click();
    await tab.page.getByRole('dialog').waitFor();
    await tab.close();
  });

  test('who types goes on typing when the window becomes narrow, and wide again', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.terminal(1).getByRole('textbox').focus();
    await tab.page.keyboard.type('echo one');
    for (const width of [700, 1400]) {
      await tab.page.setViewportSize({ width, height: 800 });
      await tab.until('the terminal to be drawn elsewhere', () =>
        tab.page.evaluate(
          (isNarrow) =>
            (document.querySelector('.workbench.is-tabs') !== null) === isNarrow &&
            document.activeElement?.classList.contains('xterm-helper-textarea') === true,
          width < 900,
        ),
      );
    }
    await tab.enter(1, '; echo two');
    expect(await tab.transcript(1)).toEqual(['$ echo one; echo two', 'one', 'two']);
    await tab.close();
  });

  test('the focus is in the first terminal when a start was chosen by keyboard', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.page.getByRole('button', { name: 'A space with data' }).press('Enter');
    await tab.until('the last line', async () =>
      (await tab.rows(1)).join('').includes("iterator = 'REQ'"),
    );
    await tab.waitForPrompt(1);
    await tab.enter(1, 'return 6 * 7');
    expect(await tab.transcript(1)).toContain('- 42');
    await tab.close();
  });

  test('the servers above a lab take nothing of the height that the page gives its terminals', async () => {
    const embedding = await EmbeddingSite.start();
    const heights: number[] = [];
    for (const attribute of ['', 'cluster']) {
      const visit = await embedding.open(
        `<bee-lab terminals="2" height="260" ${attribute}></bee-lab>`,
      );
      await visit.runLive();
      await visit.waitForText(1, '$');
      const box = await visit.page.getByRole('region', { name: 'Terminal #1' }).boundingBox();
      heights.push(Math.round(box?.height ?? 0));
      await visit.close();
    }
    expect(heights).toEqual([258, 258]);
    await embedding.close();
  });
});
