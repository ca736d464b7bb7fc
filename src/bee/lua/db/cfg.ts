/** `db.cfg`: a function before the first call, a table that can be called afterwards. */

import { clientError } from '../../box/error.ts';
import type { OptionValue } from '../../server/config-options.ts';
import { olderNames, optionRules } from '../../server/config-options.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  boolean,
  createTable,
  hostFunction,
  list,
  nil,
  number,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, LuaError, Slot, Tag, text } from '../vm/value.ts';
import { type DbContext, waiting } from './context.ts';

/**
 * @param onConfigured runs when the first call is through its checks: the rest of `db` comes to be
 */
export function openCfg(context: DbContext, onConfigured: () => void): void {
  const { instance, db } = context;
  const shown = createTable();
  let isOpen = false;
  const configure = (first: number): HostFunction =>
    waiting(context, function* (L) {
      const given = readOptions(L, first);
      yield* instance.configure(given, () => {
        if (isOpen) return;
        isOpen = true;
        onConfigured();
        setField(db, 'cfg', table(shown));
      });
      fill(shown, instance.config.entries());
    });
  const metatable = createTable();
  setField(metatable, '__call', hostFunction(configure(2)));
  setField(
    metatable,
    '__newindex',
    hostFunction(() => {
      throw new LuaError(
        'builtin/box/load_cfg.lua:654: Attempt to modify a read-only table',
        'none',
      );
    }),
  );
  // The manual's names are read as 2.6.0's; only those that were used are listed.
  setField(
    metatable,
    '__index',
    hostFunction((L) => {
      const name = arg(L, 2);
      const value = isString(name) ? instance.config.get(text(name.value.realstring)) : undefined;
      L.stack[L.top++] = value === undefined ? nil() : optionValue(value);
      return 1;
    }),
  );
  shown.metatable = metatable;
  setField(db, 'cfg', hostFunction(configure(1)));
}

function readOptions(L: LuaState, at: number): Map<string, OptionValue | undefined> {
  const options = new Map<string, OptionValue | undefined>();
  const given = arg(L, at);
  if (given.type === Tag.NIL) return options;
  if (!isTable(given)) {
    throw new LuaError('builtin/box/load_cfg.lua:441: Error: cfg should be a table', 'none');
  }
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (given.value.next(key, value)) {
    const name = isString(key) ? text(key.value.realstring) : String(key.value);
    options.set(name, readOption(name, value));
  }
  return options;
}

function readOption(name: string, value: TValue): OptionValue | undefined {
  if (isNumber(value)) return value.value;
  if (value.type === Tag.BOOLEAN) return value.value === true;
  if (isString(value)) return text(value.value.realstring);
  if (isTable(value)) {
    const items: (string | number)[] = [];
    for (let at = 1; at <= value.value.length(); at++) {
      const item = value.value.getNumber(at);
      items.push(isNumber(item) ? item.value : isString(item) ? text(item.value.realstring) : '');
    }
    return items;
  }
  // db.NULL asks for the default, as nil would if a table could hold it.
  if (typeName(value) === 'cdata') return undefined;
  const rule = optionRules[olderNames[name]?.name ?? name];
  if (rule === undefined) throw clientError('CFG', name, 'unexpected option');
  const words = rule.types.includes(',') ? 'should be one of types' : 'should be of type';
  throw clientError('CFG', name, `${words} ${rule.types}`);
}

/** The table that `db.cfg` shows. */
function fill(t: LuaTable, entries: readonly (readonly [string, OptionValue])[]): void {
  t.clear();
  for (const [name, value] of entries) setField(t, name, optionValue(value));
}

function optionValue(value: OptionValue): TValue {
  if (typeof value === 'string') return string(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return boolean(value);
  return table(list(value.map((item) => optionValue(item))));
}
