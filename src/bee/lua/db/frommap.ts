import { ClientError } from '../../box/error.ts';
import type { Space } from '../../box/space.ts';
import { nullPointer, valueBytes } from '../conversions.ts';
import {
  arg,
  callerError,
  createTable,
  data,
  getField,
  pushNil,
  pushTable,
  pushText,
  toBoolean,
} from '../vm/host.ts';
import type { LuaState } from '../vm/types.ts';
import { isString, isTable, nilObject, Slot, Tag, text } from '../vm/value.ts';
import type { DbContext } from './context.ts';
import { pushTuple } from './context.ts';

/** `space:frommap({field = value}, {table = true})`: a tuple (or list) with the values in the format's order. */
export function fromMap(context: DbContext, L: LuaState, space: Space): number {
  const map = arg(L, 2);
  const options = arg(L, 3);
  const wantsTable = isTable(options) ? getField(options.value, 'table') : nilObject;
  const areOptions = options.type === Tag.NIL || isTable(options);
  const isFlag = wantsTable.type === Tag.NIL || wantsTable.type === Tag.BOOLEAN;
  if (!isTable(map) || !areOptions || !isFlag) {
    throw callerError('Usage: space:frommap(map, opts)');
  }
  const names = space.format.dictionary.names;
  const list = createTable(names.length);
  let last = 0;
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (map.value.next(key, value)) {
    const name = isString(key) ? text(key.value.realstring) : String(key.value);
    const number = space.format.dictionary.numberOf(name);
    if (number === undefined) {
      pushNil(L);
      return 1 + pushText(L, `Unknown field '${name}'`);
    }
    list.setNumber(number + 1, value);
    last = Math.max(last, number + 1);
  }
  for (let at = 1; at <= last; at++) {
    if (list.getNumber(at).type === Tag.NIL) list.setNumber(at, data(nullPointer));
  }
  const bytes = last === 0 ? Uint8Array.of(0x90) : valueBytes(new Slot(Tag.TABLE, list));
  try {
    space.format.validate(bytes, 0);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    pushNil(L);
    return 1 + pushText(L, error.message);
  }
  if (toBoolean(wantsTable)) return pushTable(L, list);
  return pushTuple(L, context.instance.box.newTuple(bytes));
}
