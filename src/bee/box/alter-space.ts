import { IprotoType } from '../wire/iproto-constants.ts';
import { checkDdlAccess, checkSpaceAccess } from './access.ts';
import { AlterSpace } from './alter.ts';
import { checkSequencePart } from './alter-sequence.ts';
import { clientError } from './error.ts';
import { TupleFormat } from './format.ts';
import { noCollation } from './format-field.ts';
import type { Func } from './func.ts';
import { IteratorType } from './index.ts';
import { decodeIndexDef, type IndexDef, IndexField } from './index-def.ts';
import { checkEngineIndexDef } from './index-factory.ts';
import { Privilege } from './privilege.ts';
import type { Schema } from './schema.ts';
import { Space } from './space.ts';
import { checkSupported, decodeSpaceDef, type SpaceDef, SpaceField } from './space-def.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';

/** `_space`: makes, changes and removes spaces. */
export function onReplaceSpace(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const space = host.schema.space(fieldUint32(tuple, SpaceField.ID));
  if (newTuple === undefined) {
    if (space !== undefined) dropSpace(host, statement, space);
  } else if (space === undefined) {
    createSpace(host, statement, newTuple);
  } else {
    changeSpace(host, statement, space, newTuple);
  }
}

function createSpace(host: SystemHost, statement: Statement, tuple: Tuple): void {
  const { schema } = host;
  const def = decodeSpaceDef(tuple, 'CREATE_SPACE');
  const { id, name, owner } = def;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'space', Privilege.CREATE);
  checkSupported(def);
  checkCollations(host, def);
  const { fields, exactFieldCount, dictionary, opts } = def;
  const format = new TupleFormat(fields, [], exactFieldCount, dictionary, opts.isTemporary);
  const space = new Space(def, format, []);
  schema.replaceSpace(undefined, space);
  schema.version++;
  statement.onRollback(() => schema.replaceSpace(space, undefined));
}

function checkCollations(host: SystemHost, { fields }: SpaceDef): void {
  for (const [at, { collationId }] of fields.entries()) {
    if (collationId === noCollation || host.schema.collation(collationId) !== undefined) continue;
    throw clientError('WRONG_COLLATION_OPTIONS', at + 1, 'collation was not found by ID');
  }
}

function dropSpace(host: SystemHost, statement: Statement, space: Space): void {
  const { schema } = host;
  const { id, name, owner } = space;
  checkDdlAccess(schema, host.credentials, name, id, owner, 'space', Privilege.DROP);
  const refuse = (reason: string): Error => clientError('DROP_SPACE', name, reason);
  if (space.indexes.length > 0) throw refuse('the space has indexes');
  if (hasGrants(schema, 'space', id)) throw refuse('the space has grants');
  if (hasTuple(schema, SystemSpace.TRUNCATE, 0, id)) throw refuse('the space has truncate record');
  schema.replaceSpace(space, undefined);
  schema.version++;
  statement.onRollback(() => schema.replaceSpace(undefined, space));
}

function changeSpace(host: SystemHost, statement: Statement, space: Space, tuple: Tuple): void {
  const def = decodeSpaceDef(tuple, 'ALTER_SPACE');
  const { id, name, owner } = def;
  checkDdlAccess(host.schema, host.credentials, name, id, owner, 'space', Privilege.ALTER);
  const refuse = (reason: string): Error => clientError('ALTER_SPACE', space.name, reason);
  if (id !== space.id) throw refuse('space id is immutable');
  if (def.engine !== space.engine) throw refuse('can not change space engine');
  if (def.opts.groupId !== space.def.opts.groupId) {
    throw refuse('replication group is immutable');
  }
  if (def.opts.isView !== space.isView) {
    throw refuse('can not convert a space to a view and vice versa');
  }
  checkCollations(host, def);
  const alter = new AlterSpace(host, host.txn, statement, space);
  alter.setDef(def);
  alter.run();
}

/** `_index`: makes, changes and removes indexes. */
export function onReplaceIndex(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const { schema } = host;
  const space = schema.requireSpace(fieldUint32(tuple, IndexField.SPACE_ID));
  const indexId = fieldUint32(tuple, IndexField.ID);
  const refuse = (reason: string): Error => clientError('ALTER_SPACE', space.name, reason);
  if (space.isView) throw refuse('can not add index on a view');
  let access: number = Privilege.ALTER;
  if (newTuple === undefined) access = Privilege.DROP;
  else if (oldTuple === undefined) access = Privilege.CREATE;
  checkDdlAccess(schema, host.credentials, space.name, space.id, space.owner, 'space', access);
  if (indexId === 0 && newTuple === undefined) {
    if (space.isSystem) throw clientError('LAST_DROP', space.name);
    if (space.indexes.length > 1) throw clientError('DROP_PRIMARY_KEY', space.name);
    if (space.sequence !== undefined) {
      throw refuse('can not drop primary key while space sequence exists');
    }
  }
  if (indexId !== 0 && space.index(0) === undefined) {
    throw refuse('can not add a secondary key before primary');
  }
  const index = space.index(indexId);
  const alter = new AlterSpace(host, host.txn, statement, space);
  if (newTuple === undefined) {
    if (index !== undefined) alter.dropIndex(index);
  } else {
    const def = readIndexDef(host, newTuple, space);
    if (index === undefined) alter.createIndex(def);
    else alter.changeIndex(index, def);
  }
  alter.run();
}

