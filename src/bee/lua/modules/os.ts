/** The `os` library on the virtual machine: its clock, its files, its environment. */
import { awaitCall } from '../../base/await.ts';
import { civilTime, daysBefore } from '../../base/calendar.ts';
import type { Task } from '../../base/fiber.ts';
import type { DiskError } from '../../env/index.ts';
import { strerror } from '../../replication/error.ts';
import { resolvePath } from '../../server/path.ts';
import { strftime } from '../lib/strftime.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argTypeError,
  boolean,
  callerError,
  checkNumber,
  checkText,
  createTable,
  getField,
  isAbsent,
  library,
  number,
  optNumber,
  optString,
  pushBoolean,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  setField,
  string,
} from '../vm/host.ts';
import { toNumber } from '../vm/operators.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState } from '../vm/types.ts';
import { isNumber, isTable, Tag, text } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { setErrno } from './errno.ts';

/** The `os` library. */
export function makeOsLibrary(runtime: LuaRuntime): LuaTable {
  const { instance, vm } = runtime;
  const { env } = instance;
  const variables = new Map(env.process.environment);
  return library({
    clock: (L) => pushNumber(L, env.clock.cpu()),
    date: (L) => date(runtime, L),
    // Times of C are whole seconds.
    difftime: (L) => {
      const from = optNumber(L, 2, 0);
      return pushNumber(L, Math.trunc(checkNumber(L, 1)) - Math.trunc(from));
    },
    environ: (L) => {
      const all = createTable();
      for (const [name, value] of variables) setField(all, name, string(value));
      return pushTable(L, all);
    },
    execute: () => {
      throw callerError('there are no processes to start in a page');
    },
    exit: vm.task(function* (L): Task<Push> {
      const given = arg(L, 1);
      // `os.exit(false)` is no failure to the real server.
      yield* instance.exit(isNumber(given) ? given.value : 0);
      return () => 0;
    }),
    getenv: (L) => {
      const value = variables.get(checkText(L, 1));
      return value === undefined ? pushNil(L) : pushText(L, value);
    },
    remove: vm.task((L) => remove(runtime, checkText(L, 1))),
    rename: vm.task((L) => rename(runtime, checkText(L, 1), checkText(L, 2))),
    setenv: (L) => {
      const name = checkText(L, 1);
      if (isAbsent(L, 2)) variables.delete(name);
      else variables.set(name, checkText(L, 2));
      return 0;
    },
    setlocale: (L) => {
      optString(L, 1);
      return pushText(L, 'C');
    },
    time: (L) => time(runtime, L),
    tmpname: (L) =>
      pushText(L, `/tmp/lua_${[...env.random.bytes(3)].map((b) => b.toString(36)).join('')}`),
  });
}

function outcome(runtime: LuaRuntime, path: string, error: DiskError | undefined): Push {
  if (error === undefined) return (L) => pushBoolean(L, true);
  const code = setErrno(runtime, error.code);
  return (L) => {
    pushNil(L);
    pushText(L, `${path}: ${strerror(code)}`);
    return 2 + pushNumber(L, code);
  };
}

function* remove(runtime: LuaRuntime, path: string): Task<Push> {
  const { instance } = runtime;
  const result = yield* awaitCall<void, DiskError>(instance.scheduler, (done) =>
    instance.env.disk.unlink(resolvePath(instance.storage.workDirectory, path), done),
  );
  return outcome(runtime, path, result.ok ? undefined : result.error);
}

function* rename(runtime: LuaRuntime, from: string, to: string): Task<Push> {
  const { instance } = runtime;
  const directory = instance.storage.workDirectory;
  const result = yield* awaitCall<void, DiskError>(instance.scheduler, (done) =>
    instance.env.disk.rename(resolvePath(directory, from), resolvePath(directory, to), done),
  );
  return outcome(runtime, from, result.ok ? undefined : result.error);
}

function time(runtime: LuaRuntime, L: LuaState): number {
  const { clock } = runtime.instance.env;
  const given = arg(L, 1);
  if (given.type === Tag.NIL) return pushNumber(L, Math.floor(clock.now()));
  if (!isTable(given)) throw argTypeError(L, 1, 'table');
  const field = (name: string, otherwise?: number): number => {
    const value = toNumber(getField(given.value, name));
    if (value !== undefined) return Math.trunc(value);
    if (otherwise === undefined) throw callerError(`field '${name}' missing in date table`);
    return otherwise;
  };
  const day = field('day');
  const month = field('month');
  const year = field('year');
  // Months beyond the year carry over, as C's mktime has it; so do the smaller units, by addition.
  const months = year * 12 + month - 1;
  const days = daysBefore(Math.floor(months / 12), (months % 12) + 1, 1) + day - 1;
  const at = ((days * 24 + field('hour', 12)) * 60 + field('min', 0)) * 60 + field('sec', 0);
  return pushNumber(L, at - clock.utcOffset(at) * 60);
}

function date(runtime: LuaRuntime, L: LuaState): number {
  const { clock } = runtime.instance.env;
  const given = optString(L, 1);
  const at = isAbsent(L, 2) ? Math.floor(clock.now()) : Math.floor(checkNumber(L, 2));
  const format = given === undefined ? '%c' : text(given);
  const isUtc = format.startsWith('!');
  const body = isUtc ? format.slice(1) : format;
  const offset = isUtc ? 0 : clock.utcOffset(at);
  if (body.startsWith('*t')) return pushTable(L, dateTable(at, offset));
  return pushText(L, strftime(body, at, offset));
}

function dateTable(at: number, offset: number): LuaTable {
  const time = civilTime(at, offset);
  const fields = createTable(0, 9);
  for (const [name, value] of [
    ['sec', time.second],
    ['min', time.minute],
    ['hour', time.hour],
    ['day', time.day],
    ['month', time.month],
    ['year', time.year],
    ['wday', time.weekday + 1],
    ['yday', time.yearDay],
  ] as const) {
    setField(fields, name, number(value));
  }
  setField(fields, 'isdst', boolean(false));
  return fields;
}
