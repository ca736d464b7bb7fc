import { encode, type MsgpackValue } from '../wire/msgpack.ts';
import type { Box } from './box.ts';
import { isNil, isTrue, numberOf, shown } from './ddl-check.ts';
import { findSequence } from './ddl-sequence.ts';
import { selectFrom } from './ddl-space.ts';
import { findRole, findUser, findUserOrRole } from './ddl-user.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import { Privilege } from './privilege.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldReader, fieldString, fieldUint32 } from './tuple-field.ts';

/** Words in the text of a grant, and the bit of each. A word counts wherever it stands in the text. */
const words: readonly (readonly [string, number])[] = [
  ['read', Privilege.READ],
  ['write', Privilege.WRITE],
  ['execute', Privilege.EXECUTE],
  ['session', Privilege.SESSION],
  ['usage', Privilege.USAGE],
  ['create', Privilege.CREATE],
  ['drop', Privilege.DROP],
  ['alter', Privilege.ALTER],
  ['reference', Privilege.REFERENCE],
  ['trigger', Privilege.TRIGGER],
  ['insert', Privilege.INSERT],
  ['update', Privilege.UPDATE],
  ['delete', Privilege.DELETE],
];

const { READ, WRITE, EXECUTE, SESSION, USAGE, CREATE, DROP, ALTER, GRANT, REVOKE } = Privilege;

/** What can be granted on each kind of object. */
const grantable: Readonly<Record<string, number>> = {
  universe: -1,
  space: ~(SESSION | REVOKE | GRANT),
  sequence: READ | WRITE | USAGE | CREATE | ALTER | DROP,
  function: EXECUTE | USAGE | CREATE | DROP,
  role: EXECUTE | USAGE | CREATE | DROP,
  user: CREATE | ALTER | DROP,
};

/** Options given by the server itself. */
interface OwnOptions {
  readonly ifNotExists: boolean;
  readonly ifExists: boolean;
}

/** Arguments after the user: privileges, object type, object name, options. */
type GrantArguments = readonly [DdlValue?, DdlValue?, DdlValue?, (DdlValue | OwnOptions)?];

interface GrantRequest {
  readonly privilege: DdlValue;
  readonly objectType: string;
  readonly objectName: DdlValue;
  readonly bits: number;
  readonly objectId: MsgpackValue;
  readonly options: DdlValue | OwnOptions;
  /** `grant('role')`: messages speak of a role then. */
  readonly isRole: boolean;
}

function readRequest(box: Box, args: GrantArguments): GrantRequest {
  let [privilege, type, name] = args;
  if (isNil(name)) {
    if (isNil(type)) {
      type = 'role';
      name = privilege;
      privilege = 'execute';
    } else {
      name = '';
    }
  }
  const objectType = shown(type);
  const bits = checkPrivilege(privilege, objectType);
  const objectId = resolveObject(box, objectType, name);
  const isRole = objectType === 'role' && name !== '' && privilege === 'execute';
  return { privilege, objectType, objectName: name, bits, objectId, options: args[3], isRole };
}

function checkPrivilege(privilege: DdlValue, objectType: string): number {
  const bits = privilegeBits(privilege);
  const allowed = Object.hasOwn(grantable, objectType) ? grantable[objectType] : undefined;
  if (allowed === undefined) throw clientError('UNKNOWN_SCHEMA_OBJECT', objectType);
  if (bits === undefined || bits === 0 || (bits & ~allowed) !== 0) {
    throw clientError('UNSUPPORTED_PRIV', objectType, shown(privilege));
  }
  return bits;
}

function privilegeBits(privilege: DdlValue): number | undefined {
  if (typeof privilege !== 'string') {
    const number = numberOf(privilege);
    return Number.isNaN(number) ? undefined : number | 0;
  }
  const text = privilege.toLowerCase();
  return words.reduce((bits, [word, bit]) => (text.includes(word) ? bits | bit : bits), 0);
}

/** Id of an object; '' stands for all of its kind. */
function resolveObject(box: Box, type: string, name: DdlValue): MsgpackValue {
  if (!isNil(name) && typeof name !== 'string' && Number.isNaN(numberOf(name))) {
    throw clientError('ILLEGAL_PARAMS', 'wrong object name type');
  }
  if (type === 'universe') return 0;
  if (name === '') return '';
  switch (type) {
    case 'space': {
      const space =
        typeof name === 'string' ? box.schema.spaceByName(name) : box.schema.space(numberOf(name));
      if (space === undefined) throw clientError('NO_SUCH_SPACE', shown(name));
      return space.id;
    }
    case 'function': {
      const isName = typeof name === 'string';
      const key = encode([isName ? name : numberOf(name)]);
      const tuple = box.get(SystemSpace.VFUNC, isName ? 2 : 0, key);
      if (tuple === undefined) throw clientError('NO_SUCH_FUNCTION', shown(name));
      return fieldUint32(tuple, 0);
    }
    case 'sequence': {
      const id = findSequence(box, name);
      if (id === undefined) throw clientError('NO_SUCH_SEQUENCE', shown(name));
      return id;
    }
    case 'role': {
      // No name makes a key without parts there.
      if (isNil(name)) throw clientError('EXACT_MATCH', 1, 0);
      const id = findRole(box, name);
      if (id === undefined) throw clientError('NO_SUCH_ROLE', shown(name));
      return id;
    }
    default: {
      const id = findUser(box, name);
      if (id === undefined) throw clientError('NO_SUCH_USER', shown(name));
      return id;
    }
  }
}

