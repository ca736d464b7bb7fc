/**
 * The database without its surroundings: what is stored, who may touch it, and what a change means.
 */
import type { Logger } from '../base/logger.ts';
import type { XRow } from '../wire/xrow.ts';
import type { Credentials } from './credentials.ts';
import type { Ddl } from './ddl.ts';
import { clientError } from './error.ts';
import type { Journal } from './journal.ts';
import type { ReadView } from './read-view.ts';
import type { Schema } from './schema.ts';
import type { Session } from './session.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';
import type { Savepoint, Txn } from './txn.ts';

/** What the box needs from the instance around it. */
export interface BoxHost {
  readonly journal: Journal;
  readonly log: Logger;
  /** Seconds since 1970. */
  now(): number;
  randomBytes(length: number): Uint8Array;
  /** Text of the reason why nothing may be written now ('Can't modify data because …'), or undefined. */
  readonly isReadOnly: () => boolean;
  /** False until the first db.cfg is through: writes by users answer ER_LOADING. */
  readonly isConfigured: () => boolean;
  /** Local time as `YYYY-MM-DD HH:MM:SS`, for `_func.created`. */
  localTime(): string;
}

/**
 * Hooks that the layers above set. Each may throw a ClientError to refuse, unless it says otherwise.
 * Functions given by Lua run to their end inside the call: they cannot suspend.
 */
export interface BoxHooks {
  /** A committed change of `_cluster`: `uuid` undefined when the id was removed. Must not throw. */
  onClusterChange: (id: number, uuid: string | undefined) => void;
  /** Called before a `_cluster` row is accepted; refuse by throwing. */
  checkClusterChange: (id: number, uuid: string | undefined) => void;
  /** The replica set's UUID was set by a write to `_schema` (bootstrap, recovery, JOIN). */
  onClusterUuid: (uuid: string) => void;
  /** A space's definition changed in memory (also when a change is rolled back). `space` undefined: it is gone. Must not throw. */
  onSpaceChange: (id: number, space: Space | undefined) => void;
  /** A sequence, function or user was made, changed or removed; for the listings of the Lua layer. Must not throw. */
  onSchemaObjectChange: (kind: 'sequence' | 'function' | 'user', id: number) => void;
  /** Compiles the body of a persistent Lua function and checks it; what it returns is kept as `func.compiled`. */
  compileFunction: (name: string, body: string, isSandboxed: boolean) => unknown;
  /** Runs a compiled persistent function on a tuple for a functional index: msgpack array of what it returned. */
  evaluateFunction: (compiled: unknown, tuple: Tuple) => Uint8Array;
}

/** What belongs to one fiber. The server sets `box.current` at every switch. */
export interface BoxContext {
  session: Session;
  /** As whom the fiber acts now: the session's user, unless `db.session.su(user, f)` or a setuid function is under way. */
  credentials: Credentials;
  txn: Txn | undefined;
}

/** Numbers of the iterator types, as on the wire and in `db.index`. */
export const IteratorType = {
  EQ: 0,
  REQ: 1,
  ALL: 2,
  LT: 3,
  LE: 4,
  GE: 5,
  GT: 6,
  BITS_ALL_SET: 7,
  BITS_ANY_SET: 8,
  BITS_ALL_NOT_SET: 9,
  OVERLAPS: 10,
  NEIGHBOR: 11,
} as const;

/** Walks an index. Stays right when the index changes under it. */
export interface TupleIterator {
  /** The next tuple; undefined at the end, and then for ever. Throws when the space is gone. */
  next(): Tuple | undefined;
}

export class Box {
  readonly host: BoxHost;
  readonly hooks: BoxHooks;
  /** Spaces, users, functions, sequences, collations by id and name. */
  readonly schema: Schema;
  /** Statements on the schema that are made of several writes (`db.schema.*`). */
  readonly ddl: Ddl;
  /** The running fiber's. */
  current: BoxContext;

  constructor(host: BoxHost) {
    this.host = host;
    throw notBuilt('constructor');
  }

  // Data. `tuple`, `key` and `ops` are msgpack arrays; errors are thrown as ClientError.

