/**
 * The database without its surroundings: what is stored, who may touch it, and what a change means.
 *
 * One `insert`, step by step:
 *
 * 1. `Box.insert` finds the space, asks whether this instance may write at all, and makes a `Request`.
 * 2. `#process` checks the user's rights (`access.ts`), begins a transaction unless one is open, and opens a statement (`txn.ts`).
 * 3. `executeDml` (`dml.ts`) draws from a sequence, runs `before_replace`, checks the tuple (`format.ts`), stores its bytes
 *    (`tuple.ts`) and puts it into every index (`index-tree.ts`, …; `space-replace.ts`).
 * 4. `Transactions.makeRow` makes the row for the log; `on_replace` triggers run; for a system space its own trigger (`alter-….ts`)
 *    carries the change over to the schema or refuses it.
 * 5. `Transactions.commit` hands the rows to the `Journal` and returns (DESIGN D2). When the journal says that they are written,
 *    commit triggers run; when it says that they are not, everything is taken back.
 *
 * A snapshot's rows and a log's rows go the same way without the journal (`applySnapshotRow`, `applyRow`), a master's with
 * their origin kept (`applyTransaction`).
 *
 * Transactions of synchronous spaces wait behind the journal for a quorum of servers (`limbo.ts`).
 *
 * What the real server does and Bee does not: vinyl, SQL (with views, triggers, constraints), yields inside DDL, C functions. Each is
 * refused in one sentence where somebody asks for it.
 */
