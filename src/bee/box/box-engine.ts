import type { Logger } from '../base/logger.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { encode } from '../wire/msgpack.ts';
import type { XRow } from '../wire/xrow.ts';
import { checkSpaceAccess } from './access.ts';
import type { RecoveryState } from './alter.ts';
import type { Box, BoxHooks } from './box.ts';
import type { BoxContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { type DmlHost, executeDml } from './dml.ts';
import { clientError } from './error.ts';
import { TupleDictionary, TupleFormat } from './format.ts';
import type { Index } from './index.ts';
import type { IndexDef } from './index-def.ts';
import { makeMemtxIndex } from './index-factory.ts';
import { IndexSysview } from './index-sysview.ts';
import { Privilege } from './privilege.ts';
import { decodeRequest, type Request } from './request.ts';
import { Schema } from './schema.ts';
import { Session } from './session.ts';
import { IndexSessionSettings } from './session-settings.ts';
import type { Space } from './space.ts';
import { replaceInSpace } from './space-replace.ts';
import { makeSystemSpaces } from './system-bootstrap.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import { Transactions } from './transactions.ts';
import { type Tuple, TupleArena } from './tuple.ts';
import type { Statement, Txn } from './txn.ts';

/** Executes statements: what lies between a request and the indexes, for users, recovery and the applier alike. */
export class BoxEngine implements DmlHost, SystemHost {
  readonly schema = new Schema();
  readonly arena = new TupleArena();
  readonly runtimeFormat = new TupleFormat([], [], 0, new TupleDictionary([]));
  recoveryState: RecoveryState = 'initial';
  readonly #box: Box;
  readonly #admin: Session;
  /** Estimate of the bytes that all tuples take; never too low. */
  #memoryUsed = 0;

  constructor(box: Box) {
    this.#box = box;
    this.#admin = new Session(0, 'background', this.schema.users.require(1).credentials);
    this.schema.onSpaceChange = (id, space) => box.hooks.onSpaceChange(id, space);
    makeSystemSpaces(this);
  }

  get hooks(): BoxHooks {
    return this.#box.hooks;
  }

  get log(): Logger {
    return this.#box.host.log;
  }

  get credentials(): Credentials {
    return this.#box.current.credentials;
  }

  get txn(): Txn {
    const { txn } = this.#box.current;
    if (txn === undefined) throw clientError('NO_TRANSACTION');
    return txn;
  }

  get maxTupleBytes(): number {
    return this.#box.limits.maxTupleBytes;
  }

  /** False while recovery reads what is written already. */
  get isJournalled(): boolean {
    return this.recoveryState === 'ok';
  }

  /** Empties everything, as before the first row of a snapshot. */
  reset(): void {
    this.schema.clear();
    this.recoveryState = 'initial';
    this.#memoryUsed = 0;
    makeSystemSpaces(this);
  }

  /** A context with all rights, for what the server does by itself. */
  adminContext(): BoxContext {
    return this.#box.makeContext(this.#admin);
  }

  hasMemoryFor(bytes: number): boolean {
    const { memoryBytes } = this.#box.limits;
    // What was replaced and deleted is in the estimate still: nobody is refused by that.
    if (this.#memoryUsed + bytes > memoryBytes) this.#memoryUsed = this.#measure();
    return this.#memoryUsed + bytes <= memoryBytes;
  }

  /** Bytes of all tuples, with what the real server adds to each. */
  #measure(): number {
    let used = 0;
    for (const space of this.schema.spaces()) {
      if (space.engine !== 'memtx') continue;
      used += space.bsize + (space.index(0)?.length ?? 0) * tupleOverheadBytes;
    }
    return used;
  }

  makeIndex(def: IndexDef): Index {
    const space = this.schema.space(def.spaceId);
    if (space?.engine === 'sysview') {
      return new IndexSysview(def, this.schema, () => this.credentials);
    }
    if (space?.engine === 'service') {
      if (def.id !== 0) {
        throw clientError('UNSUPPORTED', 'Session_settings space', 'create_index()');
      }
      const session = (): Session => this.#box.current.session;
      return new IndexSessionSettings(def, this.schema, space.format, session);
    }
    return makeMemtxIndex(def, this.schema, (func, tuple) => {
      this.#box.checkFunction(func);
      const call = (): Uint8Array => this.hooks.evaluateFunction(func.compiled, tuple);
      if (!func.isSetuid) return call();
      return this.#box.asUser(this.schema.users.require(func.owner).credentials, call);
    });
  }

  /** Executes a request as one statement of a transaction. On an error the statement leaves no trace. */
  execute(
    transactions: Transactions,
    txn: Txn,
    request: Request,
    space: Space | undefined,
  ): Tuple | undefined {
    this.#count(request.type);
    if (space !== undefined) {
      checkSpaceAccess(this.schema, this.credentials, space, Privilege.WRITE);
      if (space.engine === 'memtx') txn.isEngineUsed = true;
    }
    const statement = transactions.beginStatement(txn, space);
    try {
      const result = space === undefined ? undefined : executeDml(this, space, statement, request);
      statement.type = request.type;
      // What recovery reads is in the log already.
      if (this.isJournalled) Transactions.makeRow(statement, request);
      if (space !== undefined) this.#runTriggers(space, statement);
      txn.endStatement();
      if (statement.newTuple !== undefined) {
        this.#memoryUsed += statement.newTuple.bsize + tupleOverheadBytes;
      }
      return result;
    } catch (error) {
      txn.rollbackStatement();
      throw error;
    }
  }

  #runTriggers(space: Space, statement: Statement): void {
    const { oldTuple, newTuple, type } = statement;
    if (!space.runTriggers || (oldTuple === undefined && newTuple === undefined)) return;
    if (space.onReplace.length > 0) {
      for (const trigger of [...space.onReplace]) trigger(oldTuple, newTuple, space, type);
    }
    // The schema hears of it last: a trigger may still refuse.
    if (space.systemTrigger !== undefined) {
      space.systemTrigger(statement);
      if (statement.isForcedLocal && statement.row !== undefined) {
        statement.row = { ...statement.row, groupId: 1 };
      }
    }
  }

  #count(type: number): void {
    const counts = this.#box.requestCounts;
    switch (type) {
      case IprotoType.INSERT:
        counts.INSERT++;
        break;
      case IprotoType.REPLACE:
        counts.REPLACE++;
        break;
      case IprotoType.UPDATE:
        counts.UPDATE++;
        break;
      case IprotoType.DELETE:
        counts.DELETE++;
        break;
      case IprotoType.UPSERT:
        counts.UPSERT++;
        break;
    }
  }

  /** Puts a snapshot's row where it belongs. Rows of system spaces make the schema on the way. */
  applySnapshotRow(row: XRow): void {
    if (row.type !== IprotoType.INSERT) throw clientError('UNKNOWN_REQUEST_TYPE', row.type);
    const { request } = decodeRequest(row.type, row.body, row);
    const space = this.schema.requireSpace(request.spaceId);
    const { tuple: bytes } = request;
    if (bytes === undefined) return;
    if (space.engine !== 'memtx') throw clientError('CROSS_ENGINE_TRANSACTION');
    if (space.systemTrigger === undefined) {
      space.format.validate(bytes, 0);
      const tuple = this.arena.store(bytes, 0, bytes.length, space.format);
      replaceInSpace(space, undefined, tuple, 'insert');
      return;
    }
    const context = this.#box.current;
    this.#box.current = this.adminContext();
    try {
      this.#box.applyRow(row);
    } finally {
      this.#box.current = context;
    }
  }

  /** Empties a space by a write to `_truncate`. */
  truncate(spaceId: number): void {
    const space = this.schema.requireSpace(spaceId);
    const ops = encode([['+', 1, 1]]);
    this.#box.upsert(SystemSpace.TRUNCATE, encode([space.id, 1]), ops, 0);
  }
}

/** What the real server's allocator and headers add to a tuple, roughly. */
const tupleOverheadBytes = 18;
