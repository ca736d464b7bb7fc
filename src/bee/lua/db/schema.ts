/** `db.schema.*`: thin names over `box/ddl.ts`, which knows the rules and the words. */

import type { DdlValue } from '../../box/ddl-value.ts';
import { clientError } from '../../box/error.ts';
import {
  arg,
  argCount,
  checkText,
  createTable,
  getField,
  hostFunction,
  library,
  list,
  number,
  pushBoolean,
  pushNil,
  pushTable,
  pushText,
  setField,
  string,
  table,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { HostFunction, LuaState } from '../vm/types.ts';
import { afterWrite, type DbContext } from './context.ts';
import { toDdlValue } from './ddl-values.ts';
import type { Functions } from './functions.ts';
import { pushMsgpack } from './push.ts';
import type { Sequences } from './sequences.ts';
import type { SpaceTables } from './spaces.ts';

export function openSchema(
  context: DbContext,
  tables: SpaceTables,
  sequences: Sequences,
  functions: Functions,
): void {
  const { box } = context.instance;
  const { ddl } = box;
  const value = (L: LuaState, n: number): DdlValue => toDdlValue(context.vm, arg(L, n));
  const all = (L: LuaState): DdlValue[] =>
    Array.from({ length: argCount(L) }, (_unused, at) => value(L, at + 1));
  /** A function that changes the schema and returns nothing. */
  const change =
    (body: (L: LuaState) => void): HostFunction =>
    (L) => {
      body(L);
      return afterWrite(context, L, () => 0);
    };
  const rows = (entries: readonly (readonly string[])[]): LuaTable =>
    list(entries.map((entry) => table(list(entry.map(string)))));

  const space = library({
    create: (L) => {
      const made = ddl.createSpace(value(L, 1), value(L, 2));
      return afterWrite(context, L, (to) => {
        const t = tables.tableOf(made.space.id);
        if (t === undefined) return pushNil(to);
        pushTable(to, t);
        return 1 + pushText(to, made.outcome);
      });
    },
    format: (L) => {
      const stored = ddl.formatSpace(value(L, 1), value(L, 2));
      return afterWrite(context, L, (to) => (stored === undefined ? 0 : pushMsgpack(to, stored)));
    },
    drop: change((L) => ddl.dropSpace(value(L, 1), value(L, 2), value(L, 3))),
    rename: change((L) => ddl.renameSpace(value(L, 1), value(L, 2))),
    bless: () => 0,
  });
  const index = library({
    create: (L) => {
      const made = ddl.createIndex(value(L, 1), value(L, 2), value(L, 3));
      return afterWrite(context, L, (to) => {
        const t = tables.indexTableOf(made.index);
        const pushed = t === undefined ? pushNil(to) : pushTable(to, t);
        return made.outcome === 'created' ? pushed : pushed + pushText(to, made.outcome);
      });
    },
    drop: change((L) => ddl.dropIndex(value(L, 1), value(L, 2))),
    rename: change((L) => ddl.renameIndex(value(L, 1), value(L, 2), value(L, 3))),
    alter: change((L) => ddl.alterIndex(value(L, 1), value(L, 2), value(L, 3))),
  });
  const user = library({
    create: change((L) => ddl.createUser(value(L, 1), value(L, 2))),
    drop: change((L) => ddl.dropUser(value(L, 1), value(L, 2))),
    exists: (L) => pushBoolean(L, ddl.userExists(value(L, 1))),
    passwd: change((L) => ddl.passwd(value(L, 1), value(L, 2))),
    password: (L) => pushText(L, ddl.passwordHash(value(L, 1))),
    grant: change((L) => ddl.grantUser(all(L))),
    revoke: change((L) => ddl.revokeUser(all(L))),
    enable: change((L) => ddl.enableUser(value(L, 1))),
    disable: change((L) => ddl.disableUser(value(L, 1))),
    info: (L) => pushTable(L, rows(ddl.userInfo(value(L, 1)))),
  });
  const role = library({
    create: change((L) => ddl.createRole(value(L, 1), value(L, 2))),
    drop: change((L) => ddl.dropRole(value(L, 1), value(L, 2))),
    exists: (L) => pushBoolean(L, ddl.roleExists(value(L, 1))),
    grant: change((L) => ddl.grantRole(all(L))),
    revoke: change((L) => ddl.revokeRole(all(L))),
    info: (L) => pushTable(L, rows(ddl.roleInfo(value(L, 1)))),
  });
  const func = library({
    create: change((L) => ddl.createFunction(value(L, 1), value(L, 2))),
    drop: change((L) => ddl.dropFunction(value(L, 1), value(L, 2))),
    exists: (L) => pushBoolean(L, ddl.functionExists(value(L, 1))),
    reload: (L) => {
      throw clientError('NO_SUCH_MODULE', checkText(L, 1));
    },
    call: context.vm.task((L) => functions.callNamed(L)),
  });
  const sequence = library({
    create: (L) => {
      const made = ddl.createSequence(value(L, 1), value(L, 2));
      return afterWrite(context, L, (to) => {
        const t = sequences.tableOf(made.sequence.id);
        const pushed = t === undefined ? pushNil(to) : pushTable(to, t);
        return made.outcome === 'created' ? pushed : pushed + pushText(to, made.outcome);
      });
    },
    alter: change((L) => ddl.alterSequence(value(L, 1), value(L, 2))),
    drop: change((L) => ddl.dropSequence(value(L, 1), value(L, 2))),
  });
  const schema = createTable();
  const groups = { space, index, user, role, func, sequence };
  for (const [name, group] of Object.entries(groups)) setField(schema, name, table(group));
  // Upgrading is for files of older generations; those of this one need nothing.
  setField(
    schema,
    'upgrade',
    hostFunction(() => 0),
  );
  // The name of 1.5.
  setField(schema, 'create_space', getField(space, 'create'));
  for (const [name, value] of Object.entries(constants)) setField(schema, name, number(value));
  setField(context.db, 'schema', table(schema));
}

/** Ids of system spaces and users, and limits, as the real server lists them. */
const constants = {
  VINYL_DEFERRED_DELETE_ID: 257,
  SCHEMA_ID: 272,
  COLLATION_ID: 276,
  VCOLLATION_ID: 277,
  SPACE_ID: 280,
  VSPACE_ID: 281,
  SEQUENCE_ID: 284,
  SEQUENCE_DATA_ID: 285,
  VSEQUENCE_ID: 286,
  INDEX_ID: 288,
  VINDEX_ID: 289,
  FUNC_ID: 296,
  VFUNC_ID: 297,
  USER_ID: 304,
  VUSER_ID: 305,
  PRIV_ID: 312,
  VPRIV_ID: 313,
  CLUSTER_ID: 320,
  TRIGGER_ID: 328,
  TRUNCATE_ID: 330,
  SPACE_SEQUENCE_ID: 340,
  FK_CONSTRAINT_ID: 356,
  CK_CONSTRAINT_ID: 364,
  FUNC_INDEX_ID: 372,
  SESSION_SETTINGS_ID: 380,
  SYSTEM_ID_MIN: 256,
  SYSTEM_ID_MAX: 511,
  GUEST_ID: 0,
  ADMIN_ID: 1,
  PUBLIC_ROLE_ID: 2,
  SUPER_ROLE_ID: 31,
  SYSTEM_USER_ID_MIN: 0,
  SYSTEM_USER_ID_MAX: 2,
  INDEX_MAX: 128,
  INDEX_PART_MAX: 255,
  INDEX_FIELD_MAX: 32767,
  FIELD_MAX: 2147483647,
  SPACE_MAX: 2147483647,
  FORMAT_ID_MAX: 65534,
  NAME_MAX: 65000,
  REPLICA_MAX: 32,
  SQL_BIND_PARAMETER_MAX: 65000,
};
