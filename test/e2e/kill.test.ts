/**
 * Servers killed in real Chromium, `Worker.terminate()` for `kill -9`, at moments drawn from a seed: whatever was answered
 * is there afterwards, every file is valid by a reader that shares no code with the server, and the replica agrees.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openTestPage, type TestPage } from '../tools/chromium.ts';
import type { Kills } from './kill-page.ts';

declare global {
  /** Set by `kill-page.ts`. */
  var clusterKills: Kills;
  var killedCluster: Awaited<ReturnType<Kills['start']>>;
}

const burstKills = 50;
const snapshotKills = 8;
const joinKills = 8;
/** Where a kill came too late to show anything, as it may on a busy machine, others follow: so many times as many at the most. */
const patience = 4;

describe.skipIf(!hasChromium)('a killed server', () => {
  let test: TestPage;

  beforeAll(async () => {
    test = await openTestPage('test/e2e/kill-page.ts');
    await test.page.evaluate(async () => {
      globalThis.killedCluster = await globalThis.clusterKills.start();
    });
  });
  afterAll(async () => {
    await test.page.evaluate(() => globalThis.killedCluster.close());
    await test.close();
  });

  it('has everything that it had answered, fifty times in the middle of a burst', async () => {
    let cutShort = 0;
    const isShown = () => cutShort > burstKills / 4;
    for (let seed = 1; seed <= burstKills * patience; seed++) {
      if (seed > burstKills && isShown()) break;
      const { answered, there } = await test.page
        .evaluate((seed) => globalThis.killedCluster.killInBurst(seed), seed)
        .catch((error: unknown) => {
          throw new Error(`seed ${seed}: ${String(error)}`);
        });
      expect(there, `seed ${seed}`).toBeGreaterThanOrEqual(answered);
      if (there < 60) cutShort++;
    }
    expect(isShown(), `only ${cutShort} bursts were cut short`).toBe(true);
  });

  it('has lost nothing when it was writing a snapshot', async () => {
    let inTheMiddle = 0;
    for (let seed = 1; seed <= snapshotKills * patience; seed++) {
      if (seed > snapshotKills && inTheMiddle > 0) break;
      const { wasWriting, snapshots } = await test.page.evaluate(
        (seed) => globalThis.killedCluster.killInSnapshot(seed),
        seed,
      );
      expect(snapshots.length, `seed ${seed}`).toBeGreaterThan(0);
      if (wasWriting) inTheMiddle++;
    }
    expect(inTheMiddle).toBeGreaterThan(0);
  });

  it('joins again when it was joining', async () => {
    let early = 0;
    for (let seed = 1; seed <= joinKills * patience; seed++) {
      if (seed > joinKills && early > 0) break;
      const { hadSnapshot } = await test.page.evaluate(
        (seed) => globalThis.killedCluster.killInJoin(seed),
        seed,
      );
      if (!hadSnapshot) early++;
    }
    expect(early).toBeGreaterThan(0);
  });
});
