import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { checkOptions, checkParam, isNil, isTrue, luaType, numberOf, shown } from './ddl-check.ts';
import {
  aliasTypes,
  encodeParts,
  type IndexParts,
  readParts,
  readStoredParts,
} from './ddl-index-parts.ts';
import { prepareSequence } from './ddl-index-sequence.ts';
import { dropSequenceById } from './ddl-sequence.ts';
import { selectFrom } from './ddl-space.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { type Index, IteratorType } from './index.ts';
import type { Space } from './space.ts';
import { SystemSpace } from './system-space.ts';
import { fieldBool, fieldMap, fieldString, fieldUint32 } from './tuple-field.ts';

/** Options that go to `_index.opts`, in the order in which `create_index` puts them into a table. */
const indexOptions: Readonly<Record<string, string>> = {
  dimension: 'number',
  unique: 'boolean',
  distance: 'string',
  page_size: 'number',
  range_size: 'number',
  run_count_per_level: 'number',
  run_size_ratio: 'number',
  bloom_fpr: 'number',
  func: 'number, string',
};

const alterTemplate = {
  id: 'number',
  name: 'string',
  type: 'string',
  parts: 'table',
  sequence: 'boolean, number, string, table',
  ...indexOptions,
};

const createTemplate = { ...alterTemplate, if_not_exists: 'boolean' };

/** `space:create_index` */
export function createIndex(
  box: Box,
  spaceIdValue: DdlValue,
  nameValue: DdlValue,
  optionsValue: DdlValue,
): { index: Index; outcome: 'created' | 'not created' } {
  checkParam(spaceIdValue, 'space_id', 'number');
  checkParam(nameValue, 'name', 'string');
  const name = String(nameValue);
  const given = checkOptions(optionsValue, createTemplate);
  const space = box.schema.space(numberOf(spaceIdValue));
  if (space === undefined) throw clientError('NO_SUCH_SPACE', `#${shown(spaceIdValue)}`);
  checkVisible(box, space);
  const type = String(given.get('type') ?? 'tree');
  const present = box.get(SystemSpace.VINDEX, 2, encode([space.id, name]));
  if (present !== undefined) {
    if (!isTrue(given.get('if_not_exists'))) throw clientError('INDEX_EXISTS', name);
    return { index: space.requireIndex(fieldUint32(present, 1)), outcome: 'not created' };
  }
  const options = withDefaults(given, space, type);
  const idOption = options.get('id');
  const id = idOption === undefined ? nextIndexId(box, space) : numberOf(idOption);
  const parts = aliasTypes(box, readParts(box, space, options.get('parts')));
  const sequence = prepareSequence(box, space, parts, options.get('sequence'), id, name);
  const opts = encodeOpts(box, options);
  const row: MsgpackValue[] = [space.id, id, name, type, opts, encodeParts(box, parts)];
  box.insert(SystemSpace.INDEX, encode(row));
  sequence?.();
  const funcId = opts.get('func');
  if (funcId !== undefined) {
    box.insert(SystemSpace.FUNC_INDEX, encode([space.id, id, funcId]));
  }
  return { index: box.schema.requireSpace(space.id).requireIndex(id), outcome: 'created' };
}

/** Fills in parts and uniqueness, which depend on the type and the space's format. */
function withDefaults(given: DdlTable, space: Space, type: string): DdlTable {
  const options = new DdlTable(given);
  const [field, fieldType, unique] = defaultsOf(type);
  if (options.get('parts') === undefined) {
    const formatType = space.def.fields[field - 1]?.type;
    const known = formatType === undefined || formatType === 'any' ? undefined : formatType;
    options.set(
      'parts',
      known === undefined
        ? new DdlTable([
            [1, field],
            [2, fieldType],
          ])
        : new DdlTable([
            [
              1,
              new DdlTable([
                [1, field],
                [2, known],
              ]),
            ],
          ]),
    );
  }
  if (options.get('unique') === undefined) options.set('unique', unique);
  return options;
}

function defaultsOf(type: string): readonly [number, string, boolean] {
  if (type === 'rtree') return [2, 'array', false];
  if (type === 'bitset') return [2, 'unsigned', false];
  return [1, 'unsigned', true];
}

function nextIndexId(box: Box, space: Space): number {
  const key = encode([space.id]);
  const [last] = box.select(SystemSpace.VINDEX, 0, IteratorType.LE, 0, 1, key);
  if (last === undefined || fieldUint32(last, 0) !== space.id) return 0;
  return fieldUint32(last, 1) + 1;
}

function encodeOpts(box: Box, options: DdlTable): Map<MsgpackValue, MsgpackValue> {
  const map = new Map<MsgpackValue, MsgpackValue>();
  const keys = Object.keys(indexOptions);
  for (const key of box.hooks.tableOrder(keys, keys.length)) {
    const value = options.get(key);
    if (value !== undefined) map.set(key, optionValue(box, String(key), value));
  }
  return map;
}

/** What `index:alter` makes of the options that are stored. */
function changedOpts(
  box: Box,
  stored: ReadonlyMap<MsgpackValue, MsgpackValue>,
  changes: DdlTable,
): Map<MsgpackValue, MsgpackValue> {
  const values = new Map(stored);
  for (const option of box.hooks.tableOrder(Object.keys(indexOptions))) {
    const value = changes.get(option);
    if (value !== undefined) values.set(option, optionValue(box, String(option), value));
  }
  const keys = box.hooks.tableOrder([...values.keys()].map(String));
  return new Map(keys.map((key) => [key, values.get(key) ?? null]));
}

