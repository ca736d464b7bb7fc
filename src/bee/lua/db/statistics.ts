/** `db.stat`: how many requests of each kind there were, and what went over the network; `rps` is the mean since the start. */
import { requestCounters } from '../../box/box-host.ts';
import {
  arg,
  createTable,
  hostFunction,
  nil,
  number,
  pushTable,
  pushValue,
  setField,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import type { DbContext } from './context.ts';

/** The kinds in the order in which the real server fills its table; those that Bee does not count stay 0. */
const kinds = [
  ...['SELECT', 'INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'AUTH', 'EVAL', 'UPSERT', 'CALL'],
  ...['EXECUTE', 'PREPARE', 'ERROR'],
];

export function statistics(context: DbContext): LuaTable {
  const { instance } = context;
  const { box, env } = instance;
  let start = env.clock.monotonic();
  const perSecond = (total: number): number =>
    Math.floor(total / Math.max(1, env.clock.monotonic() - start));
  const counted = (total: number): TValue =>
    fields([
      ['rps', perSecond(total)],
      ['total', total],
    ]);
  const requests = (kind: string): TValue => {
    if (!kinds.includes(kind)) return nil();
    const counter = requestCounters.find((name) => name === kind);
    return counted(counter === undefined ? 0 : box.requestCounts[counter]);
  };
  const network = (kind: string): TValue => {
    const { connections, requests: open, sentBytes, receivedBytes } = instance.networkCounts();
    switch (kind) {
      case 'SENT':
        return counted(sentBytes);
      case 'RECEIVED':
        return counted(receivedBytes);
      case 'CONNECTIONS':
        return withCurrent(connections);
      case 'REQUESTS':
        return withCurrent(open);
      default:
        return nil();
    }
  };
  const withCurrent = ({ total, current }: { total: number; current: number }): TValue =>
    fields([
      ['rps', perSecond(total)],
      ['total', total],
      ['current', current],
    ]);
  const stat = readable(kinds, requests);
  setField(stat, 'net', table(readable(['SENT', 'RECEIVED', 'CONNECTIONS', 'REQUESTS'], network)));
  setField(
    stat,
    'reset',
    hostFunction(() => {
      for (const name of requestCounters) box.requestCounts[name] = 0;
      instance.resetNetworkCounts();
      start = env.clock.monotonic();
      return 0;
    }),
  );
  setField(
    stat,
    'vinyl',
    hostFunction((L) => pushTable(L, createTable())),
  );
  // There is no SQL that could count anything.
  const counts = ['sql_xfer_count', 'sql_sort_count', 'sql_search_count', 'sql_found_count'];
  setField(
    stat,
    'sql',
    hostFunction((L) => pushValue(L, fields(counts.map((name) => [name, 0])))),
  );
  return stat;
}

/** A table of figures that are computed when they are read; called it gives all. */
function readable(names: readonly string[], read: (name: string) => TValue): LuaTable {
  const all = (): LuaTable => {
    const t = createTable();
    for (const name of names) setField(t, name, read(name));
    return t;
  };
  const result = createTable();
  const metatable = createTable();
  setField(
    metatable,
    '__index',
    hostFunction((L) => pushValue(L, read(stringText(arg(L, 2)) ?? ''))),
  );
  setField(
    metatable,
    '__call',
    hostFunction((L) => pushTable(L, all())),
  );
  result.metatable = metatable;
  return result;
}

/** The table that C code makes: it grows as fields come, which decides their order. */
function fields(entries: readonly (readonly [string, number])[]): TValue {
  const t = createTable();
  for (const [name, value] of entries) setField(t, name, number(value));
  return table(t);
}
