import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { launchChromium, StaticServer } from '../tools/chromium.ts';
import { buildPageOverFakeHost } from './build.ts';
import { BeePage } from './page.ts';

type Open = (path?: string, options?: Parameters<typeof BeePage.open>[2]) => Promise<BeePage>;

/**
 * For a suite of tests: builds the page over the fake host, serves it and launches the browser.
 * @returns opens the page; it is closed when the test ends, and must not have had an error
 */
export function useFakePage(): Open {
  let server: StaticServer;
  let browser: Browser;
  const pages: BeePage[] = [];

  beforeAll(async () => {
    server = await StaticServer.start(await buildPageOverFakeHost());
    browser = await launchChromium();
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) {
      expect(page.errors).toEqual([]);
      await page.close();
    }
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  return async (path = '#/tutorial', options = {}) => {
    const page = await BeePage.open(browser, `${server.url}/${path}`, options);
    pages.push(page);
    return page;
  };
}
