/** `db.info`: live facts. Reading a field computes it; calling it, or printing it, computes all. */

import { type InfoSection, type InfoValue, infoSections } from '../../server/info.ts';
import { metatables } from '../conversions.ts';
import {
  arg,
  boolean,
  createTable,
  hostFunction,
  list,
  nil,
  number,
  pushTable,
  pushValue,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import { isTable, Slot, Tag } from '../vm/value.ts';
import type { DbContext } from './context.ts';

export function openInfo(context: DbContext): void {
  const sections = infoSections(context.instance);
  const value = (section: InfoSection): TValue => {
    if (section.kind === 'call') return callable(createTable(), section.read);
    const shown = toLua(section.read());
    const { call } = section;
    return call === undefined || !isTable(shown) ? shown : callable(shown.value, call);
  };
  const all = (): LuaTable => {
    const t = createTable();
    for (const [name, section] of sections) {
      if (section.kind !== 'hidden') setField(t, name, value(section));
    }
    return t;
  };
  const metatable = createTable();
  setField(
    metatable,
    '__index',
    hostFunction((L) => {
      const section = sections.get(stringText(arg(L, 2)) ?? '');
      return pushValue(L, section === undefined ? nil() : value(section));
    }),
  );
  setField(
    metatable,
    '__call',
    hostFunction((L) => pushTable(L, all())),
  );
  setField(
    metatable,
    '__serialize',
    hostFunction((L) => pushTable(L, all())),
  );
  const info = createTable();
  info.metatable = metatable;
  setField(context.db, 'info', table(info));
}

/** A section that is called: `db.info.gc()`. Printed, it is what the table holds. */
function callable(t: LuaTable, read: () => InfoValue): TValue {
  const metatable = createTable();
  setField(
    metatable,
    '__call',
    hostFunction((L) => pushValue(L, toLua(read()))),
  );
  t.metatable = metatable;
  return table(t);
}

/** For how many fields the real server makes a table: it decides the order of those that come. */
function roomOf(value: ReadonlyMap<string | number, InfoValue>): number {
  if (value.has('ro')) return 2;
  if (value.has('uuid') && value.has('lsn')) return 16;
  if (isVclockLike(value)) return value.size;
  return value.has('tx') ? 5 : 0;
}

function isVclockLike(value: ReadonlyMap<string | number, InfoValue>): boolean {
  return [...value].every(([name, item]) => typeof name === 'number' && typeof item === 'number');
}

/** Plain facts as Lua values. A map of numbers by number is a vclock, which prints on one line. */
export function toLua(value: InfoValue): TValue {
  if (value === undefined) return nil();
  if (typeof value === 'string') return string(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return boolean(value);
  if (value instanceof Map) {
    const t = createTable(0, roomOf(value));
    let isByNumber = value.size > 0;
    for (const [name, item] of value) {
      if (typeof name !== 'number') isByNumber = false;
      t.set(typeof name === 'number' ? new Slot(Tag.NUMBER, name) : string(name), toLua(item));
    }
    if (isVclockLike(value)) t.metatable = metatables.map;
    else if (isByNumber) t.metatable = metatables.mapping;
    return table(t);
  }
  // What is left is a list; `Array.isArray` does not narrow readonly arrays.
  return table(list((value as readonly InfoValue[]).map((item) => toLua(item))));
}
