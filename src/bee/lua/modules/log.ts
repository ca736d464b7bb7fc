/** The `log` module. */
import type { LogLevel } from '../../env/index.ts';
import { logLevelNumber } from '../../server/config-options.ts';
import { leave } from '../db/context.ts';
import { where } from '../lib/frames.ts';
import { format } from '../lib/string-format.ts';
import { textOf } from '../lib/tostring.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  argCount,
  builtinError,
  callerError,
  checkNumber,
  getField,
  isAbsent,
  library,
  pushNumber,
  setField,
  string,
  stringText,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { LuaState } from '../vm/types.ts';
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
      const given = arg(L, 1);
      if (!isString(given) && !isNumber(given)) {
        throw builtinError('log', 338, 'must be a number or a string');
      }
      const level = logLevelNumber(stringText(given) ?? checkNumber(L, 1));
      if (level === undefined) {
        const names = 'crit,warn,info,debug,syserror,verbose,fatal,error';
        throw builtinError('log', 338, `expected ${names}`);
      }
      log.level = level;
      return 0;
    },
    log_format: (L) => {
      const name = stringText(arg(L, 1));
      if (name !== 'plain' && name !== 'json') {
        throw builtinError('log', 372, 'expected json,plain');
      }
      log.format = name;
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
  setField(module, 'logger_type', string('stderr'));
  return module;
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
