/**
 * A page that shows and removes a lab 100 times, as one that turns its leaves without loading does, is left with what it had.
 * Workers, channels, locks, timers, databases and the listeners of what outlives a lab are counted to the last one. What the
 * browser itself counts, nodes and listeners, varies by what it has not yet collected: that must not grow with the rounds.
 */
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite, type EmbeddingVisit } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';

const rounds = 100;
/** Labs that are held on purpose, to learn how much of what the browser counts is one lab. */
const heldLabs = 4;
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

/**
 * Puts a lab into the page, presses its button, and takes it out: at once, while it starts, or when a server answers.
 * @param number its rest by four says which
 * @param isHeld whether the page goes on holding what was in the lab, as a leak would
 */
async function round(visit: EmbeddingVisit, number: number, isHeld = false): Promise<void> {
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
  await visit.page.evaluate((isHeld) => {
    const lab = document.querySelector('bee-lab');
    if (isHeld) {
      const nodes = [...(lab?.shadowRoot?.querySelectorAll('*') ?? [])];
      Object.assign(globalThis, { held: [Reflect.get(globalThis, 'held'), nodes] });
    }
    lab?.remove();
  }, isHeld);
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

/** What the browser itself counts. */
interface DomCounters {
  readonly nodes: number;
  readonly jsEventListeners: number;
}

/** So often the counts must stand still, and so often they are asked for at the most. */
const quietLooks = 5;
const looksMax = 100;

/**
 * What the browser counts when it has thrown away what nobody holds. One collection frees only what nothing in flight refers to:
 * a frame not yet drawn, a task not yet run, a worker whose end is not yet told. So it is asked again, with frames and tasks
 * between, until the counts no longer sink.
 */
async function domCounters(visit: EmbeddingVisit, session: CDPSession): Promise<DomCounters> {
  let least: DomCounters | undefined;
  for (let looks = 0, quiet = 0; looks < looksMax && quiet < quietLooks; looks++) {
    await visit.page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(done));
      await new Promise((done) => setTimeout(done, 20));
      await new Promise((done) => requestIdleCallback(done, { timeout: 100 }));
    });
    await session.send('HeapProfiler.collectGarbage');
    const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
    const sank =
      least === undefined || nodes < least.nodes || jsEventListeners < least.jsEventListeners;
    quiet = sank ? 0 : quiet + 1;
    least = {
      nodes: Math.min(nodes, least?.nodes ?? nodes),
      jsEventListeners: Math.min(jsEventListeners, least?.jsEventListeners ?? jsEventListeners),
    };
  }
  if (least === undefined) throw new Error('there was no look');
  return least;
}

describe.skipIf(!hasChromium)('<bee-lab> in Chromium', () => {
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
    const play = async (numbers: readonly number[], isHeld = false): Promise<DomCounters> => {
      for (const number of numbers) await round(visit, number, isHeld);
      await visit.until('all that the labs had to be gone', async () => {
        const { workers, channels, locks, databases, intervals, realWorkers } = await look(visit);
        return workers + channels + locks + databases + intervals + realWorkers === 0;
      });
      return domCounters(visit, session);
    };
    const some = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

    const counted = await play(some(warmUpRounds));
    const before = await look(visit);
    const halfway = await play(some(rounds / 2));
    const after = await play(some(rounds / 2));
    expect(await look(visit)).toEqual(before);
    // Set by `countInPage`.
    const made = await visit.page.evaluate(() => (globalThis as unknown as Made).made);
    expect(made.workers).toBeGreaterThan(rounds / 4);
    expect(made.channels).toBeGreaterThan(rounds / 2);

    const held = await play(Array(heldLabs).fill(3), true);
    for (const what of ['nodes', 'jsEventListeners'] as const) {
      const ofLab = (held[what] - after[what]) / heldLabs;
      expect(ofLab, `${what} of a lab`).toBeGreaterThan(20);
      // The browser may hold one that was just removed until the next one comes. A leak is a lab for each round, or, of one of the
      // four ways to remove it, for each fourth: a dozen in each half.
      expect((halfway[what] - counted[what]) / ofLab, `labs left, by ${what}`).toBeLessThan(3);
      expect((after[what] - halfway[what]) / ofLab, `labs left, by ${what}`).toBeLessThan(3);
    }
    await visit.close();
  });
});
