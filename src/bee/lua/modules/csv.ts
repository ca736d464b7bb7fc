/** The `csv` module. */
import { type CsvOptions, dumpCsv, loadCsv } from '../lib/csv.ts';
import { textOf } from '../lib/tostring.ts';
import type { LuaRuntime } from '../runtime.ts';
import { typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
  bytesValue,
  checkString,
  getField,
  library,
  list,
  pushNil,
  pushNumber,
  pushTable,
  pushText,
  pushValue,
  stringText,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState, TValue } from '../vm/types.ts';
import { isNumber, isString, isTable, Slot, Tag, text, utf8 } from '../vm/value.ts';

/** The `csv` module. */
export function makeCsvModule(runtime: LuaRuntime): LuaTable {
  const rowsOf = (L: LuaState): { rows: Slot[]; hasErrors: boolean } => {
    const given = optionsOf(arg(L, 2));
    const skip = isTable(arg(L, 2)) ? skipOf(arg(L, 2)) : 0;
    const source = arg(L, 1);
    if (isTable(source)) {
      const usage = 'Usage: load(string or object with method read(num)returns string)';
      throw builtinError('csv', 103, usage);
    }
    if (!isString(source)) {
      const words = `attempt to index local 'readable' (a ${typeName(source)} value)`;
      throw builtinError('csv', 102, words);
    }
    const { rows, hasErrors } = loadCsv(checkString(L, 1), given, skip);
    return { rows: rows.map((row) => table(list(row.map(slotOf)))), hasErrors };
  };
  return library({
    load: (L) => pushTable(L, list(rowsOf(L).rows)),
    iterate: (L) => {
      const { rows } = rowsOf(L);
      let at = 0;
      const step: HostFunction = (state) => {
        const row = rows[at++];
        if (row === undefined) return pushNil(state);
        pushNumber(state, at);
        return 1 + pushValue(state, row);
      };
      L.stack[L.top++] = new Slot(Tag.HOST_FUNCTION, step);
      return 1;
    },
    dump: (L) => {
      const given = arg(L, 1);
      if (!isTable(given)) throw builtinError('csv', 174, 'Usage: dump(table[, opts, writable])');
      const rows = rowsToDump(runtime, L, given.value);
      return pushText(L, text(dumpCsv(rows, optionsOf(arg(L, 2)))));
    },
  });
}

function slotOf(bytes: Uint8Array): Slot {
  return bytesValue(bytes.slice());
}

function skipOf(options: TValue): number {
  const value = isTable(options) ? getField(options.value, 'skip_head_lines') : options;
  return isNumber(value) ? value.value : 0;
}

function optionsOf(options: TValue): CsvOptions {
  if (!isTable(options)) return {};
  const byteOf = (name: string): number | undefined =>
    stringText(getField(options.value, name))?.charCodeAt(0);
  const delimiter = byteOf('delimiter');
  const quote = byteOf('quote_char');
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
  };
}

function rowsToDump(runtime: LuaRuntime, L: LuaState, all: LuaTable): Uint8Array[][] {
  const isNested = isTable(all.getNumber(1));
  const rows = isNested
    ? valuesOf(all).map((row) => (isTable(row) ? valuesOf(row.value) : [row]))
    : [valuesOf(all)];
  return rows.map((row) =>
    row.map((value) => (value.type === Tag.NIL ? utf8('') : textOf(runtime.vm, L, value))),
  );
}

function valuesOf(t: LuaTable): TValue[] {
  return Array.from({ length: t.length() }, (_, at) => t.getNumber(at + 1));
}
