/** What a reader downloads before the first prompt: under 350 kB gzipped, on every door. */
import { gzipSync } from 'node:zlib';
import type { Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site } from './tutorial-page.ts';

/** DESIGN section 5. */
const bytesMax = 350_000;
/** Of `<bee-lab>`, before anybody asks for more. */
const loaderBytesMax = 5_000;

/** Adds up what is loaded, as a host that compresses sends it. */
class Downloads {
  readonly #bodies: Promise<number>[] = [];

  readonly note = (response: Response): void => {
    // The server's worker is fetched when the page has nothing else to do; the shell needs none.
    if (/worker-[\w-]+\.js$/.test(response.url())) return;
    const size = response.body().then((body) => gzipSync(body, { level: 9 }).length);
    // What comes after the prompt may be cut off by the end of the test; what was counted was awaited before.
    size.catch(() => undefined);
    this.#bodies.push(size);
  };

  async total(): Promise<{ files: number; bytes: number }> {
    const sizes = await Promise.all([...this.#bodies]);
    return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }
}

describe.skipIf(!hasChromium)('before the first prompt', () => {
  let site: Site;
  let embedding: EmbeddingSite;
  beforeAll(async () => {
    site = await Site.start();
    embedding = await EmbeddingSite.start();
  });
  afterAll(async () => {
    await site?.close();
    await embedding?.close();
  });

  test.each([
    ['the tutorial', '', '/tutorial/hands-on'],
    ['another lesson', '', '/tutorial/failover'],
    ['the playground', '', '/playground'],
    ['an embedded lesson', 'embed.html', 'lesson=hands-on'],
    ['embedded terminals', 'embed.html', 'terminals=2'],
  ])('%s needs less than 350 kB', async (_, file, route) => {
    const downloads = new Downloads();
    const page = await site.open({ file, route, onResponse: downloads.note });
    await page.waitForPrompt(1);
    const { files, bytes } = await downloads.total();
    expect(files).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(bytesMax);
    await page.close();
  });

  test('a lab in another page needs 5 kB unasked, and less than 350 kB when it is asked to run', async () => {
    const unasked = new Downloads();
    const asked = new Downloads();
    const visit = await embedding.visit();
    let isAsked = false;
    visit.page.on('response', (response) => {
      if (!response.url().startsWith(embedding.beeUrl)) return;
      (isAsked ? asked : unasked).note(response);
    });
    embedding.serve('/lab.html', {
      html: `<!doctype html><title>Lab</title><link rel="icon" href="data:,"><script type="module" src="${embedding.beeUrl}bee-lab.js"></script><bee-lab terminals="1"></bee-lab>`,
    });
    await visit.page.goto(`${embedding.origin}/lab.html`);
    await visit.page.getByRole('button', { name: /^Run live/ }).waitFor();
    expect((await unasked.total()).bytes).toBeLessThan(loaderBytesMax);
    isAsked = true;
    await visit.runLive();
    await visit.waitForText(1, '$');
    const { files, bytes } = await asked.total();
    expect(files).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(bytesMax);
    await visit.close();
  });
});