  /** The tuple as stored (sequences filled in, before_replace applied); undefined when a trigger swallowed it. */
  insert(spaceId: number, tuple: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, tuple);
  }
  replace(spaceId: number, tuple: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, tuple);
  }
  /** @param indexBase 1 when field numbers in `ops` count from 1 (Lua), 0 on the wire */
  update(
    spaceId: number,
    indexId: number,
    key: Uint8Array,
    ops: Uint8Array,
    indexBase: number,
  ): Tuple | undefined {
    throw notBuilt(spaceId, indexId, key, ops, indexBase);
  }
  upsert(spaceId: number, tuple: Uint8Array, ops: Uint8Array, indexBase: number): void {
    throw notBuilt(spaceId, tuple, ops, indexBase);
  }
  delete(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, indexId, key);
  }
  get(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, indexId, key);
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
    throw notBuilt(spaceId, indexId, iterator, offset, limit, key);
  }
  iterator(spaceId: number, indexId: number, iterator: number, key: Uint8Array): TupleIterator {
    throw notBuilt(spaceId, indexId, iterator, key);
  }
  count(spaceId: number, indexId: number, iterator: number, key: Uint8Array): number {
    throw notBuilt(spaceId, indexId, iterator, key);
  }
  /** Number of tuples in an index. */
  len(spaceId: number, indexId: number): number {
    throw notBuilt(spaceId, indexId);
  }
  /** Bytes an index takes: `index:bsize()`. */
  indexBsize(spaceId: number, indexId: number): number {
    throw notBuilt(spaceId, indexId);
  }
  min(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, indexId, key);
  }
  max(spaceId: number, indexId: number, key: Uint8Array): Tuple | undefined {
    throw notBuilt(spaceId, indexId, key);
  }
  random(spaceId: number, indexId: number, seed: number): Tuple | undefined {
    throw notBuilt(spaceId, indexId, seed);
  }
  truncate(spaceId: number): void {
    throw notBuilt(spaceId);
  }

  // Tuples outside spaces (`db.tuple.new`, `t:update`).

  /** Makes a tuple of the runtime format; checks that `bytes` is a msgpack array. */
  newTuple(bytes: Uint8Array): Tuple {
    throw notBuilt(bytes);
  }
  tupleUpdate(tuple: Tuple, ops: Uint8Array, indexBase: number): Tuple {
    throw notBuilt(tuple, ops, indexBase);
  }
  tupleUpsert(tuple: Tuple, ops: Uint8Array, indexBase: number): Tuple {
    throw notBuilt(tuple, ops, indexBase);
  }

  // Transactions of the current context.

  get isInTxn(): boolean {
    throw notBuilt();
  }
  /** Number of the transaction, -1 outside of one. */
  get txnId(): number {
    throw notBuilt();
  }
  begin(): void {
    throw notBuilt();
  }
  /** Hands the rows to the journal and returns; it does not wait (DESIGN D2). Returns true when rows were handed over, so that the server knows whether there is something to wait for. */
  commit(): boolean {
    throw notBuilt();
  }
  rollback(): void {
    throw notBuilt();
  }
  savepoint(name?: string): Savepoint {
    throw notBuilt(name);
  }
  rollbackToSavepoint(savepoint: Savepoint): void {
    throw notBuilt(savepoint);
  }
  /** Adds a trigger to the current transaction; ER_NO_TRANSACTION outside of one. */
  onCommit(run: (statements: readonly TxnChange[]) => void): void {
    throw notBuilt(run);
  }
  onRollback(run: (statements: readonly TxnChange[]) => void): void {
    throw notBuilt(run);
  }
  /** The fiber of `context` suspends: an open transaction with statements is rolled back and can no longer commit. */
  onYield(context: BoxContext): void {
    throw notBuilt(context);
  }
  /** The fiber of `context` ended: an open transaction is rolled back. */
  onFiberStop(context: BoxContext): void {
    throw notBuilt(context);
  }

  // Sequences.

  sequenceNext(id: number): bigint {
    throw notBuilt(id);
  }
  sequenceCurrent(id: number): bigint {
    throw notBuilt(id);
  }
  sequenceSet(id: number, value: bigint): void {
    throw notBuilt(id, value);
  }
  sequenceReset(id: number): void {
    throw notBuilt(id);
  }

  // Access.

  /** Runs `body` with another user's rights (`db.session.su(user, f)`, setuid functions). */
  asUser<T>(credentials: Credentials, body: () => T): T {
    throw notBuilt(credentials, body);
  }
  /** Throws AccessDeniedError unless the current user may do `access` (bits of Privilege) with everything. */
  checkUniverse(access: number): void {
    throw notBuilt(access);
  }

  // Requests by number, as they come from iproto, from a log and from a master.

  /** Executes a decoded DML or SELECT request body (`wire/xrow.ts`, msgpack map). */
  executeRequest(type: number, body: Uint8Array): readonly Tuple[] {
    throw notBuilt(type, body);
  }

  // Life of the data.

  /** Fills an empty box with the system tuples of a fresh instance, without the journal. */
  bootstrap(instanceUuid: string, clusterUuid: string): void {
    throw notBuilt(instanceUuid, clusterUuid);
  }
  /** Recovery: one row of a snapshot (or of the first part of JOIN). Secondary indexes are built at `endSnapshot`. */
  applySnapshotRow(row: XRow): void {
    throw notBuilt(row);
  }
  /** The snapshot is through: builds secondary indexes. */
  endSnapshot(): void {
    throw notBuilt();
  }
  /** Recovery: one row of a log, without the journal and without triggers. */
  applyRow(row: XRow): void {
    throw notBuilt(row);
  }
  /** Recovery is through: from now on triggers run and checks hold. */
  endRecovery(): void {
    throw notBuilt();
  }
  /** The applier's unit: all rows or none, one journal entry, origin ids and LSNs kept. */
  applyTransaction(rows: readonly XRow[]): void {
    throw notBuilt(rows);
  }
  /** What a checkpoint or a JOIN copies; later changes do not show. */
  readView(): ReadView {
    throw notBuilt();
  }
}

/** One statement of a transaction, for on_commit and on_rollback triggers. */
export interface TxnChange {
  readonly spaceId: number;
  readonly oldTuple: Tuple | undefined;
  readonly newTuple: Tuple | undefined;
}

function notBuilt(...args: unknown[]): Error {
  return clientError('UNSUPPORTED', 'Bee', `this yet (${args.length})`);
}
