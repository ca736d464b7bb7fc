import { checkMsgpack, type MsgpackReader } from '../wire/msgpack.ts';
import type { ErrorName } from './errcode.ts';
import { clientError } from './error.ts';
import { type FieldType, fieldTypeByName } from './field-type.ts';
import { TupleDictionary } from './format.ts';
import {
  type ConflictAction,
  conflictActions,
  type FieldDef,
  noCollation,
} from './format-field.ts';
import { checkIdentifier, isNameTooLong, shownName } from './identifier.ts';
import { type OptRegistry, type OptValue, readOpt, readOpts } from './opt-def.ts';
import type { Tuple } from './tuple.ts';
import { fieldArray, fieldMap, fieldString, fieldUint32 } from './tuple-field.ts';

/** What a tuple of `_space` says. */
export interface SpaceDef {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly engine: string;
  /** Number of fields that every tuple must have; 0 for any number. */
  readonly exactFieldCount: number;
  readonly fields: readonly FieldDef[];
  readonly dictionary: TupleDictionary;
  readonly opts: SpaceOpts;
  /** The `format` field as it was written. */
  readonly formatBytes: Uint8Array;
}

export interface SpaceOpts {
  /** 1 for spaces whose rows stay on this server. */
  readonly groupId: number;
  readonly isTemporary: boolean;
  readonly isView: boolean;
  readonly isSync: boolean;
  readonly sql: string | undefined;
}

/** Numbers of fields in `_space`. */
export const SpaceField = {
  ID: 0,
  OWNER: 1,
  NAME: 2,
  ENGINE: 3,
  FIELD_COUNT: 4,
  OPTS: 5,
  FORMAT: 6,
} as const;

/** Space ids are signed 32-bit numbers. */
const spaceIdMax = 0x7fffffff;

const engineNameMax = 16;

const spaceOptsRegistry: OptRegistry = {
  group_id: 'unsigned',
  temporary: 'boolean',
  view: 'boolean',
  is_sync: 'boolean',
  sql: 'string',
  checks: 'legacy',
};

const fieldOptsRegistry: OptRegistry = {
  type: 'enum',
  name: 'string',
  is_nullable: 'boolean',
  nullable_action: 'enum',
  collation: 'unsigned',
  default: 'string',
};

/** Engines that a space can have here. */
const engines = ['memtx', 'vinyl', 'sysview', 'blackhole', 'service'];

/**
 * Reads a tuple of `_space`.
 * @param error what trouble becomes: CREATE_SPACE or ALTER_SPACE
 */
export function decodeSpaceDef(tuple: Tuple, error: ErrorName): SpaceDef {
  const name = fieldString(tuple, SpaceField.NAME);
  if (isNameTooLong(name)) throw clientError(error, shownName(name), 'space name is too long');
  checkIdentifier(name);
  const id = fieldUint32(tuple, SpaceField.ID);
  if (id > spaceIdMax) throw clientError(error, name, 'space id is too big');
  if (id === 0) throw clientError(error, name, 'space id 0 is reserved');
  const owner = fieldUint32(tuple, SpaceField.OWNER);
  const exactFieldCount = fieldUint32(tuple, SpaceField.FIELD_COUNT);
  const engine = fieldString(tuple, SpaceField.ENGINE);
  if (engine.length > engineNameMax)
    throw clientError(error, name, 'space engine name is too long');
  checkIdentifier(engine);
  const optsReader = fieldMap(tuple, SpaceField.OPTS);
  const formatReader = fieldArray(tuple, SpaceField.FORMAT);
  const formatBytes = tuple.slab.slice(
    formatReader.pos,
    checkMsgpack(tuple.slab, formatReader.pos, tuple.end),
  );
  const fields = decodeFields(formatReader, name, error);
  if (exactFieldCount !== 0 && exactFieldCount < fields.length) {
    throw clientError(
      error,
      name,
      'exact_field_count must be either 0 or >= formatted field count',
    );
  }
  const opts = decodeSpaceOpts(optsReader);
  if (opts.groupId > 1) throw clientError('NO_SUCH_GROUP', String(opts.groupId));
  if (opts.isView && opts.sql === undefined) throw clientError('VIEW_MISSING_SQL');
  if (opts.isSync && opts.groupId === 1) {
    throw clientError(error, name, "local space can't be synchronous");
  }
  const dictionary = new TupleDictionary(fields.map((field) => field.name));
  if (!engines.includes(engine)) throw clientError('NO_SUCH_ENGINE', engine);
  return { id, owner, name, engine, exactFieldCount, fields, dictionary, opts, formatBytes };
}

