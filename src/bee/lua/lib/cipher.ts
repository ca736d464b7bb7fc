/**
 * AES in the modes that OpenSSL gives the `crypto` module, fed piece by piece. The block cipher is @noble/ciphers'; its
 * modes take a whole message at once and know no OFB, so they are put together from blocks here.
 */
import { unsafe } from '@noble/ciphers/aes.js';
import { concat } from '../../base/bytes.ts';

export const aesBlockBytes = 16;

/** Modes by their names in `crypto.cipher.aes128.MODE`. */
export const cipherModes = ['cbc', 'cfb', 'ecb', 'ofb'] as const;
export type CipherMode = (typeof cipherModes)[number];

/** Why a message cannot be deciphered. */
export class CipherError extends Error {}

/** A message that is enciphered or deciphered piece by piece. */
export class AesStream {
  readonly #mode: CipherMode;
  readonly #isEncrypting: boolean;
  readonly #roundKeys: Uint32Array;
  /** The last ciphertext block (CBC), or the block of the key stream that is in use (CFB, OFB). */
  #chain: Uint8Array;
  /** Input that fills no block yet; of CBC and ECB that is deciphered, also a last whole block, which may be padding. */
  #rest: Uint8Array = new Uint8Array(0);
  /** CFB and OFB: how many bytes of the block of the key stream are used; the first such block is made of the IV. */
  #used = aesBlockBytes;
  /** CFB: the ciphertext of the block under way. */
  readonly #feedback: Uint8Array;

  /**
   * @param key 16, 24 or 32 bytes
   * @param iv 16 bytes; ECB has none
   */
  constructor(mode: CipherMode, isEncrypting: boolean, key: Uint8Array, iv: Uint8Array) {
    this.#mode = mode;
    this.#isEncrypting = isEncrypting;
    const isForwards = isEncrypting || mode === 'cfb' || mode === 'ofb';
    this.#roundKeys = isForwards ? unsafe.expandKeyLE(key) : unsafe.expandKeyDecLE(key);
    this.#chain = iv;
    this.#feedback = iv.slice();
  }

  /** Takes a piece of the message; gives what is certain of the result. */
  update(input: Uint8Array): Uint8Array {
    const isPadded = this.#mode === 'cbc' || this.#mode === 'ecb';
    if (!isPadded) return this.#stream(input);
    const all = concat([this.#rest, input]);
    const isHeldBack = !this.#isEncrypting && all.length % aesBlockBytes === 0 && all.length > 0;
    const whole = all.length - (all.length % aesBlockBytes) - (isHeldBack ? aesBlockBytes : 0);
    this.#rest = all.slice(whole);
    return this.#blocks(all.subarray(0, whole));
  }

  /** The rest of the result. @throws CipherError when what was deciphered does not end as a message does */
  finish(): Uint8Array {
    if (this.#mode === 'cfb' || this.#mode === 'ofb') return new Uint8Array(0);
    if (this.#isEncrypting) {
      const pad = aesBlockBytes - this.#rest.length;
      return this.#blocks(concat([this.#rest, new Uint8Array(pad).fill(pad)]));
    }
    if (this.#rest.length !== aesBlockBytes) throw new CipherError('wrong final block length');
    const last = this.#blocks(this.#rest);
    const pad = last.at(-1) ?? 0;
    const isRight =
      pad >= 1 && pad <= aesBlockBytes && last.subarray(-pad).every((byte) => byte === pad);
    if (!isRight) throw new CipherError('bad decrypt');
    return last.slice(0, aesBlockBytes - pad);
  }

  /** Enciphers a block, or deciphers one where the mode does. The input is left as it is. */
  #block(input: Uint8Array): Uint8Array {
    const block = input.slice();
    const isForwards = this.#isEncrypting || this.#mode === 'cfb' || this.#mode === 'ofb';
    return isForwards
      ? unsafe.encryptBlock(this.#roundKeys, block)
      : unsafe.decryptBlock(this.#roundKeys, block);
  }

  #blocks(input: Uint8Array): Uint8Array {
    const output = new Uint8Array(input.length);
    for (let at = 0; at < input.length; at += aesBlockBytes) {
      const block = input.slice(at, at + aesBlockBytes);
      if (this.#mode === 'ecb') output.set(this.#block(block), at);
      else if (this.#isEncrypting) {
        this.#chain = this.#block(xor(block, this.#chain));
        output.set(this.#chain, at);
      } else {
        output.set(xor(this.#block(block), this.#chain), at);
        this.#chain = block;
      }
    }
    return output;
  }

  /** CFB and OFB: the message is mixed with a stream of bytes, so it may stop anywhere. */
  #stream(input: Uint8Array): Uint8Array {
    const output = new Uint8Array(input.length);
    for (let at = 0; at < input.length; at++) {
      if (this.#used === aesBlockBytes) {
        this.#chain = this.#block(this.#mode === 'cfb' ? this.#feedback : this.#chain);
        this.#used = 0;
      }
      const place = this.#used++;
      const byte = (input[at] ?? 0) ^ (this.#chain[place] ?? 0);
      output[at] = byte;
      this.#feedback[place] = this.#isEncrypting ? byte : (input[at] ?? 0);
    }
    return output;
  }
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, at) => byte ^ (b[at] ?? 0));
}
