/**
 * Where transactions wait that are in the log and not yet confirmed: those of synchronous spaces (`is_sync`), until enough servers
 * have them, and whatever was committed after them.
 *
 * 1. `Transactions.commit` appends the transaction here before it goes to the journal. Memory has it, others see it.
 * 2. `Limbo.written` counts this server's own log as the first acknowledgement; `Limbo.acknowledged` takes the replicas'.
 * 3. When `replication_synchro_quorum` servers have a row, its owner writes CONFIRM; when the fiber that waits runs out of
 *    `replication_synchro_timeout`, it writes ROLLBACK (`expired`). Both are rows of the log: replicas and the next start follow them.
 * 4. When that row is written, everything up to it ends (`#confirm`), or everything from it on is taken back, the newest first (`#rollback`).
 *
 * One server's transactions at a time: who finds another's here is refused (ER_UNCOMMITTED_FOREIGN_SYNC_TXNS).
 *
 * What the real server 2.6.0 does otherwise: it crashes when it starts with unconfirmed transactions of its own and a replica
 * acknowledges them. Here the server's own log counts as an acknowledgement then, as it does when the transaction is made.
 */
import { assert } from '../base/assert.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackError } from '../wire/msgpack.ts';
import { decodeSynchro, encodeSynchro, type Synchro } from '../wire/replication-requests.ts';
import { makeXRow, type XRow } from '../wire/xrow.ts';
import { type ClientError, clientError } from './error.ts';
import type { Journal } from './journal.ts';

/** What the limbo needs of the instance around it. */
export interface LimboHost {
  readonly journal: Journal;
  /** This server's number in `_cluster`. */
  instanceId(): number;
  /** `replication_synchro_quorum`: servers, this one included. */
  synchroQuorum(): number;
  /** Something changed that fibers may wait for. */
  limboChanged(): void;
  /** The server cannot go on. */
  panic(message: string): void;
}

/** What becomes of a transaction that waits. */
export interface LimboFate {
  confirmed(): void;
  /** Takes its statements back. */
  rolledBack(): void;
}

/** A transaction that waits. */
export interface LimboEntry {
  readonly fate: LimboFate;
  /** It is of a synchronous space; otherwise it only waits for those before it. */
  readonly isSync: boolean;
  /** LSN of its last row on its origin. */
  lsn: number;
  /** A fiber waits for it, and so looks at the clock. */
  isAwaited: boolean;
  /** 'confirmed', or why it was taken back; undefined while it waits. */
  outcome: 'confirmed' | ClientError | undefined;
}

export class Limbo {
  /** The log since the start holds decisions: a copy of an older state must not be followed by them. */
  hasDecided = false;
  readonly #host: LimboHost;
  #queue: LimboEntry[] = [];
  /** Whose transactions are here; 0 before the first. */
  #ownerId = 0;
  /** CONFIRM was submitted for rows up to this LSN. */
  #confirmedLsn = 0;
  #isRollingBack = false;
  /** Up to which row of the owner each server has them. */
  readonly #acknowledged = new Map<number, number>();

  constructor(host: LimboHost) {
    this.#host = host;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  get ownerId(): number {
    return this.#ownerId;
  }

  /** The transaction that all others here were made before. */
  get last(): LimboEntry | undefined {
    return this.#queue.at(-1);
  }

