/** The worker of a server, its client on the page and the session around them, in real Chromium with a stub for a server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openTestPage, type TestPage } from '../tools/chromium.ts';
import type { Scenes } from './pages/instance-page.ts';

declare global {
  /** Set by `pages/instance-page.ts`. */
  var scenes: Scenes;
}

describe.skipIf(!hasChromium)('a server in its worker', () => {
  let test: TestPage;

  beforeAll(async () => {
    test = await openTestPage('test/browser/pages/instance-page.ts');
  });
  afterAll(() => test.close());

  it('says in order what happens in a turn, and answers probes and completions', async () => {
    const found = await test.page.evaluate(() => globalThis.scenes.talks());
    expect(found).toEqual({
      messages: [
        { kind: 'prompt', text: 'stub> ', continuation: false },
        { kind: 'log', text: 'echoing', level: 'I' },
        { kind: 'output', text: 'hello\ndone\n' },
        { kind: 'prompt', text: 'stub> ', continuation: false },
        { kind: 'probed', id: 1, result: { ok: true, value: '1 + 1' } },
        { kind: 'completions', id: 2, from: 4, words: ['db.sp!'] },
        { kind: 'exit', code: 0 },
      ],
      probed: { ok: true, value: '1 + 1' },
      completed: { from: 4, words: ['db.sp!'] },
      late: { ok: false, error: 'the server is gone' },
    });
  });

  it('hears Ctrl-C while every turn asks for another', async () => {
    expect(await test.page.evaluate(() => globalThis.scenes.interrupts())).toBe('interrupted\n');
  });

  it('waits for a page that is too busy for its output', async () => {
    const { burst } = await test.page.evaluate(() => globalThis.scenes.floods());
    // 512 Ki characters wait for the page; some more follow while it deals with them. Unbounded it is 100 million.
    expect(burst).toBeGreaterThan(100_000);
    expect(burst).toBeLessThan(3_000_000);
  });

  it.each(['throw', 'reject'] as const)('stops and says what and where: %s', async (how) => {
    const found = await test.page.evaluate((how) => globalThis.scenes.crashes(how), how);
    expect(found.crash).toContain('on purpose');
    expect(found.crash).toContain('.js:');
    expect(found.before).toEqual({ ok: true, value: 'before' });
    expect(found.after).toEqual({ ok: false, error: 'the server is gone' });
  });

  it('is noticed when its worker ends without a word', async () => {
    const found = await test.page.evaluate(() => globalThis.scenes.crashes('close'));
    expect(found.crash).toBe('the server ended unexpectedly');
  });

  it('is noticed when it cannot be loaded', async () => {
    expect(await test.page.evaluate(() => globalThis.scenes.cannotLoad())).toContain(
      'the server could not be loaded: its script did not arrive',
    );
  });

  it('does nothing while it is paused, and goes on after that', async () => {
    expect(await test.page.evaluate(() => globalThis.scenes.pauses())).toBe('');
  });

  it('is one of the session of one tab, which another may take over', async () => {
    const found = await test.page.evaluate(() => globalThis.scenes.session());
    expect(found).toEqual({
      first: 'open',
      second: 'held',
      isTaken: true,
      read: [1, 2 ^ 0xff, 3, 4],
      seen: [1, 2, 3, 4],
      there: [
        ['b', 4096],
        ['g', 4],
        ['new', 0],
      ],
      full: 'ENOTEMPTY',
      gone: true,
      left: 0,
      after: 'EIO',
    });
  });

  it('leaves every reported append and nothing torn when it is killed, fifty times', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const found = await test.page.evaluate((seed) => globalThis.scenes.killsWriter(seed), seed);
      const context = `seed ${seed}: ${JSON.stringify(found)}`;
      expect(found.torn, context).toBe(0);
      expect(found.whole, context).toBeGreaterThanOrEqual(found.count);
      expect(found.heirsWhole, context).toBeGreaterThanOrEqual(found.heirs);
    }
  });
});