import { IprotoType } from '../wire/iproto-constants.ts';
import type { XRow } from '../wire/xrow.ts';
import {
  checkFunctionAccess,
  checkSessionAccess,
  checkSpaceAccess,
  checkUniverseAccess,
} from './access.ts';
import { bootstrapRows } from './bootstrap.ts';
import { BoxEngine } from './box-engine.ts';
import {
  type BoxHooks,
  type BoxHost,
  noHooks,
  type RequestCounter,
  requestCounters,
} from './box-host.ts';
import { BoxReader } from './box-reader.ts';
import type { BoxContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { Ddl } from './ddl.ts';
import { type ClientError, clientError } from './error.ts';
import type { TupleFormat } from './format.ts';
import type { Func } from './func.ts';
import type { TupleIterator } from './index.ts';
import { isSynchro, Limbo } from './limbo.ts';
import { makeReadView, type ReadView } from './read-view.ts';
import { buildSecondaryIndexes } from './recovery.ts';
import { decodeRemote, decodeRequest, nopRequest, type Request, requestOf } from './request.ts';
import type { Schema } from './schema.ts';
import * as sequences from './sequence-calls.ts';
import type { Space } from './space.ts';
import { Transactions } from './transactions.ts';
import type { Tuple } from './tuple.ts';
import type { Savepoint, Txn, TxnTrigger } from './txn.ts';
import { executeUpdate, executeUpsert } from './update.ts';
import type { User } from './user.ts';

export type { BoxHooks, BoxHost, RequestCounter, TxnChange } from './box-host.ts';
export type { BoxContext } from './context.ts';
export { IteratorType, type TupleIterator } from './index.ts';

export class Box {
  readonly host: BoxHost;
  readonly hooks: BoxHooks;
  /** Spaces, users, functions, sequences, collations by id and name. */
  readonly schema: Schema;
  /** Statements on the schema that are made of several writes (`db.schema.*`). */
  readonly ddl: Ddl;
  /** The running fiber's. */
  current: BoxContext;
  /** `memtx_max_tuple_size` and `memtx_memory`, in bytes. */
  readonly limits = { maxTupleBytes: 1024 * 1024, memoryBytes: 256 * 1024 * 1024 };
  /** Requests since start. */
  readonly requestCounts: Record<RequestCounter, number>;
  /** Which row of its transaction made the last `applyTransaction` throw, from 0. */
  failedRow = 0;
  /** Transactions that wait for other servers' acknowledgements. */
  readonly limbo: Limbo;
  /** What recovery has made of the log's transaction that it is in: one for each row. */
  readonly #recovered: Txn[] = [];
  readonly #engine: BoxEngine;
  readonly #reader: BoxReader;
  readonly #transactions: Transactions;

  constructor(host: BoxHost) {
    this.host = host;
    this.hooks = noHooks();
    this.requestCounts = { SELECT: 0, INSERT: 0, REPLACE: 0, UPDATE: 0, DELETE: 0, UPSERT: 0 };
    this.limbo = new Limbo(host);
    this.#transactions = new Transactions(host.journal, this.limbo);
    this.#engine = new BoxEngine(this);
    this.schema = this.#engine.schema;
    this.#reader = new BoxReader(this);
    this.current = this.#engine.adminContext();
    this.ddl = new Ddl(this);
  }

  // Data. `tuple`, `key` and `ops` are msgpack arrays; errors are thrown as ClientError.

  /** The tuple as stored (sequences filled in, before_replace applied); undefined when a trigger swallowed it. */
  insert(spaceId: number, tuple: Uint8Array): Tuple | undefined {
    return this.#write(requestOf(IprotoType.INSERT, spaceId, { tuple }));
  }

  replace(spaceId: number, tuple: Uint8Array): Tuple | undefined {
    return this.#write(requestOf(IprotoType.REPLACE, spaceId, { tuple }));
  }

  /** @param indexBase 1 when field numbers in `ops` count from 1 (Lua), 0 on the wire */
  update(
    spaceId: number,
    indexId: number,
    key: Uint8Array,
    ops: Uint8Array,
    indexBase: number,
  ): Tuple | undefined {
    return this.#write(requestOf(IprotoType.UPDATE, spaceId, { indexId, key, ops, indexBase }));
  }

  /** @returns what a before_replace trigger made of it, otherwise nothing */
  upsert(
    spaceId: number,
    tuple: Uint8Array,
    ops: Uint8Array,
    indexBase: number,
  ): Tuple | undefined {
    return this.#write(requestOf(IprotoType.UPSERT, spaceId, { tuple, ops, indexBase }));
  }

  delete(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    return this.#write(requestOf(IprotoType.DELETE, spaceId, { indexId, key }));
  }

  get(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    this.requestCounts.SELECT++;
    return this.#reader.get(spaceId, indexId, key);
  }

  /** @param iterator one of IteratorType; @param limit up to 4294967295 */
  select(
    spaceId: number,
    indexId: number,
    iterator: number,
    offset: number,
    limit: number,
    key: Uint8Array,
  ): Tuple[] {
    this.requestCounts.SELECT++;
    return this.#reader.select(spaceId, indexId, iterator, offset, limit, key);
  }

  iterator(spaceId: number, indexId: number, iterator: number, key: Uint8Array): TupleIterator {
    this.requestCounts.SELECT++;
    return this.#reader.iterator(spaceId, indexId, iterator, key);
  }

  count(spaceId: number, indexId: number, iterator: number, key: Uint8Array): number {
    return this.#reader.count(spaceId, indexId, iterator, key);
  }

  /** Number of tuples in an index. */
  len(spaceId: number, indexId: number): number {
    return this.#reader.index(spaceId, indexId).length;
  }

  /** Bytes an index takes: `index:bsize()`. */
  indexBsize(spaceId: number, indexId: number): number {
    return this.#reader.index(spaceId, indexId).bsize;
  }

  min(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    return this.#reader.extreme(spaceId, indexId, key, 'min');
  }

  max(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    return this.#reader.extreme(spaceId, indexId, key, 'max');
  }

  random(spaceId: number, indexId: number, seed: number): Tuple | undefined {
    return this.#reader.index(spaceId, indexId).random(seed);
  }

  truncate(spaceId: number): void {
    this.#engine.truncate(spaceId);
  }

  // Tuples outside spaces (`db.tuple.new`, `t:update`).

  /** The format of tuples that belong to no space. */
  get runtimeFormat(): TupleFormat {
    return this.#engine.runtimeFormat;
  }

  /** Makes a tuple of a format, or of the runtime format. @param bytes a well-formed msgpack array */
  newTuple(bytes: Uint8Array, format = this.#engine.runtimeFormat): Tuple {
    return this.#engine.arena.store(bytes, 0, bytes.length, format);
  }

  tupleUpdate(tuple: Tuple, ops: Uint8Array, indexBase: number): Tuple {
    const { slab, start, format } = tuple;
    return this.#storeAs(format, executeUpdate(slab, start, ops, indexBase, format));
  }

  /** Operations that fail are left out, with a line in the log. */
  tupleUpsert(tuple: Tuple, ops: Uint8Array, indexBase: number): Tuple {
    const { slab, start, format } = tuple;
    const bytes = executeUpsert(slab, start, ops, indexBase, format, this.host.log);
    return this.#storeAs(format, bytes);
  }

  /** What is made of a space's tuple goes by the rules of that space, and answers to its names. */
  #storeAs(format: TupleFormat, bytes: Uint8Array): Tuple {
    format.validate(bytes, 0);
    return this.#engine.arena.store(bytes, 0, bytes.length, format);
  }

  // Transactions of the current context.

  get isInTxn(): boolean {
    return this.current.txn !== undefined;
  }

  /** Number of the transaction, -1 outside of one. */
  get txnId(): number {
    return this.current.txn?.id ?? -1;
  }

  begin(): void {
    this.#transactions.begin(this.current);
  }

  /**
   * Hands the rows to the journal and returns; it does not wait (DESIGN D2).
   * @returns whether there were rows, so that the server knows whether there is something to wait for
   */
  commit(): boolean {
    return this.#transactions.commit(this.current, this.#engine.isJournalled);
  }

  rollback(): void {
    this.#transactions.rollback(this.current);
  }

  savepoint(): Savepoint {
    return this.#transactions.savepoint(this.current);
  }

  rollbackToSavepoint(savepoint: Savepoint): void {
    const { txn } = this.current;
    if (txn === undefined) throw clientError('NO_SUCH_SAVEPOINT');
    txn.rollbackToSavepoint(savepoint);
  }

  /** True when the open transaction has triggers: then its commit must wait for the log. */
  get hasTxnTriggers(): boolean {
    return this.current.txn?.hasTriggers ?? false;
  }

  /** The open transaction's triggers, the newest first, to be read and changed; undefined outside a transaction. */
  txnTriggers(kind: 'onCommit' | 'onRollback'): TxnTrigger[] | undefined {
    return this.current.txn?.[kind];
  }

  /** The fiber of `context` suspends: an open transaction that has read or written is rolled back and can no longer commit. */
  onYield(context: BoxContext): void {
    this.#transactions.onYield(context);
  }

  /** The fiber of `context` ended: an open transaction is rolled back. */
  onFiberStop(context: BoxContext): void {
    const { txn } = context;
    if (txn !== undefined) this.#transactions.rollbackAll(context, txn);
  }

  // Sequences. Each needs write access on the sequence.

  sequenceNext(id: number): bigint {
    return sequences.next(this, id);
  }

  sequenceCurrent(id: number): bigint {
    return sequences.current(this, id);
  }

  sequenceSet(id: number, value: bigint): void {
    sequences.set(this, id, value);
  }

  sequenceReset(id: number): void {
    sequences.reset(this, id);
  }

  // Access.

  /** Runs `body` with another user's rights (`db.session.su(user, f)`, setuid functions). */
  asUser<T>(credentials: Credentials, body: () => T): T {
    const context = this.current;
    const before = context.credentials;
    context.credentials = credentials;
    try {
      return body();
    } finally {
      context.credentials = before;
    }
  }

  /** Throws AccessDeniedError unless the current user may do `access` (bits of Privilege) with everything. */
  checkUniverse(access: number): void {
    checkUniverseAccess(this.schema, this.current.credentials, access);
  }

  /** Throws AccessDeniedError unless the user may log in, or be made the session's by `db.session.su`. */
  checkSession(user: User): void {
    checkSessionAccess(this.schema, user);
  }

  /** Throws AccessDeniedError unless the current user may do `access` with the space. */
  checkSpace(spaceId: number, access: number): void {
    const space = this.schema.requireSpace(spaceId);
    checkSpaceAccess(this.schema, this.current.credentials, space, access);
  }

  /** Throws AccessDeniedError unless the current user may call the function. */
  checkFunction(func: Func): void {
    checkFunctionAccess(this.schema, this.current.credentials, func);
  }

  /** A context for a new fiber. */
  makeContext(session: BoxContext['session']): BoxContext {
    const { credentials } = session;
    return {
      session,
      credentials,
      txn: undefined,
      hasLostRows: false,
      unwrittenCommits: 0,
      unconfirmed: undefined,
    };
  }

  // Requests by number, as they come from iproto, from a log and from a master.

  /** Executes a DML or SELECT request body (msgpack map). */
  executeRequest(type: number, body: Uint8Array): readonly Tuple[] {
    const { request, select } = decodeRequest(type, body, undefined);
    if (type === IprotoType.SELECT) {
      const { spaceId, indexId, key = new Uint8Array([0x90]) } = request;
      return this.select(spaceId, indexId, select.iterator, select.offset, select.limit, key);
    }
    const tuple = this.#write(request);
    return tuple === undefined ? [] : [tuple];
  }

  // Life of the data.

  /**
   * Fills an empty box with the system tuples of a fresh instance, without the journal.
   * @param members UUIDs of the cluster's servers from number 1 on: this one, then those that are to join it
   */
  bootstrap(members: readonly string[], clusterUuid: string): void {
    for (const row of bootstrapRows(members, clusterUuid)) this.applySnapshotRow(row);
    this.endSnapshot();
    this.endRecovery();
  }

  /** Empties the box for the copy of another server. Tables that scripts hold go on to work when their spaces come back. */
  reset(): void {
    this.limbo.reset();
    this.#recovered.length = 0;
    this.#engine.reset();
  }

  /** Recovery: one row of a snapshot (or of the first part of JOIN). */
  applySnapshotRow(row: XRow): void {
    this.#engine.applySnapshotRow(row);
  }

  /** The snapshot is through; rows of logs follow. Its rows were nobody's requests. */
  endSnapshot(): void {
    for (const counter of requestCounters) this.requestCounts[counter] = 0;
    this.#engine.recoveryState = 'final';
  }

  /** Recovery: one row of a log. It is in the log already, so the journal does not hear of it. */
  applyRow(row: XRow): void {
    if (isSynchro(row)) {
      this.limbo.process(row);
      return;
    }
    try {
      if (row.type !== IprotoType.NOP) this.#recovered.push(this.#recover(row));
    } finally {
      if (row.isCommit) this.#transactions.recovered(this.#recovered.splice(0), row);
    }
  }

  #recover(row: XRow): Txn {
    const context = this.current;
    const { request } = decodeRequest(row.type, row.body, row);
    const space = this.schema.requireSpace(request.spaceId);
    const txn = this.#transactions.begin(context);
    try {
      this.#engine.execute(this.#transactions, txn, request, space);
    } catch (error) {
      this.#transactions.rollbackAll(context, txn);
      throw error;
    }
    this.#transactions.detach(context, txn);
    return txn;
  }

  /** Recovery is through: builds secondary indexes; from now on writes go to the journal. */
  endRecovery(): void {
    buildSecondaryIndexes(this.schema, this.host.log);
    this.#engine.recoveryState = 'ok';
  }

  /**
   * The applier's unit: all rows or none, one journal entry, origin ids and LSNs kept.
   * @param skipConflict a row whose key is there already becomes a NOP (`replication_skip_conflict`)
   */
  applyTransaction(rows: readonly XRow[], skipConflict = false): void {
    const [first] = rows;
    if (first !== undefined && isSynchro(first)) {
      this.limbo.check(first);
      this.host.journal.submit({
        rows,
        onWritten: () => this.limbo.process(first),
        onFailed: () => {},
      });
      return;
    }
    this.begin();
    this.failedRow = 0;
    try {
      for (const row of rows) {
        this.#applyRemoteRow(row, skipConflict);
        this.failedRow++;
      }
    } catch (error) {
      this.onFiberStop(this.current);
      throw error;
    }
    this.commit();
  }

  #applyRemoteRow(row: XRow, skipConflict: boolean): void {
    try {
      const { request } = decodeRemote(row);
      const space =
        request.type === IprotoType.NOP ? undefined : this.schema.requireSpace(request.spaceId);
      this.#process(request, space);
    } catch (error) {
      if (!skipConflict || !isConflict(error)) throw error;
      this.host.log('W', `skipped a conflicting row: ${error.message}`);
      this.#process({ ...nopRequest(row) }, undefined);
    }
  }

  /** What a checkpoint or a JOIN copies; later changes do not show. */
  readView(): ReadView {
    return makeReadView(this.schema);
  }

  /** A request of a user: checks that this instance may write. */
  #write(request: Request): Tuple | undefined {
    const space = this.schema.requireSpace(request.spaceId);
    const isRefused = !this.#engine.isJournalled || (!space.isLocal && this.host.isReadOnly());
    if (!space.isTemporary && isRefused) {
      const error = clientError('READONLY').at('box.cc', 152);
      this.host.log('E', `${error.codeName}: ${error.message}`, { source: 'box.cc:152' });
      throw error;
    }
    return this.#process(request, space);
  }

  /** Executes a request in the open transaction, or in one of its own. */
  #process(request: Request, space: Space | undefined): Tuple | undefined {
    const context = this.current;
    const isOwn = context.txn === undefined;
    const txn = context.txn ?? this.#transactions.begin(context);
    let result: Tuple | undefined;
    try {
      result = this.#engine.execute(this.#transactions, txn, request, space);
    } catch (error) {
      if (isOwn) this.#transactions.rollbackAll(context, txn);
      throw error;
    }
    if (isOwn) this.#transactions.commit(context, this.#engine.isJournalled);
    return result;
  }
}

function isConflict(error: unknown): error is ClientError {
  return error instanceof Error && 'codeName' in error && error.codeName === 'ER_TUPLE_FOUND';
}
