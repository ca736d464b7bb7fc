/**
 * `db.error`: error objects, their table of numbers, and the last error of a fiber. `runtime.ts` notes each error that becomes a
 * Lua value in the context of the fiber that met it.
 */
import { errorCodes, errorFormats } from '../../box/errcode.ts';
import { ClientError, formatMessage, typedError } from '../../box/error.ts';
import { ErrorData } from '../error-data.ts';
import { textOf } from '../lib/tostring.ts';
import { asCData } from '../vm/cdata.ts';
import { place } from '../vm/errors.ts';
import {
  arg,
  argCount,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  library,
  number,
  pushBoolean,
  pushData,
  pushNil,
  pushTable,
  pushText,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isTable, LuaError, LuaThrow, text } from '../vm/value.ts';
import type { DbContext } from './context.ts';

function trace(error: ClientError): LuaTable {
  const place = createTable();
  setField(place, 'file', string(error.file === '' ? '[C]' : error.file));
  setField(place, 'line', number(error.file === '' ? 4294967295 : error.line));
  const list = createTable(1);
  list.setNumber(1, table(place));
  return list;
}

/** The error in a slot; undefined when it holds something else. */
export function asError(slot: TValue): ClientError | undefined {
  const cdata = asCData(slot);
  return cdata instanceof ErrorData ? cdata.error : undefined;
}

export function openError(context: DbContext): void {
  const { vm } = context;
  const { contexts } = context.instance;
  const unpack: HostFunction = (L) => {
    const error = requireError(L, 'error:unpack()');
    const t = createTable();
    setField(t, 'code', number(error.code));
    setField(t, 'base_type', string(error.type));
    setField(t, 'type', string(error.customType ?? error.type));
    if (error.customType !== undefined) setField(t, 'custom_type', string(error.customType));
    setField(t, 'message', string(error.message));
    if (error.errno !== 0) setField(t, 'errno', number(error.errno));
    setField(t, 'trace', table(trace(error)));
    if (error.prev !== undefined) setField(t, 'prev', data(ErrorData.of(error.prev)));
    for (const [name, value] of Object.entries(error.fields ?? {}))
      setField(t, name, string(value));
    return pushTable(L, t);
  };
  const raise: HostFunction = (L) => {
    if (argCount(L) === 0) throw callerError('Usage: error:raise()');
    throw asError(arg(L, 1)) ?? new LuaThrow(arg(L, 1));
  };
  const match: HostFunction = (L) => {
    const error = requireError(L, 'error:match()');
    const wanted = stringText(arg(L, 2)) ?? '';
    return pushBoolean(L, error.message.includes(wanted));
  };
  ErrorData.methods.set(
    vm.main.l_G,
    library({
      unpack,
      raise,
      match,
      set_prev: (L) => {
        const error = requireError(L, 'error:set_prev()');
        error.prev = asError(arg(L, 2));
        return 0;
      },
      __serialize: (L) => {
        const error = requireError(L, 'error:__serialize()');
        return pushText(L, error.message);
      },
    }),
  );
  const make = (L: LuaState, first: number): ClientError | undefined => {
    const what = arg(L, first);
    const args = Array.from({ length: Math.max(0, argCount(L) - first) }, (_unused, at) =>
      text(textOf(vm, L, arg(L, first + 1 + at))),
    );
    const error = errorOf(what, args);
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
    if (error === undefined) throw new LuaError('box.error(): bad arguments', 'none');
    throw error;
  };
  const t = createTable();
  for (const [name, code] of Object.entries(errorCodes)) setField(t, name, number(code));
  const functions: Readonly<Record<string, HostFunction>> = {
    new: (L) => {
      const error = argCount(L) === 0 ? undefined : make(L, 1);
      if (error === undefined) {
        throw new LuaError('Usage: box.error.new(code, args) or box.error.new(type, args)', 'none');
      }
      return pushData(L, ErrorData.of(error));
    },
    raise,
    last: (L) => {
      const last = contexts.current.lastError;
      return last === undefined ? pushNil(L) : pushData(L, ErrorData.of(last));
    },
    clear: () => {
      contexts.current.lastError = undefined;
      return 0;
    },
    set: (L) => {
      contexts.current.lastError = requireError(L, 'box.error.set(err)');
      return 0;
    },
    unpack,
  };
  const metatable = createTable();
  const methods = createTable();
  for (const [name, f] of Object.entries(functions)) setField(methods, name, hostFunction(f));
  setField(metatable, '__index', table(methods));
  setField(metatable, '__call', hostFunction(call));
  t.metatable = metatable;
  setField(context.db, 'error', table(t));
}

function requireError(L: LuaState, usage: string): ClientError {
  const error = asError(arg(L, 1));
  if (error === undefined) throw new LuaError(`Usage: ${usage}`, 'caller');
  return error;
}

/**
 * An error of what a script gives: a number and what fills the letters of its words, a table with `code`, `reason` and `type`, or
 * the name of a type of its own and a format.
 */
function errorOf(what: TValue, args: readonly string[]): ClientError | undefined {
  if (isNumber(what)) {
    const format = errorFormats[what.value] ?? 'Unknown error';
    const message =
      args.length === 0 && !format.includes('%') ? format : formatMessage(format, args);
    return new ClientError(what.value, message);
  }
  const type = stringText(what);
  if (type !== undefined) {
    const [format, ...rest] = args;
    if (format === undefined) return undefined;
    return typedError('CustomError', formatMessage(format, rest), { customType: type });
  }
  if (!isTable(what)) return undefined;
  const code = getField(what.value, 'code');
  const reason = stringText(getField(what.value, 'reason'));
  const customType = stringText(getField(what.value, 'type'));
  const number = isNumber(code) ? code.value : 0;
  const message = reason ?? errorFormats[number] ?? '';
  if (customType !== undefined) return typedError('CustomError', message, { customType });
  return new ClientError(number, message);
}

/** Where the script stands that makes an error. */
function placeOf(L: LuaState): [file: string, line: number] {
  const words = text(place(L.ci.previous));
  const match = /^(.*):(\d+): $/s.exec(words);
  return match === null ? ['', 0] : [match[1] ?? '', Number(match[2])];
}
