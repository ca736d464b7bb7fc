/** The digests and keyed digests of the `crypto` module; its ciphers are refused. */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { md4 } from '../lib/md4.ts';
import { hex } from '../lib/string-extensions.ts';
import {
  arg,
  builtinError,
  callerError,
  hostFunction,
  library,
  pushBytes,
  pushText,
  setField,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isString } from '../vm/value.ts';

const hashes = { md5, sha1, sha224, sha256, sha384, sha512 };

export function makeCryptoModule(): LuaTable {
  const digests: Record<string, HostFunction> = {
    md4: (L) => pushBytes(L, md4(text(L, 1, 323, 'digest.md4(string)'))),
  };
  const keyed: Record<string, HostFunction> = {};
  for (const [name, hash] of Object.entries(hashes)) {
    digests[name] = (L) => pushBytes(L, hash(text(L, 1, 323, `digest.${name}(string)`)));
    const usage = `hmac.${name}(key, string)`;
    const compute = (L: LuaState): Uint8Array =>
      hmac(hash, text(L, 1, 378, usage), text(L, 2, 378, usage));
    keyed[name] = (L) => pushBytes(L, compute(L));
    keyed[`${name}_hex`] = (L) => pushText(L, hex(compute(L)));
  }
  const module = new LuaTable(0, 0);
  setField(module, 'digest', table(withRefusal(digests, 'Digest method')));
  setField(module, 'hmac', table(withRefusal(keyed, 'HMAC method')));
  setField(module, 'cipher', table(withRefusal({}, 'Cipher method')));
  return module;
}

function withRefusal(functions: Record<string, HostFunction>, what: string): LuaTable {
  const group = library(functions);
  group.metatable = new LuaTable(0, 0);
  setField(
    group.metatable,
    '__index',
    hostFunction((L) => {
      throw callerError(`${what} "${stringText(arg(L, 2)) ?? ''}" is not supported`);
    }),
  );
  return group;
}

function text(L: LuaState, n: number, line: number, usage: string): Uint8Array {
  const slot = arg(L, n);
  if (!isString(slot)) throw builtinError('crypto', line, `Usage: ${usage}`);
  return slot.value.realstring;
}
