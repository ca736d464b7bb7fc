/** Methods of a space in Lua. Statements are executed at once; only a commit may suspend (`afterWrite`). */

import { clientError } from '../../box/error.ts';
import type { Space } from '../../box/space.ts';
import type { Tuple } from '../../box/tuple.ts';
import { decodeTo, tupleBytes } from '../conversions.ts';
import { pushIterator } from '../iterators.ts';
import { plainText } from '../lib/tostring.ts';
import { asCData, Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  isAbsent,
  number,
  pushData,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  stringText,
  table,
  toBoolean,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isTable, LuaError, nilObject, Slot, Tag, text } from '../vm/value.ts';
import { afterWrite, type DbContext, pushTupleIfAny } from './context.ts';
import { toDdlValue } from './ddl-values.ts';
import { fromMap } from './frommap.ts';
import { indexCall } from './index-methods.ts';
import { pushMsgpack } from './push.ts';
import type { SpaceTables } from './spaces.ts';
import { asTuple } from './tuple-data.ts';

/** `Use space:insert(...) instead of space.insert(...)`, as schema.lua says it. */
function spaceIdOf(L: LuaState, method: string): number {
  const self = arg(L, 1);
  const id = isTable(self) ? getField(self.value, 'id') : nilObject;
  if (!isNumber(id)) {
    const words = `Use space:${method}(...) instead of space.${method}(...)`;
    throw new LuaError(`builtin/box/schema.lua:1291: ${words}`, 'none');
  }
  return id.value;
}

/** The name that the table had when its space was last seen. */
function nameOf(L: LuaState): string {
  const self = arg(L, 1);
  return isTable(self) ? (stringText(getField(self.value, 'name')) ?? '') : '';
}

