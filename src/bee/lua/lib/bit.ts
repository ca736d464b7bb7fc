/** LuaJIT's bit library: 32-bit operations on numbers, 64-bit ones on 64-bit integers. */
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  argTypeError,
  hasArg,
  library,
  pushData,
  pushNumber,
  pushText,
  setField,
  table,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import type { LuaState } from '../vm/types.ts';
import type { LuaVm } from '../vm/vm.ts';

type Operand = { readonly bits: number } | { readonly wide: bigint; readonly isUnsigned: boolean };

/** Opens the `bit` library. */
export function openBit(vm: LuaVm): void {
  const functions = library({
    tobit: (L) => pushNumber(L, toBits(operand(L, 1))),
    bnot: (L) =>
      unary(
        L,
        (x) => ~x,
        (x) => ~x,
      ),
    bswap: (L) => unary(L, swap32, swap64),
    lshift: (L) =>
      shift(
        L,
        (x, n) => x << n,
        (x, n) => x << n,
      ),
    rshift: (L) =>
      shift(
        L,
        (x, n) => (x >>> n) | 0,
        (x, n) => BigInt.asUintN(64, x) >> n,
      ),
    arshift: (L) =>
      shift(
        L,
        (x, n) => x >> n,
        (x, n) => BigInt.asIntN(64, x) >> n,
      ),
    rol: (L) => shift(L, rotate32, rotate64),
    ror: (L) =>
      shift(
        L,
        (x, n) => rotate32(x, 32 - n),
        (x, n) => rotate64(x, 64n - n),
      ),
    band: (L) =>
      fold(
        L,
        (a, b) => a & b,
        (a, b) => a & b,
      ),
    bor: (L) =>
      fold(
        L,
        (a, b) => a | b,
        (a, b) => a | b,
      ),
    bxor: (L) =>
      fold(
        L,
        (a, b) => a ^ b,
        (a, b) => a ^ b,
      ),
    tohex,
  });
  setField(vm.globals, 'bit', table(functions));
}

function operand(L: LuaState, n: number): Operand {
  const slot = arg(L, n);
  const cdata = asCData(slot);
  if (cdata instanceof Int64) return { wide: cdata.value, isUnsigned: cdata.isUnsigned };
  const x = toNumber(slot);
  if (x === undefined) throw argTypeError(L, n, 'number');
  return { bits: roundToBits(x) };
}

/** LuaJIT adds 2^52 + 2^51 and takes the low word: rounds to the nearest even integer, modulo 2^32. */
function roundToBits(x: number): number {
  if (!Number.isFinite(x)) return 0;
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) | 0;
}

function toBits(x: Operand): number {
  return 'bits' in x ? x.bits : Number(BigInt.asIntN(32, x.wide));
}

function pushWide(L: LuaState, value: bigint, isUnsigned: boolean): number {
  return pushData(L, new Int64(value, isUnsigned));
}

function unary(L: LuaState, narrow: (x: number) => number, wide: (x: bigint) => bigint): number {
  const x = operand(L, 1);
  return 'bits' in x ? pushNumber(L, narrow(x.bits)) : pushWide(L, wide(x.wide), x.isUnsigned);
}

function shift(
  L: LuaState,
  narrow: (x: number, n: number) => number,
  wide: (x: bigint, n: bigint) => bigint,
): number {
  const x = operand(L, 1);
  const n = toBits(operand(L, 2));
  if ('bits' in x) return pushNumber(L, narrow(x.bits, n & 31));
  return pushWide(L, wide(x.wide, BigInt(n & 63)), x.isUnsigned);
}

function fold(
  L: LuaState,
  narrow: (a: number, b: number) => number,
  wide: (a: bigint, b: bigint) => bigint,
): number {
  const operands = Array.from({ length: Math.max(1, argCount(L)) }, (_, at) => operand(L, at + 1));
  if (operands.every((x) => 'bits' in x)) {
    return pushNumber(L, operands.map(toBits).reduce(narrow));
  }
  const isUnsigned = operands.some((x) => 'wide' in x && x.isUnsigned);
  const values = operands.map((x) => ('wide' in x ? x.wide : BigInt(x.bits)));
  return pushWide(L, values.reduce(wide), isUnsigned);
}

function rotate32(x: number, n: number): number {
  return (x << (n & 31)) | (x >>> ((32 - n) & 31));
}

function rotate64(x: bigint, n: bigint): bigint {
  const u = BigInt.asUintN(64, x);
  const by = BigInt.asUintN(6, n);
  return BigInt.asUintN(64, (u << by) | (u >> (64n - by)));
}

function swap32(x: number): number {
  return ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

function swap64(x: bigint): bigint {
  let result = 0n;
  for (let n = 0n; n < 8n; n++)
    result = (result << 8n) | ((BigInt.asUintN(64, x) >> (8n * n)) & 255n);
  return result;
}

function tohex(L: LuaState): number {
  const x = operand(L, 1);
  const isWide = 'wide' in x;
  let digits = hasArg(L, 2) ? toBits(operand(L, 2)) : isWide ? 16 : 8;
  const isUpper = digits < 0;
  digits = Math.min(Math.abs(digits), isWide ? 16 : 8);
  const value = isWide ? BigInt.asUintN(64, x.wide) : BigInt(x.bits >>> 0);
  const all = value.toString(16).padStart(16, '0');
  const text = digits === 0 ? '' : all.slice(-digits);
  return pushText(L, isUpper ? text.toUpperCase() : text);
}
