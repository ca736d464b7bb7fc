/**
 * `crypto.cipher`: AES with keys of three lengths in four modes, at once or piece by piece.
 *
 * DES is refused in the words with which the real server refuses it where its OpenSSL has no legacy provider, as today's have not.
 */

import { concat } from '../../base/bytes.ts';
import {
  AesStream,
  aesBlockBytes,
  CipherError,
  type CipherMode,
  cipherModes,
} from '../lib/cipher.ts';
import {
  arg,
  builtinError,
  hostFunction,
  library,
  pushBytes,
  pushTable,
  setField,
  stringText,
  table,
} from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isString, LuaError, Tag } from '../vm/value.ts';
import { callable, checkSelf, notIndexed } from './crypto.ts';

/** Bytes of the key by method. */
const keyBytes = { aes128: 16, aes192: 24, aes256: 32, des: 8 } as const;
type Method = keyof typeof keyBytes;

/** How one cipher works. */
export interface Way {
  readonly method: Method;
  readonly mode: CipherMode;
  readonly isEncrypting: boolean;
}

/** What OpenSSL 3 says of each failure. */
const openSslErrors: ReadonlyMap<string, string> = new Map([
  ['wrong final block length', 'error:1C80006B:Provider routines::wrong final block length'],
  ['bad decrypt', 'error:1C800064:Provider routines::bad decrypt'],
  ['unsupported', 'error:0308010C:digital envelope routines::unsupported'],
]);

/** The table of methods, each with its modes, each with `encrypt` and `decrypt`. */
export function makeCiphers(): LuaTable {
  const methods = new LuaTable(0, 0);
  // The keys are those that it was written with.
  for (const method of Object.keys(keyBytes) as Method[]) {
    const modes = new LuaTable(0, 0);
    for (const mode of cipherModes) {
      const directions = new LuaTable(0, 0);
      setField(directions, 'encrypt', table(direction({ method, mode, isEncrypting: true })));
      setField(directions, 'decrypt', table(direction({ method, mode, isEncrypting: false })));
      setField(modes, mode, table(directions));
    }
    modes.metatable = new LuaTable(0, 0);
    const refuse: HostFunction = (L) => {
      const name = stringText(arg(L, 2)) ?? '';
      throw builtinError('crypto', 388, `Cipher mode ${name} is not supported`);
    };
    setField(modes.metatable, '__index', hostFunction(refuse));
    setField(methods, method, table(modes));
  }
  return methods;
}

/** `crypto.cipher.aes128.cbc.encrypt(message, key, iv)`, called also `.new(key, iv)`. */
function direction(way: Way): LuaTable {
  return callable(
    { new: (L) => pushTable(L, new Cipher(way, arg(L, 1), arg(L, 2)).object()) },
    (L) => pushBytes(L, cipherOnce(L, way, 2)),
  );
}

/** @param first the number of the argument that is the message; key and IV follow */
export function cipherOnce(L: LuaState, way: Way, first: number): Uint8Array {
  const [key, iv] = [arg(L, first + 1), arg(L, first + 2)];
  if (key.type === Tag.NIL || iv.type === Tag.NIL) {
    throw builtinError('crypto', 414, 'Cipher not initialized');
  }
  const cipher = new Cipher(way, key, iv);
  const begun = cipher.update(arg(L, first));
  return concat([begun, cipher.finish()]);
}

class Cipher {
  readonly #way: Way;
  #key: Uint8Array | undefined;
  #iv: Uint8Array | undefined;
  #stream: AesStream | undefined;

  constructor(way: Way, key: TValue, iv: TValue) {
    this.#way = way;
    this.init(key, iv);
  }

  /** Begins a message. Key and IV that were given before stay; with only one of them it waits for the other. */
  init(key: TValue, iv: TValue): void {
    if (key.type !== Tag.NIL) this.#key = bytesOf(key, 'key', 259);
    if (iv.type !== Tag.NIL) this.#iv = bytesOf(iv, 'iv', 260);
    this.#stream = undefined;
    if (this.#key === undefined || this.#iv === undefined) return;
    const { method, mode, isEncrypting } = this.#way;
    this.#checkLengths(this.#key, this.#iv);
    if (method === 'des') throw openSslError('unsupported');
    this.#stream = new AesStream(mode, isEncrypting, this.#key, this.#iv);
  }

  #checkLengths(key: Uint8Array, iv: Uint8Array): void {
    const { method, mode } = this.#way;
    const keySize = keyBytes[method];
    if (key.length !== keySize) throw plain(`key size expected ${keySize}, got ${key.length}`);
    const ivSize = mode === 'ecb' ? 0 : method === 'des' ? 8 : aesBlockBytes;
    if (iv.length !== ivSize) throw plain(`IV size expected ${ivSize}, got ${iv.length}`);
  }

  update(input: TValue): Uint8Array {
    const stream = this.#begun();
    if (!isString(input)) throw builtinError('crypto', 272, 'Usage: cipher:update(string)');
    return stream.update(input.value.realstring);
  }

  finish(): Uint8Array {
    const stream = this.#begun();
    this.#stream = undefined;
    try {
      return stream.finish();
    } catch (error) {
      if (error instanceof CipherError) throw openSslError(error.message);
      throw error;
    }
  }

  #begun(): AesStream {
    if (this.#stream === undefined) throw new LuaError('Cipher not initialized', 'caller');
    return this.#stream;
  }

  object(): LuaTable {
    const object = new LuaTable(0, 0);
    const methods = library({
      init: (L) => {
        checkSelf(arg(L, 1), 256);
        this.init(arg(L, 2), arg(L, 3));
        return 0;
      },
      update: (L) => {
        checkSelf(arg(L, 1), 268);
        return pushBytes(L, this.update(arg(L, 2)));
      },
      result: (L) => {
        checkSelf(arg(L, 1), 287);
        return pushBytes(L, this.finish());
      },
      free: () => {
        this.#key = this.#iv = this.#stream = undefined;
        return 0;
      },
    });
    object.metatable = new LuaTable(0, 0);
    setField(object.metatable, '__index', table(methods));
    return object;
  }
}

function plain(message: string): LuaError {
  return new LuaError(message, 'none');
}

function openSslError(what: string): LuaError {
  return plain(`OpenSSL error: ${openSslErrors.get(what) ?? what}`);
}

/** The real module asks its key and IV for their length. */
function bytesOf(value: TValue, name: string, line: number): Uint8Array {
  if (isString(value)) return value.value.realstring;
  if (value.type === Tag.TABLE) {
    throw builtinError('crypto', line, "attempt to call method 'len' (a nil value)");
  }
  throw notIndexed('field', name, value, line);
}
