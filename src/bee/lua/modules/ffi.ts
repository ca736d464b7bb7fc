/**
 * The part of LuaJIT's `ffi` that programs use to say exactly which number they mean: numbers of C's types, and the null pointer.
 * There is no C to call and no memory to point into.
 */

import { nullPointer } from '../conversions.ts';
import { CNumber, numericTypes } from '../ffi-number.ts';
import { asCData, CData, Int64, Pointer, truncated } from '../vm/cdata.ts';
import {
  arg,
  callerError,
  checkNumber,
  createTable,
  data,
  hostFunction,
  isAbsent,
  library,
  pushBoolean,
  pushData,
  pushNil,
  pushNumber,
  pushText,
  setField,
  string,
  stringText,
  table,
  toBytes,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { Tag, text } from '../vm/value.ts';

/** `ffi.typeof('int')`. */
class CType extends CData {
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  override get typeName(): string {
    return this.name;
  }
  override toText(): string {
    return `ctype<${this.name}>`;
  }
}

const noMemory = 'ffi is not available beyond numbers: there is no C to call in a page';

export function makeFfiModule(): LuaTable {
  const module = library({
    new: (L) => pushData(L, make(typeName(L), arg(L, 2), isAbsent(L, 2))),
    cast: (L) => pushData(L, make(typeName(L), arg(L, 2), false)),
    typeof: (L) => pushData(L, new CType(typeName(L))),
    istype: (L) => pushBoolean(L, asCData(arg(L, 2))?.typeName === canonical(typeName(L))),
    sizeof: (L) => {
      const size = numericTypes.get(typeName(L))?.size ?? asCData(arg(L, 1))?.toNumber();
      return size === undefined ? pushNil(L) : pushNumber(L, size);
    },
    cdef: () => 0,
    string: (L) => {
      const bytes = toBytes(arg(L, 1));
      if (bytes === undefined) throw callerError(noMemory);
      return pushText(L, text(isAbsent(L, 2) ? bytes : bytes.subarray(0, checkNumber(L, 2))));
    },
    errno: (L) => pushNumber(L, 0),
    abi: (L) =>
      pushBoolean(L, ['le', '64bit', 'fpu', 'hardfp'].includes(stringText(arg(L, 1)) ?? '')),
    gc: (L) => {
      L.stack[L.top++] = data(nullPointer);
      return 0;
    },
  });
  for (const name of ['metatype', 'load', 'copy', 'fill', 'offsetof', 'alignof']) {
    setField(module, name, hostFunction(refuse));
  }
  const c = createTable();
  c.metatable = createTable();
  setField(c.metatable, '__index', hostFunction(refuse));
  setField(module, 'C', table(c));
  setField(module, 'os', string('Linux'));
  setField(module, 'arch', string('x64'));
  return module;
}

function refuse(): number {
  throw callerError(noMemory);
}

function typeName(L: LuaState): string {
  const given = asCData(arg(L, 1));
  if (given instanceof CType) return given.name;
  return (stringText(arg(L, 1)) ?? '').replace(/\s+/g, ' ').trim();
}

function canonical(name: string): string {
  return numericTypes.get(name)?.name ?? name;
}

function make(name: string, value: TValue, isMissing: boolean): CData {
  if (/\*$/.test(name)) {
    const address = toNumber(value) ?? 0;
    return address === 0 ? nullPointer : new Pointer(address, name.replace(/\s*\*$/, ''));
  }
  const type = numericTypes.get(name);
  if (type === undefined) throw callerError(noMemory);
  const given = asCData(value);
  const n = isMissing
    ? 0
    : given instanceof Int64
      ? given.value
      : value.type === Tag.BOOLEAN
        ? Number(value.value)
        : (given?.toNumber() ?? toNumber(value));
  if (n === undefined) {
    const from = given?.typeName ?? (value.type === Tag.STRING ? 'string' : 'nil');
    throw callerError(`cannot convert '${from}' to '${type.name}'`);
  }
  if (type.kind !== 'integer')
    return new CNumber(type, type.kind === 'bool' ? (n ? 1 : 0) : Number(n));
  const whole = typeof n === 'bigint' ? n : truncated(n);
  if (type.size === 8) return new Int64(whole, type.isUnsigned);
  const bits = 8 * type.size;
  const cut = type.isUnsigned ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole);
  return new CNumber(type, Number(cut));
}
