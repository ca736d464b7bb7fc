import type { MsgpackValue } from '../wire/msgpack.ts';
import { type DdlOther, DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { Tuple } from './tuple.ts';

/** What `db.schema` does with its arguments before it does anything else, in the real server's words. */

/** Options that a function knows, with the Lua types that each may have, separated by commas. */
export type OptionTemplate = Readonly<Record<string, string>>;

/** `type(value)` of a Lua value. */
export function luaType(value: DdlValue): string {
  if (value === undefined) return 'nil';
  if (value === null || typeof value === 'bigint' || value instanceof Tuple) return 'cdata';
  if (value instanceof DdlTable) return 'table';
  if (typeof value === 'object') return value.luaType;
  return typeof value;
}

/** The type that options are checked by: a 64-bit integer is a number like any other. */
function paramType(value: DdlValue): string {
  return typeof value === 'bigint' ? 'number' : luaType(value);
}

/** nil or `db.NULL`. */
export function isNil(value: DdlValue): value is undefined | null {
  return value === undefined || value === null;
}

/** Throws unless an argument has the type. */
export function checkParam(value: DdlValue, name: string, type: string): void {
  if (paramType(value) !== type) {
    throw clientError('ILLEGAL_PARAMS', `${name} should be a ${type}`);
  }
}

/** Throws unless all options are known and of the right types; gives an empty table for none. */
export function checkOptions(value: DdlValue, template: OptionTemplate): DdlTable {
  if (isNil(value)) return new DdlTable();
  if (!(value instanceof DdlTable))
    throw clientError('ILLEGAL_PARAMS', 'options should be a table');
  if (isTrue(value.get('dont_check'))) return value;
  for (const [key, option] of value) {
    const types = Object.hasOwn(template, key) ? template[key] : undefined;
    if (types === undefined) throw clientError('ILLEGAL_PARAMS', `unexpected option '${key}'`);
    if (types === 'any') continue;
    const allowed = types.split(',').map((type) => type.trim());
    if (allowed.includes(paramType(option))) continue;
    const expected = allowed.length === 1 ? `of type ${types}` : `one of types: ${types}`;
    throw clientError('ILLEGAL_PARAMS', `options parameter '${key}' should be ${expected}`);
  }
  return value;
}

/** What counts as true in Lua. */
export function isTrue(value: DdlValue): boolean {
  // db.NULL is a cdata, and so true.
  return value !== undefined && value !== false;
}

/** A number given as number or 64-bit integer. */
export function numberOf(value: DdlValue): number {
  return typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : Number.NaN;
}

/** A name as it stands in a message: numbers and texts as they are. */
export function shown(value: DdlValue): string {
  if (value === undefined) return 'nil';
  if (value === null) return 'null';
  if (value instanceof DdlTable || value instanceof Tuple) return 'table';
  // The other objects are named above.
  if (typeof value === 'object') return (value as DdlOther).text;
  return String(value);
}

/** A script's value as it goes into a system tuple. */
export function toMsgpack(value: DdlValue): MsgpackValue {
  if (value === undefined || value === null) return null;
  if (value instanceof DdlTable) {
    const { length } = value;
    if (length === value.size) {
      return Array.from({ length }, (_, index) => toMsgpack(value.get(index + 1)));
    }
    return new Map([...value].map(([key, item]) => [key, toMsgpack(item)]));
  }
  if (value instanceof Tuple) throw clientError('PROC_RET', 'cdata');
  if (typeof value === 'object') throw clientError('PROC_RET', value.luaType);
  return value;
}
