import type { Task } from '../base/fiber.ts';
import { checkUniverseAccess } from '../box/access.ts';
import { clientError, typedError } from '../box/error.ts';
import { Privilege } from '../box/privilege.ts';
import type { ProcedureEvaluator } from '../server/iproto-host.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { decodeArray, encodeValue } from './conversions.ts';
import { asOwner } from './db/functions.ts';
import { LuaSyntaxError } from './front/lexer.ts';
import type { LuaRuntime } from './runtime.ts';
import { clientErrorOf } from './session-hooks.ts';
import { getField, string } from './vm/host.ts';
import type { TValue } from './vm/types.ts';
import { isFunction, isTable, nilObject, Tag, utf8 } from './vm/value.ts';

/** Runs CALL and EVAL requests of clients. */
export class Evaluator implements ProcedureEvaluator {
  readonly #runtime: LuaRuntime;

  constructor(runtime: LuaRuntime) {
    this.#runtime = runtime;
  }

  *call(name: string, args: Uint8Array): Task<Uint8Array> {
    this.#checkAccess(name);
    const { box } = this.#runtime.instance;
    const func = box.schema.funcByName(name);
    // A registered function may have a body of its own; db/functions.ts compiled it to a Lua function.
    const compiled = func?.compiled as TValue | undefined;
    const target = compiled === undefined ? this.find(name) : { f: compiled, self: undefined };
    return yield* asOwner(box, func, this.#guarded(target.f, target.self, args));
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
    return yield* this.#guarded(f, undefined, args);
  }

  /** A registered function asks for its own right to be executed, any other for that to everything. */
  #checkAccess(name: string): void {
    const { box } = this.#runtime.instance;
    const func = box.schema.funcByName(name);
    if (func !== undefined) box.checkFunction(func);
    else
      checkUniverseAccess(box.schema, box.current.credentials, Privilege.EXECUTE, 'function', name);
  }

  /** What goes wrong is the client's error, also with arguments nested so deep that they cannot be read. */
  *#guarded(f: TValue, self: TValue | undefined, args: Uint8Array): Task<Uint8Array> {
    try {
      const given = decodeArray(args);
      const all = self === undefined ? given : [self, ...given];
      const results = yield* this.#runtime.vm.call(f, all);
      const writer = new MsgpackWriter(256);
      writer.array(results.length);
      // A result that cannot be written is the client's error too.
      for (const result of results) encodeValue(writer, result);
      return writer.finish();
    } catch (error) {
      throw clientErrorOf(error);
    }
  }

  /** A function by its dotted name, `a.b.c` or `a.b:c`. @throws ClientError ER_NO_SUCH_PROC */
  find(name: string): { f: TValue; self: TValue | undefined } {
    const [path = '', method] = name.split(':');
    let value: TValue = { type: Tag.TABLE, value: this.#runtime.vm.globals };
    // The real server's own clients call `box.…`: net.box does so for `index:count`.
    const own = path.replace(/^box\./, 'db.');
    for (const part of own.split('.')) value = this.#fieldOf(value, part);
    const self = method === undefined ? undefined : value;
    if (method !== undefined) value = this.#fieldOf(value, method);
    if (!isFunction(value)) throw clientError('NO_SUCH_PROC', name);
    return { f: value, self };
  }

  /** A field of a table, through its metatables. */
  #fieldOf(object: TValue, name: string): TValue {
    if (!isTable(object)) return nilObject;
    const own = getField(object.value, name);
    if (own.type !== Tag.NIL || object.value.metatable === null) return own;
    const index = getField(object.value.metatable, '__index');
    if (!isFunction(index)) return this.#fieldOf(index, name);
    return this.#runtime.vm.callNow(index, [object, string(name)])[0] ?? nilObject;
  }
}
