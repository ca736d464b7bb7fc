/** `db.sequence`: a table per sequence, by name; its methods draw and set. */
import { asCData, Int64, typeName } from '../vm/cdata.ts';
import {
  arg,
  boolean,
  builtinError,
  createTable,
  data,
  getField,
  hostFunction,
  library,
  number,
  pushData,
  pushNumber,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { isNumber, isTable, LuaError, nilObject } from '../vm/value.ts';
import { afterWrite, type DbContext } from './context.ts';
import { toDdlValue } from './ddl-values.ts';

export class Sequences {
  readonly #context: DbContext;
  readonly #listing = createTable();
  readonly #tables = new Map<number, LuaTable>();
  readonly #names = new Map<number, string>();
  readonly #metatable = createTable();

  constructor(context: DbContext) {
    this.#context = context;
    setField(this.#metatable, '__index', table(this.#methods()));
    setField(context.db, 'sequence', table(this.#listing));
  }

  tableOf(id: number): LuaTable | undefined {
    return this.#tables.get(id);
  }

  /** A sequence was made, changed or dropped. */
  changed(id: number): void {
    const name = this.#names.get(id);
    if (name !== undefined) setField(this.#listing, name, nilObject);
    this.#listing.setNumber(id, nilObject);
    const sequence = this.#context.instance.box.schema.sequence(id);
    if (sequence === undefined) {
      this.#tables.delete(id);
      this.#names.delete(id);
      return;
    }
    const { def } = sequence;
    const t = this.#tables.get(id) ?? createTable();
    setField(t, 'id', number(def.id));
    setField(t, 'uid', number(def.owner));
    setField(t, 'name', string(def.name));
    for (const field of ['step', 'min', 'max', 'start', 'cache'] as const) {
      setField(t, field, integer(def[field]));
    }
    setField(t, 'cycle', boolean(def.isCycle));
    t.metatable = this.#metatable;
    this.#tables.set(id, t);
    this.#names.set(id, def.name);
    setField(this.#listing, def.name, table(t));
    this.#listing.setNumber(def.id, table(t));
  }

  #methods(): LuaTable {
    const { box } = this.#context.instance;
    const methods = library({
      next: (L) => {
        const value = box.sequenceNext(idOf(L, 1817));
        return afterWrite(this.#context, L, (to) => pushInteger(to, value));
      },
      // 64 bits wide whatever the value: the real server reads it through ffi.
      current: (L) => pushData(L, new Int64(box.sequenceCurrent(idOf(L, 1822)), false)),
      set: (L) => {
        box.sequenceSet(idOf(L, 1830), integerOf(arg(L, 2)));
        return afterWrite(this.#context, L, () => 0);
      },
      reset: (L) => {
        box.sequenceReset(idOf(L, 1834));
        return afterWrite(this.#context, L, () => 0);
      },
      alter: (L) => {
        box.ddl.alterSequence(idOf(L, 1838), toDdlValue(this.#context.vm, arg(L, 2)));
        return afterWrite(this.#context, L, () => 0);
      },
    });
    const drop = (L: LuaState): number => {
      box.ddl.dropSequence(idOf(L, 1842), undefined);
      return afterWrite(this.#context, L, () => 0);
    };
    setField(methods, 'drop', hostFunction(drop));
    return methods;
  }
}

/** @param line where the real server's Lua code reads it */
function idOf(L: LuaState, line: number): number {
  const self = arg(L, 1);
  if (!isTable(self)) {
    const words = `attempt to index local 'self' (a ${typeName(self)} value)`;
    throw builtinError('box/schema', line, words);
  }
  const id = getField(self.value, 'id');
  if (isNumber(id)) return id.value;
  throw new LuaError(`bad argument #1 to '?' (number expected, got ${typeName(id)})`, 'none');
}

const leastInteger = -(2n ** 63n);

function integerOf(slot: TValue): bigint {
  if (isNumber(slot)) {
    // A C cast: what does not fit is the least integer.
    return Math.abs(slot.value) < 2 ** 63 ? BigInt(Math.trunc(slot.value)) : leastInteger;
  }
  const large = asCData(slot);
  if (large instanceof Int64) return large.value;
  throw new LuaError('expected int64_t as 2 argument', 'none');
}

/** A number, where a double holds it exactly; else 64-bit cdata. */
function integer(value: bigint): TValue {
  const near = Number(value);
  return Number.isSafeInteger(near)
    ? number(near)
    : data(new Int64(value, value > 0n && value >= 2n ** 63n));
}

function pushInteger(L: LuaState, value: bigint): number {
  const near = Number(value);
  return Number.isSafeInteger(near) ? pushNumber(L, near) : pushData(L, new Int64(value, false));
}
