/** The `decimal` module. */
import type { Decimal } from '../../base/decimal.ts';
import { DecimalData, toDecimal } from '../extension-data.ts';
import { exponential, logarithm, logarithm10, squareRoot } from '../lib/decimal-functions.ts';
import { absolute, precisionOf, rescale, round, scaleOf, trim } from '../lib/decimal-math.ts';
import type { LuaRuntime } from '../runtime.ts';
import { asCData } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  callerError,
  checkNumber,
  library,
  pushBoolean,
  pushData,
  pushNumber,
  pushText,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { LuaError } from '../vm/value.ts';

/** The `decimal` module. */
export function makeDecimalModule(runtime: LuaRuntime): LuaTable {
  const functions: Record<string, HostFunction> = {
    new: (L) => {
      if (argCount(L) < 1) throw callerError('usage: decimal.new(value)');
      return pushData(L, new DecimalData(toDecimal(arg(L, 1), 1)));
    },
    is_decimal: (L) => {
      if (argCount(L) < 1) throw callerError('usage: decimal.is_decimal(value)');
      return pushBoolean(L, asCData(arg(L, 1)) instanceof DecimalData);
    },
    round: (L) => scaled(L, 'round', round),
    rescale: (L) => scaled(L, 'rescale', rescale),
    trim: (L) => push(L, trim(only(L, 'trim'))),
    scale: (L) => pushNumber(L, scaleOf(only(L, 'scale'))),
    precision: (L) => pushNumber(L, precisionOf(only(L, 'precision'))),
    abs: (L) => push(L, absolute(converted(L, 'abs'))),
    tostring: (L) => pushText(L, only(L, 'tostring').toString()),
  };
  const computed = { sqrt: squareRoot, exp: exponential, ln: logarithm, log10: logarithm10 };
  for (const [name, f] of Object.entries(computed)) {
    functions[name] = (L) => push(L, f(converted(L, name)));
  }
  const module = library(functions);
  DecimalData.methods.set(runtime.vm.main.l_G, module);
  return module;
}

function push(L: LuaState, result: Decimal | undefined): number {
  if (result === undefined) throw new LuaError('decimal operation failed', 'caller');
  return pushData(L, new DecimalData(result));
}

/** The one argument, which must be a decimal. */
function only(L: LuaState, name: string): Decimal {
  if (argCount(L) < 1) throw callerError(`usage: decimal.${name}(decimal)`);
  return decimalArgument(L);
}

/** The one argument, which may be a number or a string. */
function converted(L: LuaState, name: string): Decimal {
  if (argCount(L) < 1) throw callerError(`usage: decimal.${name}(decimal)`);
  return toDecimal(arg(L, 1), 1);
}

function decimalArgument(L: LuaState): Decimal {
  const data = asCData(arg(L, 1));
  if (data === undefined) throw callerError('expected cdata as 1 argument');
  if (!(data instanceof DecimalData)) throw callerError('expected decimal as 1 argument');
  return data.decimal;
}

function scaled(L: LuaState, name: string, f: (value: Decimal, scale: number) => Decimal): number {
  if (argCount(L) < 2) throw callerError(`usage: decimal.${name}(decimal, scale)`);
  return push(L, f(decimalArgument(L), checkNumber(L, 2)));
}
