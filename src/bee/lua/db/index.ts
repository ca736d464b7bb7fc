/**
 * `db`: the database in Lua, `box` in the real server. Bindings are thin: arguments become MessagePack (`conversions.ts`), the
 * box does the work and finds the words, results come back as cdata.
 *
 * Before the first `db.cfg` most of it is missing, and asking for it says what to do, as in the real server.
 */

import type { LuaRuntime } from '../runtime.ts';
import { createTable, hostFunction, number, setField, string, table } from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { isNumber, isString, LuaError, Slot, Tag, text } from '../vm/value.ts';
import { openCfg } from './cfg.ts';
import type { DbContext } from './context.ts';
import { openError } from './error.ts';
import { Functions } from './functions.ts';
import { openInfo } from './info.ts';
import { openInternal } from './internal.ts';
import { openSchema } from './schema.ts';
import { Sequences } from './sequences.ts';
import { openEarly, openServer } from './server.ts';
import { openSession } from './session.ts';
import { SpaceTables } from './spaces.ts';
import { openTransactions } from './transactions.ts';
import { openTuple } from './tuple.ts';

/** Makes the global `db`. */
export function installDb(runtime: LuaRuntime): void {
  const { vm, instance } = runtime;
  const db = createTable();
  const context: DbContext = { vm, instance, db };
  setField(vm.globals, 'db', table(db));
  const schemaInitTriggers = openEarly(context, runtime);
  openError(context);
  openTuple(context);
  openSession(context, runtime);

  // What needs a configured server is made now, so that its hooks see every space come, and shown later.
  const hidden = createTable();
  const later: DbContext = { vm, instance, db: hidden };
  const sequences = new Sequences(later);
  const spaces = new SpaceTables(later);
  const functions = new Functions(later);
  openSchema(later, spaces, sequences, functions);
  openTransactions(later);
  openServer(later);
  openInfo(later);
  openInternal(context);
  instance.box.hooks.onSchemaObjectChange = (kind, id) => {
    if (kind === 'sequence') sequences.changed(id);
    else if (kind === 'function') functions.changed(id);
  };
  instance.box.hooks.tableOrder = orderInTable;
  const metatable = createTable();
  setField(metatable, '__index', hostFunction(pleaseConfigure));
  db.metatable = metatable;
  openCfg(context, () => {
    db.metatable = null;
    moveInto(db, hidden);
    for (const trigger of schemaInitTriggers) vm.callNow(trigger, []);
  });
}

/** Maps in system tuples were Lua tables in the real server: their order is the one in which a table is walked. */
function orderInTable(keys: readonly (string | number)[], capacity = 0): (string | number)[] {
  const walked = createTable(0, capacity);
  for (const key of keys)
    walked.set(typeof key === 'number' ? number(key) : string(key), number(0));
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  const ordered: (string | number)[] = [];
  while (walked.next(key, value)) {
    if (isNumber(key)) ordered.push(key.value);
    else if (isString(key)) ordered.push(text(key.value.realstring));
  }
  return ordered;
}

function pleaseConfigure(): number {
  throw new LuaError('Please call db.cfg{} first');
}

function moveInto(target: LuaTable, source: LuaTable): void {
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (source.next(key, value)) target.set(key, value);
}
