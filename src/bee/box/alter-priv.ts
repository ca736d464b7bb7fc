import { skip } from '../wire/msgpack.ts';
import { checkDdlAccess, refusal } from './access.ts';
import { clientError } from './error.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import { IteratorType } from './index.ts';
import {
  type ObjectType,
  objectTypeByName,
  Privilege,
  privilegeName,
  SystemUser,
} from './privilege.ts';
import type { Schema } from './schema.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldString, fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';
import { checkRoleLoop, type Grant, type User } from './user.ts';

/** What a tuple of `_priv` says. */
interface PrivDef extends Grant {
  readonly grantorId: number;
  readonly granteeId: number;
}

/** `_priv`: gives and takes rights. */
export function onReplacePriv(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const { schema } = host;
  if (newTuple !== undefined) {
    const priv = decodePriv(newTuple);
    checkPriv(host, priv, Privilege.GRANT);
    applyPriv(schema, priv, oldTuple === undefined);
    statement.onRollback(() => {
      if (oldTuple === undefined) applyPriv(schema, { ...priv, access: 0 });
      else applyPriv(schema, decodePriv(oldTuple));
    });
  } else if (oldTuple !== undefined) {
    const priv = decodePriv(oldTuple);
    checkPriv(host, priv, Privilege.REVOKE);
    applyPriv(schema, { ...priv, access: 0 });
    statement.onRollback(() => applyPriv(schema, priv));
  }
}

function decodePriv(tuple: Tuple): PrivDef {
  const grantorId = fieldUint32(tuple, 0);
  const granteeId = fieldUint32(tuple, 1);
  const typeName = fieldString(tuple, 2);
  const objectType = objectTypeByName(typeName);
  const pos = tuple.fieldAt(3);
  if (pos < 0) throw clientError('NO_SUCH_FIELD_NO', 4);
  // An empty string stands for all objects of the type.
  const isEmpty = mpTypeAt(tuple.slab, pos) === MpType.STR && skip(tuple.slab, pos) === pos + 1;
  const objectId = isEmpty ? 0 : fieldUint32(tuple, 3);
  if (objectType === undefined || (isEmpty && objectType === 'universe')) {
    throw clientError('UNKNOWN_SCHEMA_OBJECT', typeName);
  }
  // Bits, so the sign does not matter.
  const access = fieldUint32(tuple, 4) | 0;
  return { grantorId, granteeId, objectType, isEntity: isEmpty, objectId, access };
}

function checkPriv(host: SystemHost, priv: PrivDef, access: number): void {
  const { schema } = host;
  const grantor = schema.users.require(priv.grantorId);
  const grantee = schema.users.get(priv.granteeId);
  if (grantee === undefined) throw clientError('NO_SUCH_USER', String(priv.granteeId));
  const { objectType, objectId, isEntity } = priv;
  const name = isEntity ? '' : objectName(schema, objectType, objectId);
  checkDdlAccess(
    schema,
    host.credentials,
    name,
    objectId,
    grantor.id,
    objectType,
    access,
    isEntity,
  );
  const denied = (): Error =>
    refusal(schema, privilegeName(access), objectType, name, grantor.name);
  if (objectType === 'universe' || isEntity) {
    if (grantor.id !== SystemUser.ADMIN) throw denied();
  } else {
    const owner = ownerOf(schema, objectType, objectId);
    const isPublicRole =
      objectType === 'role' && objectId === SystemUser.PUBLIC && priv.access === Privilege.EXECUTE;
    if (owner !== grantor.id && grantor.id !== SystemUser.ADMIN && !isPublicRole) throw denied();
    if (objectType === 'role') checkRoleLoop(grantee, schema.users.require(objectId));
  }
  if (priv.access === 0) {
    throw clientError('GRANT', 'the grant tuple has no privileges');
  }
}

/** Name of an object for messages; empty for one that does not exist: what follows says that it does not. */
function objectName(schema: Schema, type: ObjectType, id: number): string {
  switch (type) {
    case 'space':
      return schema.space(id)?.name ?? '';
    case 'function':
      return schema.func(id)?.name ?? '';
    case 'sequence':
      return schema.sequence(id)?.def.name ?? '';
    case 'user':
    case 'role':
      return schema.users.get(id)?.name ?? '';
    default:
      return '';
  }
}

