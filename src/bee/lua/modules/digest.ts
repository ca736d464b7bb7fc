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
  builtinError,
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
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isNumber, isString, isTable, Tag } from '../vm/value.ts';

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
      return pushBytes(L, random.bytes(checkNumber(L, 1)));
    },
    guava: (L) => {
      const data = asCData(arg(L, 1));
      const state =
        data instanceof Int64 ? data.value : BigInt(Math.trunc(toNumber(arg(L, 1)) ?? 0));
      return pushNumber(L, guava(state, checkNumber(L, 2)));
    },
    pbkdf2: (L) => {
      const usage = 'digest.pbkdf2(pass, salt[,iters][,digest_len])';
      const password = stringArgument(L, 1, 147, usage);
      const salt = stringArgument(L, 2, 147, usage);
      checkLengths(L);
      return pushBytes(L, pbkdf2(password, salt, optNumber(L, 3, 100000), optNumber(L, 4, 128)));
    },
  };
  functions['pbkdf2_hex'] = (L) => {
    const password = stringArgument(L, 1, 243, 'digest.pbkdf2_hex(pass, salt)');
    const salt = stringArgument(L, 2, 243, 'digest.pbkdf2_hex(pass, salt)');
    return pushText(L, hex(pbkdf2(password, salt, optNumber(L, 3, 100000), optNumber(L, 4, 128))));
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
      crc32Update(
        toNumber(arg(L, 1)) ?? 0,
        stringArgument(L, 2, 203, 'digest.crc32_update(string)'),
      ),
    );
  const module = library(functions);
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

function checkLengths(L: LuaState): void {
  const [iterations, length] = [arg(L, 3), arg(L, 4)];
  if (iterations.type !== Tag.NIL && !isNumber(iterations)) {
    throw builtinError('digest', 150, 'iters must be a number');
  }
  if (length.type === Tag.NIL) return;
  if (!isNumber(length)) throw builtinError('digest', 153, 'digest_len must be a number');
  if (length.value > 128) throw builtinError('digest', 158, 'too big digest size');
}

/** A checksum that is computed bit by bit. */
interface Stream {
  update(bytes: Uint8Array): void;
  result(): number;
  clear(): void;
  copy(): Stream;
}

class Crc32Stream implements Stream {
  #value: number;

  constructor(value = crc32Begin) {
    this.#value = value;
  }

  update(bytes: Uint8Array): void {
    this.#value = crc32Update(this.#value, bytes);
  }

  result(): number {
    return this.#value;
  }

  clear(): void {
    this.#value = crc32Begin;
  }

  copy(): Stream {
    return new Crc32Stream(this.#value);
  }
}

/** Keeps what it was given: the total length takes part in the result, which may be asked for at any time. */
class MurmurStream implements Stream {
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

  copy(): Stream {
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

function makeCrc32(): LuaTable {
  const module = library({
    new: (L) => pushTable(L, streamTable(new Crc32Stream(), 106, 'Usage crc32:update(string)')),
  });
  return callable(module, (L) => {
    const given = arg(L, 2);
    if (!isString(given)) throw builtinError('digest', 139, 'Usage digest.crc32(string)');
    return pushNumber(L, crc32Update(crc32Begin, given.value.realstring));
  });
}

function makeMurmur(): LuaTable {
  const module = library({
    new: (L) => {
      const options = arg(L, 1);
      const seed = isTable(options) ? toNumber(getField(options.value, 'seed')) : undefined;
      return pushTable(L, streamTable(new MurmurStream(seed), 54, 'Usage: murhash:update(string)'));
    },
  });
  return callable(module, (L) =>
    pushNumber(L, murmur(stringArgument(L, 2, 96, 'digest.murhash(string)'))),
  );
}

function streamTable(stream: Stream, line: number, usage: string): LuaTable {
  return library({
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
}
