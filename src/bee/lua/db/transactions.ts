/** `db.begin`, `db.commit` and their like. */

import type { Task } from '../../base/fiber.ts';
import { clientError } from '../../box/error.ts';
import type { Savepoint, Statement, TxnTrigger } from '../../box/txn.ts';
import { asCData, CData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  nil,
  number,
  pushBoolean,
  pushFunction,
  pushNil,
  pushNumber,
  pushTable,
  pushValue,
  setField,
} from '../vm/host.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isTable } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { afterWrite, callLogged, type DbContext, finish } from './context.ts';
import { editTriggers } from './space-triggers.ts';
import { TupleData } from './tuple-data.ts';

/** What stands for a savepoint inside the table that a script holds. */
class SavepointData extends CData {
  readonly savepoint: Savepoint;

  constructor(savepoint: Savepoint) {
    super();
    this.savepoint = savepoint;
  }

  override get typeName(): string {
    return 'struct txn_savepoint *';
  }

  override toText(): string {
    return `cdata<${this.typeName}>: 0x${this.id.toString(16).padStart(8, '0')}`;
  }
}

/** The Lua functions behind the triggers of transactions. */
const triggerSources = new WeakMap<TxnTrigger, TValue>();

export function openTransactions(context: DbContext): void {
  const { box } = context.instance;
  const { db, vm } = context;
  const commit: HostFunction = (L) => {
    // Triggers run when the rows are written, and a script may look at once for what they did.
    const isAwaited = box.hasTxnTriggers;
    box.commit();
    if (isAwaited && vm.canSuspend) return finish(context, L, written(context));
    return afterWrite(context, L, () => 0);
  };
  /**
   * Triggers get a generator function that walks the transaction's changes. The real server aborts when one raises; here the
   * transaction has ended all the same, and the log says what was wrong.
   */
  const wrap =
    (name: string) =>
    (f: TValue): TxnTrigger =>
    (changes) => {
      const walk = { changes, hasEnded: false };
      callLogged(context, name, f, [hostFunction((inner) => pushChanges(inner, walk))]);
      walk.hasEnded = true;
    };
  const trigger =
    (kind: 'onCommit' | 'onRollback', name: string): HostFunction =>
    (L) => {
      const triggers = box.txnTriggers(kind);
      if (triggers === undefined) {
        const usage = `db.${name}([function | nil, [function | nil]])`;
        throw callerError(`Usage inside a transaction: ${usage}`);
      }
      return editTriggers(L, 1, triggers, triggerSources, wrap(name));
    };
  const functions: Readonly<Record<string, HostFunction>> = {
    begin: () => {
      box.begin();
      return 0;
    },
    commit,
    rollback: () => {
      box.rollback();
      return 0;
    },
    savepoint: (L) => {
      const savepoint = box.savepoint();
      const t = createTable(0, 2);
      setField(t, 'csavepoint', data(new SavepointData(savepoint)));
      setField(t, 'txn_id', data(new Int64(BigInt(savepoint.txnId), false)));
      return pushTable(L, t);
    },
    rollback_to_savepoint: (L) => {
      box.rollbackToSavepoint(savepointOf(arg(L, 1)));
      return 0;
    },
    is_in_txn: (L) => pushBoolean(L, box.isInTxn),
    on_commit: trigger('onCommit', 'on_commit'),
    on_rollback: trigger('onRollback', 'on_rollback'),
    atomic: vm.task(function* (L): Task<Push> {
      const f = { ...arg(L, 1) };
      const args = Array.from({ length: argCount(L) - 1 }, (_unused, at) => ({
        ...arg(L, at + 2),
      }));
      box.begin();
      let results: TValue[];
      try {
        results = yield* vm.call(f, args);
      } catch (error) {
        box.rollback();
        throw error;
      }
      box.commit();
      if (context.instance.wantsCommitPoint) yield* context.instance.commitPoint();
      return (to) => {
        for (const result of results) pushValue(to, result);
        return results.length;
      };
    }),
  };
  for (const [name, f] of Object.entries(functions)) setField(db, name, hostFunction(f));
}

function* written(context: DbContext): Task<Push> {
  yield* context.instance.durable();
  return () => 0;
}

/** @throws LuaError unless the value is a table as `db.savepoint()` makes them */
function savepointOf(given: TValue): Savepoint {
  const usage = 'Usage: db.rollback_to_savepoint(savepoint)';
  if (!isTable(given)) throw callerError(usage);
  const inside = asCData(getField(given.value, 'csavepoint'));
  const id = getField(given.value, 'txn_id');
  const txnId = isNumber(id) ? id.value : asCData(id)?.toNumber();
  if (!(inside instanceof SavepointData) || txnId === undefined) throw callerError(usage);
  return { ...inside.savepoint, txnId };
}

/** A trigger's view of its transaction. */
interface ChangeWalk {
  readonly changes: readonly Statement[];
  hasEnded: boolean;
}

/** The generator of a trigger's loop: for number, old tuple, new tuple, space id. */
function pushChanges(L: LuaState, walk: ChangeWalk): number {
  if (walk.hasEnded) throw clientError('CURSOR_NO_TRANSACTION');
  pushFunction(L, (inner) => {
    if (walk.hasEnded) throw clientError('CURSOR_NO_TRANSACTION');
    const at = Number(arg(inner, 2).value ?? 0);
    const change = walk.changes[at];
    if (change === undefined) return pushNil(inner);
    pushNumber(inner, at + 1);
    pushValue(inner, change.oldTuple === undefined ? nil() : data(new TupleData(change.oldTuple)));
    pushValue(inner, change.newTuple === undefined ? nil() : data(new TupleData(change.newTuple)));
    return 3 + pushNumber(inner, change.space?.id ?? 0);
  });
  pushNil(L);
  return 2 + pushValue(L, number(0));
}
