/**
 * One row as it stands in a log file, a snapshot or a replication stream: a header and a body that is carried as
 * bytes, so that whoever only moves rows (wal, relay, applier) never decodes a tuple.
 */
export interface XRow {
  /** Request type (`wire/iproto-constants.ts`): INSERT, REPLACE, UPDATE, DELETE, UPSERT, NOP, … */
  readonly type: number;
  /** Id of the server that made the row; 0 for a local row and in snapshots. */
  replicaId: number;
  /** Number of the row on that server; 0 when not assigned. Below 2^53. */
  lsn: number;
  /** Seconds since 1970; 0 when absent. */
  timestamp: number;
  /** 1 for rows of replica-local spaces, else 0. */
  readonly groupId: number;
  /** LSN of the first global row of its transaction. Equal to `lsn` in a transaction of one row. */
  tsn: number;
  /** True on the last row of its transaction. */
  isCommit: boolean;
  /** Request id in iproto; 0 elsewhere. */
  readonly sync: number;
  /** A msgpack map, or empty when the row has no body (NOP, heartbeat). */
  readonly body: Uint8Array;
}
