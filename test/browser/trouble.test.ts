/** What can go wrong in a browser, in real Chromium: links that are cut, storage that is full or gone, tabs that close. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchProfile, openTestPage, type TestPage } from '../tools/chromium.ts';
import type { Troubles } from './pages/trouble-page.ts';

declare global {
  /** Set by `pages/trouble-page.ts`. */
  var troubles: Troubles;
}

describe.skipIf(!hasChromium)('trouble in the browser', () => {
  let test: TestPage;

  beforeAll(async () => {
    test = await openTestPage('test/browser/pages/trouble-page.ts');
  });
  afterAll(() => test.close());

  it('cuts, delays, drops and heals links between workers', async () => {
    expect(await test.page.evaluate(() => globalThis.troubles.links())).toEqual({
      'half open': '',
      delayed: true,
      dropped: ['x|closed ECONNRESET', 'abc|closed ECONNRESET'],
      'connect over a cut link': true,
      'death behind a cut': '',
      death: '|closed ',
    });
  });

  it('notices the death of a peer within a tenth of a second', async () => {
    // The quickest of some: on a busy machine the others waited for the processor, not for the news.
    let quickest = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 20 && quickest >= 100; tries++) {
      quickest = Math.min(quickest, await test.page.evaluate(() => globalThis.troubles.death()));
    }
    expect(quickest).toBeLessThan(100);
  });

  it('fills the disk and empties it again', async () => {
    expect(await test.page.evaluate(() => globalThis.troubles.fullDisk())).toEqual({
      outcomes: ['ok', 'ENOSPC No space left on device', 'ok'],
      size: 10,
    });
  });

  it('keeps a removed file while it is open, and its blocks no longer', async () => {
    expect(await test.page.evaluate(() => globalThis.troubles.removedWhileOpen())).toEqual({
      text: 'before after',
      whileOpen: { blocks: 2, inodes: 2 },
      closed: { blocks: 0, inodes: 1 },
      killed: { blocks: 1, inodes: 2 },
      swept: { blocks: 0, inodes: 1 },
    });
  });

  it('answers ENOSPC when the quota is used up, loses nothing, and goes on when there is room', async () => {
    // In a profile of its own: Chromium keeps for half a minute how much room there was when it last looked.
    const { context, close } = await launchProfile();
    const page = await context.newPage();
    await page.goto(`${test.url}/index.html`);
    const protocol = await context.newCDPSession(page);
    const origin = new URL(page.url()).origin;
    await protocol.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_500_000 });
    await page.evaluate(() => globalThis.troubles.prepare());
    let written = 100_000;
    let outcome = '';
    for (let tries = 0; tries < 20 && !outcome.startsWith('ENOSPC'); tries++) {
      outcome = await page.evaluate(() => globalThis.troubles.append());
      if (outcome === 'ok') written += 1_000_000;
    }
    expect(outcome).toBe('ENOSPC No space left on device');
    expect(await page.evaluate(() => globalThis.troubles.size())).toBe(written);
    await protocol.send('Storage.overrideQuotaForOrigin', { origin });
    expect(await page.evaluate(() => globalThis.troubles.append())).toBe('ok');
    expect(await page.evaluate(() => globalThis.troubles.size())).toBe(written + 1_000_000);
    await close();
  });

  it('says that the session was removed, and does not begin an empty one', async () => {
    const { page } = test;
    await page.evaluate(() => globalThis.troubles.prepare());
    await page.evaluate(() => globalThis.troubles.dropDatabase());
    const reason = 'the storage of this session was removed';
    expect(await page.evaluate(() => globalThis.troubles.append())).toBe(`EIO ${reason}`);
    expect(await page.evaluate(() => globalThis.troubles.size())).toBe(reason);
    await page.evaluate(() => globalThis.troubles.finish());
  });

  it('says that the browser threw the storage away', async () => {
    const { page, context } = test;
    await page.evaluate(() => globalThis.troubles.prepare());
    const protocol = await context.newCDPSession(page);
    const origin = new URL(page.url()).origin;
    await protocol.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    const reason = /the browser threw the storage of this session away|was removed/;
    expect(await page.evaluate(() => globalThis.troubles.append())).toMatch(reason);
    expect(await page.evaluate(() => globalThis.troubles.size())).toMatch(reason);
    await page.evaluate(() => globalThis.troubles.finish());
  });

  it('connects two tabs, and notices when one is closed', async () => {
    const { page, context, url } = test;
    const other = await context.newPage();
    await other.goto(`${url}/index.html`);
    const id = `tabs-${Date.now()}`;
    await other.evaluate((id) => globalThis.troubles.listenIn(id), id);
    expect(await page.evaluate((id) => globalThis.troubles.connectIn(id), id)).toEqual({
      inUse: 'EADDRINUSE Address already in use',
      locked: 'EWOULDBLOCK Resource temporarily unavailable',
    });
    await other.close();
    expect(await page.evaluate(() => globalThis.troubles.afterClose())).toEqual({
      heard: 'hello|closed ',
      free: 'ok',
      unlocked: 'ok',
    });
    await page.evaluate(() => globalThis.troubles.finish());
  });
});
