import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import {
  checkOptions,
  checkParam,
  isNil,
  isTrue,
  numberOf,
  shown,
  toMsgpack,
} from './ddl-check.ts';
import { dropSequenceById } from './ddl-sequence.ts';
import { findUserOrRole, revokeObjectGrants } from './ddl-user.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { IteratorType } from './index.ts';
import type { Space } from './space.ts';
import { systemIdMax } from './space.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldBool, fieldUint32 } from './tuple-field.ts';

const createTemplate = {
  if_not_exists: 'boolean',
  engine: 'string',
  id: 'number',
  field_count: 'number',
  user: 'string, number',
  format: 'table',
  is_local: 'boolean',
  temporary: 'boolean',
  is_sync: 'boolean',
};

/** `db.schema.space.create` */
export function createSpace(
  box: Box,
  nameValue: DdlValue,
  optionsValue: DdlValue,
): { space: Space; outcome: 'created' | 'not created' } {
  checkParam(nameValue, 'name', 'string');
  const name = String(nameValue);
  const options = checkOptions(optionsValue, createTemplate);
  const present = box.schema.spaceByName(name);
  if (present !== undefined) {
    if (isTrue(options.get('if_not_exists'))) return { space: present, outcome: 'not created' };
    throw clientError('SPACE_EXISTS', name);
  }
  const idOption = options.get('id');
  const id = idOption === undefined ? nextSpaceId(box) : numberOf(idOption);
  let owner = box.current.credentials.uid;
  const user = options.get('user');
  if (user !== undefined) {
    const found = findUserOrRole(box, user);
    if (found === undefined) throw clientError('NO_SUCH_USER', shown(user));
    owner = found;
  }
  const formatOption = options.get('format') ?? new DdlTable();
  checkParam(formatOption, 'format', 'table');
  const format = formatOption instanceof DdlTable ? updateFormat(box, formatOption) : [];
  const flags = new Map<MsgpackValue, MsgpackValue>();
  // In the order in which the real server's table holds them.
  if (isTrue(options.get('temporary'))) flags.set('temporary', true);
  if (isTrue(options.get('is_local'))) flags.set('group_id', 1);
  const isSync = options.get('is_sync');
  if (isSync !== undefined) flags.set('is_sync', isTrue(isSync));
  const engine = String(options.get('engine') ?? 'memtx');
  const fieldCount = numberOf(options.get('field_count') ?? 0);
  box.insert(SystemSpace.SPACE, encode([id, owner, name, engine, fieldCount, flags, format]));
  return { space: box.schema.requireSpace(id), outcome: 'created' };
}

/** Draws the next id from `_schema`. */
function nextSpaceId(box: Box): number {
  const ops = encode([['+', 2, 1]]);
  const drawn = box.update(SystemSpace.SCHEMA, 0, encode(['max_id']), ops, 1);
  if (drawn !== undefined) return fieldUint32(drawn, 1);
  const last = box.max(SystemSpace.SPACE, 0, encode([]));
  const id = Math.max(last === undefined ? 0 : fieldUint32(last, 0), systemIdMax) + 1;
  box.insert(SystemSpace.SCHEMA, encode(['max_id', id]));
  return id;
}

/** Brings a format to the form in which it is stored: a map for each field, with name and type. */
function updateFormat(box: Box, format: DdlTable): MsgpackValue[] {
  const fields: MsgpackValue[] = [];
  for (let number = 1; number <= format.length; number++) {
    fields.push(updateField(box, format.get(number), number));
  }
  return fields;
}

function updateField(box: Box, given: DdlValue, number: number): MsgpackValue {
  const field = new DdlTable();
  if (given instanceof DdlTable) {
    const hasName = isTrue(given.get('name'));
    const hasType = isTrue(given.get('type'));
    for (const [key, value] of given) {
      if (key === 1) {
        if (!hasName) field.set('name', value);
        else if (!hasType) field.set('type', value);
        else field.set(1, value);
      } else if (key === 2 && !hasType && !hasName) {
        field.set('type', value);
      } else if (key === 'collation') {
        field.set('collation', collationId(box, value, `format[${number}]`, [value]));
      } else {
        field.set(key, value);
      }
    }
  } else {
    field.set('name', given);
  }
  const refuse = (reason: string): Error =>
    clientError('ILLEGAL_PARAMS', `format[${number}]: ${reason}`);
  if (typeof field.get('name') !== 'string') throw refuse('name (string) is expected');
  if (isNil(field.get('type'))) field.set('type', 'any');
  else if (typeof field.get('type') !== 'string') throw refuse('type must be a string');
  return orderedMap(box, field);
}

