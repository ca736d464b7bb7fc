import type { Tuple } from '../../box/tuple.ts';
import { fieldByPath } from '../../box/tuple-path.ts';
import { decodeTo, tupleTable } from '../conversions.ts';
import { type MethodTables, methodOf } from '../extension-data.ts';
import { asCData, CData } from '../vm/cdata.ts';
import { builtinError, library, table } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import {
  isFunction,
  isNumber,
  isString,
  isTable,
  isThread,
  type LuaError,
  Tag,
  text,
} from '../vm/value.ts';
import { formatTuple } from './tuple-text.ts';

/** A tuple in Lua: a cdata that is read like a table. Two are equal when they are the same stored tuple. */
export class TupleData extends CData {
  /** Methods by Lua state: several servers may live in one process (the simulator). */
  static readonly methods: MethodTables = new WeakMap();
  /** The generator factory behind `pairs` and `ipairs`, by Lua state. */
  static readonly pairs = new WeakMap<object, HostFunction>();
  readonly tuple: Tuple;

  constructor(tuple: Tuple) {
    super();
    this.tuple = tuple;
  }

  override get typeName(): string {
    return 'struct tuple &';
  }

  override get metatable(): LuaTable {
    return walking;
  }

  override toText(): string {
    return formatTuple(this.tuple);
  }

  /** Serializers see a list on one line. */
  toSerialized(): TValue {
    return table(tupleTable(this.tuple));
  }

  override equals(other: TValue): boolean {
    const data = asCData(other);
    if (data !== undefined) return data instanceof TupleData && data.tuple === this.tuple;
    // The real server compares addresses, and these have none that C could take.
    if (isTable(other)) throw uncomparable('table');
    if (isFunction(other)) throw uncomparable('function');
    if (other.type === Tag.BOOLEAN) throw uncomparable('bool');
    if (isThread(other)) throw uncomparable('thread');
    return false;
  }

  override length(): number {
    return this.tuple.fieldCount;
  }

  /** Fields by number, by name, by path; then methods, so that a field hides a method of its name. */
  override index(L: LuaState, key: TValue, out: TValue): boolean {
    const { tuple } = this;
    if (isNumber(key)) {
      // What is no number of a field is no field: the real server's index arithmetic finds none either.
      const at = key.value >= 1 ? tuple.fieldAt(Math.trunc(key.value) - 1) : -1;
      if (at >= 0) {
        decodeTo(tuple.slab, at, out, true);
      } else {
        out.type = Tag.NIL;
        out.value = null;
      }
      return true;
    }
    if (!isString(key)) {
      out.type = Tag.NIL;
      out.value = null;
      return true;
    }
    const name = text(key.value.realstring);
    const at = fieldByPath(tuple, name);
    if (at >= 0) {
      decodeTo(tuple.slab, at, out);
      return true;
    }
    if (methodOf(TupleData.methods, L, key, out)) return true;
    out.type = Tag.NIL;
    out.value = null;
    return true;
  }
}

function uncomparable(type: string): LuaError {
  return builtinError('box/tuple', 332, `cannot convert '${type}' to 'void *'`);
}

const walk: HostFunction = (L) => {
  const pairs = TupleData.pairs.get(L.l_G);
  return pairs === undefined ? 0 : pairs(L);
};
/** The metatable of all tuples of all states. */
const walking = library({ __pairs: walk, __ipairs: walk });

/** The tuple in a slot; undefined when it holds something else. */
export function asTuple(slot: TValue): Tuple | undefined {
  const data = asCData(slot);
  return data instanceof TupleData ? data.tuple : undefined;
}