function optionValue(box: Box, key: string, value: DdlValue): MsgpackValue {
  if (key === 'func' && typeof value === 'string') {
    const func = box.schema.funcByName(value);
    if (func === undefined) throw clientError('NO_SUCH_FUNCTION', value);
    return func.id;
  }
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  return typeof value === 'bigint' ? value : numberOf(value);
}

/** `index:drop` */
export function dropIndex(box: Box, spaceIdValue: DdlValue, indexIdValue: DdlValue): void {
  checkParam(spaceIdValue, 'space_id', 'number');
  checkParam(indexIdValue, 'index_id', 'number');
  const [spaceId, indexId] = [numberOf(spaceIdValue), numberOf(indexIdValue)];
  if (indexId === 0) {
    const sequence = box.delete(SystemSpace.SPACE_SEQUENCE, 0, encode([spaceId]));
    if (sequence !== undefined && fieldBool(sequence, 2)) {
      dropSequenceById(box, fieldUint32(sequence, 1));
    }
  }
  for (const tuple of selectFrom(box, SystemSpace.FUNC_INDEX, 0, [spaceId, indexId])) {
    const key = encode([fieldUint32(tuple, 0), fieldUint32(tuple, 1)]);
    box.delete(SystemSpace.FUNC_INDEX, 0, key);
  }
  box.delete(SystemSpace.INDEX, 0, encode([spaceId, indexId]));
}

/** `index:rename` */
export function renameIndex(box: Box, spaceId: DdlValue, indexId: DdlValue, name: DdlValue): void {
  checkParam(spaceId, 'space_id', 'number');
  checkParam(indexId, 'index_id', 'number');
  checkParam(name, 'name', 'string');
  const key = encode([numberOf(spaceId), numberOf(indexId)]);
  box.update(SystemSpace.INDEX, 0, key, encode([['=', 3, String(name)]]), 1);
}

/** `index:alter` */
export function alterIndex(
  box: Box,
  spaceIdValue: DdlValue,
  indexIdValue: DdlValue,
  optionsValue: DdlValue,
): void {
  const space = spaceOf(box, spaceIdValue);
  const index =
    typeof indexIdValue === 'string'
      ? space.indexByName(indexIdValue)
      : space.index(numberOf(indexIdValue));
  if (index === undefined) {
    throw clientError('NO_SUCH_INDEX_ID', shown(indexIdValue), space.name);
  }
  if (isNil(optionsValue)) return;
  const options = checkOptions(optionsValue, alterTemplate);
  checkVisible(box, space);
  if (options.get('id') !== undefined) {
    changeIdentity(box, space, index, options);
    return;
  }
  const key = encode([space.id, index.id]);
  const tuple = box.get(SystemSpace.INDEX, 0, key);
  if (tuple === undefined) throw clientError('NO_SUCH_INDEX_ID', index.id, space.name);
  const name = String(options.get('name') ?? fieldString(tuple, 2));
  const type = String(options.get('type') ?? fieldString(tuple, 3));
  const stored = fieldMap(tuple, 4).readValue();
  const opts = changedOpts(box, stored instanceof Map ? stored : new Map(), options);
  const partsOption = options.get('parts');
  const parts: IndexParts =
    partsOption === undefined ? readStoredParts(tuple) : readParts(box, space, partsOption);
  const sequence = prepareSequence(box, space, parts, options.get('sequence'), index.id, name);
  const row: MsgpackValue[] = [space.id, index.id, name, type, opts, encodeParts(box, parts)];
  box.replace(SystemSpace.INDEX, encode(row));
  const funcId = opts.get('func');
  if (funcId !== undefined) {
    box.insert(SystemSpace.FUNC_INDEX, encode([space.id, index.id, funcId]));
  }
  sequence?.();
}

/** Options depend on the space's format, which is read as the user sees it. */
function checkVisible(box: Box, space: Space): void {
  const tuple = box.get(SystemSpace.VSPACE, 0, encode([space.id]));
  if (tuple === undefined) throw clientError('NO_SUCH_SPACE', `#${space.id}`);
}

function spaceOf(box: Box, value: DdlValue): Space {
  const space =
    typeof value === 'string' ? box.schema.spaceByName(value) : box.schema.space(numberOf(value));
  if (space === undefined) throw clientError('NO_SUCH_SPACE', `#${shown(value)}`);
  return space;
}

/** A new id comes with nothing but a new name and type. */
function changeIdentity(box: Box, space: Space, index: Index, options: DdlTable): void {
  const others = [...options.keys()].filter((key) => !['id', 'name', 'type'].includes(String(key)));
  if (others.length > 0) {
    const list = others.map((key) => ` ${key}`).join('');
    throw clientError('PROC_LUA', `Don't know how to update both id and${list}`);
  }
  const ops: MsgpackValue[] = [];
  const add = (value: DdlValue, fieldNo: number): void => {
    if (!isTrue(value)) return;
    ops.push(['=', fieldNo, luaType(value) === 'number' ? numberOf(value) : shown(value)]);
  };
  add(options.get('id'), 2);
  add(options.get('name'), 3);
  add(options.get('type'), 4);
  box.update(SystemSpace.INDEX, 0, encode([space.id, index.id]), encode(ops), 1);
}
