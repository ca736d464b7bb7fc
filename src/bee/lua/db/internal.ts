/** `db.internal`: what the real server's own Lua code calls, as far as programs use it too. */
import { clientError } from '../../box/error.ts';
import { fieldUint32 } from '../../box/tuple-field.ts';
import { CData, typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  createTable,
  getField,
  hostFunction,
  isAbsent,
  library,
  number,
  pushBoolean,
  pushData,
  pushNumber,
  setField,
  stringText,
  table,
} from '../vm/host.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isTable, LuaError } from '../vm/value.ts';
import { afterWrite, type DbContext } from './context.ts';
import { toDdlValue } from './ddl-values.ts';

/** What `db.internal.new_tuple_format` gives: nothing can be done with it but to hold it. */
class FormatData extends CData {
  override get typeName(): string {
    return 'struct tuple_format *';
  }

  override toText(): string {
    return `cdata<${this.typeName}>: 0x${this.id.toString(16).padStart(8, '0')}`;
  }
}

export function openInternal(context: DbContext): void {
  const { box } = context.instance;
  const value = (L: LuaState, at: number) => toDdlValue(context.vm, arg(L, at));
  const ddl =
    (run: (L: LuaState) => void): HostFunction =>
    (L) => {
      run(L);
      return afterWrite(context, L, () => 0);
    };
  const internal = createTable();
  const collation = library({
    create: ddl((L) => box.ddl.createCollation(value(L, 1), value(L, 2), value(L, 3), value(L, 4))),
    drop: ddl((L) => box.ddl.dropCollation(value(L, 1), value(L, 2))),
    exists: (L) => pushBoolean(L, box.ddl.collation(value(L, 1)) !== undefined),
    id_by_name: (L) => {
      const found = box.ddl.collation(value(L, 1));
      if (found === undefined) {
        throw builtinError('box/schema', 2305, "attempt to index local 'coll' (a nil value)");
      }
      return pushNumber(L, fieldUint32(found, 0));
    },
  });
  setField(internal, 'collation', table(collation));
  const functions: Readonly<Record<string, HostFunction>> = {
    schema_version: (L) => pushNumber(L, box.schema.version),
    new_tuple_format: (L) => {
      if (!isAbsent(L, 1)) checkNames(arg(L, 1));
      return pushData(L, new FormatData());
    },
  };
  for (const [name, f] of Object.entries(functions)) setField(internal, name, hostFunction(f));
  setField(context.db, 'internal', table(internal));
}

/** @throws ClientError when two fields have one name */
function checkNames(format: TValue): void {
  if (!isTable(format)) throw new LuaError('attempt to index a nil value', 'none');
  const names = new Set<string>();
  for (let at = 1; at <= format.value.length(); at++) {
    const field = format.value.get(number(at));
    if (!isTable(field)) {
      throw new LuaError(`attempt to index a ${typeName(field)} value`, 'none');
    }
    const name = stringText(getField(field.value, 'name'));
    if (name === undefined) continue;
    if (names.has(name)) throw clientError('SPACE_FIELD_IS_DUPLICATE', name);
    names.add(name);
  }
}
