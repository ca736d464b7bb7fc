import { type MsgpackReader, skip } from '../wire/msgpack.ts';
import type { Collation } from './collation.ts';
import { clientError } from './error.ts';
import { fieldTypeByName, MpType, mpTypeAt, mpTypeNames } from './field-type.ts';
import { type FieldDef, noCollation } from './format-field.ts';
import type { Func } from './func.ts';
import { checkIdentifier, isNameTooLong, shownName } from './identifier.ts';
import { canonicalPath, parsePath } from './json-path.ts';
import { isSamePlace, KeyDef, type KeyPart } from './key-def.ts';
import { type OptRegistry, type OptValue, readOpt, readOpts } from './opt-def.ts';
import { actionOf } from './space-def.ts';
import type { Tuple } from './tuple.ts';
import { fieldArray, fieldMap, fieldString, fieldUint32 } from './tuple-field.ts';

export type IndexType = 'TREE' | 'HASH' | 'BITSET' | 'RTREE';

/** What a tuple of `_index` says. */
export interface IndexDef {
  readonly spaceId: number;
  readonly id: number;
  readonly name: string;
  readonly type: IndexType;
  readonly opts: IndexOpts;
  /** The parts as the user gave them. */
  readonly keyDef: KeyDef;
  /** The parts and those of the primary key: a total order of the space's tuples. */
  readonly cmpDef: KeyDef;
  /** The function whose results are indexed, once it is known. */
  readonly func: Func | undefined;
}

export interface IndexOpts {
  readonly isUnique: boolean;
  readonly dimension: number;
  readonly distance: 'euclid' | 'manhattan';
  readonly rangeSize: number;
  readonly pageSize: number;
  readonly runCountPerLevel: number;
  readonly runSizeRatio: number;
  readonly bloomFpr: number;
  /** Id of the function whose results are indexed; 0 for none. */
  readonly funcId: number;
}

/** Numbers of fields in `_index`. */
export const IndexField = { SPACE_ID: 0, ID: 1, NAME: 2, TYPE: 3, OPTS: 4, PARTS: 5 } as const;

/** Ids are 0 to 127. */
const indexIdMax = 127;
const partCountMax = 255;
/** Number of the last field that can be indexed. */
const indexedFieldMax = 32767;

const optsRegistry: OptRegistry = {
  unique: 'boolean',
  dimension: 'integer',
  distance: 'enum',
  range_size: 'integer',
  page_size: 'integer',
  run_count_per_level: 'integer',
  run_size_ratio: 'float',
  bloom_fpr: 'float',
  lsn: 'integer',
  func: 'unsigned',
  sql: 'legacy',
};

const partRegistry: OptRegistry = {
  type: 'enum',
  field: 'unsigned',
  collation: 'unsigned',
  is_nullable: 'boolean',
  nullable_action: 'enum',
  sort_order: 'enum',
  path: 'string',
};

/** What decoding needs to know of the space and the schema. */
export interface IndexDefContext {
  readonly spaceName: string;
  readonly fields: readonly FieldDef[];
  /** Key definition of the space's primary index, if it has one. */
  readonly primaryKey: KeyDef | undefined;
  collation(id: number): Collation | undefined;
}

/** Reads a tuple of `_index`, and checks all that does not depend on the engine. */
export function decodeIndexDef(tuple: Tuple, context: IndexDefContext): IndexDef {
  checkRecord(tuple);
  const spaceId = fieldUint32(tuple, IndexField.SPACE_ID);
  const id = fieldUint32(tuple, IndexField.ID);
  const typeName = fieldString(tuple, IndexField.TYPE).toUpperCase();
  const name = fieldString(tuple, IndexField.NAME);
  const opts = decodeIndexOpts(fieldMap(tuple, IndexField.OPTS));
  const { spaceName } = context;
  if (isNameTooLong(name)) {
    throw clientError('MODIFY_INDEX', shownName(name), spaceName, 'index name is too long');
  }
  checkIdentifier(name);
  const parts = decodeParts(fieldArray(tuple, IndexField.PARTS), context);
  const keyDef = makeKeyDef(parts, opts.funcId > 0);
  const def = {
    spaceId,
    id,
    name,
    // An unknown type is refused by the engine, in its own words.
    type: typeName as IndexType,
    opts,
    keyDef,
    cmpDef: cmpDefOf(id, opts.isUnique, keyDef, context.primaryKey),
    func: undefined,
  };
  checkIndexDef(def, spaceName);
  return def;
}

/** What entries of an index are ordered by, given the primary key. */
export function cmpDefOf(
  id: number,
  isUnique: boolean,
  keyDef: KeyDef,
  primaryKey: KeyDef | undefined,
): KeyDef {
  if (id === 0 || primaryKey === undefined) return keyDef;
  return keyDef.merge(primaryKey, isUnique ? keyDef.parts.length : undefined);
}