  /**
   * Takes a transaction in. @param originId who made it; 0 for this server
   * @throws ClientError ER_SYNC_ROLLBACK, ER_UNCOMMITTED_FOREIGN_SYNC_TXNS
   */
  append(originId: number, isSync: boolean, fate: LimboFate): LimboEntry {
    if (this.#isRollingBack) throw clientError('SYNC_ROLLBACK');
    const id = originId === 0 ? this.#host.instanceId() : originId;
    if (this.#ownerId !== id) {
      if (!this.isEmpty) throw clientError('UNCOMMITTED_FOREIGN_SYNC_TXNS', this.#ownerId);
      this.#ownerId = id;
      this.#confirmedLsn = 0;
      this.#acknowledged.clear();
    }
    const entry: LimboEntry = { fate, isSync, lsn: 0, isAwaited: false, outcome: undefined };
    this.#queue.push(entry);
    return entry;
  }

  /** The log holds the transaction: the first acknowledgement is this server's own. */
  written(entry: LimboEntry): void {
    this.acknowledged(this.#host.instanceId(), entry.lsn);
  }

  /** The log does not hold the transaction, and its statements were taken back. */
  lost(entry: LimboEntry): void {
    assert(this.last === entry, 'transactions leave the limbo from its end');
    this.#queue.pop();
    entry.outcome = clientError('WAL_IO');
    this.#host.limboChanged();
  }

  /** A server has the owner's rows up to `lsn`. */
  acknowledged(replicaId: number, lsn: number): void {
    if (this.isEmpty || this.#ownerId !== this.#host.instanceId()) return;
    if (lsn <= (this.#acknowledged.get(replicaId) ?? 0)) return;
    this.#acknowledged.set(replicaId, lsn);
    this.decide();
  }

  /** Confirms what enough servers have. Called when an acknowledgement comes or the quorum changes. */
  decide(): void {
    if (this.isEmpty || this.#isRollingBack || this.#ownerId !== this.#host.instanceId()) return;
    const reached = this.quorumLsn([...this.#acknowledged.values()]);
    const confirmed = this.#queue.findLast((entry) => entry.isSync && entry.lsn <= reached);
    if (confirmed === undefined || confirmed.lsn <= this.#confirmedLsn) return;
    const { lsn } = confirmed;
    this.#confirmedLsn = lsn;
    this.#write(IprotoType.CONFIRM, lsn, () => this.#confirm(lsn));
  }

  /** The row that a quorum of servers has, when each has the rows up to one of `lsns`; 0 when they are too few. */
  quorumLsn(lsns: readonly number[]): number {
    const sorted = [...lsns].sort((one, other) => other - one);
    return sorted[this.#host.synchroQuorum() - 1] ?? 0;
  }

  /**
   * The time of a transaction of this server is over. Unless its CONFIRM is on its way, or somebody before it in the queue runs out of
   * time just now, it and all behind it are taken back.
   */
  expired(entry: LimboEntry): void {
    if (this.#isRollingBack || entry.lsn <= this.#confirmedLsn) return;
    const at = this.#queue.indexOf(entry);
    if (this.#queue.slice(0, at).some((earlier) => earlier.isAwaited)) return;
    const { lsn } = entry;
    this.#isRollingBack = true;
    this.#write(IprotoType.ROLLBACK, lsn, () => {
      this.#isRollingBack = false;
      this.#rollback(lsn, clientError('SYNC_QUORUM_TIMEOUT'));
    });
  }

  /**
   * Ends what another server has left here (`db.ctl.clear_synchro_queue`): what a quorum has is confirmed, the rest taken back.
   * @param reached the owner's last row that a quorum of servers has
   */
  forceEmpty(reached: number): void {
    const confirmed = this.#queue.findLast((entry) => entry.isSync && entry.lsn <= reached);
    if (confirmed !== undefined) {
      const { lsn } = confirmed;
      this.#write(IprotoType.CONFIRM, lsn, () => this.#confirm(lsn));
    }
    const rest = this.#queue.find((entry) => entry.isSync && entry.lsn > reached);
    if (rest === undefined) return;
    this.#isRollingBack = true;
    this.#write(IprotoType.ROLLBACK, rest.lsn, () => {
      this.#isRollingBack = false;
      this.#rollback(rest.lsn, clientError('SYNC_ROLLBACK'));
    });
  }

  /** Forgets everything: memory is emptied for a copy. */
  reset(): void {
    this.#queue = [];
    this.#ownerId = 0;
    this.#confirmedLsn = 0;
    this.#acknowledged.clear();
  }

  /** @throws ClientError ER_SYNC_MASTER_MISMATCH for a decision about rows of somebody else than the owner */
  check(row: XRow): void {
    const { replicaId } = readSynchro(row);
    const isKnown = replicaId === this.#ownerId || (this.isEmpty && this.#ownerId === 0);
    if (!isKnown) throw clientError('SYNC_MASTER_MISMATCH', replicaId, this.#ownerId);
  }

  /** Follows a CONFIRM or ROLLBACK that the log holds. */
  process(row: XRow): void {
    const { lsn } = readSynchro(row);
    if (row.type === IprotoType.CONFIRM) this.#confirm(lsn);
    else this.#rollback(lsn, clientError('SYNC_ROLLBACK'));
  }

  #write(type: number, lsn: number, done: () => void): void {
    const row = makeXRow(type, encodeSynchro({ replicaId: this.#ownerId, lsn }));
    const name = type === IprotoType.CONFIRM ? 'CONFIRM' : 'ROLLBACK';
    const failed = (): void =>
      this.#host.panic(`Could not write a synchro request to WAL: lsn = ${lsn}, type = ${name}`);
    this.#host.journal.submit({ rows: [row], onWritten: done, onFailed: failed });
  }

  /** Ends the transactions up to the row, and those of other spaces that waited only for them. */
  #confirm(lsn: number): void {
    this.hasDecided = true;
    for (;;) {
      const [first] = this.#queue;
      if (first === undefined || (first.isSync && first.lsn > lsn)) break;
      this.#queue.shift();
      first.outcome = 'confirmed';
      first.fate.confirmed();
    }
    this.#host.limboChanged();
  }

  /** Takes back the transactions from the row on, the newest first. @param error what the oldest of them is told */
  #rollback(lsn: number, error: ClientError): void {
    this.hasDecided = true;
    const from = this.#queue.findIndex((entry) => entry.lsn >= lsn);
    if (from < 0) return;
    const entries = this.#queue.splice(from).reverse();
    for (const entry of entries) {
      entry.outcome = entry === entries.at(-1) ? error : clientError('SYNC_ROLLBACK');
      entry.fate.rolledBack();
    }
    this.#host.limboChanged();
  }
}

/** True for the rows that decide about others: they change no tuple. */
export function isSynchro(row: XRow): boolean {
  return row.type === IprotoType.CONFIRM || row.type === IprotoType.ROLLBACK;
}

function readSynchro(row: XRow): Synchro {
  try {
    return decodeSynchro(row.body);
  } catch (error) {
    if (!(error instanceof MsgpackError)) throw error;
    throw clientError('INVALID_MSGPACK', error.message);
  }
}
