/**
 * `db.error`: error objects, their table of numbers, and the last error of a fiber. `runtime.ts` notes each error that becomes a
 * Lua value in the context of the fiber that met it.
 */

import { errorCodes, errorFormats } from '../../box/errcode.ts';
import { ClientError } from '../../box/error.ts';
import { nullPointer } from '../conversions.ts';
import { ErrorData, errorTrace, hasCode } from '../error-data.ts';
import { asCData, typeName } from '../vm/cdata.ts';
import { place } from '../vm/errors.ts';
import {
  arg,
  argCount,
  builtinError,
  callerError,
  checkText,
  createTable,
  data,
  getField,
  hostFunction,
  isAbsent,
  library,
  number,
  pushData,
  pushNil,
  pushTable,
  pushText,
  pushValue,
  setField,
  string,
  stringText,
  table,
  toBytes,
} from '../vm/host.ts';
import { isTailCalled } from '../vm/slot-names.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { copy, isNumber, isTable, type LuaError, LuaThrow, nilObject, text } from '../vm/value.ts';
import type { DbContext } from './context.ts';

/** The error in a slot; undefined when it holds something else. */
export function asError(slot: TValue): ClientError | undefined {
  const cdata = asCData(slot);
  return cdata instanceof ErrorData ? cdata.error : undefined;
}

export function openError(context: DbContext): void {
  const { vm } = context;
  const { contexts } = context.instance;
  const unpack: HostFunction = (L) => {
    const error = requireError(L, 159, 'error:unpack()');
    const t = createTable();
    if (hasCode(error)) setField(t, 'code', number(error.code));
    setField(t, 'base_type', string(error.type));
    setField(t, 'type', string(error.customType ?? error.type));
    if (error.customType !== undefined) setField(t, 'custom_type', string(error.customType));
    setField(t, 'message', string(error.message));
    if (error.errno !== 0) setField(t, 'errno', number(error.errno));
    setField(t, 'trace', errorTrace(error));
    if (error.prev !== undefined) setField(t, 'prev', data(ErrorData.of(error.prev)));
    for (const [name, value] of Object.entries(error.fields ?? {}))
      setField(t, name, string(value));
    return pushTable(L, t);
  };
  const raise: HostFunction = (L) => {
    if (isAbsent(L, 1)) throw usage(176, 'error:raise()');
    throw asError(arg(L, 1)) ?? new LuaThrow(arg(L, 1));
  };
  const match: HostFunction = (L) => {
    const error = requireError(L, 183, 'error:match()');
    const args = [string(error.message), ...argumentsFrom(L, 2)];
    return pushAll(L, vm.callNow(stringFunction('match'), args));
  };
  const stringFunction = (name: string): TValue => {
    const strings = getField(vm.globals, 'string');
    return isTable(strings) ? getField(strings.value, name) : nilObject;
  };
  ErrorData.methods.set(
    vm.main.l_G,
    library({
      unpack,
      raise,
      match,
      set_prev: (L) => {
        const words = 'error1:set_prev(error2)';
        const error = requireError(L, 134, words);
        const prev = asError(arg(L, 2));
        const isNone = isAbsent(L, 2) || asCData(arg(L, 2)) === nullPointer;
        if (prev === undefined && !isNone) throw usage(138, words);
        for (let at = prev; at !== undefined; at = at.prev) {
          if (at === error) throw builtinError('error', 143, 'Cycles are not allowed');
        }
        error.prev = prev;
        return 0;
      },
      __serialize: (L) => {
        const error = requireError(L, 199, 'error:__serialize()');
        return pushText(L, error.message);
      },
    }),
  );
  const format = (template: string, args: readonly TValue[]): string => {
    const [made] = vm.callNow(stringFunction('format'), [string(template), ...args]);
    return (made === undefined ? undefined : stringText(made)) ?? '';
  };
  const make = (L: LuaState, first: number): ClientError | undefined => {
    const error = errorOf(arg(L, first), argumentsFrom(L, first + 1), format);
    if (error !== undefined) error.at(...placeOf(L));
    return error;
  };
  const call: HostFunction = (L) => {
    // db.error() raises the last error again.
    if (argCount(L) <= 1) {
      const last = contexts.current.lastError;
      if (last === undefined) return 0;
      throw last;
    }
    const given = asError(arg(L, 2));
    if (given !== undefined) throw given;
    const error = make(L, 2);
    if (error === undefined) throw callerError('db.error(): bad arguments');
    throw error;
  };
  const t = createTable();
  for (const [name, code] of Object.entries(errorCodes)) setField(t, name, number(code));
  setField(t, 'injection', table(injection()));
  const functions: Readonly<Record<string, HostFunction>> = {
    new: (L) => {
      const error = argCount(L) === 0 ? undefined : make(L, 1);
      if (error === undefined) {
        throw callerError('Usage: db.error.new(code, args) or db.error.new(type, args)');
      }
      return pushData(L, ErrorData.of(error));
    },
    last: (L) => {
      const last = contexts.current.lastError;
      return last === undefined ? pushNil(L) : pushData(L, ErrorData.of(last));
    },
    clear: (L) => {
      if (argCount(L) > 0) throw callerError('db.error.clear(): bad arguments');
      contexts.current.lastError = undefined;
      return 0;
    },
    set: (L) => {
      if (argCount(L) === 0) throw callerError('Usage: db.error.set(error)');
      const error = asError(arg(L, 1));
      if (error === undefined) {
        const given = typeName(arg(L, 1));
        throw callerError(`Invalid argument #1 (error expected, got ${given})`);
      }
      contexts.current.lastError = error;
      return 0;
    },
  };
  const metatable = createTable();
  const methods = createTable();
  for (const [name, f] of Object.entries(functions)) setField(methods, name, hostFunction(f));
  setField(metatable, '__index', table(methods));
  setField(metatable, '__call', hostFunction(call));
  t.metatable = metatable;
  setField(context.db, 'error', table(t));
}

