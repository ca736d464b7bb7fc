/** The `utf8` module. */
import {
  utf8Char,
  utf8Compare,
  utf8Is,
  utf8Length,
  utf8Lower,
  utf8Next,
  utf8Sub,
  utf8Upper,
} from '../lib/utf8.ts';
import {
  arg,
  argCount,
  callerError,
  checkNumber,
  isAbsent,
  library,
  pushBoolean,
  pushBytes,
  pushNil,
  pushNumber,
  pushText,
  toBytes,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isNumber, isString, type LuaError } from '../vm/value.ts';

function usageError(usage: string): LuaError {
  return callerError(`Usage: utf8.${usage}`);
}

/** The only argument: a second one is refused as a missing one is. */
function onlyGiven(L: LuaState, usage: string): Uint8Array {
  if (argCount(L) !== 1) throw usageError(usage);
  return given(L, 1, usage);
}

/** A string argument; a number is taken in its printed form. */
function given(L: LuaState, n: number, usage: string): Uint8Array {
  const bytes = toBytes(arg(L, n));
  if (bytes === undefined) throw usageError(usage);
  return bytes;
}

/** The `utf8` module. */
export function makeUtf8Module(): LuaTable {
  const compare =
    (ignoreCase: boolean): HostFunction =>
    (L) => {
      const name = ignoreCase ? 'casecmp' : 'cmp';
      const usage = `${name}(<string1>, <string2>)`;
      return pushNumber(L, utf8Compare(given(L, 1, usage), given(L, 2, usage), ignoreCase));
    };
  const optional = (L: LuaState, n: number): number | undefined =>
    isAbsent(L, n) ? undefined : checkNumber(L, n);
  const functions: Record<string, HostFunction> = {
    len: (L) => {
      const result = utf8Length(
        given(L, 1, 'len(<string>, [i, [j]])'),
        optional(L, 2),
        optional(L, 3),
      );
      if ('count' in result) return pushNumber(L, result.count);
      pushNil(L);
      const { failure } = result;
      return 1 + (typeof failure === 'number' ? pushNumber(L, failure) : pushText(L, failure));
    },
    next: (L) => {
      const found = utf8Next(given(L, 1, 'next(<string>, [<byte offset>])'), optional(L, 2));
      if (found === undefined) return pushNil(L);
      pushNumber(L, found[0]);
      return 1 + pushNumber(L, found[1]);
    },
    char: (L) => {
      if (argCount(L) === 0) throw usageError('char(<char code>');
      return pushBytes(
        L,
        utf8Char(Array.from({ length: argCount(L) }, (_, at) => checkNumber(L, at + 1))),
      );
    },
    sub: (L) => {
      const usage = 'sub(<string>, [i, [j]])';
      if (argCount(L) < 2) throw usageError(usage);
      const text = given(L, 1, usage);
      return pushBytes(L, utf8Sub(text, checkNumber(L, 2), optional(L, 3)).slice());
    },
    upper: (L) => pushBytes(L, utf8Upper(onlyGiven(L, 'upper(<string>)'))),
    lower: (L) => pushBytes(L, utf8Lower(onlyGiven(L, 'lower(<string>)'))),
    cmp: compare(false),
    casecmp: compare(true),
  };
  for (const kind of ['islower', 'isupper', 'isdigit', 'isalpha'] as const) {
    functions[kind] = (L) => {
      const subject = arg(L, 1);

      const usage = `${kind}(<string> or <one symbol code>)`;
      if (argCount(L) !== 1) throw usageError(usage);
      if (!isString(subject)) checkNumber(L, 1);
      return pushBoolean(L, utf8Is(kind, isNumber(subject) ? subject.value : given(L, 1, usage)));
    };
  }
  return library(functions);
}
