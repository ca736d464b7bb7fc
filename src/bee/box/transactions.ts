import { GroupId, IprotoType } from '../wire/iproto-constants.ts';
import type { XRow } from '../wire/xrow.ts';
import type { BoxContext } from './context.ts';
import { type ClientError, clientError } from './error.ts';
import type { Journal } from './journal.ts';
import type { Limbo, LimboEntry } from './limbo.ts';
import { encodeRequestBody, type Request } from './request.ts';
import type { Space } from './space.ts';
import { type Savepoint, type Statement, Txn } from './txn.ts';

/** Begins, commits and takes back the transactions of all fibers. */
export class Transactions {
  readonly #journal: Journal;
  readonly #limbo: Limbo;
  #nextId = 1;
  /** Transactions with statements that are not committed: a failed write takes them back before what they stand on. */
  readonly #open = new Set<Txn>();

  constructor(journal: Journal, limbo: Limbo) {
    this.#journal = journal;
    this.#limbo = limbo;
  }

  /** @throws ACTIVE_TRANSACTION */
  begin(context: BoxContext): Txn {
    if (context.txn !== undefined) throw clientError('ACTIVE_TRANSACTION');
    const txn = new Txn(this.#nextId++);
    context.txn = txn;
    return txn;
  }

  /** Opens a statement in the transaction. */
  beginStatement(txn: Txn, space: Space | undefined): Statement {
    if (txn.statements.length === 0) this.#open.add(txn);
    return txn.beginStatement(space);
  }

  /** Makes the row that the statement writes to the log. */
  static makeRow(statement: Statement, request: Request): void {
    const { space } = statement;
    if (space?.isTemporary) return;
    const { header } = request;
    statement.row = {
      type: request.type,
      replicaId: header?.replicaId ?? 0,
      lsn: header?.lsn ?? 0,
      timestamp: header?.timestamp ?? 0,
      groupId: space?.def.opts.groupId ?? 0,
      tsn: header?.tsn ?? 0,
      isCommit: header?.isCommit ?? false,
      sync: 0,
      body: encodeRequestBody(request),
    };
  }

  /**
   * Ends the context's transaction: its rows go to the journal.
   * @param journal undefined while recovery reads what the log holds already
   * @returns whether there were rows to write
   */
  commit(context: BoxContext, toJournal: boolean): boolean {
    const { txn } = context;
    if (txn === undefined) return false;
    if (txn.nesting > 0) throw clientError('COMMIT_IN_SUB_STMT');
    if (txn.abortReason !== undefined) {
      const error = clientError(txn.abortReason === 'yield' ? 'TRANSACTION_YIELD' : 'WAL_IO');
      this.rollbackAll(context, txn);
      context.hasLostRows = false;
      throw error;
    }
    const rows = rowsOf(txn);
    if (rows.length === 0 || !toJournal) {
      this.#finish(context, txn);
      txn.runCommitTriggers();
      return false;
    }
    // Of another server's rows the applier hears by itself.
    const isOwn = rows[0]?.replicaId === 0;
    let entry: LimboEntry | undefined;
    try {
      if (isOwn && context.hasLostRows) throw lostRowsError(context);
      entry = this.#enterLimbo(txn, rows);
      const waiting = entry;
      this.#journal.submit({
        rows,
        onWritten: () => {
          context.unwrittenCommits--;
          if (waiting === undefined) txn.runCommitTriggers();
          else this.#limbo.written(waiting);
        },
        onFailed: () => {
          context.unwrittenCommits--;
          this.#takeBack(txn);
          // Who waits in the limbo hears it there.
          if (waiting !== undefined) this.#limbo.lost(waiting);
          else if (isOwn) context.hasLostRows = true;
        },
      });
      context.unwrittenCommits++;
    } catch (error) {
      if (entry !== undefined) this.#limbo.lost(entry);
      this.rollbackAll(context, txn);
      throw error;
    }
    this.#finish(context, txn);
    if (entry !== undefined) {
      // The journal has numbered the rows.
      entry.lsn = rows.at(-1)?.lsn ?? 0;
      if (isOwn) context.unconfirmed = entry;
    }
    return true;
  }

  /** Recovery: the row's statement is made; what becomes of it is known at the end of its transaction in the log. */
  detach(context: BoxContext, txn: Txn): void {
    this.#finish(context, txn);
  }

  /**
   * Recovery: ends the transactions that one transaction of the log was read into, one for each of its rows. What is not confirmed
   * there waits in memory as it did before.
   * @param last the last of its rows
   */
  recovered(txns: readonly Txn[], last: XRow): void {
    const isSync = txns.some(isSynchronous);
    const waits = (isSync || !this.#limbo.isEmpty) && last.groupId !== GroupId.LOCAL;
    for (const txn of txns) {
      if (waits) this.#append(txn, last.replicaId, isSync).lsn = last.lsn;
      else txn.runCommitTriggers();
    }
  }

  /** A transaction of a synchronous space waits there, and so does whatever comes after it. */
  #enterLimbo(txn: Txn, rows: readonly XRow[]): LimboEntry | undefined {
    const isSync = isSynchronous(txn);
    if (!isSync && this.#limbo.isEmpty) return undefined;
    return this.#append(txn, rows[0]?.replicaId ?? 0, isSync);
  }

  #append(txn: Txn, originId: number, isSync: boolean): LimboEntry {
    return this.#limbo.append(originId, isSync, {
      confirmed: () => txn.runCommitTriggers(),
      rolledBack: () => this.#takeBack(txn),
    });
  }

  /** @throws ROLLBACK_IN_SUB_STMT */
  rollback(context: BoxContext): void {
    const { txn } = context;
    if (txn === undefined) return;
    if (txn.nesting > 0) throw clientError('ROLLBACK_IN_SUB_STMT');
    this.rollbackAll(context, txn);
  }

  /** Takes the transaction back, statements under way included. */
  rollbackAll(context: BoxContext, txn: Txn): void {
    this.#finish(context, txn);
    txn.rollbackAll();
  }

  /** The fiber suspends: what it has begun can no longer be committed, because others would see it half done. */
  onYield(context: BoxContext): void {
    const { txn } = context;
    if (txn === undefined || !txn.isEngineUsed) return;
    txn.rollbackTo(0);
    txn.abortReason ??= 'yield';
  }

  /** @throws NO_TRANSACTION */
  savepoint(context: BoxContext): Savepoint {
    if (context.txn === undefined) throw clientError('NO_TRANSACTION');
    return context.txn.savepoint();
  }

  #finish(context: BoxContext, txn: Txn): void {
    this.#open.delete(txn);
    if (context.txn === txn) context.txn = undefined;
  }

  /** The rows could not be written, or were not confirmed. Whatever was built on them and is not committed goes first. */
  #takeBack(txn: Txn): void {
    for (const open of this.#open) {
      open.rollbackTo(0);
      open.abortReason ??= 'wal';
    }
    txn.rollbackAll();
  }
}

