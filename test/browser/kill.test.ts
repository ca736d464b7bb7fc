/** A master killed fifty times in the middle of a burst of writes, in real Chromium: nothing answered is lost, its replica agrees. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openTestPage, type TestPage } from '../tools/chromium.ts';
import type { Kills } from './pages/kill-page.ts';

declare global {
  /** Set by `pages/kill-page.ts`. */
  var kills: Kills;
}

const rounds = 50;

describe.skipIf(!hasChromium)('kill -9 of a server that writes', () => {
  let test: TestPage;

  beforeAll(async () => {
    test = await openTestPage('test/browser/pages/kill-page.ts');
  });
  afterAll(() => test.close());

  it('loses nothing that was answered, and the replica follows', { timeout: 180_000 }, async () => {
    const { page } = test;
    await page.evaluate(() => globalThis.kills.begin());
    for (let seed = 1; seed <= rounds; seed++) {
      const found = await page.evaluate((seed) => globalThis.kills.kill(seed), seed);
      const context = `seed ${seed}: ${JSON.stringify(found)}`;
      expect(found.last, context).toBeGreaterThanOrEqual(found.answered);
      expect(found.last, context).toBeLessThanOrEqual(found.typed);
      expect(found.count, context).toBe(found.last);
      expect(found.behind, context).toBe('none');
      expect(found.copied, context).toBe(found.count);
    }
    const [master, replica] = await page.evaluate(() => globalThis.kills.compare());
    expect(replica).toBe(master);
  });
});
