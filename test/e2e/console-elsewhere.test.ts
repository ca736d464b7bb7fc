/** A console that is connected to another server of the page completes from that one, as the real server's does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('Tab in a console that is connected elsewhere', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('offers what is there, and nothing when the other server does not answer', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.type(1, 'bee');
    await tab.type(1, "db.cfg{listen=3301} db.schema.user.grant('guest', 'super')");
    await tab.type(1, "tree = db.schema.space.create('far_away')");
    await tab.type(2, 'mkdir two; cd two; bee');
    const remote = /^localhost:3301>$/;
    await tab.page.keyboard.type("require('console').connect('localhost:3301')");
    await tab.page.keyboard.press('Enter');
    await tab.waitForPrompt(2, remote);
    await tab.page.keyboard.type('db.space.far\t');
    await tab.waitForPrompt(2, /^localhost:3301> db\.space\.far_away$/);
    await tab.page.keyboard.press('Control+c');
    await tab.waitForPrompt(2, remote);
    // The page's names, of which this server has none.
    await tab.page.keyboard.type('tre\t');
    await tab.waitForPrompt(2, /^localhost:3301> tree$/);
    await tab.page.keyboard.press('Control+c');
    await tab.waitForPrompt(2, remote);
    await tab.page
      .getByRole('button', { name: /: actions$/ })
      .first()
      .click();
    await tab.page.getByRole('menuitem', { name: /^Pause/ }).click();
    await tab.terminal(2).getByRole('textbox').focus();
    await tab.page.keyboard.type('db.space.far\tx');
    await tab.waitForPrompt(2, /^localhost:3301> db\.space\.farx$/);
    expect((await tab.transcript(2)).join('\n')).not.toContain('error');
    await tab.close();
  });
});
