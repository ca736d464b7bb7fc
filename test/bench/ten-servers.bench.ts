/**
 * Ten servers in one page, as many as the playground takes, each following all others, while one of them writes: the page's thread
 * must stay free for keys.
 */
import { readFileSync } from 'node:fs';
import type { Site, TutorialPage } from '../e2e/tutorial-page.ts';
import type { Report } from './report.ts';

export const host = 'page';

const servers = 10;
/** Enough for a p99 that is more than the worst one. */
const keys = 100;
/** Rows each tenth of a second: a mesh of ten sends each of them 90 times. */
const rowsWritten = 20;

const sources = (count: number): string =>
  Array.from({ length: count }, (_, at) => `'localhost:${3301 + at}'`).join();

export async function run(report: Report, site: Site): Promise<void> {
  // Motion on: the marks on the links are part of what the page has to do.
  const page = await site.open({ route: '/playground', isTypingShown: true });
  await page.ready();
  const alone = await keyTimes(page);
  report.measure({ name: 'a key to the screen, no server, p50', value: alone.p50, unit: 'ms' });
  report.measure({ name: 'a key to the screen, no server, p99', value: alone.p99, unit: 'ms' });
  await page.page.keyboard.press('Control+U');
  const memoryBefore = await rendererBytes(page);
  await startMesh(page);
  report.measure({
    name: 'memory of ten servers, each',
    value: ((await rendererBytes(page)) - memoryBefore) / servers / 1000,
    unit: 'kB',
  });
  await page.type(
    1,
    `w = require('fiber').create(function() local i = 0 while true do for n = 1, ${rowsWritten} do i = i + 1 s:replace{i % 10000, 'a row'} end require('fiber').sleep(0.1) end end)`,
  );
  const before = await rowsOn(page, servers);
  const begun = performance.now();
  const atWork = await keyTimes(page);
  const seconds = (performance.now() - begun) / 1000;
  const rows = (await rowsOn(page, servers)) - before;
  report.measure({
    name: 'a key to the screen, ten servers at work, p50',
    value: atWork.p50,
    unit: 'ms',
    aim: { atMost: 3, of: 'a key to the screen, no server, p50' },
  });
  report.measure({
    name: 'a key to the screen, ten servers at work, p99',
    value: atWork.p99,
    unit: 'ms',
    aim: { atMost: 5, of: 'a key to the screen, no server, p99' },
  });
  report.measure({
    name: 'longest task of the page, ten servers at work',
    value: atWork.longest,
    unit: 'ms',
  });
  report.measure({
    name: 'rows that the last of ten took meanwhile',
    value: rows / seconds,
    unit: 'rows/s',
  });
  await page.context.close();
}

/** A master, nine that join it, and then each follows all. */
async function startMesh(page: TutorialPage): Promise<void> {
  for (let number = 1; number <= servers; number++) {
    if (number > 2) await page.page.getByRole('button', { name: 'Add a terminal' }).click();
    await page.waitForPrompt(number);
    await page.type(number, `mkdir s${number}; cd s${number}; bee`);
    const source = number === 1 ? '' : `, replication={${sources(1)}}`;
    await page.type(number, `db.cfg{listen=${3300 + number}, log_level=1${source}}`);
    if (number > 1) continue;
    await page.type(1, "db.schema.user.grant('guest', 'super')");
    await page.type(1, "s = db.schema.space.create('t') i = s:create_index('primary')");
  }
  for (let number = 1; number <= servers; number++) {
    await page.type(number, `db.cfg{replication={${sources(servers)}}}`);
  }
  await page.until('all links', async () => {
    const text = await page.page.locator('.cluster > .visually-hidden').textContent();
    return text?.match(/: follow\b/g)?.length === servers * (servers - 1);
  });
}

/** Rows of the first server that another one has, as the strip shows its vclock. */
async function rowsOn(page: TutorialPage, terminal: number): Promise<number> {
  const row = page.page.locator(`.cluster [data-terminal="${terminal}"]`);
  return Number(/\{1: (\d+)/.exec((await row.textContent()) ?? '')?.[1] ?? Number.NaN);
}

interface Recorder {
  /** Milliseconds. */
  readonly times: number[];
  readonly tasks: number[];
  readonly end: () => void;
}

/** Presses keys in Terminal #1, and says how long each took until the frame that shows it, and the longest task meanwhile. */
async function keyTimes(
  page: TutorialPage,
): Promise<{ p50: number; p99: number; longest: number }> {
  await page.terminal(1).getByRole('textbox').focus();
  await page.terminal(1).locator('.xterm-rows').evaluate(startRecorder);
  for (let at = 1; at <= keys; at++) {
    await page.page.keyboard.press('x');
    // With a limit: a key that is never seen is an answer, too.
    await page.page.waitForFunction(
      (count) => (Reflect.get(globalThis, 'recorder') as Recorder).times.length >= count,
      at,
    );
  }
  const { times, tasks } = await page.page.evaluate(() => {
    const recorder = Reflect.get(globalThis, 'recorder') as Recorder; // set by `startRecorder`
    recorder.end();
    return { times: recorder.times, tasks: recorder.tasks };
  });
  times.sort((one, other) => one - other);
  const quantile = (part: number): number => times[Math.floor(part * (times.length - 1))] ?? 0;
  return { p50: quantile(0.5), p99: quantile(0.99), longest: Math.max(0, ...tasks) };
}

/** Runs in the page. */
function startRecorder(rows: Element): void {
  const times: number[] = [];
  const tasks: number[] = [];
  let pressed: number | undefined;
  // When the browser had it, not when the page came to it.
  const onKey = (event: KeyboardEvent): void => {
    pressed = event.timeStamp;
  };
  addEventListener('keydown', onKey, { capture: true });
  const changes = new MutationObserver(() => {
    const since = pressed;
    pressed = undefined;
    if (since === undefined) return;
    requestAnimationFrame(() => times.push(performance.now() - since));
  });
  changes.observe(rows, { childList: true, subtree: true, characterData: true });
  const long = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  });
  long.observe({ type: 'longtask' });
  const end = (): void => {
    removeEventListener('keydown', onKey, { capture: true });
    changes.disconnect();
    long.disconnect();
  };
  Object.assign(globalThis, { recorder: { times, tasks, end } });
}

/** Bytes that the browser's page processes hold in memory, workers included, after a collection. */
async function rendererBytes(page: TutorialPage): Promise<number> {
  const session = await page.context.newCDPSession(page.page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  const whole = await page.context.browser()?.newBrowserCDPSession();
  if (whole === undefined) throw new Error('the browser is gone');
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
  await whole.detach();
  return processInfo
    .filter(({ type }) => type === 'renderer')
    .reduce((sum, { id }) => sum + privateBytes(id), 0);
}

function privateBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}
