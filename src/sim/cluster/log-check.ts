import { crc32c } from '../../bee/base/crc32c.ts';
import { Vclock } from '../../bee/wal/vclock.ts';
import type { XlogBytes } from '../../bee/wal/xlog-bytes.ts';
import type { XRow } from '../../bee/wire/xrow.ts';
import type { ServerFiles } from './log-files.ts';
import { check } from './violation.ts';

/** Every row that was found in anybody's log: the same origin and LSN is the same row, wherever it stands. */
export class RowLedger {
  /** By origin, then by LSN: what the row is, and in whose log it was found first. */
  readonly #rows = new Map<number, Map<number, { readonly digest: string; readonly at: string }>>();

  note(server: string, row: XRow): void {
    const ofOrigin = this.#rows.get(row.replicaId) ?? new Map();
    this.#rows.set(row.replicaId, ofOrigin);
    // Not its time: as in the real server, each log holds the time of its own writing.
    const digest = `${row.type} ${row.tsn} ${row.isCommit} ${crc32c(row.body)}`;
    const known = ofOrigin.get(row.lsn);
    if (known === undefined) ofOrigin.set(row.lsn, { digest, at: server });
    check(known === undefined || known.digest === digest, () => {
      return `row {${row.replicaId}: ${row.lsn}} is '${known?.digest}' on ${known?.at} and '${digest}' on ${server}`;
    });
  }
}

/**
 * Holds one server's log against what a log must be: the rows of each origin follow one another without a gap and without a
 * repetition, a transaction is whole, and each row is what it is everywhere.
 * @returns the state that the files hold
 */
export function checkLogs(
  server: string,
  { snapshots, logs }: ServerFiles,
  ledger: RowLedger,
): Vclock {
  const state = (logs[0] ?? snapshots.at(-1))?.vclock.copy() ?? new Vclock();
  for (const [at, file] of logs.entries()) {
    checkBeginning(server, file, logs[at - 1], state, snapshots);
    for (const block of file.blocks) {
      const last = block.at(-1);
      check(last?.isCommit === true, () => {
        return `${server}: ${file.name} has a block that ends in the middle of a transaction`;
      });
      for (const row of block) {
        const expected = state.get(row.replicaId) + 1;
        check(row.lsn === expected, () => {
          return `${server}: ${file.name} holds row {${row.replicaId}: ${row.lsn}} where ${expected} follows`;
        });
        state.set(row.replicaId, row.lsn);
        if (row.replicaId !== 0) ledger.note(server, row);
      }
    }
  }
  const snapshot = snapshots.at(-1);
  check(snapshot === undefined || state.covers(snapshot.vclock), () => {
    return `${server}: the logs end at ${state}, before the snapshot ${snapshot?.vclock}`;
  });
  return state;
}

/**
 * A log begins where the one before ended, or where the snapshot of a copy stands that the server took anew. Before the
 * oldest snapshot files may be missing: garbage whose removal failed lies around while later garbage is gone.
 */
function checkBeginning(
  server: string,
  file: XlogBytes,
  before: XlogBytes | undefined,
  state: Vclock,
  snapshots: readonly XlogBytes[],
): void {
  if (file.vclock.compare(state) === 0) return;
  const isCopy = snapshots.some(({ vclock }) => vclock.compare(file.vclock) === 0);
  const isNeighbour = before !== undefined && file.previousVclock?.compare(before.vclock) === 0;
  const isGarbage = !isNeighbour && snapshots[0]?.vclock.covers(file.vclock) === true;
  check((isCopy || isGarbage) && file.vclock.covers(state), () => {
    return `${server}: ${file.name} begins at ${file.vclock}, the rows before it end at ${state}`;
  });
  state.assign(file.vclock);
}
