/** Faults at the reader's fingertips, on real servers: by mouse, by keyboard, and as a screen reader has them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('faults of a cluster', () => {
  let site: Site;
  let page: TutorialPage;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(() => page?.close());

  /** A master and its replica. */
  beforeEach(async () => {
    page = await site.open({ route: '/playground' });
    await page.ready();
    await page.page.getByRole('button', { name: 'Two servers', exact: true }).click();
    await say(/Server 2 follows Server 1: follow/);
    await page.waitForPrompt(2, /^bee>$/);
  });

  /** Waits until the cluster, as text, says so. */
  const say = (words: RegExp): Promise<void> =>
    page.until(`${words}`, async () => {
      const text = page.page.getByRole('region', { name: 'Cluster' }).locator('> .visually-hidden');
      return words.test((await text.textContent()) ?? '');
    });
  const choose = async (menu: RegExp, item: RegExp): Promise<void> => {
    await page.page.getByRole('button', { name: menu }).click();
    await page.page.getByRole('menuitem', { name: item }).click();
  };
  const count = (terminal: number): Promise<string> =>
    page.ask(terminal, 'return db.space.log:count()');

  test('a link is cut, slowed and restored: rows wait, and come', async () => {
    const link = /^Link from Terminal #1 to Terminal #2/;
    await choose(link, /^Cut the link/);
    await say(/Server 2 follows Server 1: \w+, cut by you/);
    await page.type(1, "s:insert{1, 'waits'}");
    expect(await count(2)).toBe('- 0');
    await choose(link, /^Restore the link/);
    await page.until('the row', async () => (await count(2)) === '- 1');
    await choose(link, /^Slow it down/);
    await say(/slow by you/);
    await page.type(1, "s:insert{2, 'slow'}");
    await page.until('the slow row', async () => (await count(2)) === '- 2');
    // How late it came, as the replica knows it.
    expect(await page.ask(2, 'return db.info.replication[1].upstream.lag > 0.9')).toBe('- true');
    await page.until('the lag beside the link', async () =>
      /follow · slow · [\d.]+ s/.test((await page.page.locator('.link-word').textContent()) ?? ''),
    );
  });

  test('two servers that part are compared, and again when they hold the same', async () => {
    const link = /^Link from Terminal #1 to Terminal #2/;
    await choose(link, /^Cut the link/);
    await page.type(1, "s:insert{1, 'of the first'}");
    await page.type(2, "db.space.log:insert{2, 'of the second'}");
    await choose(link, /^Compare the two servers/);
    const dialog = page.page.getByRole('dialog');
    await dialog.getByRole('row', { name: 'log [1] [1,"of the first"] none' }).waitFor();
    await dialog.getByRole('row', { name: 'log [2] none [2,"of the second"]' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await choose(link, /^Restore the link/);
    await page.type(2, 'db.space.log:delete(2)');
    await page.until('the row', async () => (await count(2)) === '- 1');
    await choose(link, /^Compare the two servers/);
    await dialog.getByText('Both hold the same tuples in all spaces.').waitFor();
  });

  test('kill, start, pause and continue, by keyboard alone', async () => {
    const act = async (times: number): Promise<void> => {
      await page.page.getByRole('button', { name: 'Server 1: actions' }).focus();
      await page.page.keyboard.press('Enter');
      for (let at = 0; at < times; at++) await page.page.keyboard.press('ArrowDown');
      await page.page.keyboard.press('Enter');
    };
    await act(0);
    await say(/Server 1 in Terminal #1 is killed.*Server 2 follows Server 1: disconnected/);
    expect(await page.transcript(1)).toContain('Killed');
    // Kill, stop and pause are of no use now: the first that can be chosen starts it.
    await act(0);
    await page.waitForPrompt(1, /^bee>$/);
    await page.type(1, 'db.cfg{listen=3301}');
    await say(/Server 2 follows Server 1: follow/);
    await act(2);
    await say(/Server 1 in Terminal #1 is paused/);
    await act(2);
    await say(/Server 1 in Terminal #1 is running/);
  });

  test('a full disk is an error at the prompt, and nothing that was answered is lost', async () => {
    await page.type(1, "s:insert{1, 'before'}");
    await choose(/^Server 1: actions/, /^Fill the disk/);
    await page.page.getByRole('status').filter({ hasText: 'The disk is full' }).waitFor();
    await page.type(1, "s:insert{2, 'refused'}");
    await page.until('the error', async () =>
      (await page.rows(1)).join('').includes('Failed to write to disk'),
    );
    await page.page.getByRole('button', { name: 'Make room' }).click();
    await page.type(1, "s:insert{3, 'after'}");
    await page.until('the rows of the replica', async () => (await count(2)) === '- 2');
    await choose(/^Server 1: actions/, /^Kill/);
    await page.waitForPrompt(1, /^\$$/);
    await page.type(1, 'bee');
    await page.type(1, 'db.cfg{listen=3301}');
    expect(await count(1)).toBe('- 2');
  });
});
