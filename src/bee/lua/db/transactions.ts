/** `db.begin`, `db.commit` and their like. */

import type { Task } from '../../base/fiber.ts';
import type { Savepoint, Statement } from '../../box/txn.ts';
import { asCData, CData } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  callerError,
  data,
  hostFunction,
  nil,
  number,
  pushBoolean,
  pushData,
  pushFunction,
  pushNil,
  pushNumber,
  pushValue,
  setField,
} from '../vm/host.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isFunction, Tag } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { afterWrite, type DbContext, finish } from './context.ts';
import { TupleData } from './tuple-data.ts';

/** A savepoint in a script's hands. */
class SavepointData extends CData {
  readonly savepoint: Savepoint;

  constructor(savepoint: Savepoint) {
    super();
    this.savepoint = savepoint;
  }

  override get typeName(): string {
    return 'struct txn_savepoint &';
  }

  override toText(): string {
    return 'cdata<struct txn_savepoint &>';
  }
}

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
  /** Triggers get a generator function that walks the transaction's changes. */
  const trigger =
    (add: (run: (changes: readonly Statement[]) => void) => void, name: string): HostFunction =>
    (L) => {
      const f = arg(L, 1);
      if (!box.isInTxn || (f.type !== Tag.NIL && !isFunction(f))) {
        const usage = `db.${name}([function | nil, [function | nil]])`;
        throw callerError(`Usage inside a transaction: ${usage}`);
      }
      if (f.type === Tag.NIL) return 0;
      const kept: TValue = { ...f };
      add((changes) => {
        vm.callNow(kept, [hostFunction((inner) => pushChanges(inner, changes))]);
      });
      return pushValue(L, f);
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
    savepoint: (L) => pushData(L, new SavepointData(box.savepoint())),
    rollback_to_savepoint: (L) => {
      const given = asCData(arg(L, 1));
      if (!(given instanceof SavepointData)) {
        throw callerError('Usage: db.rollback_to_savepoint(savepoint)');
      }
      box.rollbackToSavepoint(given.savepoint);
      return 0;
    },
    is_in_txn: (L) => pushBoolean(L, box.isInTxn),
    txn_id: (L) => (box.isInTxn ? pushNumber(L, box.txnId) : pushNil(L)),
    on_commit: trigger((run) => box.onCommit(run), 'on_commit'),
    on_rollback: trigger((run) => box.onRollback(run), 'on_rollback'),
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

/** The generator of a trigger's loop: for number, old tuple, new tuple, space id. */
function pushChanges(L: LuaState, changes: readonly Statement[]): number {
  pushFunction(L, (inner) => {
    const at = Number(arg(inner, 2).value ?? 0);
    const change = changes[at];
    if (change === undefined) return pushNil(inner);
    pushNumber(inner, at + 1);
    pushValue(inner, change.oldTuple === undefined ? nil() : data(new TupleData(change.oldTuple)));
    pushValue(inner, change.newTuple === undefined ? nil() : data(new TupleData(change.newTuple)));
    return 3 + pushNumber(inner, change.space?.id ?? 0);
  });
  pushNil(L);
  return 2 + pushValue(L, number(0));
}
