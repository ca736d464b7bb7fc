import { fallBehind, lags } from './slow-replica.ts';

const millis = (seconds: number | undefined): string => `${((seconds ?? 0) * 1000).toFixed(2)} ms`;

/** What a replica that falls behind costs, and how fast it comes back. */
export function replicationFigures(rows = 200_000): string {
  const behind = fallBehind(rows, 'paused');
  const found = lags(300);
  return [
    `a replica ${rows} rows behind: ${Math.round(behind.catchUpRowsPerSecond)} rows/s when it catches up (two servers in one thread)`,
    `memory behind, master: ${behind.tailRowsMax} rows of the log's tail, ${(behind.queuedBytesMax / 2 ** 20).toFixed(1)} MiB for the network`,
    `lag in virtual time: p50 ${millis(found[Math.floor(found.length * 0.5)])}, p99 ${millis(found[Math.floor(found.length * 0.99)])}`,
  ].join('\n');
}
