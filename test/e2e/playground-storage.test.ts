/** The browser's storage in its bad states: each says so, and nothing that was answered is lost. */
import type { CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, launchProfile, type Profile } from '../tools/chromium.ts';
import { Site, TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('storage', () => {
  let site: Site;
  let profile: Profile;
  let page: TutorialPage;
  let protocol: CDPSession;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(() => profile?.close());

  /** Opens the playground in a browser of its own: quotas and refusals are the whole browser's. */
  const open = async (preferences = {}): Promise<void> => {
    profile = await launchProfile(preferences);
    const tab = await profile.context.newPage();
    page = new TutorialPage(tab, profile.context);
    protocol = await profile.context.newCDPSession(tab);
  };
  const go = async (): Promise<void> => {
    await page.page.goto(`${site.url}#/playground`);
  };
  const startServer = async (): Promise<void> => {
    await page.ready();
    await page.type(1, 'mkdir one; cd one; bee');
    await page.type(1, "db.cfg{}; s = db.schema.space.create('t'); i = s:create_index('pk')");
    await page.type(1, "s:insert{1, 'answered'}");
  };

  test('refused: a reader who blocks site data is told so, and what to do', async () => {
    // 2 is "block" in the browser's own settings for site data.
    await open({ profile: { default_content_setting_values: { cookies: 2 } } });
    await go();
    const problem = page.page.getByRole('alert');
    await problem
      .getByRole('heading', { name: 'This browser gives the page no storage' })
      .waitFor();
    expect(await problem.textContent()).toMatch(/Allow site data for this page/);
    await problem.getByRole('button', { name: 'Try again' }).waitFor();
  });

  test('full: the write is an error, the page says why, and all that was answered is there', async () => {
    await open();
    await protocol.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(site.url).origin,
      quotaSize: 3_000_000,
    });
    await go();
    await startServer();
    let answered = 1;
    let last = '';
    for (let id = 2; id < 40; id++) {
      const row = `{${id}, require('digest').urandom(400000)}`;
      last = await page.ask(1, `s:insert${row} return 'stored ${id}'`);
      if (last !== `- stored ${id}`) break;
      answered++;
    }
    expect(answered).toBeLessThan(20);
    const notice = page.page.getByRole('alert');
    await notice.getByText('The browser gives this page no more room').waitFor();
    expect(last).toBe('- error: Failed to write to disk');
    await protocol.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin });
    await notice.getByRole('button', { name: 'I see' }).click();
    await page.type(1, "s:insert{1000, 'room again'}");
    await page.page.getByRole('button', { name: 'Server 1: actions' }).click();
    await page.page.getByRole('menuitem', { name: /^Kill/ }).click();
    await page.waitForPrompt(1, /^\$$/);
    await page.type(1, 'bee');
    expect(await page.ask(1, 'db.cfg{} return db.space.t:count()')).toBe(`- ${answered + 1}`);
  });

  test('evicted: the page says that the files are gone, and begins anew only when told to', async () => {
    await open();
    await go();
    await startServer();
    await protocol.send('Storage.clearDataForOrigin', {
      origin: new URL(site.url).origin,
      storageTypes: 'indexeddb',
    });
    const answer = await page.ask(1, "s:insert{2, 'too late'}");
    const notice = page.page.getByRole('alert');
    await notice.getByText('The files of this session are gone').waitFor();
    expect(answer).toBe('- error: Failed to write to disk');
    expect(await page.ask(1, 's:count()')).toBe('- 1');
    await notice.getByRole('button', { name: 'Start a new session' }).click();
    await page.ready();
    await page.type(1, 'ls');
    expect(await page.transcript(1)).toEqual(['$ ls', 'bee']);
  });

  test('the browser is asked to keep the files, once there are some', async () => {
    await open();
    await page.page.addInitScript(() => {
      const { persist } = StorageManager.prototype;
      Object.assign(window, { asked: 0 });
      StorageManager.prototype.persist = function (this: StorageManager) {
        Object.assign(window, { asked: 1 });
        return persist.call(this);
      };
    });
    await go();
    await page.ready();
    const asked = (): Promise<unknown> => page.page.evaluate(() => Reflect.get(window, 'asked'));
    expect(await asked()).toBe(0);
    await page.type(1, 'bee');
    await page.until('the browser to be asked', async () => (await asked()) === 1);
    await page.page.getByRole('button', { name: 'Sessions…' }).click();
    await page.page
      .getByText(/This browser (?:has promised to keep them|may remove them)/)
      .waitFor();
  });
});
