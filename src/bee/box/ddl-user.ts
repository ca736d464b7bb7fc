import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import { passwordHash } from '../wire/scramble.ts';
import type { Box } from './box.ts';
import { checkOptions, isNil, isTrue, luaType, numberOf, shown, toMsgpack } from './ddl-check.ts';
import { dropFunctionById } from './ddl-func.ts';
import { grant, revoke, revokeTuple } from './ddl-grant.ts';
import { autoIncrement, dropSequenceById } from './ddl-sequence.ts';
import { dropSpace, selectFrom } from './ddl-space.ts';
import type { DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { SystemUser, systemUserIdMax } from './privilege.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldString, fieldUint32 } from './tuple-field.ts';

/** A user or role that the current user may see, by name or id. */
function findTuple(box: Box, nameOrId: DdlValue): Tuple | undefined {
  if (nameOrId === undefined) return undefined;
  // No key at all is refused by the index.
  if (nameOrId === null) return box.get(SystemSpace.VUSER, 2, encode([]));
  const isName = typeof nameOrId === 'string';
  const id = numberOf(nameOrId);
  // What is neither text nor number is looked up as it is, and refused by the index.
  const key: MsgpackValue = isName ? nameOrId : Number.isNaN(id) ? null : id;
  return box.get(SystemSpace.VUSER, isName ? 2 : 0, encode([key]));
}

export function findUserOrRole(box: Box, nameOrId: DdlValue): number | undefined {
  const tuple = findTuple(box, nameOrId);
  return tuple === undefined ? undefined : fieldUint32(tuple, 0);
}

export function findUser(box: Box, nameOrId: DdlValue): number | undefined {
  return findOfType(box, nameOrId, 'user');
}

export function findRole(box: Box, nameOrId: DdlValue): number | undefined {
  return findOfType(box, nameOrId, 'role');
}

function findOfType(box: Box, nameOrId: DdlValue, type: string): number | undefined {
  const tuple = findTuple(box, nameOrId);
  if (tuple === undefined || fieldString(tuple, 3) !== type) return undefined;
  return fieldUint32(tuple, 0);
}

function asAdmin(box: Box, body: () => void): void {
  box.asUser(box.schema.users.require(SystemUser.ADMIN).credentials, body);
}

const ifNotExists = { if_not_exists: 'boolean' };
const ifExists = { if_exists: 'boolean' };

/** `db.schema.user.create`: the user, the role public, the right to change itself, and to come in at all. */
export function createUser(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const present = findUserOrRole(box, isNil(name) ? null : name);
  const opts = checkOptions(optionsValue, { ...ifNotExists, password: 'string' });
  if (present !== undefined) {
    if (!isTrue(opts.get('if_not_exists'))) throw clientError('USER_EXISTS', shown(name));
    return;
  }
  const auth = new Map<MsgpackValue, MsgpackValue>();
  const password = opts.get('password');
  if (typeof password === 'string') auth.set('chap-sha1', passwordHash(password));
  const id = addUser(box, name, 'user', auth);
  grant(box, id, id, ['public']);
  grant(box, id, id, ['alter', 'user', id]);
  asAdmin(box, () => grant(box, id, id, ['session,usage', 'universe', undefined, skipPresent]));
}

/** Options of a grant or revoke that may find its work done. */
const skipPresent = { ifNotExists: true, ifExists: true } as const;

function addUser(
  box: Box,
  name: DdlValue,
  type: 'user' | 'role',
  auth: Map<MsgpackValue, MsgpackValue>,
): number {
  const row: MsgpackValue[] = [box.current.credentials.uid, toMsgpack(name), type, auth];
  return fieldUint32(autoIncrement(box, SystemSpace.USER, row), 0);
}

/** `db.schema.user.passwd([user,] password)` */
export function passwd(box: Box, name: DdlValue, password: DdlValue): void {
  if (isNil(name)) {
    throw clientError('PROC_LUA', 'Usage: db.schema.user.passwd([user,] password)');
  }
  if (isNil(password)) {
    const own = box.current.session.credentials.uid;
    asAdmin(box, () => changePassword(box, own, name));
    return;
  }
  const id = findUser(box, name);
  if (id === undefined) throw clientError('NO_SUCH_USER', shown(name));
  changePassword(box, id, password);
}

function changePassword(box: Box, id: number, password: DdlValue): void {
  const auth = new Map<MsgpackValue, MsgpackValue>([['chap-sha1', hashOf(password)]]);
  box.update(SystemSpace.USER, 0, encode([id]), encode([['=', 5, auth]]), 1);
}

/** What is stored of a password: `db.schema.user.password`. */
export function hashOf(password: DdlValue): string {
  if (typeof password === 'string') return passwordHash(password);
  const what = `attempt to get length of local 'password' (a ${luaType(password)} value)`;
  throw clientError('PROC_LUA', `builtin/box/schema.lua:2313: ${what}`);
}

/** `db.schema.user.drop` */
export function dropUser(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, ifExists);
  const id = findUser(box, name);
  if (id === undefined) {
    if (!isTrue(opts.get('if_exists'))) throw clientError('NO_SUCH_USER', shown(name));
    return;
  }
  if (id <= systemUserIdMax) {
    throw clientError('DROP_USER', shown(name), 'the user or the role is a system');
  }
  const { session, credentials } = box.current;
  if (id === session.credentials.uid || id === credentials.uid) {
    throw clientError('DROP_USER', shown(name), 'the user is active in the current session');
  }
  dropById(box, id);
}

