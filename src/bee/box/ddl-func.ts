import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { checkOptions, isNil, isTrue, luaType, numberOf, shown, toMsgpack } from './ddl-check.ts';
import { autoIncrement } from './ddl-sequence.ts';
import { revokeObjectGrants } from './ddl-user.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldUint32 } from './tuple-field.ts';

const createTemplate = {
  setuid: 'boolean',
  if_not_exists: 'boolean',
  language: 'string',
  body: 'string',
  is_deterministic: 'boolean',
  is_sandboxed: 'boolean',
  comment: 'string',
  param_list: 'table',
  returns: 'string',
  exports: 'table',
  opts: 'table',
};

/** `db.schema.func.create` */
export function createFunction(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, createTemplate);
  if (findByName(box, name) !== undefined) {
    if (!isTrue(opts.get('if_not_exists'))) throw clientError('FUNCTION_EXISTS', shown(name));
    return;
  }
  const text = (key: string, fallback: string): string => String(opts.get(key) ?? fallback);
  const now = box.host.localTime();
  const rest = opts.get('opts');
  const row: MsgpackValue[] = [
    box.current.credentials.uid,
    shown(name),
    isTrue(opts.get('setuid') ?? false) ? 1 : 0,
    text('language', 'lua').toUpperCase(),
    text('body', ''),
    'function',
    tableOf(opts.get('param_list'), []),
    text('returns', 'any'),
    'none',
    'none',
    isTrue(opts.get('is_deterministic') ?? false),
    isTrue(opts.get('is_sandboxed') ?? false),
    true,
    tableOf(opts.get('exports'), ['LUA']),
    rest instanceof DdlTable && rest.size > 0 ? toMsgpack(rest) : new Map(),
    text('comment', ''),
    now,
    now,
  ];
  autoIncrement(box, SystemSpace.FUNC, row);
}

function tableOf(value: DdlValue, fallback: MsgpackValue[]): MsgpackValue {
  return value instanceof DdlTable ? toMsgpack(value) : fallback;
}

function findByName(box: Box, name: DdlValue): Tuple | undefined {
  return box.get(SystemSpace.VFUNC, 2, encode(isNil(name) ? [] : [toMsgpack(name)]));
}

function find(box: Box, nameOrId: DdlValue): Tuple | undefined {
  if (typeof nameOrId === 'string') return findByName(box, nameOrId);
  return box.get(SystemSpace.VFUNC, 0, encode(isNil(nameOrId) ? [] : [numberOf(nameOrId)]));
}

/** `db.schema.func.drop` */
export function dropFunction(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, { if_exists: 'boolean' });
  const tuple = find(box, name);
  if (tuple !== undefined) dropFunctionById(box, fieldUint32(tuple, 0));
  else if (!isTrue(opts.get('if_exists'))) throw clientError('NO_SUCH_FUNCTION', shown(name));
}

export function dropFunctionById(box: Box, id: number): void {
  revokeObjectGrants(box, 'function', id);
  box.delete(SystemSpace.FUNC, 0, encode([id]));
}

/** `db.schema.func.exists` */
export function functionExists(box: Box, nameOrId: DdlValue): boolean {
  const type = luaType(nameOrId);
  if (type !== 'string' && type !== 'number') return false;
  return find(box, nameOrId) !== undefined;
}

/** `db.internal.collation.create` */
export function createCollation(
  box: Box,
  name: DdlValue,
  type: DdlValue,
  locale: DdlValue,
  optionsValue: DdlValue,
): void {
  const refuse = (reason: string): Error => clientError('ILLEGAL_PARAMS', reason);
  if (typeof name !== 'string') throw refuse('name (first arg) must be a string');
  if (typeof type !== 'string') throw refuse('type (second arg) must be a string');
  if (typeof locale !== 'string') throw refuse('locale (third arg) must be a string');
  const given = isNil(optionsValue) ? new DdlTable() : optionsValue;
  if (!(given instanceof DdlTable)) throw refuse('options (fourth arg) must be a table or nil');
  const opts = new DdlTable(given);
  const ifNotExists = opts.get('if_not_exists');
  const own = new DdlTable(ifNotExists === undefined ? [] : [['if_not_exists', ifNotExists]]);
  checkOptions(own, { if_not_exists: 'boolean' });
  opts.delete('if_not_exists');
  if (!opts.has('strength')) opts.set('strength', 'tertiary');
  if (isTrue(ifNotExists) && collationTuple(box, name) !== undefined) return;
  const map = new Map([...opts].map(([key, value]) => [key, toMsgpack(value)] as const));
  const row: MsgpackValue[] = [name, box.current.credentials.uid, type, locale, map];
  autoIncrement(box, SystemSpace.COLLATION, row);
}

/** `db.internal.collation.drop` */
export function dropCollation(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, { if_exists: 'boolean' });
  if (isTrue(opts.get('if_exists')) && collationTuple(box, name) === undefined) return;
  box.delete(SystemSpace.COLLATION, 1, nameKey(name));
}

/** A collation's tuple. */
export function collationTuple(box: Box, name: DdlValue): Tuple | undefined {
  return box.get(SystemSpace.COLLATION, 1, nameKey(name));
}

function nameKey(name: DdlValue): Uint8Array {
  if (isNil(name)) return encode([]);
  return encode([typeof name === 'string' ? name : null]);
}
