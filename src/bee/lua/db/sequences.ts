/** `db.sequence`: a table per sequence, by name; its methods draw and set. */
import { clientError } from '../../box/error.ts';
import { asCData, Int64 } from '../vm/cdata.ts';
import {
  arg,
  boolean,
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
  }

  #methods(): LuaTable {
    const { box } = this.#context.instance;
    const methods = library({
      next: (L) => {
        const value = box.sequenceNext(idOf(L));
        return afterWrite(this.#context, L, (to) => pushInteger(to, value));
      },
      // 64 bits wide whatever the value: the real server reads it through ffi.
      current: (L) => pushData(L, new Int64(box.sequenceCurrent(idOf(L)), false)),
      set: (L) => {
        box.sequenceSet(idOf(L), integerOf(arg(L, 2)));
        return afterWrite(this.#context, L, () => 0);
      },
      reset: (L) => {
        box.sequenceReset(idOf(L));
        return afterWrite(this.#context, L, () => 0);
      },
      alter: (L) => {
        box.ddl.alterSequence(idOf(L), toDdlValue(this.#context.vm, arg(L, 2)));
        return afterWrite(this.#context, L, () => 0);
      },
    });
    const drop = (L: LuaState): number => {
      box.ddl.dropSequence(idOf(L), undefined);
      return afterWrite(this.#context, L, () => 0);
    };
    setField(methods, 'drop', hostFunction(drop));
    return methods;
  }
}

function idOf(L: LuaState): number {
  const self = arg(L, 1);
  const id = isTable(self) ? getField(self.value, 'id') : nilObject;
  if (!isNumber(id)) throw clientError('NO_SUCH_SEQUENCE', 'nil');
  return id.value;
}

function integerOf(slot: TValue): bigint {
  if (isNumber(slot)) return BigInt(Math.trunc(slot.value));
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
