/** What `db` offers of the server itself: snapshot, once, ctl, stat, slab, runtime, backup. */

import type { Task } from '../../base/fiber.ts';
import { clientError, typedError } from '../../box/error.ts';
import { IteratorType } from '../../box/index.ts';
import { Privilege } from '../../box/privilege.ts';
import { SystemSpace } from '../../box/system-space.ts';
import { encode } from '../../wire/msgpack.ts';
import { nullPointer } from '../conversions.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argCount,
  callerError,
  createTable,
  data,
  getField,
  hostFunction,
  library,
  number,
  optInteger,
  optNumber,
  pushTable,
  pushText,
  pushValue,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, TValue } from '../vm/types.ts';
import { isFunction } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { type DbContext, waiting } from './context.ts';
import { editTriggers } from './space-triggers.ts';
import { statistics } from './statistics.ts';

/**
 * What is there before the first `db.cfg`.
 * @returns what is to be called when the system spaces are there, the newest first
 */
export function openEarly(context: DbContext, runtime: LuaRuntime): readonly TValue[] {
  const schemaInitTriggers: TValue[] = [];
  const index = createTable();
  for (const [name, value] of Object.entries(IteratorType)) setField(index, name, number(value));
  setField(context.db, 'index', table(index));
  setField(context.db, 'NULL', data(nullPointer));
  setField(context.db, 'ctl', table(control(context, runtime, schemaInitTriggers)));
  setField(
    context.db,
    'runtime',
    table(library({ info: (L) => pushTable(L, runtimeInfo(context)) })),
  );
  setField(context.db, 'execute', hostFunction(refuseSql));
  return schemaInitTriggers;
}

const refuseSql: HostFunction = () => {
  throw clientError('UNSUPPORTED', 'Bee', 'SQL: use the functions of db.space');
};

export function openServer(context: DbContext): void {
  const { db, vm, instance } = context;
  const { box } = instance;
  setField(
    db,
    'snapshot',
    hostFunction(
      vm.task(function* (): Task<Push> {
        instance.checkpoints.postpone();
        yield* instance.checkpoint();
        return (L) => pushText(L, 'ok');
      }),
    ),
  );
  setField(
    db,
    'once',
    hostFunction(
      vm.task(function* (L): Task<Push> {
        const key = stringText(arg(L, 1));
        const f = { ...arg(L, 2) };
        if (key === undefined || !isFunction(f)) {
          throw clientError('ILLEGAL_PARAMS', 'Usage: db.once(key, func, ...)');
        }
        const args = Array.from({ length: argCount(L) - 2 }, (_unused, at) => ({
          ...arg(L, at + 3),
        }));
        const onceKey = encode([`once${key}`]);
        if (box.get(SystemSpace.SCHEMA, 0, onceKey) !== undefined) return () => 0;
        box.insert(SystemSpace.SCHEMA, onceKey);
        if (instance.wantsCommitPoint) yield* instance.commitPoint();
        const results = yield* vm.call(f, args);
        return (to) => {
          for (const result of results) pushValue(to, result);
          return results.length;
        };
      }),
    ),
  );
  setField(db, 'slab', table(slab(context)));
  setField(db, 'backup', table(backup(context)));
  setField(db, 'stat', table(statistics(context)));
  setField(db, 'priv', table(privileges()));
  setField(db, 'prepare', hostFunction(refuseSql));
  setField(db, 'unprepare', hostFunction(refuseSql));
}

/** ETIMEDOUT */
const etimedout = 110;

function control(context: DbContext, runtime: LuaRuntime, schemaInitTriggers: TValue[]): LuaTable {
  const { instance } = context;
  const wait = (isReached: () => boolean): HostFunction =>
    waiting(context, function* (L) {
      const timeout = optNumber(L, 1, Number.POSITIVE_INFINITY);
      const deadline = instance.env.clock.monotonic() + timeout;
      while (!isReached()) {
        const left = deadline - instance.env.clock.monotonic();
        if (left <= 0 || !(yield* instance.stateChanged.wait(left))) {
          throw typedError('TimedOut', 'timed out', { errno: etimedout });
        }
      }
    });
  const sources = new Map<TValue, TValue>();
  const edit =
    (triggers: TValue[]): HostFunction =>
    (L) =>
      editTriggers(L, 1, triggers, sources, (f) => f);
  return library({
    wait_ro: wait(() => instance.isReadOnly),
    wait_rw: wait(() => !instance.isReadOnly),
    on_shutdown: edit(runtime.shutdownTriggers),
    on_schema_init: edit(schemaInitTriggers),
    clear_synchro_queue: waiting(context, function* () {
      yield* instance.confirmations.clearQueue();
    }),
  });
}

