import { decodeBase64 } from '../wire/base64.ts';
import { checkDdlAccess } from './access.ts';
import { hasTuple } from './alter-space.ts';
import { clientError } from './error.ts';
import { checkIdentifier, isNameTooLong, shownName } from './identifier.ts';
import { Privilege, SystemUser, systemUserIdMax } from './privilege.ts';
import { type SystemHost, SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldReader, fieldString, fieldUint32 } from './tuple-field.ts';
import type { Statement } from './txn.ts';
import type { User, UserDef } from './user.ts';

/** base64(sha1(sha1(''))): what guest has, and may only have. */
export const emptyPasswordHash = 'vhvewKp0tNyweZQ+cFKAlsyphfg=';

/** Length of a password's hash in base64. */
const hashTextLength = 28;

/** `_user`: makes, changes and removes users and roles. */
export function onReplaceUser(host: SystemHost, statement: Statement): void {
  const { oldTuple, newTuple } = statement;
  const tuple = oldTuple ?? newTuple;
  if (tuple === undefined) return;
  const { schema, credentials, hooks } = host;
  const { users } = schema;
  const id = fieldUint32(tuple, 0);
  const user = users.get(id);
  const changed = (): void => hooks.onSchemaObjectChange('user', id);
  if (newTuple === undefined) {
    if (user === undefined || oldTuple === undefined) return;
    checkDrop(host, user);
    users.delete(id);
    statement.onRollback(() => {
      users.replace(decodeUserDef(oldTuple));
      changed();
    });
  } else if (user === undefined) {
    const def = decodeUserDef(newTuple);
    checkDdlAccess(schema, credentials, def.name, id, def.owner, def.type, Privilege.CREATE);
    users.replace(def);
    statement.onRollback(() => {
      users.delete(id);
      changed();
    });
  } else {
    const def = decodeUserDef(newTuple);
    // Everybody may change what is his own: the password.
    checkDdlAccess(schema, credentials, def.name, id, def.id, user.type, Privilege.ALTER);
    const old = user.def;
    users.replace(def);
    statement.onRollback(() => {
      users.replace(old);
      changed();
    });
  }
  changed();
}

function checkDrop(host: SystemHost, user: User): void {
  const { schema, credentials } = host;
  const { id, name, owner, type } = user;
  checkDdlAccess(schema, credentials, name, id, owner, type, Privilege.DROP);
  const refuse = (reason: string): Error => clientError('DROP_USER', name, reason);
  if (id <= systemUserIdMax || id === SystemUser.SUPER) {
    throw refuse('the user or the role is a system');
  }
  const owned: readonly (readonly [number, number])[] = [
    [SystemSpace.SPACE, 1],
    [SystemSpace.FUNC, 1],
    [SystemSpace.SEQUENCE, 1],
    [SystemSpace.PRIV, 1],
    [SystemSpace.PRIV, 0],
  ];
  const hasData = owned.some(([space, index]) => hasTuple(schema, space, index, id));
  if (hasData || user.users.size > 0) throw refuse('the user has objects');
}

function decodeUserDef(tuple: Tuple): UserDef {
  const name = fieldString(tuple, 2);
  if (isNameTooLong(name)) {
    throw clientError('CREATE_USER', shownName(name), 'user name is too long');
  }
  const id = fieldUint32(tuple, 0);
  const owner = fieldUint32(tuple, 1);
  const type = fieldString(tuple, 3);
  if (type !== 'user' && type !== 'role') {
    throw clientError('CREATE_USER', name, 'unknown user type');
  }
  checkIdentifier(name);
  return { id, owner, name, type, passwordHash: passwordHashOf(tuple, id, name, type) };
}

function passwordHashOf(
  tuple: Tuple,
  id: number,
  name: string,
  type: 'user' | 'role',
): Uint8Array | undefined {
  const reader = fieldReader(tuple, 4);
  if (reader === undefined) return undefined;
  const found = reader.type();
  const start = reader.pos;
  const count = found === 'map' ? reader.readMapHeader() : 0;
  const isEmptyArray = found === 'array' && reader.readArrayHeader() === 0;
  if (type === 'role' && !isEmptyArray && !(found === 'map' && count === 0)) {
    throw clientError('CREATE_ROLE', name, 'authentication data can not be set for a role');
  }
  if (found === 'array' || found === 'nil') return undefined;
  if (found !== 'map') {
    throw clientError(
      'CREATE_USER',
      name,
      'invalid password format, use box.schema.user.passwd() to reset password',
    );
  }
  reader.pos = start;
  for (let left = reader.readMapHeader(); left > 0; left--) {
    const isMechanism = reader.type() === 'str' && /^chap-sha1/i.test(reader.readStr());
    if (!isMechanism) {
      if (reader.type() !== 'str') reader.skip();
      reader.skip();
      continue;
    }
    const text = reader.type() === 'str' ? reader.readStr() : 'no text';
    if (text.length !== 0 && text.length !== hashTextLength) {
      throw clientError('CREATE_USER', name, 'invalid user password');
    }
    if (id === SystemUser.GUEST && !emptyPasswordHash.startsWith(text)) {
      throw clientError('GUEST_USER_PASSWORD');
    }
    return text === '' ? undefined : decodeBase64(text);
  }
  return undefined;
}
