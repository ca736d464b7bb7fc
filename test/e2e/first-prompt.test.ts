/** What a reader downloads before the first prompt: under 350 kB gzipped, on every door. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

/** DESIGN section 5. */
const bytesMax = 350_000;

describe.skipIf(!hasChromium)('before the first prompt', { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test.each([
    ['the tutorial', '', '/tutorial/hands-on'],
    ['the playground', '', '/playground'],
    ['an embedded lesson', 'embed.html', 'lesson=hands-on'],
  ])('%s needs less than 350 kB', async (_, file, route) => {
    const bodies: Promise<number>[] = [];
    const page = await site.open({
      file,
      route,
      onResponse: (response) => {
        // The server's worker is fetched when the page has nothing else to do; the shell needs none.
        if (/worker-[\w-]+\.js$/.test(response.url())) return;
        bodies.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
      },
    });
    await page.waitForPrompt(1);
    const sizes = await Promise.all([...bodies]);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(sizes.length).toBeGreaterThan(3);
    expect(total).toBeLessThan(bytesMax);
    await page.close();
  });
});
