/** LuaJIT's math library. Its random numbers are LuaJIT's own sequence, which starts the same in every process. */
import { asCData, Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  checkNumber,
  hasArg,
  library,
  number,
  optNumber,
  pushData,
  pushNumber,
  setField,
  table,
} from '../vm/host.ts';
import { power, toNumber } from '../vm/operators.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { LuaError } from '../vm/value.ts';
import type { LuaVm } from '../vm/vm.ts';
import { TauswortheRandom } from './random.ts';

type OneToOne = (x: number) => number;

/** Opens the `math` library. */
export function openMath(vm: LuaVm): void {
  const random = new TauswortheRandom(0);
  const simple: Readonly<Record<string, OneToOne>> = {
    abs: Math.abs,
    acos: Math.acos,
    asin: Math.asin,
    atan: Math.atan,
    ceil: Math.ceil,
    cos: Math.cos,
    cosh: Math.cosh,
    exp: Math.exp,
    floor: Math.floor,
    log10: Math.log10,
    sin: Math.sin,
    sinh: Math.sinh,
    sqrt: Math.sqrt,
    tan: Math.tan,
    tanh: Math.tanh,
  };
  const functions: Record<string, HostFunction> = {
    atan2: (L) => pushNumber(L, Math.atan2(checkNumber(L, 1), checkNumber(L, 2))),
    fmod: (L) => pushNumber(L, checkNumber(L, 1) % checkNumber(L, 2)),
    frexp,
    ldexp: (L) => pushNumber(L, scaled(checkNumber(L, 1), checkNumber(L, 2))),
    log: logarithm,
    max: (L) => pushNumber(L, fold(L, larger)),
    min: (L) => pushNumber(L, fold(L, smaller)),
    modf,
    pow: (L) => pushNumber(L, power(checkNumber(L, 1), checkNumber(L, 2))),
    random: (L) => pushNumber(L, randomNumber(L, random)),
    randomseed: (L) => {
      random.seed(checkNumber(L, 1));
      return 0;
    },
  };
  for (const [name, f] of Object.entries(simple)) {
    functions[name] = (L) => pushNumber(L, f(checkNumber(L, 1)));
  }
  // LuaJIT has these in bytecode: what is no number fails where it is multiplied.
  for (const [name, factor] of [
    ['deg', 180 / Math.PI],
    ['rad', Math.PI / 180],
  ] as const) {
    functions[name] = (L) => {
      const x = toNumber(arg(L, 1));
      if (x !== undefined) return pushNumber(L, x * factor);
      const integer = asCData(arg(L, 1))?.toInteger();
      if (integer !== undefined) {
        const product = integer.value * BigInt(Math.trunc(factor));
        return pushData(L, new Int64(product, integer.isUnsigned));
      }
      const type = typeName(arg(L, 1));
      throw new LuaError(
        `[builtin:${name}]:0: attempt to perform arithmetic on a ${type} value`,
        'none',
      );
    };
  }
  const math = library(functions);
  setField(math, 'pi', number(Math.PI));
  setField(math, 'huge', number(Number.POSITIVE_INFINITY));
  setField(vm.globals, 'math', table(math));
}

// Not Math.max and Math.min: where one of two is NaN, the first one stands.
function larger(a: number, b: number): number {
  if (b > a) return b;
  return a;
}

function smaller(a: number, b: number): number {
  if (b < a) return b;
  return a;
}

function fold(L: LuaState, choose: (a: number, b: number) => number): number {
  let result = checkNumber(L, 1);
  for (let n = 2; n <= argCount(L); n++) result = choose(result, checkNumber(L, n));
  return result;
}

function logarithm(L: LuaState): number {
  const x = checkNumber(L, 1);
  if (!hasArg(L, 2)) return pushNumber(L, Math.log(x));
  const base = optNumber(L, 2, Math.E);
  if (base === 10) return pushNumber(L, Math.log10(x));
  return pushNumber(L, base === 2 ? Math.log2(x) : Math.log2(x) * (1 / Math.log2(base)));
}

function modf(L: LuaState): number {
  const x = checkNumber(L, 1);
  const whole = Math.trunc(x);
  pushNumber(L, whole);
  return 1 + pushNumber(L, Number.isFinite(x) ? x - whole : Number.isNaN(x) ? x : 0);
}

function frexp(L: LuaState): number {
  const x = checkNumber(L, 1);
  if (x === 0 || !Number.isFinite(x)) {
    pushNumber(L, x);
    return 1 + pushNumber(L, 0);
  }
  let exponent = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1);
  let fraction = scaled(x, -exponent);
  while (Math.abs(fraction) < 0.5) {
    fraction *= 2;
    exponent--;
  }
  while (Math.abs(fraction) >= 1) {
    fraction /= 2;
    exponent++;
  }
  pushNumber(L, fraction);
  return 1 + pushNumber(L, exponent);
}

/** x · 2^exponent without losing what is in range on the way. */
function scaled(x: number, exponent: number): number {
  let result = x;
  let left = Math.max(-5000, Math.min(5000, Math.trunc(exponent)));
  for (; left > 1000; left -= 1000) result *= 2 ** 1000;
  for (; left < -1000; left += 1000) result *= 2 ** -1000;
  return result * 2 ** left;
}

function randomNumber(L: LuaState, random: TauswortheRandom): number {
  const fraction = random.next();
  const count = argCount(L);
  if (count === 0) return fraction;
  const first = checkNumber(L, 1);
  if (count === 1) return Math.floor(fraction * first) + 1;
  const last = checkNumber(L, 2);
  return Math.floor(fraction * (last - first + 1)) + first;
}
