import { GroupId } from '../wire/iproto-constants.ts';
import type { XRow } from '../wire/xrow.ts';
import type { Vclock } from './vclock.ts';

/**
 * Numbers the rows of one transaction, as `wal_assign_lsn` of the real server does. Rows without a server id get the server's own
 * and the next LSN, local rows the next LSN of component 0; rows that came numbered keep their numbers.
 * @param vclock state before the transaction; afterwards the state behind it
 * @param now seconds since 1970, for all rows
 */
export function numberRows(
  rows: readonly XRow[],
  vclock: Vclock,
  instanceId: number,
  now: number,
): void {
  const last = rows.at(-1);
  let firstGlobal: number | undefined;
  for (const row of rows) {
    // Each server's log says when that server wrote the row; what a peer's clock said is not kept.
    row.timestamp = now;
    if (row.replicaId !== 0) {
      vclock.follow(row.replicaId, row.lsn);
      continue;
    }
    if (row.groupId !== GroupId.LOCAL) row.replicaId = instanceId;
    row.lsn = vclock.get(row.replicaId) + 1;
    vclock.follow(row.replicaId, row.lsn);
    if (row.groupId !== GroupId.LOCAL) firstGlobal ??= row.lsn;
    row.tsn = 0;
    row.isCommit = row === last;
  }
  const tsn = firstGlobal ?? rows[0]?.lsn ?? 0;
  for (const row of rows) {
    // A row that came numbered came with its transaction too.
    if (row.tsn === 0) row.tsn = tsn;
  }
}