/** Figures of the tuples and indexes as the box counts them. There is no arena: the quota is `memtx_memory`, the size what is used. */
function slab(context: DbContext): LuaTable {
  const { box, config } = context.instance;
  const sums = () => {
    let items = 0;
    let indexes = 0;
    for (const space of box.schema.spaces()) {
      items += space.bsize;
      for (const index of space.indexes) indexes += index.bsize;
    }
    return { items, indexes, quota: config.number('memtx_memory') };
  };
  const percent = (part: number, whole: number) => string(`${((100 * part) / whole).toFixed(2)}%`);
  return library({
    info: (L) => {
      const { items, indexes, quota } = sums();
      const used = items + indexes;
      // In the order in which the real server fills its table.
      const t = createTable();
      setField(t, 'items_size', number(items));
      setField(t, 'arena_size', number(quota));
      setField(t, 'arena_used', number(used));
      setField(t, 'arena_used_ratio', percent(used, quota));
      setField(t, 'quota_size', number(quota));
      setField(t, 'quota_used', number(used));
      setField(t, 'items_used', number(items));
      setField(t, 'items_used_ratio', percent(items, Math.max(1, items)));
      setField(t, 'quota_used_ratio', percent(used, quota));
      return pushTable(L, t);
    },
    stats: (L) => pushTable(L, createTable()),
    check: () => 0,
  });
}

/** A JavaScript heap does not say what Lua's part of it is: `collectgarbage` estimates it. */
function runtimeInfo(context: DbContext): LuaTable {
  const collect = getField(context.vm.globals, 'collectgarbage');
  const [kilobytes] = context.vm.callNow(collect, [string('count')]);
  const bytes = Math.round(Number(kilobytes?.value ?? 0) * 1024);
  const t = createTable();
  setField(t, 'lua', number(bytes));
  setField(t, 'maxalloc', number(4398046510080));
  setField(t, 'used', number(bytes));
  return t;
}

function backup(context: DbContext): LuaTable {
  const { instance } = context;
  let release: (() => void) | undefined;
  return library({
    start: (L) => {
      if (release !== undefined) throw clientError('BACKUP_IN_PROGRESS');
      const back = optInteger(L, 1, 0);
      if (back < 0) throw callerError('invalid checkpoint index');
      const { gc, snapshots } = instance.storage;
      const checkpoint = gc.checkpoints.at(-1 - back);
      if (checkpoint === undefined) throw clientError('MISSING_SNAPSHOT');
      release = gc.reference(checkpoint, 'backup');
      const list = createTable(1);
      list.setNumber(1, string(snapshots.nameOf(checkpoint.vclock.signature)));
      return pushTable(L, list);
    },
    stop: () => {
      release?.();
      release = undefined;
      return 0;
    },
  });
}

/** `db.priv`: the bits of privileges as `_priv` holds them. */
function privileges(): LuaTable {
  const t = createTable();
  for (const [name, bits] of privilegeBits) setField(t, name, number(bits));
  return t;
}

const privilegeBits: readonly (readonly [string, number])[] = [
  ['R', Privilege.READ],
  ['W', Privilege.WRITE],
  ['X', Privilege.EXECUTE],
  ['S', Privilege.SESSION],
  ['U', Privilege.USAGE],
  ['C', Privilege.CREATE],
  ['D', Privilege.DROP],
  ['A', Privilege.ALTER],
  ['REFERENCE', Privilege.REFERENCE],
  ['TRIGGER', Privilege.TRIGGER],
  ['INSERT', Privilege.INSERT],
  ['UPDATE', Privilege.UPDATE],
  ['DELETE', Privilege.DELETE],
  ['GRANT', Privilege.GRANT],
  ['REVOKE', Privilege.REVOKE],
  ['ALL', Privilege.ALL],
];
