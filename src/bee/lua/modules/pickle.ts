/** The `pickle` module. */
import { type PickleValue, pack, unpack } from '../lib/pickle.ts';
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  checkString,
  checkText,
  library,
  pushBytes,
  pushData,
  pushNil,
  pushNumber,
  reserve,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState } from '../vm/types.ts';
import { isString } from '../vm/value.ts';

/** The `pickle` module. */
export function makePickleModule(): LuaTable {
  return library({
    pack: (L) => {
      const values = Array.from({ length: argCount(L) - 1 }, (_, at) => valueOf(L, at + 2));
      return pushBytes(L, pack(checkText(L, 1), values));
    },
    unpack: (L) => {
      const values = unpack(checkText(L, 1), checkString(L, 2));
      reserve(L, values.length);
      for (const value of values) push(L, value);
      return values.length;
    },
  });
}

function valueOf(L: LuaState, n: number): PickleValue {
  const slot = arg(L, n);
  const data = asCData(slot);
  if (data instanceof Int64) return data.value;
  if (isString(slot)) return slot.value.realstring;
  const value = toNumber(slot);
  return value !== undefined && Number.isInteger(value) ? BigInt(value) : value;
}

function push(L: LuaState, value: PickleValue): void {
  if (value === undefined) pushNil(L);
  else if (typeof value === 'number') pushNumber(L, value);
  else if (typeof value !== 'bigint') pushBytes(L, value.slice());
  else if (value > -(10n ** 14n) && value < 10n ** 14n) pushNumber(L, Number(value));
  else pushData(L, new Int64(value, value > 0n));
}
