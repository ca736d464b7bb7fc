/** The `log` module. */
import type { LogLevel } from '../../env/index.ts';
import { logLevelNumber } from '../../server/config-options.ts';
import { leave } from '../db/context.ts';
import { where } from '../lib/frames.ts';
import { format } from '../lib/string-format.ts';
import { textOf } from '../lib/tostring.ts';
import type { LuaRuntime } from '../runtime.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  argCount,
  builtinError,
  callerError,
  createTable,
  getField,
  isAbsent,
  library,
  number,
  pushNumber,
  pushTable,
  pushValue,
  setField,
  string,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, Tag, text } from '../vm/value.ts';
import { encodeJson } from './serializers.ts';

const levels: Readonly<Record<string, LogLevel>> = {
  error: 'E',
  warn: 'W',
  info: 'I',
  verbose: 'V',
  debug: 'D',
};

/** The `log` module, which writes to the instance's log. */
export function makeLogModule(runtime: LuaRuntime): LuaTable {
  const { log, env } = runtime.instance;
  const functions: Record<string, Parameters<typeof library>[0][string]> = {
    level: (L) => {
      setLevel(runtime, levelOf(arg(L, 1), 338, ''));
      return 0;
    },
    log_format: (L) => {
      setFormat(runtime, formatOf(arg(L, 1), 372, ''));
      return 0;
    },
    pid: (L) => pushNumber(L, env.process.pid),
    rotate: () => 0,
  };
  for (const [name, level] of Object.entries(levels)) {
    functions[name] = (L) => {
      const message = messageOf(runtime, L, name);
      if (message === undefined) return 0;
      const source = text(where(L, 1))
        .replace(/^\[string "(.*)"\]/s, '$1')
        .replace(/: $/, '');
      return leave(runtime, L, () => {
        log.write(level, message, source === '' || level === 'I' ? {} : { source });
        return 0;
      });
    };
  }
  const module = library(functions);
  setField(module, 'cfg', table(configuration(runtime)));
  return module;
}

/** `log.cfg`: the logger's options as a table, which is called to set them. */
function configuration(runtime: LuaRuntime): LuaTable {
  const { config, isConfigured } = runtime.instance;
  const values = (): LuaTable => {
    const shown = createTable();
    for (const [name, option] of Object.entries(optionNames)) {
      const value = config.get(option);
      if (typeof value === 'number') setField(shown, name, number(value));
      else if (value !== undefined) setField(shown, name, string(String(value)));
    }
    return shown;
  };
  let isOpen = isConfigured;
  const configure: HostFunction = (L) => {
    const given = arg(L, 2);
    if (given.type === Tag.NIL) return 0;
    // A text can be indexed too, and one of its methods is called `format`.
    if (isString(given)) throw builtinError('log', 477, `log.cfg: 'format' ${formatWords}`);
    if (!isTable(given)) {
      const words = `attempt to index local 'cfg' (a ${typeName(given)} value)`;
      throw builtinError('log', 467, words);
    }
    for (const name of ['log', 'nonblock']) {
      const value = getField(given.value, name);
      if (value.type === Tag.NIL) continue;
      if (name === 'log' && stringText(value) === config.get('log')) continue;
      if (isOpen || runtime.instance.isConfigured) {
        throw builtinError('log', 447, `log.cfg: '${name}' can't be set dynamically`);
      }
      if (name === 'log') config.set('log', stringText(value) ?? '');
    }
    const format = getField(given.value, 'format');
    const newFormat =
      format.type === Tag.NIL ? undefined : formatOf(format, 477, "log.cfg: 'format' ");
    const level = getField(given.value, 'level');
    const newLevel = level.type === Tag.NIL ? undefined : levelOf(level, 485, "log.cfg: 'level' ");
    isOpen = true;
    if (newFormat !== undefined) setFormat(runtime, newFormat);
    if (newLevel !== undefined) setLevel(runtime, newLevel);
    return 0;
  };
  const result = createTable();
  result.metatable = library({
    __call: configure,
    __index: (L) => pushValue(L, getField(values(), stringText(arg(L, 2)) ?? '')),
    __serialize: (L) => pushTable(L, values()),
  });
  return result;
}

/** What `log.cfg` calls the options of `db.cfg`. */
const optionNames = { level: 'log_level', format: 'log_format', log: 'log' };
const formatWords = 'expected json,plain';

function levelOf(slot: TValue, line: number, prefix: string): number {
  if (!isString(slot) && !isNumber(slot)) {
    throw builtinError('log', line, `${prefix}must be a number or a string`);
  }
  const level = logLevelNumber(isNumber(slot) ? slot.value : text(slot.value.realstring));
  if (level === undefined) {
    const names = 'crit,warn,info,debug,syserror,verbose,fatal,error';
    throw builtinError('log', line, `${prefix}expected ${names}`);
  }
  return level;
}

function formatOf(slot: TValue, line: number, prefix: string): 'plain' | 'json' {
  const name = stringText(slot);
  if (name !== 'plain' && name !== 'json') {
    throw builtinError('log', line, `${prefix}${formatWords}`);
  }
  return name;
}

function setLevel(runtime: LuaRuntime, level: number): void {
  runtime.instance.log.level = level;
  setOption(runtime, 'log_level', level, number(level));
}

function setFormat(runtime: LuaRuntime, format: 'plain' | 'json'): void {
  runtime.instance.log.format = format;
  setOption(runtime, 'log_format', format, string(format));
}

/** Sets an option where `db.cfg` reads it, and in the table that it shows. */
function setOption(runtime: LuaRuntime, name: string, value: string | number, shown: TValue): void {
  runtime.instance.config.set(name, value);
  const db = getField(runtime.vm.globals, 'db');
  const cfg = isTable(db) ? getField(db.value, 'cfg') : db;
  if (isTable(cfg)) setField(cfg.value, name, shown);
}

/** The first argument alone as it is, a table as JSON, or a format with its arguments. */
function messageOf(runtime: LuaRuntime, L: LuaState, name: string): string | undefined {
  const first = arg(L, 1);
  if (isAbsent(L, 1) && argCount(L) === 0) {
    throw callerError(`Usage: log.${name}(fmt, ...)`);
  }
  if (isTable(first)) {
    const message = getField(first.value, 'message');
    if (message.type !== Tag.NIL && argCount(L) === 1) return stringText(message) ?? '';
    return text(encodeJson(runtime, first));
  }
  if (stringText(first) === undefined || argCount(L) === 1)
    return text(textOf(runtime.vm, L, first));
  return text(format(runtime.vm, L));
}