/** What a tree sorts by: the own parts are enough when they are unique and never nil. */
export function treeKeyOf(def: IndexDef): KeyDef {
  return def.opts.isUnique && !def.keyDef.isNullable ? def.keyDef : def.cmpDef;
}

/** True when the order of a tree depends on the primary key. */
export function dependsOnPrimary(def: IndexDef): boolean {
  return def.type === 'TREE' && (!def.opts.isUnique || def.keyDef.isNullable);
}

const recordTypes = [MpType.UINT, MpType.UINT, MpType.STR, MpType.STR, MpType.MAP, MpType.ARRAY];

function checkRecord(tuple: Tuple): void {
  const count = tuple.fieldCount;
  const found: number[] = [];
  let pos = tuple.firstField;
  for (let fieldNo = 0; fieldNo < count; fieldNo++) {
    found.push(mpTypeAt(tuple.slab, pos));
    pos = skip(tuple.slab, pos);
  }
  if (count === 6 && recordTypes.every((type, index) => found[index] === type)) return;
  throw clientError(
    'WRONG_INDEX_RECORD',
    found.map((type) => mpTypeNames[type]).join(', '),
    'space id (unsigned), index id (unsigned), name (string), type (string), options (map), parts (array)',
  );
}

function decodeIndexOpts(reader: MsgpackReader): IndexOpts {
  const refuse = (reason: string): Error =>
    clientError('WRONG_INDEX_OPTIONS', IndexField.OPTS, reason);
  const map = readOpts(optsRegistry, reader, {
    error: 'WRONG_INDEX_OPTIONS',
    fieldNo: IndexField.OPTS,
  });
  const number = (key: string, fallback: number): number => Number(map.get(key) ?? fallback);
  const distance = String(map.get('distance') ?? 'euclid').toLowerCase();
  if (distance !== 'euclid' && distance !== 'manhattan') {
    throw refuse("distance must be either 'euclid' or 'manhattan'");
  }
  const opts: IndexOpts = {
    isUnique: map.get('unique') !== false,
    dimension: number('dimension', 2),
    distance,
    rangeSize: number('range_size', 0),
    pageSize: number('page_size', 8192),
    runCountPerLevel: number('run_count_per_level', 2),
    runSizeRatio: number('run_size_ratio', 3.5),
    bloomFpr: number('bloom_fpr', 0.05),
    funcId: number('func', 0),
  };
  if (opts.pageSize <= 0 || (opts.rangeSize > 0 && opts.pageSize > opts.rangeSize)) {
    throw refuse('page_size must be greater than 0 and less than or equal to range_size');
  }
  if (opts.runCountPerLevel <= 0) throw refuse('run_count_per_level must be greater than 0');
  if (opts.runSizeRatio <= 1) throw refuse('run_size_ratio must be greater than 1');
  if (opts.bloomFpr <= 0 || opts.bloomFpr > 1) {
    throw refuse('bloom_fpr must be greater than 0 and less than or equal to 1');
  }
  return opts;
}

function decodeParts(reader: MsgpackReader, context: IndexDefContext): KeyPart[] {
  const count = reader.readArrayHeader();
  const parts: KeyPart[] = [];
  // The first part's form decides: arrays [field, type] of 1.6, or maps.
  const isOldForm = count > 0 && reader.type() === 'array';
  for (let number = 1; number <= count; number++) {
    parts.push(isOldForm ? decodeOldPart(reader) : decodePart(reader, number, context));
  }
  return parts;
}

function decodeOldPart(reader: MsgpackReader): KeyPart {
  const refuse = (reason: string): Error => clientError('WRONG_INDEX_PARTS', reason);
  if (reader.type() !== 'array') throw refuse('expected an array');
  const count = reader.readArrayHeader();
  if (count < 1) throw refuse('expected a non-empty array');
  if (count < 2) throw refuse('a field type is missing');
  if (reader.type() !== 'uint') throw refuse('field id must be an integer');
  const fieldNo = Number(reader.readInteger());
  if (reader.type() !== 'str') throw refuse('field type must be a string');
  const type = fieldTypeByName(reader.readStr());
  for (let left = count - 2; left > 0; left--) reader.skip();
  if (type === undefined) throw refuse('unknown field type');
  return {
    fieldNo,
    type,
    collationId: noCollation,
    collation: undefined,
    // Never nullable, whatever the field is: the old form cannot say so.
    nullableAction: 'default',
    isNullable: false,
    path: undefined,
    pathText: undefined,
  };
}

