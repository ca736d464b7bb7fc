/** The `uri` module. */
import { formatUriParts, parseUriParts, type UriParts } from '../lib/uri.ts';
import {
  arg,
  callerError,
  createTable,
  getField,
  library,
  pushNil,
  pushTable,
  pushText,
  setField,
  string,
  stringText,
  toBoolean,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { isTable } from '../vm/value.ts';

const fields: readonly (keyof UriParts)[] = [
  'scheme',
  'login',
  'password',
  'host',
  'service',
  'path',
  'query',
  'fragment',
  'ipv4',
  'ipv6',
  'unix',
];

export function makeUriModule(): LuaTable {
  return library({
    parse: (L) => {
      const text = stringText(arg(L, 1));
      if (text === undefined) throw callerError('Usage: uri.parse(string)');
      const parts = parseUriParts(text);
      if (parts === undefined) return pushNil(L);
      const result = createTable();
      for (const name of fields) {
        const value = parts[name];
        if (value !== undefined) setField(result, name, string(value));
      }
      return pushTable(L, result);
    },
    format: (L) => {
      const given = arg(L, 1);
      if (!isTable(given)) throw callerError('Usage: uri.format(uri_table[, write_password])');
      const parts: Record<string, string> = {};
      for (const name of fields) {
        const value = stringText(getField(given.value, name));
        if (value !== undefined) parts[name] = value;
      }
      return pushText(L, formatUriParts(parts, toBoolean(arg(L, 2))));
    },
  });
}