/** `db.schema.role.create` */
export function createRole(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, ifNotExists);
  if (findUserOrRole(box, isNil(name) ? null : name) !== undefined) {
    if (!isTrue(opts.get('if_not_exists'))) throw clientError('ROLE_EXISTS', shown(name));
    return;
  }
  addUser(box, name, 'role', new Map());
}

/** `db.schema.role.drop` */
export function dropRole(box: Box, name: DdlValue, optionsValue: DdlValue): void {
  const opts = checkOptions(optionsValue, ifExists);
  const id = findRole(box, name);
  if (id === undefined) {
    if (!isTrue(opts.get('if_exists'))) throw clientError('NO_SUCH_ROLE', shown(name));
    return;
  }
  if (id <= systemUserIdMax) {
    throw clientError('DROP_USER', shown(name), 'the user or the role is a system');
  }
  dropById(box, id);
}

/** Drops a user or role with everything it owns and every right it has or was given as. */
function dropById(box: Box, id: number): void {
  for (const tuple of selectFrom(box, SystemSpace.VSPACE, 1, [id])) {
    dropSpace(box, fieldUint32(tuple, 0), fieldString(tuple, 2), undefined);
  }
  for (const tuple of selectFrom(box, SystemSpace.VFUNC, 1, [id])) {
    dropFunctionById(box, fieldUint32(tuple, 0));
  }
  for (const tuple of selectFrom(box, SystemSpace.VPRIV, 2, ['role', id])) {
    const grantee = fieldUint32(tuple, 1);
    revoke(box, grantee, grantee, [id]);
  }
  for (const tuple of selectFrom(box, SystemSpace.VSEQUENCE, 1, [id])) {
    dropSequenceById(box, fieldUint32(tuple, 0));
  }
  if (box.schema.user(id)?.type === 'user') {
    asAdmin(box, () => revoke(box, id, id, ['session,usage', 'universe', undefined, skipPresent]));
  }
  for (const tuple of selectFrom(box, SystemSpace.VPRIV, 0, [id])) {
    asAdmin(box, () => revokeTuple(box, id, tuple));
  }
  box.delete(SystemSpace.USER, 0, encode([id]));
}

/** Takes away all rights on an object that is about to go. */
export function revokeObjectGrants(box: Box, type: string, id: number): void {
  for (const tuple of selectFrom(box, SystemSpace.VPRIV, 2, [type, id])) {
    box.delete(SystemSpace.PRIV, 0, encode([fieldUint32(tuple, 1), type, id]));
  }
}
