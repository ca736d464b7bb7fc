import type { Task } from '../base/fiber.ts';
import { checkUniverseAccess } from '../box/access.ts';
import { clientError, typedError } from '../box/error.ts';
import { Privilege } from '../box/privilege.ts';
import type { ProcedureEvaluator } from '../server/iproto-host.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { decodeArray, encodeValue } from './conversions.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import type { LuaRuntime } from './runtime.ts';
import { clientErrorOf } from './session-hooks.ts';
import { getField, stringText } from './vm/host.ts';
import type { TValue } from './vm/types.ts';
import { isFunction, isTable, nilObject, type Slot, Tag, utf8 } from './vm/value.ts';

/** Runs CALL and EVAL requests of clients. */
export class Evaluator implements ProcedureEvaluator {
  readonly #runtime: LuaRuntime;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  *call(name: string, args: Uint8Array): Task<Uint8Array> {
    this.#checkAccess(name);
    const target = this.#find(name);
    const given = decodeArray(args);
    return yield* this.#guarded(
      target.f,
      target.self === undefined ? given : [target.self, ...given],
    );
  }

  *eval(expression: string, args: Uint8Array): Task<Uint8Array> {
    let f: TValue;
    try {
      f = {
        type: Tag.LUA_CLOSURE,
        value: this.#runtime.vm.compile(utf8(expression), utf8('=eval')),
      };
    } catch (error) {
      if (error instanceof LuaSyntaxError) throw typedError('LuajitError', error.message);
      throw error;
    }
    return yield* this.#guarded(f, decodeArray(args));
  }

  /** A registered function asks for its own right to be executed, any other for that to everything. */
  #checkAccess(name: string): void {
    const { box } = this.#runtime.instance;
    const func = box.schema.funcByName(name);
    if (func !== undefined) box.checkFunction(func);
    else
      checkUniverseAccess(box.schema, box.current.credentials, Privilege.EXECUTE, 'function', name);
  }

  *#guarded(f: TValue, args: readonly TValue[]): Task<Uint8Array> {
    let results: Slot[];
    try {
      results = yield* this.#runtime.vm.call(f, args);
    } catch (error) {
      throw clientErrorOf(error);
    }
    const writer = new MsgpackWriter(256);
    writer.array(results.length);
    for (const result of results) encodeValue(writer, result);
    return writer.finish();
  }

  /** A function by its dotted name, `a.b.c` or `a.b:c`. @throws ClientError ER_NO_SUCH_PROC */
  #find(name: string): { f: TValue; self: TValue | undefined } {
    const [path = '', method] = name.split(':');
    let value: TValue = { type: Tag.TABLE, value: this.#runtime.vm.globals };
    for (const part of path.split('.')) {
      value = isTable(value) ? getField(value.value, part) : nilObject;
    }
    let self: TValue | undefined;
    if (method !== undefined) {
      self = value;
      value = isTable(value) ? this.#methodOf(value, method) : nilObject;
    }
    if (!isFunction(value) && stringText(value) === undefined && !isTable(value)) {
      throw clientError('NO_SUCH_PROC', name);
    }
    if (!isFunction(value)) throw clientError('NO_SUCH_PROC', name);
    return { f: value, self };
  }

  #methodOf(object: TValue, name: string): TValue {
    if (!isTable(object)) return nilObject;
    const own = getField(object.value, name);
    if (own.type !== Tag.NIL || object.value.metatable === null) return own;
    return this.#methodOf(getField(object.value.metatable, '__index'), name);
  }
}
