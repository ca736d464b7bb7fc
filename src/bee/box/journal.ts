import type { XRow } from '../wire/xrow.ts';

/**
 * Where committed transactions go. The log writer (or a stand-in in tests) implements it; `server/instance.ts` joins the two,
 * because `box/` and `wal/` never import each other.
 *
 * Contract:
 * - `submit` is synchronous: it gives each row with `replicaId === 0` and `groupId === 0` the server's own id and the next LSN,
 *   each local row (`groupId === 1`) the next LSN of component 0, and all rows their timestamp and tsn. Rows with a
 *   `replicaId` come from another server and keep id, LSN, timestamp and tsn.
 * - It may refuse with a ClientError (no disk, a rollback under way): then nothing was queued.
 * - Later exactly one of `onWritten`, `onFailed` is called, in a turn of the instance, never inside `submit`: `onWritten` in the order
 *   of the entries; `onFailed` in reverse order, for every entry not yet written.
 */
export interface Journal {
  submit(entry: JournalEntry): void;
}

/** One transaction on its way to the log. */
export interface JournalEntry {
  readonly rows: readonly XRow[];
  /** The rows are in the log. */
  onWritten(): void;
  /** The rows are not in the log and never will be: memory goes back to what it was before them. */
  onFailed(): void;
}
