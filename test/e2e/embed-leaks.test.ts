/**
 * A page that shows and removes a lab 100 times, as one that turns its leaves without loading does, is left with what it had:
 * counted are workers, channels, locks, listeners, timers and databases, by what the browser knows and by what the page made.
 */
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite, type EmbeddingVisit } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';

const rounds = 100;
/** What is made once for a page, sheets and fonts and the like, is made in the first rounds. */
const warmUpRounds = 5;

/** What is open in the page, counted from its first moment. */
interface Counts {
  workers: number;
  channels: number;
  /** On objects that outlive a lab: the window, the document, media queries. */
  listeners: number;
  intervals: number;
}

/** What was ever made: a counter that sees nothing finds no leak. */
interface Made {
  made: { workers: number; channels: number };
}

/** Counts in the page; runs before everything else there. */
function countInPage(): void {
  const counts: Counts = { workers: 0, channels: 0, listeners: 0, intervals: 0 };
  const made: Made['made'] = { workers: 0, channels: 0 };
  Object.assign(globalThis, { counts, made });
  const { Worker: RealWorker, BroadcastChannel: RealChannel } = globalThis;
  globalThis.Worker = class extends RealWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      counts.workers++;
      made.workers++;
    }
    override terminate(): void {
      counts.workers--;
      super.terminate();
    }
  };
  globalThis.BroadcastChannel = class extends RealChannel {
    constructor(name: string) {
      super(name);
      counts.channels++;
      made.channels++;
    }
    override close(): void {
      counts.channels--;
      super.close();
    }
  };
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const outlives = (target: EventTarget): boolean =>
    [window, document, document.documentElement, document.body].includes(target as never) ||
    target instanceof MediaQueryList;
  const known = new Map<string, number>();
  const ids = new WeakMap<object, number>();
  const idOf = (thing: object): number => {
    const id = ids.get(thing) ?? Math.random();
    ids.set(thing, id);
    return id;
  };
  const keyOf = (target: EventTarget, type: string, listener: object, options: unknown): string => {
    const isCapture =
      typeof options === 'object' ? (options as AddEventListenerOptions)?.capture : options;
    return `${idOf(target)} ${type} ${idOf(listener)} ${isCapture === true}`;
  };
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (listener !== null && outlives(this ?? window)) {
      known.set(keyOf(this ?? window, type, listener, options), 1);
      counts.listeners = known.size;
    }
    add.call(this ?? window, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    if (listener !== null && outlives(this ?? window)) {
      known.delete(keyOf(this ?? window, type, listener, options));
      counts.listeners = known.size;
    }
    remove.call(this ?? window, type, listener, options);
  };
  const { setInterval: realSet, clearInterval: realClear } = globalThis;
  const running = new Set<number>();
  globalThis.setInterval = ((run: TimerHandler, ms: number, ...args: unknown[]) => {
    const id = realSet(run, ms, ...args);
    running.add(id);
    counts.intervals = running.size;
    return id;
  }) as typeof setInterval;
  globalThis.clearInterval = (id) => {
    running.delete(Number(id));
    counts.intervals = running.size;
    realClear(id);
  };
}

/** Puts a lab into the page, presses its button, and takes it out: at once, while it starts, or when a server answers. */
async function round(visit: EmbeddingVisit, number: number): Promise<void> {
  await visit.page.evaluate(() => {
    document
      .querySelector('main')
      ?.insertAdjacentHTML(
        'beforeend',
        '<bee-lab cluster><pre>bee\ndb.cfg{listen=3301}\ndb.info.status</pre></bee-lab>',
      );
  });
  if (number % 4 !== 0) {
    await visit.runLive();
    if (number % 4 === 2) {
      await visit.until('a prompt', async () => (await visit.rows(1)).join('') !== '');
    }
    if (number % 4 === 3) await visit.waitForText(1, '- running');
  }
  await visit.page.evaluate(() => document.querySelector('bee-lab')?.remove());
}

interface Found extends Counts {
  readonly locks: number;
  readonly databases: number;
  readonly sheets: number;
  readonly realWorkers: number;
}

async function look(visit: EmbeddingVisit): Promise<Found> {
  const inPage = await visit.page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    const databases = await indexedDB.databases();
    // Set by `countInPage`.
    const { counts } = globalThis as unknown as { counts: Counts };
    return {
      ...counts,
      locks: held.length + pending.length,
      databases: databases.length,
      sheets: document.adoptedStyleSheets.length,
    };
  });
  return { ...inPage, realWorkers: visit.page.workers().length };
}

/** What the browser itself counts, after it has thrown away what nobody holds. */
async function domCounters(session: CDPSession) {
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  return session.send('Memory.getDOMCounters');
}

describe.skipIf(!hasChromium)('<bee-lab> in Chromium', { timeout: 300_000 }, () => {
  let site: EmbeddingSite;
  beforeAll(async () => {
    site = await EmbeddingSite.start();
  });
  afterAll(() => site?.close());

  test(`shown and removed ${rounds} times leaves nothing behind`, async () => {
    const visit = await site.visit();
    await visit.page.addInitScript(countInPage);
    site.serve('/turning.html', {
      html: `<!doctype html><title>Turning</title><link rel="icon" href="data:,"><script type="module" src="${site.beeUrl}bee-lab.js"></script><main></main>`,
    });
    await visit.page.goto(`${site.origin}/turning.html`);
    const session = await visit.context.newCDPSession(visit.page);
    const atRest = async (): Promise<Found> => {
      await visit.until('all workers, locks and files to be gone', async () => {
        const { workers, locks, databases, realWorkers } = await look(visit);
        return workers + locks + databases + realWorkers === 0;
      });
      return look(visit);
    };
    for (let at = 0; at < warmUpRounds; at++) await round(visit, at);
    const before = await atRest();
    const counted = await domCounters(session);
    for (let at = 0; at < rounds; at++) await round(visit, at);
    expect(await atRest()).toEqual(before);
    expect(before).toMatchObject({ workers: 0, channels: 0, locks: 0, databases: 0, intervals: 0 });
    // Set by `countInPage`.
    const made = await visit.page.evaluate(() => (globalThis as unknown as Made).made);
    expect(made.workers).toBeGreaterThan(rounds / 4);
    expect(made.channels).toBeGreaterThan(rounds / 2);
    const after = await domCounters(session);
    // A lab has hundreds of each: what the browser's own bookkeeping varies by is far below one for a round.
    expect(after.jsEventListeners - counted.jsEventListeners).toBeLessThan(rounds / 2);
    expect(after.nodes - counted.nodes).toBeLessThan(rounds * 2);
    await visit.close();
  });
});
