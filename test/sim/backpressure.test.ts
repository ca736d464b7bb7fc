/**
 * "a replica that is slow, stopped for an hour, or ten million rows behind costs the master bounded memory": what the master holds
 * for it does not grow with what it lacks.
 */
import { describe, expect, it } from 'vitest';
import { windowBytes } from '../../src/bee/env/index.ts';
import { relayBatchBytes } from '../../src/bee/replication/limits.ts';
import { fallBehind } from './slow-replica.ts';

describe.each(['paused', 'cut'] as const)(
  'a replica that is %s while the master writes',
  (standstill) => {
    it('costs the same at 40,000 rows as at 80,000, and gets every row once', {
      timeout: 120_000,
    }, () => {
      const [near, far] = [fallBehind(40_000, standstill), fallBehind(80_000, standstill)];
      // 4 MiB of tail hold some 20,000 rows of this size: see `wal/log-tail.ts`.
      expect(far.tailRowsMax).toBeLessThan(25_000);
      expect(far.tailRowsMax).toBeLessThanOrEqual(near.tailRowsMax * 1.01);
      expect(far.queuedBytesMax).toBeLessThanOrEqual(windowBytes + 2 * relayBatchBytes);
      for (const { replica, rows } of [near, far]) {
        const keys = replica
          .select(512)
          .map((tuple) => (Array.isArray(tuple) ? tuple[0] : undefined));
        expect(keys.length).toBe(rows);
        expect(keys.every((key, at) => key === at)).toBe(true);
      }
      // From files first, then from memory: the same bytes stand in both logs, without a gap.
      expect(far.replica.instance.storage.rowsWritten).toBeGreaterThanOrEqual(far.rows);
    });
  },
);
