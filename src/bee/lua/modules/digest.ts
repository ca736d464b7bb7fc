/** The `digest` module: hashes, base64, checksums. */
import {
  base64Decode,
  base64Encode,
  crc32Begin,
  crc32Update,
  guava,
  hashes,
  Murmur,
  murmur,
  pbkdf2,
} from '../lib/digest.ts';
import { hex } from '../lib/string-extensions.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  callerError,
  checkNumber,
  getField,
  hostFunction,
  isAbsent,
  library,
  optNumber,
  pushBytes,
  pushNumber,
  pushTable,
  pushText,
  setField,
  table,
  toBoolean,
  toBytes,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isString, isTable } from '../vm/value.ts';

export function makeDigestModule(runtime: LuaRuntime): LuaTable {
  const { random } = runtime.instance.env;
  const functions: Record<string, HostFunction> = {
    base64_encode: (L) => {
      const bytes = stringArgument(L, 1, 'digest.base64_encode(string)');
      const given = arg(L, 2);
      const option = (name: string): boolean =>
        isTable(given) && toBoolean(getField(given.value, name));
      const options = {
        urlsafe: option('urlsafe'),
        nopad: option('nopad'),
        nowrap: option('nowrap'),
      };
      return pushText(L, base64Encode(bytes, options));
    },
    base64_decode: (L) =>
      pushBytes(L, base64Decode(stringArgument(L, 1, 'digest.base64_decode(string)'))),
    urandom: (L) => {
      if (isAbsent(L, 1)) throw callerError('Usage: digest.urandom(len)');
      return pushBytes(L, random.bytes(checkNumber(L, 1)));
    },
    guava: (L) => {
      const data = asCData(arg(L, 1));
      const state =
        data instanceof Int64 ? data.value : BigInt(Math.trunc(toNumber(arg(L, 1)) ?? 0));
      return pushNumber(L, guava(state, checkNumber(L, 2)));
    },
    pbkdf2: (L) => {
      const password = stringArgument(L, 1, 'digest.pbkdf2(pass, salt[,iters[,digest_len]])');
      const salt = stringArgument(L, 2, 'digest.pbkdf2(pass, salt[,iters[,digest_len]])');
      return pushBytes(L, pbkdf2(password, salt, optNumber(L, 3, 100000), optNumber(L, 4, 128)));
    },
  };
  functions['pbkdf2_hex'] = (L) => {
    const password = stringArgument(L, 1, 'digest.pbkdf2_hex(pass, salt)');
    const salt = stringArgument(L, 2, 'digest.pbkdf2_hex(pass, salt)');
    return pushText(L, hex(pbkdf2(password, salt, optNumber(L, 3, 100000), optNumber(L, 4, 128))));
  };
  for (const [name, hash] of Object.entries(hashes)) {
    const usage = `digest.${name}(string)`;
    functions[name] = (L) => pushBytes(L, hash(stringArgument(L, 1, usage)));
    functions[`${name}_hex`] = (L) =>
      pushText(L, hex(hash(stringArgument(L, 1, `digest.${name}_hex(string)`))));
  }
  const module = library(functions);
  setField(module, 'crc32', table(makeCrc32()));
  setField(module, 'murmur', table(makeMurmur()));
  return module;
}

function stringArgument(L: LuaState, n: number, usage: string): Uint8Array {
  const slot = arg(L, n);
  if (!isString(slot)) throw callerError(`Usage: ${usage}`);
  return slot.value.realstring;
}

function callable(module: LuaTable, f: (bytes: Uint8Array) => number, usage: string): LuaTable {
  module.metatable = new LuaTable(0, 0);
  setField(
    module.metatable,
    '__call',
    hostFunction((L) => pushNumber(L, f(stringArgument(L, 2, usage)))),
  );
  return module;
}

function makeCrc32(): LuaTable {
  const usage = 'digest.crc32(string)';
  const module = library({
    new: (L) => {
      let value = crc32Begin;
      return pushTable(
        L,
        stream(
          (bytes) => {
            value = crc32Update(value, bytes);
          },
          () => value,
          () => {
            value = crc32Begin;
          },
        ),
      );
    },
  });
  return callable(module, (bytes) => crc32Update(crc32Begin, bytes), usage);
}

function makeMurmur(): LuaTable {
  const usage = 'digest.murmur(string)';
  const module = library({
    new: (L) => {
      const options = arg(L, 1);
      const seed = isTable(options) ? toNumber(getField(options.value, 'seed')) : undefined;
      let state = new Murmur(seed);
      return pushTable(
        L,
        stream(
          (bytes) => state.update(bytes),
          () => state.result(),
          () => {
            state = new Murmur(seed);
          },
        ),
      );
    },
  });
  return callable(module, (bytes) => murmur(bytes), usage);
}

function stream(
  update: (bytes: Uint8Array) => void,
  result: () => number,
  clear: () => void,
): LuaTable {
  return library({
    update: (L) => {
      const bytes = toBytes(arg(L, 2));
      if (bytes !== undefined) update(bytes);
      return 0;
    },
    result: (L) => pushNumber(L, result()),
    clear: () => {
      clear();
      return 0;
    },
  });
}