function isSynchronous(txn: Txn): boolean {
  return txn.statements.some(({ space }) => space?.isSync === true);
}

/** Tells the fiber that rows which it committed are gone: the mark is taken away, and the error to throw returned. */
export function lostRowsError(context: BoxContext): ClientError {
  context.hasLostRows = false;
  return clientError('WAL_IO');
}

/**
 * The rows of a transaction: those of other servers first, then the own ones. When the last own row stays on this server, a
 * NOP follows: the last row of a transaction must be one that all see.
 */
function rowsOf(txn: Txn): XRow[] {
  const remote: XRow[] = [];
  const own: XRow[] = [];
  for (const { row } of txn.statements) {
    if (row === undefined) continue;
    if (row.replicaId === 0) own.push(row);
    else remote.push(row);
  }
  const localCount = own.reduce((count, row) => count + (row.groupId === 1 ? 1 : 0), 0);
  const isMixed = localCount > 0 && (localCount !== own.length || remote.length > 0);
  if (isMixed && own.at(-1)?.groupId === 1) own.push(nopRow());
  return remote.length === 0 ? own : [...remote, ...own];
}

function nopRow(): XRow {
  return {
    type: IprotoType.NOP,
    replicaId: 0,
    lsn: 0,
    timestamp: 0,
    groupId: 0,
    tsn: 0,
    isCommit: false,
    sync: 0,
    body: new Uint8Array(0),
  };
}
