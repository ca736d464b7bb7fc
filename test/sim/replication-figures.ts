import { type FarBehind, farBehind } from './far-behind.ts';
import { fallBehind, lags } from './slow-replica.ts';

/** Rows of the two servers in memory, whose insides can be looked at. */
const rowsInMemory = 100_000;
const lagRows = 300;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What a replica costs whose connection stands still while the master writes, and how long a row is under way. */
export function linkFigures(): string {
  const behind = fallBehind(rowsInMemory, 'paused');
  const found = lags(lagRows);
  const at = (part: number): string =>
    `${((found[Math.floor(found.length * part)] ?? 0) * 1000).toFixed(2)} ms`;
  return [
    `a connected replica that stands still for ${behind.rows} rows: the master holds ${behind.tailRowsMax} rows of its log's tail and ${(behind.queuedBytesMax / 2 ** 20).toFixed(1)} MiB for the network`,
    `from insert to visible on the replica, ${lagRows} rows, virtual time: p50 ${at(0.5)}, p99 ${at(0.99)}`,
  ].join('\n');
}

/** What a replica costs that comes back so many rows behind, and how fast it is. */
export async function behindFigures(rows: number): Promise<string> {
  return behindText(await farBehind(rows));
}

function behindText(found: FarBehind): string {
  const { rows, rowsMeanwhile, logFiles, logBytes, catchUpSeconds } = found;
  return [
    `two processes, ${rows} rows behind: written at ${found.writeRowsPerSecond.toFixed(0)} rows/s`,
    `caught up in ${catchUpSeconds.toFixed(1)} s, at ${found.catchUpRowsPerSecond.toFixed(0)} rows/s, while the master wrote ${rowsMeanwhile} more: ${logFiles} log files of ${mebibytes(logBytes)}, no row missing or twice`,
    `memory of the master: ${mebibytes(found.emptyBytes)} when it is empty, ${mebibytes(found.writtenBytes)} when all is written, at most ${mebibytes(found.servingBytesMax)} while the replica catches up; of the replica at most ${mebibytes(found.replicaBytesMax)}`,
  ].join('\n');
}
