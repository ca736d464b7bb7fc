/** The `xlog` module: the rows of a log file or a snapshot, as a generator. */

import type { Task } from '../../base/fiber.ts';
import { resolvePath } from '../../server/path.ts';
import { XlogCursor } from '../../wal/xlog-cursor.ts';
import { iprotoTypeName, rowFieldNames } from '../../wire/iproto-constants.ts';
import { MsgpackReader } from '../../wire/msgpack.ts';
import type { XRow } from '../../wire/xrow.ts';
import { decodeTo } from '../conversions.ts';
import type { LuaRuntime } from '../runtime.ts';
import { CData } from '../vm/cdata.ts';
import {
  arg,
  boolean,
  builtinError,
  checkText,
  createTable,
  library,
  number,
  pushData,
  pushNumber,
  pushTable,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, LuaError, Slot, Tag, utf8 } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';

/** The generator comes from `fun`, so that its rows can be filtered and mapped. */
const source = `
local core = ...
local fun = require('fun')
return {pairs = function(path) return fun.wrap(core.step, core.open(path), 0) end}
`;

/** A file that is being read. */
class CursorData extends CData {
  readonly cursor: XlogCursor;
  rows: XRow[] = [];

  constructor(cursor: XlogCursor) {
    super();
    this.cursor = cursor;
  }

  override get typeName(): string {
    return 'struct xlog_cursor &';
  }

  override toText(): string {
    return `cdata<${this.typeName}>: 0x${this.id.toString(16).padStart(8, '0')}`;
  }
}

/** The `xlog` module. */
export function makeXlogModule(runtime: LuaRuntime): LuaTable {
  const { vm } = runtime;
  const core = library({
    open: vm.task((L) => open(runtime, L)),
    step: vm.task((L) => next(L)),
  });
  const f = vm.compile(utf8(source), utf8('@builtin/box/xlog.lua'));
  const [module] = vm.callNow({ type: Tag.LUA_CLOSURE, value: f }, [table(core)]);
  return module?.value as LuaTable; // the source returns a table
}

function* open(runtime: LuaRuntime, L: LuaState): Task<Push> {
  const given = arg(L, 1);
  if (!isString(given) && !isNumber(given)) {
    throw builtinError('box/xlog', 4, 'Usage: parser.open(log_filename)');
  }
  const name = checkText(L, 1);
  const { storage } = runtime.instance;
  const path = resolvePath(storage.workDirectory, name);
  const cursor = yield* XlogCursor.open(storage.walEnv, path, name);
  return (to) => pushData(to, new CursorData(cursor));
}

/** A step of the generator: the LSN, which is its state, and the row. */
function* next(L: LuaState): Task<Push> {
  const holder = arg(L, 1).value;
  if (!(holder instanceof CursorData)) throw new LuaError('xlog: a cursor expected', 'none');
  while (holder.rows.length === 0) {
    const rows = yield* holder.cursor.nextRows();
    if (rows === undefined) {
      yield* holder.cursor.close();
      return () => 0;
    }
    // Bodies are views of the cursor's buffer, which is used again.
    holder.rows = rows.map((row) => ({ ...row, body: row.body.slice() }));
  }
  const row = holder.rows.shift();
  if (row === undefined) return () => 0;
  return (to) => {
    pushNumber(to, row.lsn);
    return 1 + pushTable(to, rowTable(row));
  };
}

/** Room that the real module gives its tables: it decides in which order their fields are listed. */
const rowFields = 8;
const headerFields = 8;

function rowTable(row: XRow): LuaTable {
  const header = createTable(0, headerFields);
  const add = (name: string, value: TValue): void => setField(header, name, value);
  add('type', string(iprotoTypeName(row.type) ?? String(row.type)));
  if (row.replicaId !== 0) add('replica_id', number(row.replicaId));
  if (row.lsn !== 0) add('lsn', number(row.lsn));
  if (row.timestamp !== 0) add('timestamp', number(row.timestamp));
  // A transaction of one row does not write these.
  if (row.tsn !== 0 && (row.tsn !== row.lsn || !row.isCommit)) {
    add('tsn', number(row.tsn));
    if (row.isCommit) add('commit', boolean(true));
  }
  if (row.groupId !== 0) add('group_id', number(row.groupId));
  const result = createTable(0, rowFields);
  setField(result, 'HEADER', table(header));
  if (row.body.length > 0) setField(result, 'BODY', table(bodyTable(row.body)));
  return result;
}

function bodyTable(bytes: Uint8Array): LuaTable {
  const body = createTable();
  const reader = new MsgpackReader(bytes);
  for (let left = reader.readMapHeader(); left > 0; left--) {
    const key = reader.readUint();
    const value = new Slot(Tag.NIL, null);
    decodeTo(reader.readRaw(), 0, value);
    setField(body, rowFieldNames.get(key) ?? String(key), value);
  }
  return body;
}
