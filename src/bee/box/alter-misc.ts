import { checkDdlAccess } from './access.ts';
import { decodeCollationDef, makeCollation } from './collation.ts';
import { clientError } from './error.ts';
import { Privilege } from './privilege.ts';
import type { SystemHost } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldString, fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';

/** `_schema`: the replica set's UUID is there; all else is nobody's business. */
export function onReplaceSchema(host: SystemHost, statement: Statement): void {
  const tuple = statement.newTuple ?? statement.oldTuple;
  if (tuple === undefined || fieldString(tuple, 0) !== 'cluster') return;
  if (statement.newTuple === undefined) throw clientError('REPLICASET_UUID_IS_RO');
  host.hooks.onClusterUuid(fieldUuid(statement.newTuple, 1));
}

/** Ids of servers: 0 is nobody's, 32 are as many as a vector clock holds. */
const replicaIdMax = 31;

const nilUuid = '00000000-0000-0000-0000-000000000000';

/** `_cluster`: the servers of the replica set. Told to the others when it is in the log. */
export function onReplaceCluster(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const { hooks } = host;
  if (newTuple !== undefined) {
    const id = fieldUint32(newTuple, 0);
    checkReplicaId(id);
    hooks.checkClusterChange(id);
    const uuid = fieldUuid(newTuple, 1);
    if (uuid === nilUuid) throw clientError('INVALID_UUID', uuid);
    if (oldTuple !== undefined) {
      if (fieldUuid(oldTuple, 1) !== uuid) {
        throw clientError('UNSUPPORTED', 'Space _cluster', 'updates of instance uuid');
      }
      return;
    }
    statement.onCommit(() => hooks.onClusterChange(id, uuid));
  } else if (oldTuple !== undefined) {
    const id = fieldUint32(oldTuple, 0);
    checkReplicaId(id);
    hooks.checkClusterChange(id);
    statement.onCommit(() => hooks.onClusterChange(id, undefined));
  }
}

/** Whether the id is this server's own, the hook says. */
function checkReplicaId(id: number): void {
  if (id === 0) throw clientError('REPLICA_ID_IS_RESERVED', id);
  if (id > replicaIdMax) throw clientError('REPLICA_MAX', id);
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID written as text, in lower case. */
function fieldUuid(tuple: Tuple, fieldNo: number): string {
  const text = fieldString(tuple, fieldNo);
  if (!uuidPattern.test(text)) throw clientError('INVALID_UUID', text);
  return text.toLowerCase();
}

/** `_collation`: makes and removes orders of strings. */
export function onReplaceCollation(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const { schema, credentials } = host;
  if (oldTuple !== undefined && newTuple !== undefined) {
    throw clientError('UNSUPPORTED', 'collation', 'alter');
  }
  if (newTuple !== undefined) {
    const def = decodeCollationDef(newTuple);
    const { id, name, owner } = def;
    checkDdlAccess(schema, credentials, name, id, owner, 'collation', Privilege.CREATE);
    schema.addCollation(makeCollation(def));
    statement.onRollback(() => schema.removeCollation(id));
  } else if (oldTuple !== undefined) {
    const id = fieldUint32(oldTuple, 0);
    if (id === 0) throw clientError('DROP_COLLATION', 'none', 'system collation');
    const collation = schema.collation(id);
    if (collation === undefined) return;
    const { name, owner } = collation;
    checkDdlAccess(schema, credentials, name, id, owner, 'collation', Privilege.DROP);
    schema.removeCollation(id);
    statement.onRollback(() => schema.addCollation(collation));
  }
}

/** `_trigger`, `_fk_constraint`, `_ck_constraint`: SQL's, which Bee does not have. */
export function onReplaceSqlObject(_host: SystemHost, statement: Statement): void {
  if (statement.newTuple === undefined) return;
  const what = statement.space?.name === '_trigger' ? 'SQL triggers' : 'SQL constraints';
  throw clientError('UNSUPPORTED', 'Bee', what);
}
