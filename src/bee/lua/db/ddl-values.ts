import { DdlTable, type DdlValue } from '../../box/ddl-value.ts';
import { textOf } from '../lib/tostring.ts';
import { asCData, Int64, Pointer, typeName } from '../vm/cdata.ts';
import type { TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, Slot, Tag, text } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { asTuple } from './tuple-data.ts';

/** How deep a table of options may be nested: real ones have four levels; a cyclic one has no end. */
const depthMax = 32;

/** A Lua value as the functions of `db.schema` take it (`box/ddl-value.ts`). */
export function toDdlValue(vm: LuaVm, slot: TValue, depth = 0): DdlValue {
  if (slot.type === Tag.NIL) return undefined;
  if (slot.type === Tag.BOOLEAN) return slot.value === true;
  if (isNumber(slot)) return slot.value;
  if (isString(slot)) return text(slot.value.realstring);
  if (isTable(slot) && depth < depthMax) {
    const t = new DdlTable();
    const key = new Slot(Tag.NIL, null);
    const value = new Slot(Tag.NIL, null);
    while (slot.value.next(key, value)) {
      const name = isNumber(key) ? key.value : text(textOf(vm, vm.current, key));
      t.set(name, toDdlValue(vm, value, depth + 1));
    }
    return t;
  }
  const tuple = asTuple(slot);
  if (tuple !== undefined) return tuple;
  const data = asCData(slot);
  if (data instanceof Int64) return data.value;
  if (data instanceof Pointer && data.address === 0) return null;
  return { luaType: typeName(slot), text: text(textOf(vm, vm.current, slot)) };
}
