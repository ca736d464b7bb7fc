/** One session in several tabs of real Chromium: nothing is corrupted, nothing waits for ever. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site, TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('a second tab of a session', () => {
  let site: Site;
  let first: TutorialPage;
  let others: TutorialPage[] = [];
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(async () => {
    const complaints = others.flatMap((tab) => tab.complaints);
    others = [];
    await first?.close();
    expect(complaints).toEqual([]);
  });

  const open = async (route = '/playground'): Promise<void> => {
    first = await site.open({ route });
    await first.ready();
  };
  /** The same address in another tab of the same reader. */
  const openAnother = async (): Promise<TutorialPage> => {
    const page = await first.context.newPage();
    const tab = new TutorialPage(page, first.context);
    others.push(tab);
    await page.goto(first.page.url());
    await page.getByRole('heading', { name: 'This session is open in another tab' }).waitFor();
    return tab;
  };
  const press = (tab: TutorialPage, name: string): Promise<void> =>
    tab.page.getByRole('button', { name, exact: true }).click();
  const startServer = async (): Promise<void> => {
    await first.type(1, 'mkdir one; cd one; bee');
    await first.type(1, "db.cfg{}; s = db.schema.space.create('t'); i = s:create_index('pk')");
    await first.type(1, "s:insert{1, 'answered'}");
  };

  test('takes over: what was answered is there, scrollback too, and the first tab says so', async () => {
    await open();
    const second = await openAnother();
    await startServer();
    await press(second, 'Take over here');
    await second.ready();
    await first.page.getByRole('heading', { name: 'Another tab has taken over' }).waitFor();
    expect(await second.transcript(1)).toContain("- [1, 'answered']");
    await second.type(1, 'bee');
    expect(await second.ask(1, 'db.cfg{} return db.space.t:get(1)')).toBe("- [1, 'answered']");
    // And back again; a tab in the background is not painted.
    await first.page.bringToFront();
    await press(first, 'Take over here');
    await first.ready();
    await first.type(1, 'ls');
    expect((await first.transcript(1)).join('\n')).toMatch(/0{20}\.snap/);
    await second.page.getByRole('heading', { name: 'Another tab has taken over' }).waitFor();
  });

  test('reads along: screens, edited lines and cluster are live, and nothing can be typed', async () => {
    await open();
    const second = await openAnother();
    await startServer();
    await first.page.keyboard.type('db.space.t:in');
    await press(second, 'Read along');
    await second.until('what was there', async () =>
      (await second.rows(1)).includes('bee> db.space.t:in'),
    );
    expect(await second.rows(1)).toContain("- [1, 'answered']");
    await first.page.keyboard.type("sert{2, 'seen'}");
    await first.page.keyboard.press('Enter');
    await second.until('what came', async () => (await second.rows(1)).includes("- [2, 'seen']"));
    const cluster = second.page.getByRole('region', { name: 'Cluster' });
    await cluster.getByText('server 1', { exact: true }).waitFor();
    expect(await cluster.getByRole('button').count()).toBe(0);
    await second.terminal(1).locator('textarea').focus();
    await second.page.keyboard.type('os.exit()\n');
    // The first tab's screen is another size now; the second follows, and the line is drawn as there.
    await first.page.setViewportSize({ width: 900, height: 700 });
    await first.type(1, "s:insert{3, 'after'}");
    await second.until('the next', async () => (await second.rows(1)).includes("- [3, 'after']"));
    await second.page.bringToFront();
    const seen = (rows: string[]): string => rows.filter((row) => row !== '').join('\n');
    await second.until('the same screen', async () =>
      seen(await second.rows(1)).endsWith(seen((await first.rows(1)).slice(-6))),
    );
    const { violations } = await new AxeBuilder({ page: second.page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });

  test('reads along in a lesson: at the same step, as it goes on, and nothing can be pressed', async () => {
    await open('/tutorial/hands-on');
    const second = await openAnother();
    await press(second, 'Read along');
    const { lesson } = second;
    await lesson.getByRole('heading', { name: 'A cluster of one' }).waitFor();
    await lesson.getByText('Step 1 of 9', { exact: true }).waitFor();
    expect(await lesson.getByRole('button', { name: 'Run in Terminal #1' }).isDisabled()).toBe(
      true,
    );
    await first.page.bringToFront();
    await first.pressRunButtons(1);
    await first.waitForDone();
    await lesson.getByText('Step 1 of 9, done', { exact: true }).waitFor();
    await lesson.getByText('typed', { exact: true }).waitFor();
    await first.next();
    await lesson.getByRole('heading', { name: 'A replica joins' }).waitFor();
    expect(await lesson.getByRole('radio').first().isDisabled()).toBe(true);
    await second.page.bringToFront();
    const { violations } = await new AxeBuilder({ page: second.page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await press(second, 'Take over here');
    // The reader's own lesson again, at the step that both were at.
    await lesson.getByRole('button', { name: /^Next/ }).waitFor();
    await lesson.getByRole('heading', { name: 'A replica joins' }).waitFor();
  });

  test('who reads along is told when the tab is gone, and takes over', async () => {
    await open();
    const second = await openAnother();
    await startServer();
    await press(second, 'Read along');
    await second.until('the screen', async () =>
      (await second.rows(1)).includes("- [1, 'answered']"),
    );
    await first.page.close();
    await second.page.getByRole('heading', { name: 'The other tab is gone' }).waitFor();
    await press(second, 'Take over here');
    await second.ready();
    await second.type(1, 'bee');
    expect(await second.ask(1, 'db.cfg{} return db.space.t:get(1)')).toBe("- [1, 'answered']");
  });

  test('a new session leaves the first tab alone', async () => {
    await open();
    const second = await openAnother();
    await press(second, 'Start a new session');
    await second.ready();
    await second.type(1, 'ls');
    await startServer();
    expect(await first.transcript(1)).toContain("- [1, 'answered']");
    expect(await second.transcript(1)).toEqual(['$ ls', 'bee']);
  });
});