/** Owner of an object that must exist. */
function ownerOf(schema: Schema, type: ObjectType, id: number): number | undefined {
  switch (type) {
    case 'space':
      return schema.requireSpace(id).owner;
    case 'function': {
      const func = schema.func(id);
      if (func === undefined) throw clientError('NO_SUCH_FUNCTION', String(id));
      return func.owner;
    }
    case 'sequence': {
      const sequence = schema.sequence(id);
      if (sequence === undefined) throw clientError('NO_SUCH_SEQUENCE', String(id));
      return sequence.def.owner;
    }
    case 'user':
    case 'role': {
      const user = schema.users.get(id);
      if (user?.type !== type) {
        const error = type === 'role' ? 'NO_SUCH_ROLE' : 'NO_SUCH_USER';
        throw clientError(error, user?.name ?? String(id));
      }
      return user.owner;
    }
    default:
      return undefined;
  }
}

/**
 * Makes a right effective, or takes it away when its access is 0.
 * @param isNew there was no tuple for it: nothing that anybody has goes away
 */
function applyPriv(schema: Schema, priv: PrivDef, isNew = false): void {
  const grantee = schema.users.get(priv.granteeId);
  if (grantee === undefined) return;
  const { objectType, objectId, isEntity, access } = priv;
  if (objectType === 'role' && !isEntity && (access & ~Privilege.EXECUTE) === 0) {
    const role = schema.users.get(objectId);
    if (role?.type !== 'role') return;
    if (access === 0) {
      role.users.delete(grantee);
      grantee.roles.delete(role);
    } else {
      role.users.add(grantee);
      grantee.roles.add(role);
    }
    rebuildGrants(schema, grantee);
    return;
  }
  const object = schema.accessOf(objectType, isEntity, objectId);
  if (object === undefined) return;
  if (grantee.id === SystemUser.ADMIN && objectType === 'universe' && access !== -1) {
    throw clientError('GRANT', "can't revoke universe from the admin user");
  }
  object.granted[grantee.token] = access;
  // A snapshot has over a hundred rights: to work out all of them anew for each would take a tenth of a server's start.
  if (isNew) addToHolders(schema, grantee, priv);
  else rebuildGrants(schema, grantee);
}

/** Gives one more right to a user and to everybody who has it as a role. */
function addToHolders(schema: Schema, grantee: User, grant: Grant): void {
  for (const user of holdersOf(grantee)) {
    user.addGrant(grant);
    setEffective(schema, user, grant);
    user.credentials.universalAccess = schema.universe.of(user.token);
  }
}

/** A user or role, and everybody who has it as a role, by others too. */
function holdersOf(grantee: User): Set<User> {
  const holders = new Set([grantee]);
  // A set that grows while it is walked is walked to its end.
  for (const holder of holders) for (const user of holder.users) holders.add(user);
  return holders;
}

/** Works out anew what a user, and everybody who has it as a role, may do. Roles come before those that have them. */
function rebuildGrants(schema: Schema, grantee: User): void {
  const dirty = holdersOf(grantee);
  for (const user of dirty) user.isDirty = true;
  const reload = (user: User): void => {
    if (!user.isDirty) return;
    user.isDirty = false;
    for (const role of user.roles) reload(role);
    reloadGrants(schema, user);
  };
  for (const user of dirty) reload(user);
}

function reloadGrants(schema: Schema, user: User): void {
  for (const grant of user.grants.values()) {
    grant.access = 0;
    setEffective(schema, user, grant);
  }
  user.grants = new Map();
  for (const tuple of privsOf(schema, user.id)) {
    const priv = decodePriv(tuple);
    const isRole = priv.objectType === 'role' && !priv.isEntity;
    if (!isRole || (priv.access & Privilege.EXECUTE) === 0) user.addGrant(priv);
  }
  for (const role of user.roles) for (const grant of role.grants.values()) user.addGrant(grant);
  for (const grant of user.grants.values()) setEffective(schema, user, grant);
  user.credentials.universalAccess = schema.universe.of(user.token);
}

/** Makes effective what the user holds of this right, of itself and by its roles. */
function setEffective(schema: Schema, user: User, grant: Grant): void {
  const { objectType, isEntity, objectId } = grant;
  const object = schema.accessOf(objectType, isEntity, objectId);
  if (object === undefined) return;
  object.effective[user.token] = (object.granted[user.token] ?? 0) | user.accessBy(grant);
}

function privsOf(schema: Schema, userId: number): Tuple[] {
  const index = schema.space(SystemSpace.PRIV)?.index(0);
  if (index === undefined) return [];
  const key = Uint8Array.of(
    0xce,
    userId >>> 24,
    (userId >>> 16) & 0xff,
    (userId >>> 8) & 0xff,
    userId & 0xff,
  );
  const iterator = index.iterator(IteratorType.EQ, key, 0, 1);
  const tuples: Tuple[] = [];
  for (let tuple = iterator.next(); tuple !== undefined; tuple = iterator.next()) {
    tuples.push(tuple);
  }
  return tuples;
}
