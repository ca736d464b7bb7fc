/** The `uri` module. */
import { formatUriParts, parseUriParts, type UriParts } from '../lib/uri.ts';
import { asCData, operandName, typeName } from '../vm/cdata.ts';
import {
  arg,
  builtinError,
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
import { isString, isTable, Tag } from '../vm/value.ts';

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

/** The `uri` module. */
export function makeUriModule(): LuaTable {
  return library({
    parse: (L) => {
      const given = arg(L, 1);
      if (given.type === Tag.NIL) throw builtinError('uri', 38, 'Usage: uri.parse(string)');
      const text = stringText(given);
      if (text === undefined) {
        const type = given.type === Tag.BOOLEAN ? 'bool' : operandName(given);
        const what = `cannot convert '${type}' to 'const char *'`;
        throw builtinError('uri', 41, `bad argument #2 to 'uri_parse' (${what})`);
      }
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
      // A string can be indexed as well; it has none of the fields.
      if (isString(given)) return pushText(L, '');
      if (!isTable(given)) {
        const data = asCData(given);
        const what =
          data === undefined
            ? `attempt to index local 'uri' (a ${typeName(given)} value)`
            : `'${data.typeName}' has no member named 'scheme'`;
        throw builtinError('uri', 63, what);
      }
      const parts: Record<string, string> = {};
      for (const name of fields) {
        const value = stringText(getField(given.value, name));
        if (value !== undefined) parts[name] = value;
      }
      return pushText(L, formatUriParts(parts, toBoolean(arg(L, 2))));
    },
  });
}