function isOption(options: DdlValue | OwnOptions, key: 'if_exists' | 'if_not_exists'): boolean {
  if (options instanceof DdlTable) return isTrue(options.get(key));
  if (typeof options !== 'object' || options === null || !('ifExists' in options)) return false;
  return key === 'if_exists' ? options.ifExists : options.ifNotExists;
}

/** Gives rights to a user or role. @param name as the script called it, for messages */
export function grant(box: Box, id: number, name: DdlValue, args: GrantArguments): void {
  const request = readRequest(box, args);
  const { objectType, objectId, options } = request;
  let grantor: number | undefined = box.current.credentials.uid;
  if (options instanceof DdlTable && !isNil(options.get('grantor'))) {
    grantor = findUserOrRole(box, options.get('grantor'));
  }
  const old = privilegesOf(box, id, objectType, objectId);
  const bits = request.bits | old;
  if (bits !== old || bits < 0) {
    // Lua's `bit` knows signed words only: what it makes of all 32 bits is negative, and the field refuses it.
    const row: MsgpackValue[] = [grantor ?? null, id, objectType, objectId, bits];
    box.replace(SystemSpace.PRIV, encode(row));
    return;
  }
  if (isOption(options, 'if_not_exists')) return;
  if (request.isRole) {
    throw clientError('ROLE_GRANTED', shown(name), shown(request.objectName));
  }
  const objectName = shown(request.objectName);
  const object = objectType === 'universe' ? objectName : ` '${objectName}'`;
  throw clientError('PRIV_GRANTED', shown(name), shown(request.privilege), objectType, object);
}

/** Takes rights away. */
export function revoke(box: Box, id: number, name: DdlValue, args: GrantArguments): void {
  const request = readRequest(box, args);
  const { objectType, objectId, options } = request;
  const tuple = box.get(SystemSpace.VPRIV, 0, encode([id, objectType, objectId]));
  const old = tuple === undefined ? 0 : fieldUint32(tuple, 4) | 0;
  const bits = old & ~request.bits;
  if (tuple === undefined || bits === old) {
    if (isOption(options, 'if_exists')) return;
    if (tuple === undefined && request.isRole) {
      throw clientError('ROLE_NOT_GRANTED', shown(name), shown(request.objectName));
    }
    throw clientError(
      'PRIV_NOT_GRANTED',
      shown(name),
      shown(request.privilege),
      objectType,
      shown(request.objectName),
    );
  }
  const key: MsgpackValue[] = [id, objectType, objectId];
  if (bits === 0) {
    box.delete(SystemSpace.PRIV, 0, encode(key));
  } else {
    // As above.
    box.replace(SystemSpace.PRIV, encode([fieldUint32(tuple, 0), ...key, bits]));
  }
}

/** Takes away all that one tuple of `_priv` gives. */
export function revokeTuple(box: Box, id: number, tuple: Tuple): void {
  const objectId = fieldReader(tuple, 3)?.readValue();
  const name = typeof objectId === 'string' || typeof objectId === 'number' ? objectId : undefined;
  revoke(box, id, id, [fieldUint32(tuple, 4), fieldString(tuple, 2), name]);
}

function privilegesOf(box: Box, id: number, type: string, objectId: MsgpackValue): number {
  const tuple = box.get(SystemSpace.VPRIV, 0, encode([id, type, objectId]));
  return tuple === undefined ? 0 : fieldUint32(tuple, 4) | 0;
}

/** `db.schema.user.grant`, `revoke` */
export function grantUser(box: Box, args: readonly DdlValue[], how: typeof grant): void {
  const [name, ...rest] = args;
  const id = findUser(box, name);
  if (id === undefined) throw clientError('NO_SUCH_USER', shown(name));
  how(box, id, name, asArguments(rest));
}

/** `db.schema.role.grant`, `revoke` */
export function grantRole(box: Box, args: readonly DdlValue[], how: typeof grant): void {
  const [name, ...rest] = args;
  const id = findRole(box, name);
  if (id === undefined) throw clientError('NO_SUCH_ROLE', shown(name));
  const privilege = rest[0];
  if (privilege === undefined) {
    const what = "bad argument #1 to 'lower' (string expected, got nil)";
    throw clientError('PROC_LUA', `builtin/box/schema.lua:2645: ${what}`);
  }
  if (typeof privilege === 'string' && /session|usage/i.test(privilege)) {
    throw clientError('GRANT', 'system privilege can not be granted to role');
  }
  how(box, id, name, asArguments(rest));
}

function asArguments([privilege, type, name, options]: readonly DdlValue[]): GrantArguments {
  return [privilege, type, name, options];
}

/** Rows of [privileges, object type, object name]. */
export function grantsOf(box: Box, id: number): [string, string, string][] {
  return selectFrom(box, SystemSpace.VPRIV, 0, [id]).map((tuple) => {
    const bits = fieldUint32(tuple, 4) | 0;
    const type = fieldString(tuple, 2);
    const names = words.filter(([, bit]) => (bits & bit) !== 0).map(([word]) => word);
    return [names.join(','), type, nameOf(box, type, fieldReader(tuple, 3)?.readValue() ?? '')];
  });
}

const nameSpaces: Readonly<Record<string, number>> = {
  space: SystemSpace.VSPACE,
  sequence: SystemSpace.SEQUENCE,
  function: SystemSpace.VFUNC,
  role: SystemSpace.VUSER,
  user: SystemSpace.VUSER,
};

function nameOf(box: Box, type: string, id: MsgpackValue): string {
  if (type === 'universe' || id === '') return '';
  const space = nameSpaces[type];
  if (space === undefined) throw clientError('UNKNOWN_SCHEMA_OBJECT', type);
  const tuple = box.get(space, 0, encode([id]));
  return tuple === undefined ? '' : fieldString(tuple, 2);
}
