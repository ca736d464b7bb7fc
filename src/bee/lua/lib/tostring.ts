import { asCData, CData, typeName } from '../vm/cdata.ts';
import { getField } from '../vm/host.ts';
import { formatNumber } from '../vm/number-format.ts';
import type { LuaTable } from '../vm/table.ts';
import { objectId } from '../vm/table-hash.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { isString, isTable, isUserdata, nilObject, Tag, utf8 } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { builtinNumber } from './builtin-numbers.ts';

/** The metatable of a value, or null. */
export function metatableOf(L: LuaState, slot: TValue): LuaTable | null {
  if (isTable(slot) || isUserdata(slot)) return slot.value.metatable;
  return L.l_G.mt[slot.type & 15] ?? null;
}

/** A metamethod of a value by its name; `nilObject` when there is none. */
export function metamethod(L: LuaState, slot: TValue, name: string): TValue {
  const metatable = metatableOf(L, slot);
  return metatable === null ? nilObject : getField(metatable, name);
}

/** What `tostring` gives, without metamethods. */
export function plainText(slot: TValue): Uint8Array {
  if (isString(slot)) return slot.value.realstring;
  switch (slot.type) {
    case Tag.NIL:
      return utf8('nil');
    case Tag.BOOLEAN:
      return utf8(slot.value === true ? 'true' : 'false');
    case Tag.NUMBER:
      return utf8(formatNumber(Number(slot.value)));
    default:
      return utf8(objectText(slot));
  }
}

function objectText(slot: TValue): string {
  const number = builtinNumber(slot.value);
  if (number !== undefined) return `function: builtin#${number}`;
  const cdata = asCData(slot);
  if (cdata !== undefined) return cdata.toText();
  const address = (objectId(slot.value) >>> 0).toString(16).padStart(8, '0');
  return `${typeName(slot)}: 0x${address}`;
}

/** What `tostring` gives; a metamethod is called at once and cannot suspend. */
export function textOf(vm: LuaVm, L: LuaState, slot: TValue): Uint8Array {
  if (!(slot.value instanceof CData) || slot.value.metatable !== null) {
    const method = metamethod(L, slot, '__tostring');
    if (method.type !== Tag.NIL) {
      const [result = nilObject] = vm.callNow(method, [slot]);
      return plainText(result);
    }
  }
  return plainText(slot);
}
