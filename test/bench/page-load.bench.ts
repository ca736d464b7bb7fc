/** What the page feels of two servers that write as fast as they can: its thread must stay free for keys. */
import type { Site, TutorialPage } from '../e2e/tutorial-page.ts';
import type { Report } from './report.ts';

export const host = 'page';

/** Long enough for hundreds of status messages and dozens of pauses of the garbage collector. */
const loadMs = 6000;

/** Rows without end, a turn for everybody else after each hundred. */
const writer = (first: number): string =>
  `fiber = require('fiber') w = fiber.create(function() local i = ${first} while true do i = i + 2 s:replace{i % 10000, 'a row'} if i % 200 < 2 then fiber.sleep(0) end end end)`;

export async function run(report: Report, site: Site): Promise<void> {
  // Motion on: the marks on the links are part of what the page has to do.
  const page = await site.open({ route: '/playground', isTypingShown: true });
  await startMasters(page);
  await writeOn(page);
  const before = await rowsOf(page);
  const longest = await longestTask(page, loadMs);
  const rows = (await rowsOf(page)) - before;
  report.measure({
    name: 'longest task of the page under full load',
    value: longest,
    unit: 'ms',
    aim: { atMost: 50 },
  });
  report.measure({
    name: 'rows written meanwhile, both servers',
    value: rows / (loadMs / 1000),
    unit: 'rows/s',
  });
  await page.context.close();
}

/** Two masters, each the other's replica, with one space. */
async function startMasters(page: TutorialPage): Promise<void> {
  await page.ready();
  await page.type(1, 'mkdir ~/one; cd ~/one; bee');
  await page.type(1, 'db.cfg{listen=3301}');
  await page.type(1, "db.schema.user.grant('guest', 'read,write,execute', 'universe')");
  await page.type(1, "s = db.schema.space.create('log') s:create_index('primary')");
  await page.type(2, 'mkdir ~/two; cd ~/two; bee');
  await page.type(2, "db.cfg{listen=3302, replication_source='localhost:3301'}");
  await page.type(1, "db.cfg{replication_source='localhost:3302'}");
  await page.type(2, 's = db.space.log');
}

async function writeOn(page: TutorialPage): Promise<void> {
  await page.type(1, writer(1));
  await page.type(2, writer(2));
  // What happens at the start is not the load: code is compiled, the first status comes.
  await page.page.waitForTimeout(1000);
}

/** All rows of both servers, as the first one's card shows its vclock. */
async function rowsOf(page: TutorialPage): Promise<number> {
  const text = await page.page.locator('[data-terminal="1"] dd').last().textContent();
  return [...(text ?? '').matchAll(/\d+: (\d+)/g)].reduce((sum, [, lsn]) => sum + Number(lsn), 0);
}

/** Milliseconds of the longest task that the browser complains of; it keeps quiet of those below 50. */
function longestTask(page: TutorialPage, duringMs: number): Promise<number> {
  return page.page.evaluate(async (ms) => {
    const found: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) found.push(duration);
    });
    observer.observe({ type: 'longtask' });
    await new Promise((resolve) => setTimeout(resolve, ms));
    observer.disconnect();
    return Math.max(0, ...found);
  }, duringMs);
}
