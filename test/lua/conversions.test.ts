/** Lua values become MessagePack and come back the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue, valueBytes } from '../../src/bee/lua/conversions.ts';
import { Int64 } from '../../src/bee/lua/vm/cdata.ts';
import { boolean, bytesValue, data, number } from '../../src/bee/lua/vm/host.ts';
import { LuaTable } from '../../src/bee/lua/vm/table.ts';
import type { TValue } from '../../src/bee/lua/vm/types.ts';
import { Slot, Tag } from '../../src/bee/lua/vm/value.ts';
import { decode, encode } from '../../src/bee/wire/msgpack.ts';
import { toHex } from '../support/hex.ts';
import { LuaWorld } from './lua-world.ts';

const world = new LuaWorld();

type Plain = boolean | number | string | Plain[];

const plain = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.string(),
    fc.array(tie('value'), { maxLength: 20 }),
  ),
})).value;

function toLua(value: Plain): TValue {
  if (typeof value === 'boolean') return boolean(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string') return bytesValue(new TextEncoder().encode(value));
  const t = new LuaTable(0, 0);
  value.forEach((item, at) => t.setNumber(at + 1, toLua(item)));
  return new Slot(Tag.TABLE, t);
}

describe('a value', () => {
  it('has the bytes of the codec', () => {
    world.answer('return 1');
    fc.assert(
      fc.property(plain, (value) => {
        expect(toHex(valueBytes(toLua(value)))).toBe(toHex(encode(normal(value))));
      }),
    );
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const bytes = valueBytes(toLua(value));
        const { value: back, end } = decodeValue(bytes, 0);
        expect(end).toBe(bytes.length);
        expect(toHex(valueBytes(back))).toBe(toHex(bytes));
      }),
    );
  });

  it('of 64 bits keeps all of them', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        const slot = data(new Int64(value, value > 0n));
        expect(BigInt(decode(valueBytes(slot)) as number | bigint)).toBe(value);
      }),
    );
  });
});

/** A whole double is an integer; zero has no sign there. */
function normal(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(normal);
  return value === 0 ? 0 : value;
}
