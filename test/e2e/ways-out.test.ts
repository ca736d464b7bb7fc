/** Where something went wrong, or a part of the page was opened, there is a way on and a way back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { FilesPage } from './files-page.ts';
import { Site } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('ways on and back', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('a step whose block met another prompt is solved by one button', async () => {
    const tab = await site.open({ route: '/tutorial/hands-on/replica' });
    await tab.waitForPrompt(1, /^bee>$/);
    await tab.type(2, 'bee');
    await tab.type(2, 'db.cfg{listen=3302}');
    const run = tab.lesson.getByRole('button', { name: 'Run in Terminal #2' });
    await run.click();
    await tab.lesson
      .getByRole('alert')
      .getByText(/is for the shell/)
      .waitFor();
    expect(await tab.lesson.getByRole('button', { name: 'Run this step' }).count()).toBe(0);
    await tab.lesson.getByRole('button', { name: 'Solve this step' }).click();
    await tab.waitForDone();
    await tab.close();
  });

  test('a screen reader is told how a check came out, and that the step is done', async () => {
    const tab = await site.open({ route: '/tutorial/hands-on' });
    await tab.ready();
    const said = tab.lesson.getByRole('region', { name: 'Your result' }).getByRole('status');
    await tab.lesson.getByRole('button', { name: 'Check now' }).click();
    await said.getByText('Not yet: 0 of 3 hold.').waitFor({ state: 'attached' });
    await tab.lesson.getByRole('button', { name: 'Run this step' }).click();
    await said.getByText('This step is done.').waitFor({ state: 'attached' });
    await tab.close();
  });

  test('the files have the focus when they are opened, and give it back', async () => {
    const tab = await site.open({ route: '/playground' });
    const files = new FilesPage(tab);
    await tab.ready();
    await tab.type(1, 'echo 1 > a.snap');
    const button = tab.page.getByRole('button', { name: 'Files', exact: true });
    await button.press('Enter');
    await files.panel.waitFor();
    const isFocused = (locator: typeof button) => () =>
      locator.evaluate((element) => element === document.activeElement);
    await tab.until('the panel to have the focus', isFocused(files.panel));
    await tab.page.keyboard.press('Tab');
    expect(await isFocused(files.panel.getByRole('button', { name: 'Upload…' }))()).toBe(true);
    await tab.page.keyboard.press('Escape');
    await files.panel.waitFor({ state: 'detached' });
    expect(await isFocused(button)()).toBe(true);
    await tab.close();
  });
});
