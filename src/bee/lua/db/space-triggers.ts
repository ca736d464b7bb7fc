/** `space:on_replace` and `space:before_replace`: Lua functions that run with each change of a space. */

import { clientError } from '../../box/error.ts';
import type { Space } from '../../box/space.ts';
import type { Tuple } from '../../box/tuple.ts';
import { IprotoType } from '../../wire/iproto-constants.ts';
import { nullPointer } from '../conversions.ts';
import { callForBox } from '../session-hooks.ts';
import { asCData, typeName } from '../vm/cdata.ts';
import {
  arg,
  callerError,
  createTable,
  data,
  getField,
  nil,
  pushTable,
  pushValue,
  string,
} from '../vm/host.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isFunction, isNumber, isTable, nilObject, Tag } from '../vm/value.ts';
import type { DbContext } from './context.ts';
import { asTuple, TupleData } from './tuple-data.ts';

const requestNames = new Map<number, string>([
  [IprotoType.INSERT, 'INSERT'],
  [IprotoType.REPLACE, 'REPLACE'],
  [IprotoType.UPDATE, 'UPDATE'],
  [IprotoType.DELETE, 'DELETE'],
  [IprotoType.UPSERT, 'UPSERT'],
]);

/** The Lua functions behind triggers. Outlives the methods, which are made anew whenever their space changes. */
const triggerSources = new WeakMap<object, TValue>();

function spaceOf(context: DbContext, L: LuaState, method: string): Space {
  const self = arg(L, 1);
  const id = isTable(self) ? getField(self.value, 'id') : nilObject;
  if (!isNumber(id)) throw callerError(`usage: space:${method}(function | nil, [function | nil])`);
  const space = context.instance.box.schema.space(id.value);
  if (space === undefined) throw clientError('NO_SUCH_SPACE', `#${id.value}`);
  return space;
}

/**
 * The rules that all triggers of the real server share: `(new)` adds, `(new, old)` replaces, `(nil, old)` removes, `()` lists.
 * The list is in the order in which they were added.
 * @param triggers what runs, the newest first
 * @param sources the Lua functions behind them
 */
export function editTriggers<T extends object>(
  L: LuaState,
  first: number,
  triggers: T[],
  sources: WeakMap<T, TValue>,
  wrap: (f: TValue) => T,
): number {
  const added = arg(L, first);
  const removed = arg(L, first + 1);
  const count = L.top - L.ci.funcOff - first;
  if (count <= 0 || (added.type === Tag.NIL && removed.type === Tag.NIL)) {
    const list = createTable(triggers.length);
    triggers.forEach((trigger, at) => {
      list.setNumber(triggers.length - at, sources.get(trigger) ?? nilObject);
    });
    return pushTable(L, list);
  }
  if (
    (added.type !== Tag.NIL && !isFunction(added)) ||
    (removed.type !== Tag.NIL && !isFunction(removed))
  ) {
    throw callerError('trigger reset: incorrect arguments');
  }
  const at = triggers.findIndex((trigger) => sources.get(trigger)?.value === removed.value);
  if (removed.type !== Tag.NIL && at < 0) throw callerError('trigger reset: Trigger is not found');
  if (added.type === Tag.NIL) {
    triggers.splice(at, 1);
    return 0;
  }
  const trigger = wrap(copy(added));
  sources.set(trigger, copy(added));
  if (at >= 0) triggers.splice(at, 1, trigger);
  else triggers.unshift(trigger);
  return pushValue(L, added);
}

const tupleValue = (tuple: Tuple | undefined): TValue =>
  tuple === undefined ? nil() : data(new TupleData(tuple));

export function onReplaceOf(context: DbContext): HostFunction {
  const wrap =
    (f: TValue): Space['onReplace'][number] =>
    (oldTuple, newTuple, on, type) => {
      callForBox(context.vm, f, [
        tupleValue(oldTuple),
        tupleValue(newTuple),
        string(on.name),
        string(requestNames.get(type) ?? ''),
      ]);
    };
  return (L) =>
    editTriggers(L, 2, spaceOf(context, L, 'on_replace').onReplace, triggerSources, wrap);
}

export function beforeReplaceOf(context: DbContext): HostFunction {
  const wrap =
    (f: TValue): Space['beforeReplace'][number] =>
    (oldTuple, newTuple, on, type) => {
      const [result] = callForBox(context.vm, f, [
        tupleValue(oldTuple),
        tupleValue(newTuple),
        string(on.name),
        string(requestNames.get(type) ?? ''),
      ]);
      // No result keeps the new tuple, nil drops the change.
      if (result === undefined) return newTuple;
      if (result.type === Tag.NIL || asCData(result) === nullPointer) return undefined;
      const tuple = asTuple(result);
      if (tuple === undefined) throw clientError('BEFORE_REPLACE_RET', typeName(result));
      return tuple;
    };
  return (L) =>
    editTriggers(L, 2, spaceOf(context, L, 'before_replace').beforeReplace, triggerSources, wrap);
}
