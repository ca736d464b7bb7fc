/** The playground in real Chromium: clusters to begin with, terminals as one likes them, sessions that travel. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { zipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  packSession,
  type SavedSession,
  unpackSession,
} from '../../src/ui/machine/session-file.ts';
import { startStates } from '../../src/ui/machine/start-states.ts';
import { hasChromium } from '../tools/chromium.ts';
import { FilesPage } from './files-page.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('the playground', () => {
  let site: Site;
  const pages: TutorialPage[] = [];
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });

  const open = async (options: Parameters<Site['open']>[0] = {}): Promise<TutorialPage> => {
    const page = await site.open({ route: '/playground', ...options });
    pages.push(page);
    return page;
  };
  const ready = async (options: Parameters<Site['open']>[0] = {}): Promise<TutorialPage> => {
    const page = await open(options);
    await page.ready();
    return page;
  };
  const press = (page: TutorialPage, name: string): Promise<void> =>
    page.page.getByRole('button', { name, exact: true }).click();
  /** The cluster as a screen reader has it. */
  const cluster = async (page: TutorialPage): Promise<string> => {
    const words = await page.page
      .getByRole('region', { name: 'Cluster' })
      .locator('> .visually-hidden')
      .textContent();
    return words ?? '';
  };
  /** The session as "Save as a file" gives it. */
  const saved = async (page: TutorialPage): Promise<SavedSession> => {
    await press(page, 'Share or save…');
    const { bytes } = await new FilesPage(page).download(() => press(page, 'Save as a file'));
    await press(page, 'Close');
    return unpackSession(bytes);
  };

  const expected: Readonly<Record<string, readonly RegExp[]>> = {
    'two-servers': [/Server 2 follows Server 1: follow\b/],
    'three-masters': [
      /Server 1 follows Server 2: follow\b.*Server 1 follows Server 3: follow\b/,
      /Server 2 follows Server 1: follow\b.*Server 2 follows Server 3: follow\b/,
      /Server 3 follows Server 1: follow\b.*Server 3 follows Server 2: follow\b/,
    ],
    data: [/Server 1 in Terminal #1 is running/],
    load: [/Server 2 follows Server 1: follow\b/],
  };

  test.each(startStates.filter(({ id }) => id !== 'empty'))(
    'starts with "$title"',
    async ({ id, title }) => {
      const page = await ready();
      await press(page, title);
      for (const words of expected[id] ?? []) {
        await page.until(`${words}`, async () => words.test(await cluster(page)));
      }
      if (id === 'data') {
        await page.until('the query', async () =>
          (await page.rows(1)).join('').includes("'Kangchenjunga', 'Himalaya', 8586"),
        );
      }
      if (id === 'load') {
        const vclock = page.page.locator('[data-terminal="2"] dd').last();
        const rows = async (): Promise<number> =>
          Number(/1: (\d+)/.exec((await vclock.textContent()) ?? '')?.[1] ?? 0);
        await page.until('rows', async () => (await rows()) > 5);
        const before = await rows();
        await page.until('more rows', async () => (await rows()) > before + 20);
      }
    },
  );

  test('terminals are named, removed and arranged, and stay so over a reload', async () => {
    const page = await ready();
    await press(page, 'Add a terminal');
    await page.ready(3);
    await page.type(3, 'mkdir ~/three && cd ~/three');
    await page.page.getByRole('button', { name: 'Terminal #3 menu' }).click();
    await page.page.getByRole('menuitem', { name: 'Name…' }).click();
    await page.page.getByRole('textbox', { name: 'Name' }).fill('orders');
    await press(page, 'Name it');
    await page.page.getByRole('button', { name: 'Terminal #2 menu' }).click();
    await page.page.getByRole('menuitem', { name: /^Remove this terminal/ }).click();
    await page.terminal(2).waitFor({ state: 'detached' });
    await page.page.getByRole('button', { name: 'How the terminals stand' }).click();
    await page.page.getByRole('menuitemcheckbox', { name: 'In tabs' }).click();
    await page.page.getByRole('tab', { name: /orders/ }).click();
    await page.page.reload();
    await page.page.getByRole('tab', { name: /orders/ }).click();
    await page.waitForPrompt(3);
    await page.terminal(3).getByRole('heading', { name: 'orders' }).waitFor();
    expect(await page.transcript(3)).toContain('$ mkdir ~/three && cd ~/three');
    expect(await page.page.getByRole('tab').count()).toBe(2);
    await press(page, 'Add a terminal');
    // The free number comes again, with nothing of the one that had it.
    await page.page.getByRole('tab', { name: /#2/ }).click();
    await page.waitForPrompt(2);
    expect(await page.transcript(2)).toEqual([]);
  });

  test('a link carries everything to another reader, who sees what it holds and then has it', async () => {
    const page = await ready();
    await press(page, 'Two servers');
    await page.until('the replica', async () =>
      /2 follows Server 1: follow/.test(await cluster(page)),
    );
    await page.waitForPrompt(2, /^bee>$/);
    await page.type(1, "db.space.log:insert{1, 'for you'}");
    await page.until(
      'the row at the replica',
      async () => (await page.ask(2, 'db.space.log:count()')) === '- 1',
    );
    await page.type(1, 'os.exit()');
    await page.type(2, 'os.exit()');
    const original = await saved(page);
    await page.page.evaluate(() =>
      Object.defineProperty(navigator, 'clipboard', {
        value: {
          writeText: (text: string) => {
            document.body.dataset['copied'] = text;
            return Promise.resolve();
          },
        },
      }),
    );
    await press(page, 'Share or save…');
    await press(page, 'Copy link');
    await page.page.getByText('The link is in your clipboard.').waitFor();
    const link = (await page.page.locator('body').getAttribute('data-copied')) ?? '';
    expect(link.length).toBeLessThan(40_000);

    const other = await open({ route: link.slice(link.indexOf('#') + 1) });
    const holdings = other.page.getByRole('region', { name: 'What it holds' });
    await holdings.getByText('server 2 had run there (bee)').waitFor();
    expect(await holdings.textContent()).toMatch(/2 terminals, \d+ files, /);
    expect(other.page.workers()).toEqual([]);
    expect(await other.page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);
    await press(other, 'Open it in the playground');
    await other.ready();
    expect(await cluster(other)).toBe('');
    const restored = await saved(other);
    expect([...restored.files.keys()].sort()).toEqual([...original.files.keys()].sort());
    for (const [path, bytes] of original.files) expect(restored.files.get(path)).toEqual(bytes);
    expect(restored.content.directories).toEqual(original.content.directories);
    // Nothing is newer than it was.
    expect(restored.content.modifiedAt).toEqual(original.content.modifiedAt);
    for (const [at, terminal] of original.content.terminals.entries()) {
      const there = restored.content.terminals[at];
      expect(there?.transcript.slice(0, terminal.transcript.length)).toEqual(terminal.transcript);
      expect(there?.consoleHistory).toEqual(terminal.consoleHistory);
      expect(there?.cwd).toBe(terminal.cwd);
    }
    await other.type(2, 'bee');
    await other.type(2, 'db.cfg{}');
    expect(await other.ask(2, 'db.space.log:get(1)')).toBe("- [1, 'for you']");
  });

  test('a session goes through a file, beside the one that was there; foreign files are refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bee-session-'));
    try {
      const page = await ready();
      await page.type(1, 'echo mine > mine.txt');
      await press(page, 'Share or save…');
      await page.page.getByRole('textbox', { name: 'Name' }).fill('First one');
      const { name, bytes } = await new FilesPage(page).download(() =>
        press(page, 'Save as a file'),
      );
      expect(name).toBe('bee-first-one.zip');
      await press(page, 'Close');
      await press(page, 'Sessions…');
      await press(page, 'From a file…');
      const input = page.page.getByLabel('File', { exact: true });
      for (const [content, words] of [
        [zipSync({ 'a.txt': new Uint8Array(1) }), 'it has no session.json'],
        [bytes.subarray(0, bytes.length - 30), 'This is no session of Bee, or only a part of one'],
      ] as const) {
        const path = join(folder, `${content.length}.zip`);
        writeFileSync(path, content);
        await input.setInputFiles(path);
        await page.page.getByText(words).waitFor();
        expect(await page.page.getByRole('button', { name: /^Open it/ }).count()).toBe(0);
      }
      // Of another year, as `ls -l` shows it.
      const { content, files } = await unpackSession(bytes);
      const modifiedAt = new Map([...content.modifiedAt, ['/home/user/mine.txt', 1_600_000_000]]);
      const old = await packSession({ content: { ...content, modifiedAt }, files });
      writeFileSync(join(folder, 'y.zip'), old);
      await input.setInputFiles(join(folder, 'y.zip'));
      await press(page, 'Open it in the playground');
      await page.ready();
      await page.type(1, 'cat mine.txt');
      expect(await page.transcript(1)).toContain('mine');
      await page.type(1, 'ls -l');
      expect((await page.transcript(1)).at(-1)).toMatch(/ 5 Sep 13 {2}2020 mine\.txt$/);
      await press(page, 'Sessions…');
      const listed = page.page.locator('.session-list li');
      await page.until('both sessions', async () => (await listed.count()) === 2);
      page.page.once('dialog', (dialog) => void dialog.accept());
      await page.page.locator('.session-list button[aria-label^="Remove"]:enabled').click();
      await page.page.getByText('First one was removed.').waitFor();
      await page.until('one session', async () => (await listed.count()) === 1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a damaged link says so and opens nothing', async () => {
    const page = await open({ route: '/session/UEsDBBQAAAAIAEoId133' });
    await page.page.getByText('This is no session of Bee, or only a part of one').waitFor();
    expect(await page.page.getByRole('button', { name: /^Open it/ }).count()).toBe(0);
  });

  test('a window that is zoomed in to 400 % scrolls one way only, and all of it can be reached', async () => {
    // 1280 by 1024 pixels, each four times as large.
    const page = await open({ width: 320, height: 256 });
    await page.page.getByRole('tab', { name: 'Cluster' }).click();
    await press(page, 'Two servers');
    await page.until('the replica', async () =>
      /2 follows Server 1: follow/.test(await cluster(page)),
    );
    const menu = page.page.getByRole('button', { name: 'Server 2: actions' });
    await menu.focus();
    await page.page.keyboard.press('Enter');
    await page.page.getByRole('menuitem', { name: /^Files/ }).click();
    await page.page.getByRole('listbox', { name: 'Rows of the file' }).scrollIntoViewIfNeeded();
    expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing, %s, wide and narrow',
    async (colorScheme) => {
      const page = await ready({ colorScheme });
      await press(page, 'Two servers');
      await page.until('the replica', async () =>
        /2 follows Server 1: follow/.test(await cluster(page)),
      );
      const check = async (): Promise<void> => {
        const { violations } = await new AxeBuilder({ page: page.page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      };
      await check();
      for (const name of ['Start with…', 'Share or save…', 'Sessions…']) {
        await press(page, name);
        await check();
        await page.page.keyboard.press('Escape');
      }
      await page.page.setViewportSize({ width: 360, height: 740 });
      await page.page.getByRole('tab', { name: 'Cluster' }).click();
      await check();
      expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    },
  );
});
