/** What `db` offers of the server itself: snapshot, once, ctl, stat, slab, runtime, backup. */
import type { Task } from '../../base/fiber.ts';
import { clientError } from '../../box/error.ts';
import { IteratorType } from '../../box/index.ts';
import { SystemSpace } from '../../box/system-space.ts';
import { encode } from '../../wire/msgpack.ts';
import { nullPointer } from '../conversions.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argCount,
  createTable,
  data,
  hostFunction,
  isAbsent,
  library,
  nil,
  number,
  pushBoolean,
  pushTable,
  pushText,
  pushValue,
  record,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, TValue } from '../vm/types.ts';
import { isFunction, isNumber } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { type DbContext, waiting } from './context.ts';
import { editTriggers } from './space-triggers.ts';

/** What is there before the first `db.cfg`. */
export function openConstants(context: DbContext): void {
  const index = createTable();
  for (const [name, value] of Object.entries(IteratorType)) setField(index, name, number(value));
  setField(context.db, 'index', table(index));
  setField(context.db, 'NULL', data(nullPointer));
}

export function openServer(context: DbContext, runtime: LuaRuntime): void {
  const { db, vm, instance } = context;
  const { box } = instance;
  setField(
    db,
    'snapshot',
    hostFunction(
      vm.task(function* (): Task<Push> {
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
        yield* vm.call(f, args);
        return () => 0;
      }),
    ),
  );
  setField(db, 'ctl', table(control(context, runtime)));
  setField(db, 'slab', table(slab(context)));
  setField(db, 'runtime', table(library({ info: (L) => pushTable(L, runtimeInfo()) })));
  setField(db, 'backup', table(backup(context)));
  setField(db, 'stat', table(statistics(context)));
  setField(
    db,
    'execute',
    hostFunction(() => {
      throw clientError('UNSUPPORTED', 'Bee', 'SQL: use the functions of db.space');
    }),
  );
}

/** `db.stat`: how many requests of each kind there were; `rps` is the mean since the server started. */
function statistics(context: DbContext): LuaTable {
  const { box, env } = context.instance;
  const start = env.clock.monotonic();
  const read = (name: string): TValue => {
    const total = box.requestCounts[name as keyof typeof box.requestCounts] as number | undefined; // perhaps of another name
    const known = total ?? (silentCounters.includes(name) ? 0 : undefined);
    if (known === undefined) return nil();
    const seconds = Math.max(1, env.clock.monotonic() - start);
    return table(record({ total: number(known), rps: number(Math.floor(known / seconds)) }));
  };
  const all = (): LuaTable => {
    const result = createTable();
    for (const name of [...Object.keys(box.requestCounts), ...silentCounters]) {
      setField(result, name, read(name));
    }
    return result;
  };
  const stat = createTable();
  stat.metatable = record({
    __index: hostFunction((L) => pushValue(L, read(stringText(arg(L, 2)) ?? ''))),
    __call: hostFunction((L) => pushTable(L, all())),
    __serialize: hostFunction((L) => pushTable(L, all())),
  });
  return stat;
}

/** Counted by the real server; here they stay 0. */
const silentCounters = ['ERROR', 'CALL', 'AUTH', 'EVAL', 'EXECUTE', 'PREPARE'];

function control(context: DbContext, runtime: LuaRuntime): LuaTable {
  const { instance } = context;
  const wait = (isReached: () => boolean): HostFunction =>
    waiting(context, function* (L) {
      const timeout = isAbsent(L, 1) ? Number.POSITIVE_INFINITY : Number(arg(L, 1).value);
      const deadline = instance.env.clock.monotonic() + timeout;
      while (!isReached()) {
        const left = deadline - instance.env.clock.monotonic();
        if (left <= 0 || !(yield* instance.stateChanged.wait(left))) {
          throw clientError('TIMEOUT');
        }
      }
    });
  const sources = new Map<TValue, TValue>();
  return library({
    wait_ro: wait(() => instance.isReadOnly),
    wait_rw: wait(() => !instance.isReadOnly),
    on_shutdown: (L) => editTriggers(L, 1, runtime.shutdownTriggers, sources, (f) => f),
    on_schema_init: () => 0,
    promote: () => 0,
    clear_synchro_queue: () => 0,
    is_recovery_finished: (L) => pushBoolean(L, instance.isConfigured),
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
      return pushTable(
        L,
        record({
          items_size: number(items),
          items_used_ratio: percent(items, Math.max(1, items)),
          quota_size: number(quota),
          quota_used_ratio: percent(used, quota),
          arena_used_ratio: percent(used, quota),
          items_used: number(items),
          quota_used: number(used),
          arena_size: number(quota),
          arena_used: number(used),
        }),
      );
    },
    stats: (L) => pushTable(L, createTable()),
    check: () => 0,
  });
}

/** A JavaScript heap does not say what Lua's part of it is. */
function runtimeInfo(): LuaTable {
  return record({ lua: number(0), maxalloc: number(4398046510080), used: number(0) });
}

function backup(context: DbContext): LuaTable {
  const { instance } = context;
  let release: (() => void) | undefined;
  return library({
    start: (L) => {
      if (release !== undefined) throw clientError('BACKUP_IN_PROGRESS');
      const back = isNumber(arg(L, 1)) ? Number(arg(L, 1).value) : 0;
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
