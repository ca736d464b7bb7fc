import { describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { useFakePage } from './fake-page.ts';

describe.skipIf(!hasChromium)('a terminal of the page', () => {
  const open = useFakePage();

  test('takes what is typed, runs it, and shows its directory and its server', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'mkdir -p ~/bee_test_node_1 && cd ~/bee_test_node_1', '$');
    await bee.enter(1, 'ls -a', '$');
    expect((await bee.rows(1)).slice(-2)).toEqual(['.  ..', '$']);
    await bee.enter(1, 'bee', 'bee>');
    await expect(bee.terminal(1).locator('.terminal-title').textContent()).resolves.toMatch(
      /Terminal #1~\/bee_test_node_1bee, pid \d+/,
    );
  });

  test('prints log lines above the line being typed', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'bee', 'bee>');
    await bee.input(1).focus();
    await bee.page.keyboard.type('late');
    await bee.page.keyboard.press('Enter');
    await bee.page.keyboard.type("s:insert{1, 'half a line");
    // A blank at the end of a wrapped row is not told from an empty cell.
    const expected = /late ?newsbee> s:insert\{1, 'half a line$/;
    await bee.waitFor(async () => expected.test((await bee.rows(1)).join('')));
  });

  test('edits with readline keys, wide characters and all', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.input(1).focus();
    await bee.page.keyboard.type('echo 日本🐝 second');
    for (const key of ['Control+a', 'Alt+f', 'Control+k', 'Control+y', 'Control+e', '!']) {
      await bee.page.keyboard.press(key);
    }
    await bee.page.keyboard.press('Enter');
    await bee.waitFor(async () => (await bee.rows(1)).length === 3);
    expect((await bee.rows(1))[1]?.replaceAll(' ', '')).toBe('日本🐝second!');
  });

  test('keeps the edited line whole when its width changes', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.input(1).focus();
    const text = `echo ${'x'.repeat(90)}`;
    await bee.page.keyboard.type(text);
    await bee.page.setViewportSize({ width: 960, height: 800 });
    const isWhole = (rows: string[]): boolean => rows.join('') === `$ ${text}`;
    await bee.waitFor(async () => {
      const rows = await bee.rows(1);
      return rows.length > 2 && isWhole(rows);
    });
    await bee.page.setViewportSize({ width: 1700, height: 800 });
    await bee.waitFor(async () => {
      const rows = await bee.rows(1);
      return rows.length <= 2 && isWhole(rows);
    });
  });

  test('is left by F6 and by Esc, Tab', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.input(1).focus();
    const part = (): Promise<string | null | undefined> =>
      bee.page.evaluate(() =>
        document.activeElement?.closest('[data-part]')?.getAttribute('data-part'),
      );
    expect(await part()).toBe('terminal-1');
    await bee.page.keyboard.press('F6');
    expect(await part()).toBe('terminal-2');
    await bee.page.keyboard.press('F6');
    expect(await part()).toBe('lesson');
    await bee.page.keyboard.press('Shift+F6');
    expect(await part()).toBe('terminal-2');
    await bee.input(1).focus();
    await bee.page.keyboard.press('Escape');
    await bee.page.keyboard.press('Tab');
    expect(await part()).not.toBe('terminal-1');
  });

  test('a pasted text runs its complete lines and leaves the last to be edited', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.input(1).evaluate((element) => {
      const data = new DataTransfer();
      data.setData('text/plain', 'echo one\necho two\necho three');
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
    });
    await bee.waitForRow(1, '$ echo three');
    expect(await bee.rows(1)).toEqual(['$ echo one', 'one', '$ echo two', 'two', '$ echo three']);
  });

  test('its menu kills the server; the shell says so and goes on', async () => {
    const bee = await open();
    await bee.waitForRow(2, '$');
    await bee.enter(2, 'bee', 'bee>');
    await bee.enter(2, 'db.cfg{listen=3302}', 'bee>');
    await bee.page.getByRole('button', { name: 'Terminal #2 menu' }).click();
    await bee.page.getByRole('menuitem', { name: 'Kill the server' }).click();
    await bee.waitForRow(2, '$');
    expect((await bee.rows(2)).at(-2)).toBe('Killed');
    const strip = bee.page.getByRole('region', { name: 'Cluster' });
    await bee.waitFor(async () => (await strip.textContent())?.includes('killed') === true);
  });

  test('Ctrl-C stops a running statement, whose time is shown', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'bee', 'bee>');
    await bee.input(1).focus();
    await bee.page.keyboard.type('while true do end');
    await bee.page.keyboard.press('Enter');
    await bee
      .terminal(1)
      .getByText(/busy \d+ s/)
      .waitFor();
    await bee.page.keyboard.press('Control+c');
    await bee.waitForRow(1, 'bee>');
    expect((await bee.rows(1)).join('\n')).toContain("- error: 'C-c'");
  });

  test('that is busy says Ctrl-C where nothing cuts it off, and takes it from a press, too', async () => {
    const bee = await open('#/tutorial', { width: 1280 });
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'bee', 'bee>');
    await bee.input(1).focus();
    await bee.page.keyboard.type('while true do end');
    await bee.page.keyboard.press('Enter');
    const wayOut = bee.terminal(1).getByRole('button', { name: 'Ctrl-C', exact: true });
    await wayOut.waitFor();
    const inSight = await wayOut.evaluate((button) => {
      const { left, right, top } = button.getBoundingClientRect();
      return [left + 2, right - 2].every((x) => document.elementFromPoint(x, top + 4) === button);
    });
    expect(inSight).toBe(true);
    await wayOut.click();
    await bee.waitForRow(1, 'bee>');
    expect((await bee.rows(1)).join('\n')).toContain("- error: 'C-c'");
  });

  test('finds text in its scrollback', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'echo needle', '$');
    await bee.page.keyboard.press('Control+Shift+F');
    const field = bee.page.getByRole('textbox', { name: 'Search in this terminal' });
    await field.fill('hay');
    await field.press('Enter');
    await bee.page.getByText('not found').waitFor();
    await field.fill('needle');
    await field.press('Enter');
    await bee.page.getByText('not found').waitFor({ state: 'hidden' });
    await field.press('Escape');
    await field.waitFor({ state: 'hidden' });
  });
});