function readIndexDef(host: SystemHost, tuple: Tuple, space: Space): IndexDef {
  const def = decodeIndexDef(tuple, {
    spaceName: space.name,
    fields: space.def.fields,
    primaryKey: space.index(0)?.def.keyDef,
    collation: (id) => host.schema.collation(id),
  });
  checkEngineIndexDef(def, space);
  const func = def.opts.funcId > 0 ? host.schema.func(def.opts.funcId) : undefined;
  if (func !== undefined) checkIndexFunction(func.def);
  if (def.id === 0 && space.sequence !== undefined) {
    checkSequencePart(def, space.sequenceField, space.sequencePath, space.name);
  }
  // While recovery reads `_index` the function is not there yet: the index stays empty until `_func_index` joins them.
  return { ...def, func };
}

/** A function that an index is made with must give the same for the same tuple, always. */
export function checkIndexFunction(func: {
  readonly language: string;
  readonly body: string;
  readonly isDeterministic: boolean;
  readonly isSandboxed: boolean;
}): void {
  if (func.language !== 'LUA' || func.body === '' || !func.isDeterministic || !func.isSandboxed) {
    throw clientError(
      'WRONG_INDEX_OPTIONS',
      0,
      "referenced function doesn't satisfy functional index function constraints",
    );
  }
}

/** `_truncate`: a change of a space's counter empties the space. */
export function onReplaceTruncate(host: SystemHost, statement: Statement): void {
  const { newTuple } = statement;
  if (newTuple === undefined) return;
  const space = host.schema.requireSpace(fieldUint32(newTuple, 0));
  // An insert is what a snapshot holds: the truncate is in the data already.
  if (statement.type === IprotoType.INSERT) return;
  if (space.isSystem) throw clientError('TRUNCATE_SYSTEM_SPACE', space.name);
  checkSpaceAccess(host.schema, host.credentials, space, Privilege.WRITE);
  statement.isForcedLocal = space.isTemporary || space.isLocal;
  new AlterSpace(host, host.txn, statement, space).truncate();
}

/** `_func_index`: joins an index with its function, and builds it. */
export function onReplaceFuncIndex(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  if (oldTuple !== undefined && newTuple !== undefined) {
    throw clientError('UNSUPPORTED', 'functional index', 'alter');
  }
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const space = host.schema.requireSpace(fieldUint32(tuple, 0));
  const index = space.requireIndex(fieldUint32(tuple, 1));
  let func: Func | undefined;
  if (newTuple !== undefined) {
    const funcId = fieldUint32(tuple, 2);
    func = host.schema.func(funcId);
    if (func === undefined) throw clientError('NO_SUCH_FUNCTION', String(funcId));
    checkIndexFunction(func.def);
    if (index.def.opts.funcId !== func.id) {
      throw clientError(
        'WRONG_INDEX_OPTIONS',
        0,
        "Function ids defined in _index and _func_index don't match",
      );
    }
  }
  if (index.def.func === func) return;
  const alter = new AlterSpace(host, host.txn, statement, space);
  alter.rebuildIndex({ ...index.def, func });
  alter.run();
}

/** True when some user holds rights on the object. */
export function hasGrants(schema: Schema, type: string, id: number): boolean {
  const index = schema.space(SystemSpace.PRIV)?.index(2);
  if (index === undefined) return false;
  const key = new TextEncoder().encode(type);
  const bytes = new Uint8Array(key.length + 6);
  bytes[0] = 0xa0 | key.length;
  bytes.set(key, 1);
  bytes.set(uint32Bytes(id), key.length + 1);
  return index.iterator(IteratorType.EQ, bytes, 0, 2).next() !== undefined;
}

/** True when the space has a tuple whose key begins with the number. */
export function hasTuple(schema: Schema, spaceId: number, indexId: number, id: number): boolean {
  const index = schema.space(spaceId)?.index(indexId);
  if (index === undefined) return false;
  return index.iterator(IteratorType.EQ, uint32Bytes(id), 0, 1).next() !== undefined;
}

function uint32Bytes(value: number): Uint8Array {
  return Uint8Array.of(
    0xce,
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}
