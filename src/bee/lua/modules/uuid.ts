/** The `uuid` module. */

import { UuidData } from '../extension-data.ts';
import {
  formatUuid,
  isNetworkOrder,
  isNilUuid,
  parseUuid,
  swapUuid,
  uuidFromRandom,
} from '../lib/uuid.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  callerError,
  data,
  hostFunction,
  library,
  pushBoolean,
  pushBytes,
  pushData,
  pushNil,
  pushText,
  setField,
  stringText,
  toBytes,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { LuaState } from '../vm/types.ts';

/** The `uuid` module. */
export function makeUuidModule(runtime: LuaRuntime): LuaTable {
  const { random } = runtime.instance.env;
  const fresh = (): Uint8Array => uuidFromRandom(random.bytes(16));
  const nilUuid = new UuidData(new Uint8Array(16));
  const orderOf = (L: LuaState, n: number): boolean => {
    const isNetwork = isNetworkOrder(stringText(arg(L, n)));
    if (isNetwork === undefined) {
      throw builtinError('uuid', 54, 'invalid byteorder, valid is l, b, h, n');
    }
    return isNetwork;
  };
  const methods = library({
    str: (L) => pushText(L, formatUuid(given(L, 'Usage: uuid:str()').bytes)),
    bin: (L) => {
      const { bytes } = given(L, 'Usage: uuid:bin([byteorder])');
      return pushBytes(L, orderOf(L, 2) ? bytes.slice() : swapUuid(bytes));
    },
    isnil: (L) => pushBoolean(L, isNilUuid(given(L, 'Usage: uuid:isnil()').bytes)),
  });
  UuidData.methods.set(runtime.vm.main.l_G, methods);
  const module = library({
    new: (L) => pushData(L, new UuidData(fresh())),
    fromstr: (L) => {
      const text = stringText(arg(L, 1));
      if (text === undefined) throw builtinError('uuid', 38, 'fromstr(str)');
      const bytes = parseUuid(text);
      return bytes === undefined ? pushNil(L) : pushData(L, new UuidData(bytes));
    },
    frombin: (L) => {
      const bytes = toBytes(arg(L, 1));
      if (bytes?.length !== 16) throw builtinError('uuid', 73, 'frombin(bin, [byteorder])');
      const isNetwork = orderOf(L, 2);
      return pushData(L, new UuidData(isNetwork ? bytes.slice() : swapUuid(bytes)));
    },
    str: (L) => pushText(L, formatUuid(fresh())),
    bin: (L) => {
      const bytes = fresh();
      return pushBytes(L, orderOf(L, 1) ? bytes : swapUuid(bytes));
    },
  });
  setField(module, 'NULL', data(nilUuid));
  setField(module, 'nil', data(nilUuid));
  module.metatable = new LuaTable(0, 0);
  setField(
    module.metatable,
    '__call',
    hostFunction((L) => pushData(L, new UuidData(fresh()))),
  );
  return module;
}

function given(L: LuaState, usage: string): UuidData {
  const value = asCData(arg(L, 1));
  if (!(value instanceof UuidData)) throw callerError(usage);
  return value;
}
