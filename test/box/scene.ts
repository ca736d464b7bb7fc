/** How scenes are written. */
import { encode, type MsgpackValue, MsgpackWriter } from '../../src/bee/wire/msgpack.ts';
import { toHex } from '../support/hex.ts';

/** A call of `record.lua` and `player.ts`. */
export type Step = readonly [string, ...unknown[]];

export interface Scene {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A value that JavaScript writes in no other way: bytes of MessagePack as they are. */
export class Raw {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export type SceneValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Raw
  | readonly SceneValue[]
  | { readonly [key: string]: SceneValue };

/** A tuple, key or list of operations in hexadecimal. */
export function hex(...values: SceneValue[]): string {
  const writer = new MsgpackWriter();
  write(writer, values);
  return toHex(writer.finish());
}

/** A double, also where the number is whole. */
export function double(value: number): Raw {
  const writer = new MsgpackWriter();
  writer.double(value);
  return new Raw(writer.finish());
}

export function float(value: number): Raw {
  const writer = new MsgpackWriter();
  writer.float(value);
  return new Raw(writer.finish());
}

/** Bytes that are no text. */
export function binary(...bytes: number[]): Raw {
  const writer = new MsgpackWriter();
  writer.bin(Uint8Array.from(bytes));
  return new Raw(writer.finish());
}

/** A MessagePack extension: 1 is a decimal, 2 a UUID. */
export function extension(type: number, ...bytes: number[]): Raw {
  const writer = new MsgpackWriter();
  writer.ext(type, Uint8Array.from(bytes));
  return new Raw(writer.finish());
}

function write(writer: MsgpackWriter, value: SceneValue): void {
  if (value instanceof Raw) {
    writer.raw(value.bytes);
  } else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) write(writer, item);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    writer.map(entries.length);
    for (const [key, item] of entries) {
      writer.str(key);
      write(writer, item);
    }
  } else {
    // The cast is right: what is left are plain values.
    writer.raw(encode(value as MsgpackValue));
  }
}
