/** From an empty cache to a prompt that takes a command: what a reader waits for before anything else. */
import type { Site } from '../e2e/tutorial-page.ts';
import type { Report } from './report.ts';

export const host = 'page';

const rounds = 5;

export async function run(report: Report, site: Site): Promise<void> {
  report.measure({
    name: 'first usable prompt, cold load',
    value: (await fastest(site, '/tutorial/hands-on')) / 1000,
    unit: 's',
    aim: { atMost: 1 },
  });
}

/** The fastest of some loads, each in a fresh profile: the slower ones measure the machine. */
async function fastest(site: Site, route: string): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const page = await site.open({ route });
    await page.terminal(1).locator('.xterm-rows > div').filter({ hasText: '$' }).waitFor();
    // Milliseconds since the navigation began.
    best = Math.min(best, await page.page.evaluate(() => performance.now()));
    await page.context.close();
  }
  return best;
}