export function spaceMethods(
  context: DbContext,
  tables: SpaceTables,
): Readonly<Record<string, HostFunction>> {
  const { box } = context.instance;
  const space = (L: LuaState, method: string): Space => {
    const id = spaceIdOf(L, method);
    const found = box.schema.space(id);
    if (found === undefined) throw clientError('NO_SUCH_SPACE', nameOf(L));
    return found;
  };
  /** Calls the method of the primary index, with its own checks. */
  const onPrimary = (method: string): HostFunction => {
    const call = indexCall(context, method);
    return (L) => {
      const id = spaceIdOf(L, method);
      // A space that was dropped is one without indexes to whoever still holds its table.
      if (box.schema.space(id)?.index(0) === undefined) {
        throw clientError('NO_SUCH_INDEX_ID', 0, nameOf(L));
      }
      return call(L, id, 0);
    };
  };
  const insert: HostFunction = (L) => {
    const id = spaceIdOf(L, 'insert');
    const tuple = box.insert(id, tupleBytes(L, 2));
    return afterWrite(context, L, (to) => pushTupleIfAny(to, tuple));
  };
  const replace: HostFunction = (L) => {
    const id = spaceIdOf(L, 'replace');
    const tuple = box.replace(id, tupleBytes(L, 2));
    return afterWrite(context, L, (to) => pushTupleIfAny(to, tuple));
  };
  const ddl =
    (method: string, body: (L: LuaState, id: number) => (to: LuaState) => number): HostFunction =>
    (L) =>
      afterWrite(context, L, body(L, spaceIdOf(L, method)));

  return {
    insert,
    replace,
    put: replace,
    update: onPrimary('update'),
    delete: onPrimary('delete'),
    get: onPrimary('get'),
    count: (L) => {
      const id = spaceIdOf(L, 'count');
      if (box.schema.space(id)?.index(0) === undefined) return pushNumber(L, 0);
      return indexCall(context, 'count')(L, id, 0);
    },
    select: onPrimary('select'),
    pairs: (L) => {
      const id = spaceIdOf(L, 'pairs');
      // A space without a primary index is empty.
      if (box.schema.space(id)?.index(0) === undefined) {
        const empty = table(createTable());
        return pushIterator(context.vm, L, hostFunction(pushNil), empty, nilObject);
      }
      return indexCall(context, 'pairs')(L, id, 0);
    },
    upsert: (L) => {
      const id = spaceIdOf(L, 'upsert');
      if (!isAbsent(L, 4)) {
        const extra = text(plainText(arg(L, 4)));
        const words = `Error: extra argument in upsert call: ${extra}`;
        throw clientError('PROC_LUA', `${words}. Usage :upsert(tuple, operations)`);
      }
      if (
        ![arg(L, 2), arg(L, 3)].every((given) => isTable(given) || asTuple(given) !== undefined)
      ) {
        throw callerError('Usage space:upsert(tuple_key, ops)');
      }
      const tuple = box.upsert(id, tupleBytes(L, 2), tupleBytes(L, 3), 1);
      return afterWrite(context, L, (to) => pushTupleIfAny(to, tuple));
    },
    len: (L) => {
      const found = box.schema.space(spaceIdOf(L, 'len'));
      const primary = found?.index(0);
      return pushNumber(L, found === undefined || primary === undefined ? 0 : box.len(found.id, 0));
    },
    bsize: (L) => pushData(L, new Int64(BigInt(space(L, 'bsize').bsize), true)),
    truncate: (L) => {
      box.truncate(spaceIdOf(L, 'truncate'));
      return afterWrite(context, L, () => 0);
    },
    format: (L) => {
      const id = spaceIdOf(L, 'format');
      const format = isAbsent(L, 2) ? undefined : toDdlValue(context.vm, arg(L, 2));
      const stored = box.ddl.formatSpace(id, format);
      return afterWrite(context, L, (to) => (stored === undefined ? 0 : pushMsgpack(to, stored)));
    },
    drop: ddl('drop', (L, id) => {
      space(L, 'drop');
      const self = arg(L, 1);
      const name = isTable(self) ? getField(self.value, 'name') : nilObject;
      box.ddl.dropSpace(id, toDdlValue(context.vm, name), undefined);
      return () => 0;
    }),
    rename: ddl('rename', (L, id) => {
      space(L, 'rename');
      box.ddl.renameSpace(id, toDdlValue(context.vm, arg(L, 2)));
      return () => 0;
    }),
    create_index: ddl('create_index', (L, id) => {
      space(L, 'create_index');
      const name = toDdlValue(context.vm, arg(L, 2));
      const options = toDdlValue(context.vm, arg(L, 3));
      const { index, outcome } = box.ddl.createIndex(id, name, options);
      return (to) => {
        const t = tables.indexTableOf(index);
        const pushed = t === undefined ? pushNil(to) : pushTable(to, t);
        return outcome === 'created' ? pushed : pushed + pushText(to, outcome);
      };
    }),
    auto_increment: (L) => {
      const id = spaceIdOf(L, 'auto_increment');
      const given = arg(L, 2);
      if (box.schema.space(id)?.index(0) === undefined) {
        throw clientError('NO_SUCH_INDEX_ID', 0, nameOf(L));
      }
      if (!isTable(given)) {
        const words = `bad argument #1 to 'insert' (table expected, got ${typeName(given)})`;
        throw builtinError('box/schema', 1679, words);
      }
      const last = box.max(id, 0, emptyKey);
      insertFront(given.value, last === undefined ? number(1) : plusOne(last));
      return insert(L);
    },
    run_triggers: (L) => {
      const one = space(L, 'run_triggers');
      const given = arg(L, 2);
      if (given.type !== Tag.BOOLEAN && !isNumber(given)) {
        const what = given.type === Tag.NIL ? 'nil' : (asCData(given)?.typeName ?? typeName(given));
        const words = `bad argument #2 to 'space_run_triggers' (cannot convert '${what}' to 'bool')`;
        throw builtinError('box/schema', 1732, words);
      }
      one.runTriggers = isNumber(given) ? given.value !== 0 : toBoolean(given);
      return 0;
    },
    frommap: (L) => fromMap(context, L, space(L, 'frommap')),
    create_check_constraint: (L) => {
      spaceIdOf(L, 'create_constraint');
      throw clientError('UNSUPPORTED', 'Bee', 'check constraints: they are SQL');
    },
  };
}

const emptyKey = new Uint8Array([0x90]);

/** The first field of the greatest tuple, plus one, by the rules of Lua. */
function plusOne(tuple: Tuple): TValue {
  const first = new Slot(Tag.NIL, null);
  decodeTo(tuple.slab, tuple.firstField, first);
  if (isNumber(first)) return number(first.value + 1);
  const large = asCData(first);
  return large instanceof Int64 ? data(new Int64(large.value + 1n, large.isUnsigned)) : number(1);
}

/** `table.insert(t, 1, value)`. */
function insertFront(t: LuaTable, value: TValue): void {
  for (let at = t.length(); at >= 1; at--) t.setNumber(at + 1, t.getNumber(at));
  t.setNumber(1, value);
}
