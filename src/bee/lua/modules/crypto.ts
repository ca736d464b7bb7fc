/** The `crypto` module: digests and keyed digests of @noble/hashes, AES of `../lib/cipher.ts`. */
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concat } from '../../base/bytes.ts';
import { md4 } from '../lib/md4.ts';
import { hex } from '../lib/string-extensions.ts';
import {
  arg,
  builtinError,
  callerError,
  hostFunction,
  library,
  pushBytes,
  pushTable,
  pushText,
  setField,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isString, isTable, LuaError, Tag } from '../vm/value.ts';
import { makeCiphers } from './crypto-cipher.ts';

const keyedHashes = { md5, ripemd160, sha1, sha224, sha256, sha384, sha512 };
const hashes: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = { ...keyedHashes, md4 };

/** The `crypto` module: `digest`, `hmac` and `cipher`. */
export function makeCryptoModule(): LuaTable {
  const digests = new LuaTable(0, 0);
  for (const [name, hash] of Object.entries(hashes)) {
    const compute: HostFunction = (L) => {
      const slot = arg(L, 2);
      if (!isString(slot)) throw builtinError('crypto', 323, `Usage: digest.${name}(string)`);
      return pushBytes(L, hash(slot.value.realstring));
    };
    const make: HostFunction = (L) => pushTable(L, digestObject(hash));
    setField(digests, name, table(callable({ new: make }, compute)));
  }
  const keyed = new LuaTable(0, 0);
  for (const [name, hash] of Object.entries(keyedHashes)) {
    const compute = (key: Uint8Array, message: Uint8Array): Uint8Array => hmac(hash, key, message);
    const make: HostFunction = (L) => pushTable(L, hmacObject(compute, keyOf(arg(L, 1))));
    const once = (L: LuaState): Uint8Array => hmacOf(L, name, compute);
    const object = callable({ new: make }, (L) => pushBytes(L, once(L)));
    setField(keyed, name, table(object));
    const inHex = callable({ new: make }, (L) => pushText(L, hex(once(L))));
    setField(keyed, `${name}_hex`, table(inHex));
  }
  const module = new LuaTable(0, 0);
  setField(module, 'digest', table(withRefusal(digests, 'Digest method')));
  setField(module, 'hmac', table(withRefusal(keyed, 'HMAC method')));
  setField(module, 'cipher', table(withRefusal(makeCiphers(), 'Cipher method')));
  return module;
}

/** A table that is called like a function. The call has the table as its first argument. */
export function callable(functions: Record<string, HostFunction>, call: HostFunction): LuaTable {
  const made = library(functions);
  made.metatable = library({ __call: call });
  return made;
}

function withRefusal(group: LuaTable, what: string): LuaTable {
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

/** What is fed piece by piece. Undefined once its result was taken: it must be begun again. */
interface Feed {
  parts: Uint8Array[] | undefined;
}

function digestObject(hash: (bytes: Uint8Array) => Uint8Array): LuaTable {
  const feed: Feed = { parts: [] };
  return objectWith('Digest', 125, 116, feed, {
    init: () => {
      feed.parts = [];
      return 0;
    },
    result: (L) => pushBytes(L, hash(taken(feed, 'Digest'))),
  });
}

function hmacObject(
  compute: (key: Uint8Array, message: Uint8Array) => Uint8Array,
  firstKey: Uint8Array | undefined,
): LuaTable {
  if (firstKey === undefined) {
    throw new LuaError('Key should be specified for HMAC operations', 'none');
  }
  let key = firstKey;
  const feed: Feed = { parts: [] };
  return objectWith('HMAC', 197, 193, feed, {
    init: (L) => {
      key = keyOf(arg(L, 2)) ?? key;
      feed.parts = [];
      return 0;
    },
    result: (L) => pushBytes(L, compute(key, taken(feed, 'HMAC'))),
  });
}

/** An object with `update`, `free` and its own methods. Lines are those of the real server's errors. */
function objectWith(
  what: string,
  inputLine: number,
  selfLine: number,
  feed: Feed,
  own: Record<string, HostFunction>,
): LuaTable {
  const methods = library({
    ...own,
    update: (L) => {
      checkSelf(arg(L, 1), selfLine);
      if (feed.parts === undefined) throw new LuaError(`${what} not initialized`, 'caller');
      const input = arg(L, 2);
      if (!isString(input)) throw notIndexed('local', 'input', input, inputLine);
      feed.parts.push(input.value.realstring);
      return 0;
    },
    free: () => {
      feed.parts = undefined;
      return 0;
    },
  });
  const object = new LuaTable(0, 0);
  object.metatable = new LuaTable(0, 0);
  setField(object.metatable, '__index', table(methods));
  return object;
}

function taken(feed: Feed, what: string): Uint8Array {
  const { parts } = feed;
  if (parts === undefined) throw new LuaError(`${what} not initialized`, 'caller');
  feed.parts = undefined;
  return concat(parts);
}

/** What LuaJIT says where the real module, which is written in Lua, indexes something that it was given. */
export function notIndexed(kind: string, name: string, value: TValue, line: number): LuaError {
  const type = value.type === Tag.NIL ? 'nil' : luaTypeName(value);
  return builtinError('crypto', line, `attempt to index ${kind} '${name}' (a ${type} value)`);
}

function luaTypeName(value: TValue): string {
  if (isTable(value)) return 'table';
  if (value.type === Tag.NUMBER) return 'number';
  if (value.type === Tag.BOOLEAN) return 'boolean';
  return value.type === Tag.USERDATA ? 'userdata' : 'function';
}

/** A method that was called with a dot has no object. */
export function checkSelf(self: TValue, line: number): void {
  if (!isTable(self)) throw notIndexed('local', 'self', self, line);
}

function keyOf(value: TValue): Uint8Array | undefined {
  if (value.type === Tag.NIL) return undefined;
  if (!isString(value)) throw notIndexed('local', 'key', value, 187);
  return value.value.realstring;
}

function hmacOf(
  L: LuaState,
  name: string,
  compute: (key: Uint8Array, message: Uint8Array) => Uint8Array,
): Uint8Array {
  const message = arg(L, 3);
  if (arg(L, 2).type === Tag.NIL || !isString(message)) {
    throw builtinError('crypto', 346, `Usage: hmac.${name}(key, string)`);
  }
  return compute(keyOf(arg(L, 2)) ?? new Uint8Array(0), message.value.realstring);
}
