/** Registered functions: bodies compiled for the box, and `db.func`, a table per function. */

import type { Task } from '../../base/fiber.ts';
import type { Box } from '../../box/box.ts';
import { clientError } from '../../box/error.ts';
import type { Func } from '../../box/func.ts';
import type { Tuple } from '../../box/tuple.ts';
import { MsgpackWriter } from '../../wire/msgpack.ts';
import { encodeValue } from '../conversions.ts';
import { LuaSyntaxError } from '../front/lexer.ts';
import { plainText } from '../lib/tostring.ts';
import { callForBox } from '../session-hooks.ts';
import {
  arg,
  argCount,
  boolean,
  builtinError,
  callerError,
  checkText,
  createTable,
  data,
  getField,
  isAbsent,
  library,
  number,
  pushValue,
  setField,
  string,
  table,
  toBytes,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import {
  copy,
  isFunction,
  isNumber,
  isTable,
  LuaThrow,
  nilObject,
  type Slot,
  Tag,
  text,
  utf8,
} from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import type { DbContext } from './context.ts';
import { TupleData } from './tuple-data.ts';

export class Functions {
  readonly #context: DbContext;
  readonly #listing = createTable();
  readonly #tables = new Map<number, LuaTable>();
  readonly #names = new Map<number, string>();
  readonly #metatable = createTable();

  constructor(context: DbContext) {
    this.#context = context;
    const { vm, instance } = context;
    const methods = library({
      call: vm.task((L) => this.#call(L)),
      drop: (L) => {
        instance.box.ddl.dropFunction(this.#self(L).name, undefined);
        return 0;
      },
    });
    setField(this.#metatable, '__index', table(methods));
    setField(context.db, 'func', table(this.#listing));
    const { hooks } = instance.box;
    hooks.compileFunction = (name, body, isSandboxed) => this.#compile(name, body, isSandboxed);
    hooks.evaluateFunction = (compiled, tuple) => this.#evaluate(compiled as TValue, tuple); // as `#compile` made it
    for (const func of instance.box.schema.funcs()) this.changed(func.id);
  }

  /** A function was made or dropped. */
  changed(id: number): void {
    const oldName = this.#names.get(id);
    if (oldName !== undefined) setField(this.#listing, oldName, nilObject);
    const func = this.#context.instance.box.schema.func(id);
    // Functions of SQL alone are not listed.
    if (func === undefined || !func.def.exports.lua) {
      this.#tables.delete(id);
      this.#names.delete(id);
      this.#listing.setNumber(id, nilObject);
      return;
    }
    const t = this.#tables.get(id) ?? createTable();
    this.#tables.set(id, t);
    this.#names.set(id, func.name);
    this.#fill(t, func);
    this.#listing.setNumber(id, table(t));
    setField(this.#listing, func.name, table(t));
  }

  #fill(t: LuaTable, { def }: Func): void {
    const hasBody = def.body !== '';
    setField(t, 'id', number(def.id));
    setField(t, 'name', string(def.name));
    setField(t, 'setuid', boolean(def.isSetuid));
    setField(t, 'language', string(def.language));
    setField(t, 'returns', string(def.returns));
    setField(t, 'aggregate', string(def.aggregate));
    setField(t, 'body', hasBody ? string(def.body) : nilObject);
    setField(t, 'comment', def.comment === '' ? nilObject : string(def.comment));
    const exports = createTable();
    setField(exports, 'lua', boolean(def.exports.lua));
    setField(exports, 'sql', boolean(def.exports.sql));
    setField(t, 'exports', table(exports));
    setField(t, 'is_deterministic', boolean(def.isDeterministic));
    setField(t, 'is_multikey', boolean(def.isMultikey));
    setField(t, 'is_sandboxed', hasBody ? boolean(def.isSandboxed) : nilObject);
    t.metatable = this.#metatable;
  }

  #self(L: LuaState): Func {
    const self = arg(L, 1);
    const id = isTable(self) ? getField(self.value, 'id') : nilObject;
    const func = isNumber(id) ? this.#context.instance.box.schema.func(id.value) : undefined;
    if (func === undefined) throw clientError('NO_SUCH_FUNCTION', 'unknown');
    return func;
  }

  *#call(L: LuaState) {
    const func = this.#self(L);
    const list = arg(L, 2);
    const args: Slot[] = [];
    if (isTable(list)) {
      for (let at = 1; at <= list.value.length(); at++) args.push(copy(list.value.getNumber(at)));
    } else if (!isAbsent(L, 2)) {
      throw builtinError('box/schema', 2232, 'Use func:call(table)');
    }
    return yield* this.#run(func, args);
  }

  /** `db.schema.func.call(name, ...)` */
  *callNamed(L: LuaState): Task<Push> {
    if (toBytes(arg(L, 1)) === undefined) throw callerError('Use func:call(...)');
    const name = checkText(L, 1);
    const func = this.#context.instance.box.schema.funcByName(name);
    if (func === undefined) throw clientError('NO_SUCH_FUNCTION', name);
    const count = Math.max(0, argCount(L) - 1);
    const args = Array.from({ length: count }, (_unused, at) => copy(arg(L, at + 2)));
    return yield* this.#run(func, args);
  }

  *#run(func: Func, args: readonly Slot[]): Task<Push> {
    const { box } = this.#context.instance;
    box.checkFunction(func);
    const f = func.compiled === undefined ? this.#find(func.name) : (func.compiled as TValue); // as `#compile` made it
    const results = yield* asOwner(box, func, this.#context.vm.call(f, args));
    const push: Push = (to) => {
      for (const result of results) pushValue(to, result);
      return results.length;
    };
    return push;
  }

  /** A function without a body is a global of its name, dots and all. */
  #find(name: string): TValue {
    let found: TValue = table(this.#context.vm.globals);
    for (const part of name.split('.')) {
      found = isTable(found) ? getField(found.value, part) : nilObject;
    }
    if (!isFunction(found)) throw clientError('NO_SUCH_PROC', name);
    return found;
  }

  #compile(name: string, body: string, isSandboxed: boolean): TValue {
    const { vm } = this.#context;
    const fail = (reason: string): Error => clientError('LOAD_FUNCTION', name, reason);
    const code = `return ${body}`;
    try {
      const environment = isSandboxed ? sandbox(vm.globals) : vm.globals;
      const chunk = vm.compile(utf8(code), utf8(code), environment);
      const [f] = vm.callNow({ type: Tag.LUA_CLOSURE, value: chunk }, []);
      if (f === undefined || !isFunction(f)) {
        throw fail("given body doesn't define a function");
      }
      return copy(f);
    } catch (error) {
      if (error instanceof LuaSyntaxError) throw fail(error.message);
      if (error instanceof LuaThrow) throw fail(text(plainText(error.thrown)));
      throw error;
    }
  }

  /** A functional index's key: an array of what the function returned. */
  #evaluate(compiled: TValue, tuple: Tuple): Uint8Array {
    const results = callForBox(this.#context.vm, compiled, [data(new TupleData(tuple))]);
    const writer = new MsgpackWriter();
    writer.array(results.length);
    for (const result of results) encodeValue(writer, result);
    return writer.finish();
  }
}

/** Runs a function's body with the rights of its owner, when it is declared `setuid`. */
export function* asOwner<T>(box: Box, func: Func | undefined, body: Task<T>): Task<T> {
  const owner = func?.isSetuid ? box.schema.user(func.def.owner) : undefined;
  if (owner === undefined) return yield* body;
  const own = box.current;
  const before = own.credentials;
  own.credentials = box.schema.credentialsOf(owner.name);
  try {
    return yield* body;
  } finally {
    own.credentials = before;
  }
}

/** What a sandboxed function sees: nothing that could make its result depend on more than its arguments. */
const sandboxNames = [
  'assert',
  'error',
  'ipairs',
  'math',
  'next',
  'pairs',
  'pcall',
  'print',
  'select',
  'string',
  'table',
  'tonumber',
  'tostring',
  'type',
  'unpack',
  'xpcall',
  'utf8',
]; // prettier-ignore

function sandbox(globals: LuaTable): LuaTable {
  const environment = createTable();
  for (const name of sandboxNames) setField(environment, name, getField(globals, name));
  return environment;
}
