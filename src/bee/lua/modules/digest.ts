/** The `digest` module: hashes, base64, checksums. */
import { integerOf, numberFor } from '../ffi/access.ts';
import { intType, numeric } from '../ffi/ctype.ts';
import type { NumericType } from '../ffi/ffi-number.ts';
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
import { asCData, operandName, typeName } from '../vm/cdata.ts';
import {
  arg,
  argError,
  builtinError,
  checkTable,
  getField,
  hostFunction,
  isAbsent,
  library,
  number,
  optNumber,
  pushBytes,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  record,
  setField,
  table,
  toBoolean,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, Tag } from '../vm/value.ts';
import { cipherOnce, type Way } from './crypto-cipher.ts';

/** The `digest` module. */
export function makeDigestModule(runtime: LuaRuntime): LuaTable {
  const { random } = runtime.instance.env;
  const functions: Record<string, HostFunction> = {
    base64_encode: (L) => {
      const bytes = stringArgument(L, 1, 167, base64Usage);
      const given = arg(L, 2);
      if (given.type !== Tag.NIL && !isTable(given)) {
        throw builtinError('digest', 167, `Usage: ${base64Usage}`);
      }
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
      pushBytes(L, base64Decode(stringArgument(L, 1, 190, 'digest.base64_decode(string)'))),
    urandom: (L) => {
      if (isAbsent(L, 1)) throw builtinError('digest', 230, 'Usage: digest.urandom(len)');
      return pushBytes(L, random.bytes(randomSize(arg(L, 1))));
    },
    guava: (L) => {
      const state = integerArgument(L, 1, numeric('uint64_t'));
      return pushNumber(L, guava(state, Number(integerArgument(L, 2, intType))));
    },
    pbkdf2: (L) => {
      const derived = derive(L, 147, 'digest.pbkdf2(pass, salt[,iters][,digest_len])');
      return derived === undefined ? pushNil(L) : pushBytes(L, derived);
    },
    pbkdf2_hex: (L) => {
      const derived = derive(L, 243, 'digest.pbkdf2_hex(pass, salt)');
      if (derived === undefined) {
        throw builtinError('digest', 246, "bad argument #1 to 'hex' (string expected, got nil)");
      }
      return pushText(L, hex(derived));
    },
  };
  for (const [name, hash] of Object.entries(hashes)) {
    const usage = `digest.${name}(string)`;
    const isOwn = name === 'sha1';
    functions[name] = (L) =>
      pushBytes(
        L,
        hash(stringArgument(L, 1, isOwn ? 210 : 323, usage, isOwn ? 'digest' : 'crypto')),
      );
    functions[`${name}_hex`] = (L) =>
      pushText(L, hex(hash(stringArgument(L, 1, isOwn ? 218 : 255, `digest.${name}_hex(string)`))));
  }
  functions['crc32_update'] = (L) =>
    pushNumber(
      L,
      crc32Update(checksumArgument(L), stringArgument(L, 2, 203, 'digest.crc32_update(string)')),
    );
  const module = library(functions);
  const aes256cbc = new LuaTable(0, 0);
  for (const isEncrypting of [true, false]) {
    const way: Way = { method: 'aes256', mode: 'cbc', isEncrypting };
    const cipher: HostFunction = (L) => pushBytes(L, cipherOnce(L, way, 1));
    setField(aes256cbc, isEncrypting ? 'encrypt' : 'decrypt', hostFunction(cipher));
  }
  setField(module, 'aes256cbc', table(aes256cbc));
  setField(module, 'crc32', table(makeCrc32()));
  setField(module, 'murmur', table(makeMurmur()));
  return module;
}

const base64Usage = 'digest.base64_encode(string[, table])';

function stringArgument(
  L: LuaState,
  n: number,
  line: number,
  usage: string,
  file = 'digest',
): Uint8Array {
  const slot = arg(L, n);
  if (!isString(slot)) throw builtinError(file, line, `Usage: ${usage}`);
  return slot.value.realstring;
}

/** An argument that the real module hands to C. */
function integerArgument(L: LuaState, n: number, type: NumericType): bigint {
  const value = arg(L, n);
  const isNumeric = isNumber(value) || asCData(value)?.toNumber() !== undefined;
  if (!isNumeric) {
    throw argError(L, n, `cannot convert '${operandName(value)}' to '${type.name}'`);
  }
  return integerOf(type, numberFor(type, value));
}

/** A checksum goes on from a number; the text is looked at first. */
function checksumArgument(L: LuaState): number {
  const usage = 'Usage: digest.crc32_update(string)';
  if (!isString(arg(L, 2))) throw builtinError('digest', 203, usage);
  const given = toNumber(arg(L, 1)) ?? asCData(arg(L, 1))?.toNumber();
  if (given === undefined) {
    throw argError(L, 1, "cannot convert 'nil' to 'unsigned int'");
  }
  return Number(integerOf(numeric('unsigned int'), given));
}

/** More random bytes than this are no static buffer: the real server says so, or ends. */
const randomBytesMax = 2 ** 31;

function randomSize(value: TValue): number {
  const n = toNumber(value) ?? asCData(value)?.toNumber();
  if (n === undefined) {
    const problem = `attempt to perform arithmetic on local 'size' (a ${typeName(value)} value)`;
    throw builtinError('buffer', 229, problem);
  }
  if (!(n >= 0 && n < randomBytesMax)) {
    const problem = "bad argument #1 to 'static_alloc' (size of C type is unknown or too large)";
    throw builtinError('digest', 232, problem);
  }
  return Math.trunc(n);
}

/** PBKDF2 of the arguments; undefined for counts that OpenSSL refuses. */
function derive(L: LuaState, line: number, usage: string): Uint8Array | undefined {
  const password = stringArgument(L, 1, line, usage);
  const salt = stringArgument(L, 2, line, usage);
  checkLengths(L);
  const iterations = Math.trunc(optNumber(L, 3, 100000));
  const length = Math.trunc(optNumber(L, 4, 128));
  if (iterations < 1 || length < 1) return undefined;
  return pbkdf2(password, salt, iterations, length);
}

function checkLengths(L: LuaState): void {
  const [iterations, length] = [arg(L, 3), arg(L, 4)];
  if (iterations.type !== Tag.NIL && !isNumber(iterations)) {
    throw builtinError('digest', 150, 'iters must be a number');
  }
  if (length.type === Tag.NIL) return;
  if (!isNumber(length)) throw builtinError('digest', 153, 'digest_len must be a number');
  if (length.value > 128) throw builtinError('digest', 158, 'too big digest size');
}

/** Keeps what it was given: the total length takes part in the result, which may be asked for at any time. */
class MurmurStream {
  readonly #seed: number | undefined;
  #state: Murmur;
  readonly #parts: Uint8Array[] = [];

  constructor(seed: number | undefined) {
    this.#seed = seed;
    this.#state = new Murmur(seed);
  }

  update(bytes: Uint8Array): void {
    this.#state.update(bytes);
    this.#parts.push(bytes);
  }

  result(): number {
    return this.#state.result();
  }

  clear(): void {
    this.#state = new Murmur(this.#seed);
    this.#parts.length = 0;
  }

  copy(): MurmurStream {
    const copied = new MurmurStream(this.#seed);
    for (const part of this.#parts) copied.update(part);
    return copied;
  }
}

function callable(module: LuaTable, f: HostFunction): LuaTable {
  module.metatable = new LuaTable(0, 0);
  setField(module.metatable, '__call', hostFunction(f));
  return module;
}

/** `digest.crc32`: its objects are tables whose state is their field `value`, as the real server's are. */
function makeCrc32(): LuaTable {
  const metatable = new LuaTable(0, 0);
  const make = (value: number): LuaTable => {
    const object = record({ value: number(value) });
    object.metatable = metatable;
    return object;
  };
  const state = (L: LuaState): number => toNumber(getField(checkTable(L, 1), 'value')) ?? 0;
  const methods = library({
    update: (L) => {
      const given = arg(L, 2);
      if (!isString(given)) throw builtinError('digest', 106, 'Usage crc32:update(string)');
      const next = crc32Update(state(L), given.value.realstring);
      setField(checkTable(L, 1), 'value', number(next));
      return 0;
    },
    result: (L) => pushNumber(L, state(L)),
    clear: (L) => {
      setField(checkTable(L, 1), 'value', number(crc32Begin));
      return 0;
    },
    copy: (L) => pushTable(L, make(state(L))),
  });
  setField(metatable, '__index', table(methods));
  const module = library({ new: (L) => pushTable(L, make(crc32Begin)) });
  setField(module, 'crc_begin', number(crc32Begin));
  return callable(module, (L) => {
    const given = arg(L, 2);
    if (!isString(given)) throw builtinError('digest', 139, 'Usage digest.crc32(string)');
    return pushNumber(L, crc32Update(crc32Begin, given.value.realstring));
  });
}

function makeMurmur(): LuaTable {
  const module = library({
    new: (L) => {
      const stream = new MurmurStream(murmurSeed(arg(L, 1)));
      return pushTable(L, streamTable(stream, 54, 'Usage: murhash:update(string)'));
    },
  });
  setField(module, 'default_seed', number(defaultMurmurSeed));
  return callable(module, (L) =>
    pushNumber(L, murmur(stringArgument(L, 2, 96, 'digest.murhash(string)'))),
  );
}

const defaultMurmurSeed = 13;

function murmurSeed(options: TValue): number | undefined {
  if (options.type === Tag.NIL) return undefined;
  if (!isTable(options)) {
    const problem = `attempt to index local 'opts' (a ${typeName(options)} value)`;
    throw builtinError('digest', 85, problem);
  }
  const seed = getField(options.value, 'seed');
  if (seed.type === Tag.NIL) return undefined;
  const n = isNumber(seed) ? seed.value : asCData(seed)?.toNumber();
  if (n === undefined) {
    throw builtinError('digest', 86, `cannot convert '${operandName(seed)}' to 'int [1]'`);
  }
  return n | 0;
}

function streamTable(stream: MurmurStream, line: number, usage: string): LuaTable {
  const methods = library({
    update: (L) => {
      const given = arg(L, 2);
      if (!isString(given)) throw builtinError('digest', line, usage);
      stream.update(given.value.realstring);
      return 0;
    },
    result: (L) => pushNumber(L, stream.result()),
    clear: () => {
      stream.clear();
      return 0;
    },
    copy: (L) => pushTable(L, streamTable(stream.copy(), line, usage)),
  });
  const object = new LuaTable(0, 0);
  object.metatable = new LuaTable(0, 0);
  setField(object.metatable, '__index', table(methods));
  return object;
}