/** Throws for a space that the real server could make and Bee cannot. */
export function checkSupported(def: SpaceDef): void {
  if (def.engine === 'vinyl') {
    throw clientError('UNSUPPORTED', 'Bee', "engine 'vinyl': use memtx");
  }
  if (def.opts.isView) throw clientError('UNSUPPORTED', 'Bee', 'SQL views');
}

function decodeSpaceOpts(reader: MsgpackReader): SpaceOpts {
  const opts = readOpts(spaceOptsRegistry, reader, {
    error: 'WRONG_SPACE_OPTIONS',
    fieldNo: SpaceField.OPTS,
  });
  const sql = opts.get('sql');
  return {
    groupId: Number(opts.get('group_id') ?? 0),
    isTemporary: opts.get('temporary') === true,
    isView: opts.get('view') === true,
    isSync: opts.get('is_sync') === true,
    sql: typeof sql === 'string' && sql !== '' ? sql : undefined,
  };
}

function decodeFields(reader: MsgpackReader, space: string, error: ErrorName): FieldDef[] {
  const fields: FieldDef[] = [];
  const count = reader.readArrayHeader();
  for (let number = 1; number <= count; number++) {
    fields.push(decodeField(reader, number, space, error));
  }
  return fields;
}

function decodeField(
  reader: MsgpackReader,
  number: number,
  space: string,
  error: ErrorName,
): FieldDef {
  const refuse = (reason: string): Error => clientError(error, space, `field ${number} ${reason}`);
  if (reader.type() !== 'map') throw refuse('is not map');
  const opts = new Map<string, OptValue>();
  for (let left = reader.readMapHeader(); left > 0; left--) {
    if (reader.type() !== 'str') throw refuse('format is not map with string keys');
    const key = reader.readStr();
    const errors = { error: 'WRONG_SPACE_FORMAT', fieldNo: number } as const;
    const value = readOpt(fieldOptsRegistry, key, reader, errors, true);
    if (value !== undefined) opts.set(key, value);
  }
  const name = opts.get('name');
  // An empty name is stored as none.
  if (typeof name !== 'string' || name === '') throw refuse('name is not specified');
  if (isNameTooLong(name)) throw refuse('name is too long');
  // Of a field's name the part before a zero is looked at.
  checkIdentifier(name.replace(/\0.*$/s, ''));
  const type = typeOf(opts.get('type'));
  if (type === undefined) throw refuse('has unknown field type');
  const isNullable = opts.get('is_nullable') === true;
  const nullableAction = actionOf(opts.get('nullable_action'), isNullable);
  if (nullableAction === undefined) throw refuse('has unknown field on conflict nullable action');
  if (isNullable !== (nullableAction === 'none')) {
    throw refuse('has conflicting nullability and nullable action properties');
  }
  const collationId = Number(opts.get('collation') ?? noCollation);
  if (collationId !== noCollation && !['string', 'scalar', 'any'].includes(type)) {
    throw clientError(
      error,
      space,
      'collation is reasonable only for string, scalar and any fields',
    );
  }
  if (typeof opts.get('default') === 'string') {
    throw clientError('UNSUPPORTED', 'Bee', 'SQL default values');
  }
  return { name, type, isNullable, nullableAction, collationId };
}

function typeOf(name: OptValue | undefined): FieldType | undefined {
  return name === undefined ? 'any' : fieldTypeByName(String(name));
}

/** The action of a field or part; undefined for a name that is none. */
export function actionOf(
  name: OptValue | undefined,
  isNullable: boolean,
): ConflictAction | undefined {
  if (name === undefined) return isNullable ? 'none' : 'default';
  const lower = String(name).toLowerCase();
  return conflictActions.find((action) => action === lower);
}
