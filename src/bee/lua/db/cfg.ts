/** `db.cfg`: a function before the first call, a table that can be called afterwards. */

import { clientError } from '../../box/error.ts';
import type { Config } from '../../server/config.ts';
import type { OptionValue } from '../../server/config-options.ts';
import { olderNames, optionRules } from '../../server/config-options.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  boolean,
  builtinError,
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
      show(shown, [...given.keys()], instance.config);
    });
  const metatable = createTable();
  setField(metatable, '__call', hostFunction(configure(2)));
  setField(
    metatable,
    '__newindex',
    hostFunction(() => {
      throw new LuaError(
        'builtin/box/load_cfg.lua:653: Attempt to modify a read-only table',
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
    const words = `bad argument #1 to 'pairs' (table expected, got ${typeName(given)})`;
    throw builtinError('box/load_cfg', 19, `builtin/box/load_cfg.lua:410: ${words}`);
  }
  const key = new Slot(Tag.NIL, null);
  const value = new Slot(Tag.NIL, null);
  while (given.value.next(key, value)) {
    if (!isString(key) && !isNumber(key)) {
      const words = `attempt to concatenate local 'k' (a ${typeName(key)} value)`;
      throw builtinError('box/load_cfg', 19, `builtin/box/load_cfg.lua:456: ${words}`);
    }
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

/**
 * Keeps the table that `db.cfg` shows as it is in the real server, whose listing follows the order in which options came to
 * be in it: first those of the first call, then the defaults.
 */
function show(t: LuaTable, given: readonly string[], config: Config): void {
  const values = new Map(config.entries());
  const names = [
    ...given,
    ...walkedDefaults.map((name) => config.usedName(name)),
    ...values.keys(),
  ];
  for (const name of new Set(names)) {
    const value = values.get(name);
    setField(t, name, value === undefined ? nil() : optionValue(value));
  }
}

/** The options with a default in the order in which the real server walks them. */
const walkedDefaults = [
  'checkpoint_count feedback_host readahead memtx_dir memtx_min_tuple_size replication_anon',
  'vinyl_page_size coredump vinyl_run_size_ratio replication_timeout wal_max_size',
  'replication_synchro_timeout vinyl_run_count_per_level strip_core feedback_enabled',
  'too_long_threshold replication_skip_conflict slab_alloc_factor vinyl_bloom_fpr background',
  'vinyl_dir vinyl_cache vinyl_read_threads replication_connect_timeout vinyl_timeout net_msg_max',
  'replication_sync_timeout replication_synchro_quorum vinyl_max_tuple_size replication_sync_lag',
  'checkpoint_interval force_recovery memtx_max_tuple_size memtx_memory feedback_interval',
  'sql_cache_size wal_mode worker_pool_threads read_only wal_dir hot_standby vinyl_write_threads',
  'checkpoint_wal_threshold vinyl_memory wal_dir_rescan_delay log_level log_format',
].flatMap((line) => line.split(' '));

function optionValue(value: OptionValue): TValue {
  if (typeof value === 'string') return string(value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return boolean(value);
  return table(list(value.map((item) => optionValue(item))));
}
