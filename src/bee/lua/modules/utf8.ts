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
  checkNumber,
  checkString,
  isAbsent,
  library,
  pushBoolean,
  pushBytes,
  pushNil,
  pushNumber,
  pushText,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { isNumber } from '../vm/value.ts';

export function makeUtf8Module(): LuaTable {
  const compare =
    (ignoreCase: boolean): HostFunction =>
    (L) =>
      pushNumber(L, utf8Compare(checkString(L, 1), checkString(L, 2), ignoreCase));
  const optional = (L: LuaState, n: number): number | undefined =>
    isAbsent(L, n) ? undefined : checkNumber(L, n);
  const functions: Record<string, HostFunction> = {
    len: (L) => {
      const result = utf8Length(checkString(L, 1), optional(L, 2), optional(L, 3));
      if ('count' in result) return pushNumber(L, result.count);
      pushNil(L);
      const { failure } = result;
      return 1 + (typeof failure === 'number' ? pushNumber(L, failure) : pushText(L, failure));
    },
    next: (L) => {
      const found = utf8Next(checkString(L, 1), optional(L, 2));
      if (found === undefined) return pushNil(L);
      pushNumber(L, found[0]);
      return 1 + pushNumber(L, found[1]);
    },
    char: (L) =>
      pushBytes(
        L,
        utf8Char(Array.from({ length: argCount(L) }, (_, at) => checkNumber(L, at + 1))),
      ),
    sub: (L) => pushBytes(L, utf8Sub(checkString(L, 1), checkNumber(L, 2), optional(L, 3)).slice()),
    upper: (L) => pushBytes(L, utf8Upper(checkString(L, 1))),
    lower: (L) => pushBytes(L, utf8Lower(checkString(L, 1))),
    cmp: compare(false),
    casecmp: compare(true),
  };
  for (const kind of ['islower', 'isupper', 'isdigit', 'isalpha'] as const) {
    functions[kind] = (L) => {
      const subject = arg(L, 1);
      return pushBoolean(L, utf8Is(kind, isNumber(subject) ? subject.value : checkString(L, 1)));
    };
  }
  return library(functions);
}
