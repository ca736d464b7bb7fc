/** Text of JSON as `json.encode` writes it. The walk over Lua values, the depth limit and `__serialize` are the binding's. */
import { numberText } from './number-text.ts';

const escapes = new Map<number, string>([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x2f, '\\/'],
  [0x5c, '\\\\'],
]);

/** Collects the bytes of one text. Commas and colons are written by the caller through `raw`. */
export class JsonWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Punctuation, `true`, `false`, `null`. */
  raw(text: string): void {
    for (let at = 0; at < text.length; at++) this.#byte(text.charCodeAt(at));
  }

  /** A string with its quotes; bytes that are not ASCII stay as they are. */
  string(bytes: Uint8Array): void {
    this.#byte(0x22);
    for (const byte of bytes) {
      const short = escapes.get(byte);
      if (short !== undefined) this.raw(short);
      else if (byte < 0x20 || byte === 0x7f) this.raw(`\\u${byte.toString(16).padStart(4, '0')}`);
      else this.#byte(byte);
    }
    this.#byte(0x22);
  }

  /** @param precision `encode_number_precision` */
  number(value: number | bigint, precision = 14): void {
    this.raw(typeof value === 'bigint' ? value.toString() : numberText(value, precision));
  }

  /** @returns the whole, its own copy */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #byte(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}
