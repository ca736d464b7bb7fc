import type { DdlTable, DdlValue } from './ddl-value.ts';
import type { Index } from './index.ts';
import type { Func, Sequence } from './schema.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';

/**
 * `db.schema.*`: each is made of several writes to system spaces, each a transaction of its own as in the real server,
 * unless one is open. Arguments are as the script gave them; wrong ones throw the real server's words.
 */
export interface Ddl {
  /** @returns 'not created' when it was there and `if_not_exists` was given */
  createSpace(
    name: DdlValue,
    options: DdlValue,
  ): { space: Space; outcome: 'created' | 'not created' };
  /** The stored format (msgpack array) when `format` is undefined. */
  formatSpace(spaceId: DdlValue, format: DdlValue): Uint8Array | undefined;
  dropSpace(spaceId: DdlValue, name: DdlValue, options: DdlValue): void;
  renameSpace(spaceId: DdlValue, name: DdlValue): void;
  createIndex(
    spaceId: DdlValue,
    name: DdlValue,
    options: DdlValue,
  ): { index: Index; outcome: 'created' | 'not created' };
  dropIndex(spaceId: DdlValue, indexId: DdlValue): void;
  renameIndex(spaceId: DdlValue, indexId: DdlValue, name: DdlValue): void;
  alterIndex(spaceId: DdlValue, indexId: DdlValue, options: DdlValue): void;
  createSequence(
    name: DdlValue,
    options: DdlValue,
  ): { sequence: Sequence; outcome: 'created' | 'not created' };
  alterSequence(name: DdlValue, options: DdlValue): void;
  dropSequence(name: DdlValue, options: DdlValue): void;
  createFunction(name: DdlValue, options: DdlValue): void;
  dropFunction(name: DdlValue, options: DdlValue): void;
  functionExists(nameOrId: DdlValue): boolean;
  /** Access checks of `db.schema.func.call` and of CALL; a registered function, or undefined for a plain Lua one. */
  functionForCall(name: string): Func | undefined;
  passwordHash(password: Uint8Array | string): string;
  createUser(name: DdlValue, options: DdlValue): void;
  dropUser(name: DdlValue, options: DdlValue): void;
  userExists(name: DdlValue): boolean;
  /** One argument: the own password. */
  passwd(name: DdlValue, password: DdlValue): void;
  grantUser(args: readonly DdlValue[]): void;
  revokeUser(args: readonly DdlValue[]): void;
  enableUser(name: DdlValue): void;
  disableUser(name: DdlValue): void;
  /** Rows of [privileges, object type, object name]. */
  userInfo(name: DdlValue): [string, string, string][];
  createRole(name: DdlValue, options: DdlValue): void;
  dropRole(name: DdlValue, options: DdlValue): void;
  roleExists(name: DdlValue): boolean;
  grantRole(args: readonly DdlValue[]): void;
  revokeRole(args: readonly DdlValue[]): void;
  roleInfo(name: DdlValue): [string, string, string][];
  createCollation(name: DdlValue, type: DdlValue, locale: DdlValue, options: DdlValue): void;
  dropCollation(name: DdlValue, options: DdlValue): void;
  /** For `space:frommap`. */
  fromMap?(space: Space, map: DdlTable): Tuple;
}