/** What the real server says to a wrong call of a method that is Lua code of its own. */
function usage(line: number, words: string): LuaError {
  return builtinError('error', line, `Usage: ${words}`);
}

function requireError(L: LuaState, line: number, words: string): ClientError {
  const error = asError(arg(L, 1));
  if (error === undefined) throw usage(line, words);
  return error;
}

function argumentsFrom(L: LuaState, first: number): TValue[] {
  const count = Math.max(0, argCount(L) - first + 1);
  return Array.from({ length: count }, (_unused, at) => copy(arg(L, first + at)));
}

function pushAll(L: LuaState, values: readonly TValue[]): number {
  for (const value of values) pushValue(L, value);
  return values.length;
}

/** `db.error.injection`: the places where a server's tests make it fail. There are none here. */
function injection(): LuaTable {
  const unknown: HostFunction = (L) =>
    pushText(L, `error: can't find error injection '${checkText(L, 1)}'`);
  return library({ info: (L) => pushTable(L, createTable()), set: unknown, get: unknown });
}

/** Bytes of a type's name that an error keeps. */
const customTypeMax = 63;

/**
 * An error of what a script gives: a number and what fills the letters of its words, a table with `code`, `reason` and `type`, or
 * the name of a type of its own and a format. Undefined when it is none of these, or when a letter has nothing to fill it.
 */
function errorOf(
  what: TValue,
  args: readonly TValue[],
  format: (template: string, args: readonly TValue[]) => string,
): ClientError | undefined {
  const custom = (code: number, message: string, name: string): ClientError =>
    new ClientError(code, message, {
      type: 'CustomError',
      customType: name.slice(0, customTypeMax),
    });
  if (isNumber(what)) {
    const code = Math.trunc(what.value);
    const template = errorFormats[code] ?? 'Unknown error';
    if (args.length === 0 && template.includes('%')) return undefined;
    return new ClientError(code, args.length === 0 ? template : format(template, args));
  }
  const type = stringText(what);
  if (type !== undefined) {
    const [first, ...rest] = args;
    const template = first === undefined ? undefined : stringText(first);
    if (template === undefined) return undefined;
    if (rest.length === 0 && template.includes('%')) return undefined;
    return custom(0, rest.length === 0 ? template : format(template, rest), type);
  }
  if (!isTable(what)) return undefined;
  const given = getField(what.value, 'code');
  const bytes = toBytes(getField(what.value, 'reason'));
  const customType = stringText(getField(what.value, 'type'));
  const code = isNumber(given) ? Math.trunc(given.value) : 0;
  const message = bytes === undefined ? '' : text(bytes);
  return customType === undefined
    ? new ClientError(code, message)
    : custom(code, message, customType);
}

/** Where the script stands that makes an error. */
function placeOf(L: LuaState): [file: string, line: number] {
  if (isTailCalled(L.ci)) return ['', 0];
  const words = text(place(L.ci.previous));
  const match = /^(.*):(\d+): $/s.exec(words);
  return match === null ? ['', 0] : [match[1] ?? '', Number(match[2])];
}
