import type { Credentials } from './credentials.ts';
import { accessDenied, type ClientError } from './error.ts';
import type { Func } from './func.ts';
import { type ObjectType, Privilege, privilegeName, SystemUser } from './privilege.ts';
import type { Schema } from './schema.ts';
import type { SequenceState } from './sequence.ts';
import type { Space } from './space.ts';
import type { User } from './user.ts';

/**
 * Who may do what. Each check looks at the universe first, then at all objects of the kind, then at the object: its owner may do
 * anything with it, as long as the owner may use the server at all (`usage` on the universe).
 */

/** Throws unless the user may do `access` (bits of Privilege) with a space. */
export function checkSpaceAccess(
  schema: Schema,
  credentials: Credentials,
  space: Space,
  access: number,
): void {
  const wanted = access | Privilege.USAGE;
  if ((wanted & ~credentials.universalAccess) === 0) return;
  const denied = deniedBits(schema, credentials, 'space', wanted);
  if (isObjectDenied(credentials, denied, space.owner, space.access.of(credentials.authToken))) {
    throw denial(schema, credentials, privilegeName(wanted), 'space', space.name);
  }
}

/** Throws unless the user may draw from a sequence. */
export function checkSequenceAccess(
  schema: Schema,
  credentials: Credentials,
  sequence: SequenceState,
): void {
  const wanted = Privilege.USAGE | Privilege.WRITE;
  const denied = deniedBits(schema, credentials, 'sequence', wanted);
  const { owner, name } = sequence.def;
  if (isObjectDenied(credentials, denied, owner, sequence.access.of(credentials.authToken))) {
    throw denial(schema, credentials, privilegeName(wanted), 'sequence', name);
  }
}

/** Throws unless the user may call a registered function. */
export function checkFunctionAccess(schema: Schema, credentials: Credentials, func: Func): void {
  const wanted = Privilege.EXECUTE | Privilege.USAGE;
  if ((wanted & ~credentials.universalAccess) === 0) return;
  const denied = deniedBits(schema, credentials, 'function', wanted);
  if (isObjectDenied(credentials, denied, func.owner, func.access.of(credentials.authToken))) {
    throw refusal(schema, 'Execute', 'function', func.name, userName(schema, credentials));
  }
}

/** Throws unless the user may do `access` with everything. */
export function checkUniverseAccess(
  schema: Schema,
  credentials: Credentials,
  access: number,
  objectType: ObjectType = 'universe',
  objectName = '',
): void {
  const missing = (access | Privilege.USAGE) & ~credentials.universalAccess;
  if (missing === 0) return;
  const user = userName(schema, credentials);
  throw refusal(schema, privilegeName(missing), objectType, objectName, user);
}

/** Throws unless the user may log in. */
export function checkSessionAccess(schema: Schema, user: User): void {
  if ((user.credentials.universalAccess & Privilege.SESSION) !== 0) return;
  throw refusal(schema, 'Session', 'universe', '', user.name);
}

/** Throws unless the user may create, alter, drop, grant or revoke the object. */
export function checkDdlAccess(
  schema: Schema,
  credentials: Credentials,
  name: string,
  objectId: number,
  owner: number,
  type: ObjectType,
  access: number,
  isEntity = false,
): void {
  let missing = (Privilege.USAGE | access) & ~credentials.universalAccess;
  if (missing === 0) return;
  const isOwner = owner === credentials.uid || credentials.uid === SystemUser.ADMIN;
  missing &= ~(schema.entities[type]?.of(credentials.authToken) ?? 0);
  // An owner may do all but create: nobody owns what is not there yet.
  if (missing === 0) return;
  if (isOwner && (missing & (Privilege.USAGE | Privilege.CREATE)) === 0) return;
  if ((missing & Privilege.USAGE) === 0) {
    const object = schema.accessOf(type, isEntity, objectId);
    if (object !== undefined) missing &= ~object.of(credentials.authToken);
    if (missing === 0) return;
  }
  if ((missing & Privilege.USAGE) !== 0) {
    throw refusal(schema, 'Usage', 'universe', '', userName(schema, credentials));
  }
  throw refusal(schema, privilegeName(missing), type, name, userName(schema, credentials));
}

function deniedBits(
  schema: Schema,
  credentials: Credentials,
  type: ObjectType,
  wanted: number,
): number {
  const held =
    credentials.universalAccess | (schema.entities[type]?.of(credentials.authToken) ?? 0);
  return wanted & ~held;
}

function isObjectDenied(
  credentials: Credentials,
  denied: number,
  owner: number,
  effective: number,
): boolean {
  if (denied === 0) return false;
  if ((denied & Privilege.USAGE) !== 0) return true;
  return owner !== credentials.uid && (denied & ~effective) !== 0;
}

function denial(
  schema: Schema,
  credentials: Credentials,
  access: string,
  type: ObjectType,
  name: string,
): ClientError {
  const user = userName(schema, credentials);
  if ((credentials.universalAccess & Privilege.USAGE) === 0) {
    return refusal(schema, 'Usage', 'universe', '', user);
  }
  return refusal(schema, access, type, name, user);
}

/** @throws NO_SUCH_USER for a user that was dropped while logged in */
function userName(schema: Schema, credentials: Credentials): string {
  return schema.users.require(credentials.uid).name;
}

/** The error for whoever was refused, after `db.session.on_access_denied` was told. */
export function refusal(
  schema: Schema,
  access: string,
  objectType: string,
  objectName: string,
  user: string,
): ClientError {
  schema.onAccessDenied(access, objectType, objectName);
  return accessDenied(access, objectType, objectName, user);
}
