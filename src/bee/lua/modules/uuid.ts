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

export function makeUuidModule(runtime: LuaRuntime): LuaTable {
  const { random } = runtime.instance.env;
  const fresh = (): Uint8Array => uuidFromRandom(random.bytes(16));
  const nilUuid = new UuidData(new Uint8Array(16));
  const orderOf = (L: LuaState, n: number, usage: string): boolean => {
    const isNetwork = isNetworkOrder(stringText(arg(L, n)));
    if (isNetwork === undefined) throw callerError(usage);
    return isNetwork;
  };
  const methods = library({
    str: (L) => pushText(L, formatUuid(given(L, 'Usage: uuid:str()').bytes)),
    bin: (L) => {
      const { bytes } = given(L, 'Usage: uuid:bin()');
      return pushBytes(
        L,
        orderOf(L, 2, 'Usage: uuid:bin([byteorder])') ? bytes.slice() : swapUuid(bytes),
      );
    },
    isnil: (L) => pushBoolean(L, isNilUuid(given(L, 'Usage: uuid:isnil()').bytes)),
  });
  UuidData.methods.set(runtime.vm.main.l_G, methods);
  const module = library({
    new: (L) => pushData(L, new UuidData(fresh())),
    fromstr: (L) => {
      const text = stringText(arg(L, 1));
      if (text === undefined) throw callerError('fromstr(str)');
      const bytes = parseUuid(text);
      return bytes === undefined ? pushNil(L) : pushData(L, new UuidData(bytes));
    },
    frombin: (L) => {
      const bytes = toBytes(arg(L, 1));
      if (bytes?.length !== 16) throw callerError('frombin(bin, [byteorder])');
      const isNetwork = orderOf(L, 2, 'frombin(bin, [byteorder])');
      return pushData(L, new UuidData(isNetwork ? bytes.slice() : swapUuid(bytes)));
    },
    str: (L) => pushText(L, formatUuid(fresh())),
    bin: (L) => {
      const bytes = fresh();
      return pushBytes(L, orderOf(L, 1, 'Usage: uuid.bin([byteorder])') ? bytes : swapUuid(bytes));
    },
    is_uuid: (L) => pushBoolean(L, asCData(arg(L, 1)) instanceof UuidData),
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
