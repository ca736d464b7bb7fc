/** Errors of the database as Lua values: cdata with fields and methods, which print as their message. */

import { FiberCancelled } from '../base/fiber.ts';
import { ClientError, typedError } from '../box/error.ts';
import { isServerError } from '../replication/error.ts';
import { WalError } from '../wal/wal-error.ts';
import { type MethodTables, methodOf } from './extension-data.ts';
import { LibError } from './lib/lib-error.ts';
import { asCData, CData, typeName } from './vm/cdata.ts';
import {
  arg,
  builtinError,
  data,
  library,
  list,
  nil,
  number,
  pushText,
  record,
  string,
  stringText,
  table,
  toBytes,
} from './vm/host.ts';
import type { LuaTable } from './vm/table.ts';
import type { HostFunction, LuaState, TValue } from './vm/types.ts';
import { LuaError, type Slot, text } from './vm/value.ts';

/** The Lua value of an error. There is one for each error object, so that it equals itself. */
export class ErrorData extends CData {
  /** Methods by Lua state; `db/error.ts` fills it. */
  static readonly methods: MethodTables = new WeakMap();
  static readonly #known = new WeakMap<ClientError, ErrorData>();
  readonly error: ClientError;

  private constructor(error: ClientError) {
    super();
    this.error = error;
  }

  static of(error: ClientError): ErrorData {
    let known = ErrorData.#known.get(error);
    if (known === undefined) {
      known = new ErrorData(error);
      ErrorData.#known.set(error, known);
    }
    return known;
  }

  override get typeName(): string {
    return 'const struct error &';
  }

  override get metatable(): LuaTable {
    return joining;
  }

  override toText(): string {
    return this.error.message;
  }

  override newIndex(_L: LuaState, _key: TValue, _value: TValue): boolean {
    throw new LuaError('attempt to write to constant location');
  }

  /** What is written of it where a cdata cannot be: its message. */
  toSerialized(): TValue {
    return string(this.error.message);
  }

  override equals(other: TValue): boolean {
    const cdata = asCData(other);
    return cdata instanceof ErrorData && cdata.error === this.error;
  }

  override index(L: LuaState, key: TValue, out: TValue): boolean {
    const field = errorField(this.error, stringText(key) ?? '');
    if (field !== undefined) {
      out.type = field.type;
      out.value = field.value;
      return true;
    }
    if (methodOf(ErrorData.methods, L, key, out)) return true;
    out.type = 0;
    out.value = null;
    return true;
  }
}

/** `'Failed: ' .. error`, with the error on either side. */
const concat: HostFunction = (L) => {
  const textOf = (at: number): string => {
    const slot = arg(L, at);
    const bytes = toBytes(slot);
    if (bytes !== undefined) return text(bytes);
    const error = asCData(slot);
    if (error instanceof ErrorData) return error.error.message;
    const words = `attempt to concatenate local '${at === 1 ? 'lhs' : 'rhs'}'`;
    throw builtinError('error', 218, `${words} (a ${typeName(slot)} value)`);
  };
  return pushText(L, textOf(1) + textOf(2));
};
/** The metatable of all errors of all states. */
const joining = library({ __concat: concat });

/** Whether programs see a number: only the database's own classes of errors have one. */
export function hasCode(error: ClientError): boolean {
  return ['ClientError', 'AccessDeniedError', 'CustomError'].includes(error.type);
}

/** A field of an error by its name. */
export function errorField(error: ClientError, name: string): Slot | undefined {
  switch (name) {
    case 'message':
      return string(error.message);
    case 'type':
      return string(error.customType ?? error.type);
    case 'custom_type':
      return error.customType === undefined ? undefined : string(error.customType);
    case 'base_type':
      return string(error.type);
    case 'code':
      return hasCode(error) ? number(error.code) : nil();
    case 'errno':
      return error.errno === 0 ? nil() : number(error.errno);
    case 'trace':
      return errorTrace(error);
    case 'prev':
      return error.prev === undefined ? nil() : data(ErrorData.of(error.prev));
    default: {
      const field = error.fields?.[name];
      return field === undefined ? undefined : string(field);
    }
  }
}

/** Where the error was made, as a list of places; the real server's own C code has no place. */
export function errorTrace(error: ClientError): Slot {
  const place = record({
    file: string(error.file === '' ? '[C]' : error.file),
    line: number(error.file === '' ? 4294967295 : error.line),
  });
  return table(list([table(place)]));
}

/** The Lua value of what a host function threw; undefined for what is no error of Lua code's. */
export function convertError(error: unknown): Slot | LuaError | undefined {
  if (error instanceof ClientError) return data(ErrorData.of(error));
  if (error instanceof FiberCancelled) {
    return data(ErrorData.of(typedError('FiberIsCancelled', 'fiber is cancelled')));
  }
  if (error instanceof WalError || isServerError(error)) {
    return data(ErrorData.of(typedError('XlogError', error.message)));
  }
  if (error instanceof LibError) return new LuaError(error.message, 'caller');
  return undefined;
}