/** A map with its keys in the order in which a Lua table of them is walked. */
export function orderedMap(box: Box, table: DdlTable): MsgpackValue {
  const keys = box.hooks.tableOrder([...table.keys()]);
  return new Map(keys.map((key) => [key, toMsgpack(table.get(key))]));
}

/** Id of a collation by one of the names. */
export function collationId(
  box: Box,
  value: DdlValue,
  what: string,
  names: readonly DdlValue[],
): number {
  for (const name of names) {
    const key = encode([toMsgpack(name)]);
    const tuple = box.get(SystemSpace.COLLATION, 1, key);
    if (tuple !== undefined) return fieldUint32(tuple, 0);
  }
  throw clientError('ILLEGAL_PARAMS', `${what}: collation was not found by name '${shown(value)}'`);
}

/** `space:format()`: the stored format when none is given. */
export function formatSpace(box: Box, id: DdlValue, format: DdlValue): Uint8Array | undefined {
  checkParam(id, 'id', 'number');
  const key = encode([numberOf(id)]);
  if (isNil(format)) {
    const tuple = box.get(SystemSpace.VSPACE, 0, key);
    if (tuple === undefined) throw clientError('NO_SUCH_SPACE', `#${shown(id)}`);
    return tuple.slab.slice(tuple.fieldAt(6), tuple.end);
  }
  checkParam(format, 'format', 'table');
  const fields = format instanceof DdlTable ? updateFormat(box, format) : [];
  box.update(SystemSpace.SPACE, 0, key, encode([['=', 7, fields]]), 1);
  return undefined;
}

/** `space:rename` */
export function renameSpace(box: Box, id: DdlValue, name: DdlValue): void {
  checkParam(id, 'space_id', 'number');
  checkParam(name, 'space_name', 'string');
  const ops = encode([['=', 3, String(name)]]);
  box.update(SystemSpace.SPACE, 0, encode([numberOf(id)]), ops, 1);
}

/** `space:drop`: everything that hangs on the space goes first. */
export function dropSpace(box: Box, idValue: DdlValue, name: DdlValue, options: DdlValue): void {
  checkParam(idValue, 'space_id', 'number');
  const opts = checkOptions(options, { if_exists: 'boolean' });
  const id = numberOf(idValue);
  const sequence = box.delete(SystemSpace.SPACE_SEQUENCE, 0, encode([id]));
  if (sequence !== undefined && fieldBool(sequence, 2)) {
    dropSequenceById(box, fieldUint32(sequence, 1));
  }
  for (const tuple of selectFrom(box, SystemSpace.FUNC_INDEX, 0, [id])) {
    box.delete(SystemSpace.FUNC_INDEX, 0, encode([id, fieldUint32(tuple, 1)]));
  }
  const indexes = selectFrom(box, SystemSpace.VINDEX, 0, [id]);
  for (const tuple of indexes.reverse()) {
    box.delete(SystemSpace.INDEX, 0, encode([id, fieldUint32(tuple, 1)]));
  }
  revokeObjectGrants(box, 'space', id);
  box.delete(SystemSpace.TRUNCATE, 0, encode([id]));
  if (box.delete(SystemSpace.SPACE, 0, encode([id])) === undefined) {
    if (!isTrue(opts.get('if_exists'))) {
      throw clientError('NO_SUCH_SPACE', isNil(name) ? `#${id}` : shown(name));
    }
  }
}

/** All tuples of an index with the beginning of a key. */
export function selectFrom(
  box: Box,
  spaceId: number,
  indexId: number,
  key: MsgpackValue[],
): Tuple[] {
  return box.select(spaceId, indexId, IteratorType.EQ, 0, 0xffffffff, encode(key));
}
