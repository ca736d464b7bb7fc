/**
 * `db`: the database in Lua, `box` in the real server. Bindings are thin: arguments become MessagePack (`conversions.ts`), the
 * box does the work and finds the words, results come back as cdata.
 *
 * Before the first `db.cfg` most of it is missing, and asking for it says what to do, as in the real server.
 */

import { callLines } from '../lib/debug.ts';
import { makeFeedback } from '../modules/lua-modules.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  createTable,
  getField,
  hostFunction,
  library,
  number,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction } from '../vm/types.ts';
import { copy, isNumber, isString, LuaError, Slot, Tag, text } from '../vm/value.ts';
import { openCfg } from './cfg.ts';
import { callLogged, type DbContext } from './context.ts';
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
  setField(hidden, 'feedback', table(feedback(runtime)));
  instance.box.hooks.onSchemaObjectChange = (kind, id) => {
    if (kind === 'sequence') sequences.changed(id);
    else if (kind === 'function') functions.changed(id);
  };
  instance.box.hooks.tableOrder = orderInTable;
  const metatable = createTable();
  setField(metatable, '__index', hostFunction(pleaseConfigure(runtime)));
  db.metatable = metatable;
  openCfg(context, () => {
    db.metatable = null;
    moveInto(db, hidden);
    for (const trigger of schemaInitTriggers) callLogged(context, 'on_schema_init', trigger, []);
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

/** `db.feedback`, which is written in Lua and compiled when it is first called. */
function feedback(runtime: LuaRuntime): LuaTable {
  const { vm } = runtime;
  let module: LuaTable | undefined;
  return library({
    save: vm.task(function* (L) {
      const path = copy(arg(L, 1));
      module ??= makeFeedback(runtime);
      yield* vm.call(getField(module, 'save'), [path]);
      return () => 0;
    }),
  });
}

/** The real server says it with a traceback: whoever asks too early in a long program finds the place. */
function pleaseConfigure(runtime: LuaRuntime): HostFunction {
  return (L) => {
    const place = 'builtin/box/load_cfg.lua:599:';
    const calls = [`\t${place} in function '__index'`, ...callLines(L, 1)];
    if (runtime.consoles.current !== undefined) calls.push(...consoleCalls);
    const text = ['Please call db.cfg{} first', 'stack traceback:', ...calls].join('\n');
    throw new LuaError(`${place} ${text}`, 'none');
  };
}

/** The console's own calls: it is a Lua program there. */
const consoleCalls = [
  "\t[C]: in function 'pcall'",
  "\tbuiltin/box/console.lua:402: in function 'eval'",
  "\tbuiltin/box/console.lua:708: in function 'repl'",
  '\tbuiltin/box/console.lua:757: in function <builtin/box/console.lua:745>',
];

function moveInto(target: LuaTable, source: LuaTable): void {
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (source.next(key, value)) target.set(key, value);
}
