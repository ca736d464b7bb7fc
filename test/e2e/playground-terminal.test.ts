/** The terminal, on a real server: what people expect of a prompt, key by key. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('the terminal', () => {
  let site: Site;
  let page: TutorialPage;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(() => page?.close());
  beforeEach(async () => {
    page = await site.open({ route: '/playground' });
    await page.ready();
    await page.type(1, 'mkdir one; cd one; bee');
    await page.type(1, "db.cfg{log_level=5}; s = db.schema.space.create('tester')");
    await page.type(1, "s:create_index('primary')");
  });

  const keys = async (...pressed: string[]): Promise<void> => {
    await page.terminal(1).getByRole('textbox').focus();
    for (const key of pressed) {
      if (/^[A-Z][a-z]+(?:[A-Z]|\+|$)/.test(key)) await page.page.keyboard.press(key);
      else await page.page.keyboard.type(key);
    }
  };
  const line = async (expected: string): Promise<void> =>
    page.until(`the line ${expected}`, async () => {
      const rows = (await page.rows(1)).filter((row) => row !== '');
      return rows.at(-1) === expected;
    });
  const screen = async (words: string): Promise<void> =>
    page.until(words, async () => (await page.rows(1)).join('\n').includes(words));

  test('Tab completes from the live state: globals, spaces, indexes, methods', async () => {
    await keys('db.sp', 'Tab', '.te', 'Tab');
    await line('bee> db.space.tester');
    await keys('.index.pri', 'Tab');
    await line('bee> db.space.tester.index.primary');
    await keys(':sel', 'Tab');
    await line('bee> db.space.tester.index.primary:select(');
    await keys('Control+U', 'db.space.tester:up', 'Tab', 'Tab');
    await screen('update');
    await screen('upsert');
  });

  test('Ctrl-R finds in the history; kills are yanked back', async () => {
    await page.type(1, "s:insert{1, 'first'}");
    await page.type(1, "s:insert{2, 'second'}");
    await keys('Control+R', 'fir');
    await screen("(reverse-i-search)`fir': s:insert{1, 'first'}");
    await keys('Control+A', 'Control+K');
    await line('bee>');
    await keys('one two', 'Alt+Backspace', 'Control+Y', 'Control+Y');
    await line('bee> one twotwo');
    await keys('Control+U', 'Control+Y', 'Alt+y');
    await line('bee> two');
  });

  test('a statement of several lines is one entry of the history, also after a reload', async () => {
    await page.type(1, 'for k = 10, 11 do');
    await page.type(1, 's:insert{k}');
    await page.type(1, 'end');
    await keys('ArrowUp');
    await page.until('three lines', async () => {
      const rows = (await page.rows(1)).filter((row) => row !== '').slice(-3);
      return /^bee> for k = 10, 11 do\n +> s:insert\{k\}\n +> end$/.test(rows.join('\n'));
    });
    await page.page.reload();
    await page.waitForPrompt(1);
    await page.type(1, 'bee');
    await keys('ArrowUp');
    await screen('bee> for k = 10, 11 do');
  });

  test('a paste runs its complete lines, and never the last one by itself', async () => {
    await keys('Control+U');
    await page.page.evaluate(() => {
      const data = new DataTransfer();
      data.setData('text/plain', "s:insert{1}\ns:insert{2}\ns:insert{3, 'not yet'}");
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true });
      document.activeElement?.dispatchEvent(event);
    });
    await line("bee> s:insert{3, 'not yet'}");
    await keys('Control+U');
    expect(await page.ask(1, 's:count()')).toBe('- 2');
  });

  test('Ctrl-C stops a runaway statement, whose time is shown meanwhile', async () => {
    await keys('while true do end', 'Enter');
    const busy = page
      .terminal(1)
      .getByRole('status')
      .filter({ hasText: /^busy \d+ s/ });
    await busy.waitFor();
    await keys('Control+C');
    await page.waitForPrompt(1, /^bee>$/);
    await busy.waitFor({ state: 'detached' });
    expect(await page.ask(1, 'return 1 + 1')).toBe('- 2');
  });

  test('links in answers are links; text is found in the scrollback', async () => {
    await page.type(1, "return 'see https://www.example.org/manual for more'");
    await page.page.evaluate(() => {
      window.open = (url) => {
        document.body.dataset['opened'] = String(url);
        return null;
      };
    });
    const row = page.terminal(1).locator('.xterm-rows > div', { hasText: '- see https://www' });
    const box = await row.boundingBox();
    if (box === null) throw new Error('the answer is not on the screen');
    // In the middle of the address, which begins at the seventh of cells about eight pixels wide.
    await page.until('the link', async () => {
      // Where a link is, xterm learns some time after the pointer came.
      await page.page.mouse.move(box.x + 100, box.y + box.height / 2);
      await page.page.mouse.move(box.x + 120, box.y + box.height / 2, { steps: 4 });
      await page.page.mouse.click(box.x + 120, box.y + box.height / 2);
      const opened = await page.page.locator('body').getAttribute('data-opened');
      return opened === 'https://www.example.org/manual';
    });
    await keys('Control+Shift+F');
    await page.page.getByRole('textbox', { name: 'Search in this terminal' }).fill('no such words');
    await page.page.keyboard.press('Enter');
    await page.page.getByText('not found').waitFor();
    await page.page.getByRole('textbox', { name: 'Search in this terminal' }).fill('create_index');
    await page.page.keyboard.press('Enter');
    await page.page.getByText('not found').waitFor({ state: 'detached' });
    // xterm writes the background of what is selected into style attributes as well, which a strict policy refuses with these words;
    // the selection itself is drawn below the text by a style sheet.
    const others = page.complaints.filter((words) => !words.startsWith('Applying inline style'));
    page.complaints.splice(0, page.complaints.length, ...others);
  });

  test('repeats of a log message are one line with a count', async () => {
    await page.type(1, "db.cfg{listen=3301} db.schema.user.grant('guest', 'super')");
    await page.type(2, 'mkdir two; cd two; bee');
    await page.type(2, "db.cfg{replication_source='localhost:3301'}");
    await page.type(1, 'os.exit()');
    await page.until('a count', async () =>
      /Connection refused {2}×\d/.test((await page.rows(2)).join('')),
    );
    const lines = (await page.rows(2)).join('').match(/Connection refused/g) ?? [];
    expect(lines).toHaveLength(1);
  });

  test('with screen reader support the rows are read as they come', async () => {
    await page.page.getByRole('button', { name: 'Terminal #1 menu' }).click();
    await page.page.getByRole('menuitemcheckbox', { name: 'Screen reader support' }).click();
    const rows = page.terminal(1).locator('.xterm-accessibility');
    await rows.waitFor();
    await page.type(1, "return 'read me'");
    await page.until('the row', async () => ((await rows.textContent()) ?? '').includes('read me'));
    const live = rows.locator('[aria-live="assertive"]');
    await page.until('the live region', async () => (await live.count()) === 1);
  });
});