function decodePart(reader: MsgpackReader, number: number, context: IndexDefContext): KeyPart {
  const refuse = (reason: string): Error => clientError('WRONG_INDEX_OPTIONS', number, reason);
  if (reader.type() !== 'map') throw refuse('index part is expected to be a map');
  const opts = new Map<string, OptValue>();
  for (let left = reader.readMapHeader(); left > 0; left--) {
    if (reader.type() !== 'str') throw refuse('key must be a string');
    const key = reader.readStr();
    const errors = { error: 'WRONG_INDEX_OPTIONS', fieldNo: number } as const;
    const value = readOpt(partRegistry, key, reader, errors);
    if (value !== undefined) opts.set(key, value);
  }
  return makePart(opts, number, context, refuse);
}

function makePart(
  opts: ReadonlyMap<string, OptValue>,
  number: number,
  context: IndexDefContext,
  refuse: (reason: string) => Error,
): KeyPart {
  const typeName = opts.get('type');
  const type = typeName === undefined ? undefined : fieldTypeByName(String(typeName));
  if (type === undefined) throw refuse('index part: unknown field type');
  const collationId = Number(opts.get('collation') ?? noCollation);
  if (collationId !== noCollation && type !== 'string' && type !== 'scalar') {
    throw clientError(
      'WRONG_INDEX_OPTIONS',
      number,
      'collation is reasonable only for string and scalar parts',
    );
  }
  const isNullable = opts.get('is_nullable') === true;
  const nullableAction = actionOf(opts.get('nullable_action'), isNullable);
  if (nullableAction === undefined || isNullable !== (nullableAction === 'none')) {
    throw refuse('index part: conflicting nullability and nullable action properties');
  }
  const order = String(opts.get('sort_order') ?? 'asc').toLowerCase();
  if (!['asc', 'desc', 'undef'].includes(order)) throw refuse('index part: unknown sort order');
  const pathText = String(opts.get('path') ?? '');
  const path = pathText === '' ? undefined : parsePath(pathText);
  if (typeof path === 'number') throw refuse('invalid path');
  const collation = collationId === noCollation ? undefined : context.collation(collationId);
  if (collationId !== noCollation && collation === undefined) {
    throw refuse('collation was not found by ID');
  }
  return {
    fieldNo: Number(opts.get('field') ?? 0),
    type,
    collationId,
    collation,
    nullableAction,
    isNullable,
    path,
    pathText: path === undefined ? undefined : pathText,
  };
}

/** Makes a key definition and checks what parts say together: paths with `[*]`, functional indexes. */
export function makeKeyDef(parts: readonly KeyPart[], forFuncIndex: boolean): KeyDef {
  let multikey: string | undefined;
  for (const [index, part] of parts.entries()) {
    const at = part.path?.findIndex((token) => token.kind === 'any') ?? -1;
    if (part.path === undefined || at < 0) continue;
    const place = `${part.fieldNo}${canonicalPath(part.path.slice(0, at))}`;
    if (multikey !== undefined && multikey !== place) {
      throw clientError('WRONG_INDEX_OPTIONS', index + 1, 'incompatable multikey index path');
    }
    multikey = place;
    if (part.path.slice(at + 1).some((token) => token.kind === 'any')) {
      throw clientError(
        'WRONG_INDEX_OPTIONS',
        index + 1,
        'no more than one array index placeholder [*] is allowed in JSON path',
      );
    }
  }
  const keyDef = new KeyDef(parts, forFuncIndex);
  if (forFuncIndex) {
    if (keyDef.hasPaths) throw clientError('UNSUPPORTED', 'Functional index', 'json paths');
    if (!keyDef.isSequential) {
      throw clientError(
        'FUNC_INDEX_PARTS',
        'key part numbers must be sequential and first part number must be 1',
      );
    }
  }
  return keyDef;
}

function checkIndexDef(def: IndexDef, spaceName: string): void {
  const refuse = (reason: string): Error =>
    clientError('MODIFY_INDEX', def.name, spaceName, reason);
  const { keyDef } = def;
  if (def.id > indexIdMax) throw refuse('index id too big');
  if (def.id === 0 && !def.opts.isUnique) throw refuse('primary key must be unique');
  if (keyDef.parts.length === 0) throw refuse('part count must be positive');
  if (keyDef.parts.length > partCountMax) throw refuse('too many key parts');
  if (def.id === 0 && keyDef.isMultikey) throw refuse('primary key cannot be multikey');
  if (def.id === 0 && keyDef.forFuncIndex) throw refuse('primary key can not use a function');
  for (const [index, part] of keyDef.parts.entries()) {
    if (part.fieldNo > indexedFieldMax) throw refuse('field no is too big');
    if (keyDef.parts.slice(0, index).some((other) => isSamePlace(part, other))) {
      throw refuse('same key part is indexed twice');
    }
  }
}
