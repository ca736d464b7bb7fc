/**
 * `db.schema.*`. Each function is made of several writes to system spaces, each a transaction of its own unless one is open, as in
 * the real server: when the third fails, the first two stay. Arguments are as the script gave them; wrong ones throw the real
 * server's words. The rules themselves are not here but in the triggers of the system spaces (`alter-….ts`), so that they hold
 * for whoever writes there by hand, too.
 */

import type { Box } from './box.ts';
import { isNil, shown } from './ddl-check.ts';
import * as functions from './ddl-func.ts';
import { grant, grantRole, grantsOf, grantUser, revoke } from './ddl-grant.ts';
import * as indexes from './ddl-index.ts';
import * as sequences from './ddl-sequence.ts';
import * as spaces from './ddl-space.ts';
import * as users from './ddl-user.ts';
import { DdlTable, type DdlValue } from './ddl-value.ts';
import { clientError } from './error.ts';
import type { Func } from './func.ts';
import type { Index } from './index.ts';
import type { SequenceState } from './sequence.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';

type Outcome = 'created' | 'not created';

export class Ddl {
  readonly #box: Box;

  constructor(box: Box) {
    this.#box = box;
  }

  // Spaces.

  /** @returns 'not created' when it was there and `if_not_exists` was given */
  createSpace(name: DdlValue, options: DdlValue): { space: Space; outcome: Outcome } {
    return spaces.createSpace(this.#box, name, options);
  }

  /** The stored format (msgpack array) when `format` is nil. */
  formatSpace(spaceId: DdlValue, format: DdlValue): Uint8Array | undefined {
    return spaces.formatSpace(this.#box, spaceId, format);
  }

  dropSpace(spaceId: DdlValue, name: DdlValue, options: DdlValue): void {
    spaces.dropSpace(this.#box, spaceId, name, options);
  }

  renameSpace(spaceId: DdlValue, name: DdlValue): void {
    spaces.renameSpace(this.#box, spaceId, name);
  }

  // Indexes.

  createIndex(
    spaceId: DdlValue,
    name: DdlValue,
    options: DdlValue,
  ): { index: Index; outcome: Outcome } {
    return indexes.createIndex(this.#box, spaceId, name, options);
  }

  dropIndex(spaceId: DdlValue, indexId: DdlValue): void {
    indexes.dropIndex(this.#box, spaceId, indexId);
  }

  renameIndex(spaceId: DdlValue, indexId: DdlValue, name: DdlValue): void {
    indexes.renameIndex(this.#box, spaceId, indexId, name);
  }

  alterIndex(spaceId: DdlValue, indexId: DdlValue, options: DdlValue): void {
    indexes.alterIndex(this.#box, spaceId, indexId, options);
  }

  // Sequences.

  createSequence(name: DdlValue, options: DdlValue): { sequence: SequenceState; outcome: Outcome } {
    return sequences.createSequence(this.#box, name, options);
  }

  alterSequence(name: DdlValue, options: DdlValue): void {
    sequences.alterSequence(this.#box, name, options);
  }

  dropSequence(name: DdlValue, options: DdlValue): void {
    sequences.dropSequence(this.#box, name, options);
  }

  // Functions.

  createFunction(name: DdlValue, options: DdlValue): void {
    functions.createFunction(this.#box, name, options);
  }

  dropFunction(name: DdlValue, options: DdlValue): void {
    functions.dropFunction(this.#box, name, options);
  }

  functionExists(nameOrId: DdlValue): boolean {
    return functions.functionExists(this.#box, nameOrId);
  }

  /**
   * A registered function for CALL and `db.schema.func.call`, after the check that the user may call it; undefined for a name
   * that is not registered: such a plain Lua function may be called by whoever may execute everything.
   */
  functionForCall(name: string): Func | undefined {
    const func = this.#box.schema.funcByName(name);
    if (func !== undefined) this.#box.checkFunction(func);
    return func;
  }

  // Users and roles.

  passwordHash(password: DdlValue): string {
    return users.hashOf(password);
  }

  createUser(name: DdlValue, options: DdlValue): void {
    users.createUser(this.#box, name, options);
  }

  dropUser(name: DdlValue, options: DdlValue): void {
    users.dropUser(this.#box, name, options);
  }

  userExists(name: DdlValue): boolean {
    return users.findUser(this.#box, name) !== undefined;
  }

  /** One argument: the own password. */
  passwd(name: DdlValue, password: DdlValue): void {
    users.passwd(this.#box, name, password);
  }

  grantUser(args: readonly DdlValue[]): void {
    grantUser(this.#box, args, grant);
  }

  revokeUser(args: readonly DdlValue[]): void {
    grantUser(this.#box, args, revoke);
  }

  enableUser(name: DdlValue): void {
    const options = new DdlTable([['if_not_exists', true]]);
    this.grantUser([name, 'session,usage', 'universe', undefined, options]);
  }

  disableUser(name: DdlValue): void {
    const options = new DdlTable([['if_exists', true]]);
    this.revokeUser([name, 'session,usage', 'universe', undefined, options]);
  }

  /** Rows of [privileges, object type, object name]; of the current user when no name is given. */
  userInfo(name: DdlValue): [string, string, string][] {
    if (isNil(name)) return grantsOf(this.#box, this.#box.current.credentials.uid);
    const id = users.findUser(this.#box, name);
    if (id === undefined) throw clientError('NO_SUCH_USER', shown(name));
    return grantsOf(this.#box, id);
  }

  createRole(name: DdlValue, options: DdlValue): void {
    users.createRole(this.#box, name, options);
  }

  dropRole(name: DdlValue, options: DdlValue): void {
    users.dropRole(this.#box, name, options);
  }

  roleExists(name: DdlValue): boolean {
    return users.findRole(this.#box, name) !== undefined;
  }

  grantRole(args: readonly DdlValue[]): void {
    grantRole(this.#box, args, grant);
  }

  revokeRole(args: readonly DdlValue[]): void {
    grantRole(this.#box, args, revoke);
  }

  roleInfo(name: DdlValue): [string, string, string][] {
    const id = users.findRole(this.#box, name);
    if (id === undefined) throw clientError('NO_SUCH_ROLE', shown(name));
    return grantsOf(this.#box, id);
  }

  // Collations (`db.internal.collation`).

  createCollation(name: DdlValue, type: DdlValue, locale: DdlValue, options: DdlValue): void {
    functions.createCollation(this.#box, name, type, locale, options);
  }

  dropCollation(name: DdlValue, options: DdlValue): void {
    functions.dropCollation(this.#box, name, options);
  }

  /** The collation's tuple in `_collation`. */
  collation(name: DdlValue): Tuple | undefined {
    return functions.collationTuple(this.#box, name);
  }
}
