import { onReplaceFunc } from './alter-func.ts';
import {
  onReplaceCluster,
  onReplaceCollation,
  onReplaceSchema,
  onReplaceSqlObject,
} from './alter-misc.ts';
import { onReplacePriv } from './alter-priv.ts';
import {
  onReplaceSequence,
  onReplaceSequenceData,
  onReplaceSpaceSequence,
} from './alter-sequence.ts';
import {
  onReplaceFuncIndex,
  onReplaceIndex,
  onReplaceSpace,
  onReplaceTruncate,
} from './alter-space.ts';
import { onReplaceUser } from './alter-user.ts';
import type { FieldType } from './field-type.ts';
import { TupleDictionary, TupleFormat } from './format.ts';
import { noCollation } from './format-field.ts';
import type { IndexDef } from './index-def.ts';
import { IndexTree } from './index-tree.ts';
import { KeyDef } from './key-def.ts';
import { SystemUser } from './privilege.ts';
import { Space } from './space.ts';
import { type SystemHost, SystemSpace, type SystemTrigger } from './system-space.ts';

/**
 * The spaces that must be there before the first row can be read: those that say what all others are. They begin with a name,
 * an id and a primary key; the rest comes from `_space` and `_index` like that of every space.
 */
export function makeSystemSpaces(host: SystemHost): void {
  const { schema } = host;
  for (const [id, name, types, trigger] of systemSpaces) {
    const keyDef = new KeyDef(
      types.map((type, fieldNo) => ({
        fieldNo,
        type,
        collationId: noCollation,
        collation: undefined,
        nullableAction: 'default',
        isNullable: false,
        path: undefined,
        pathText: undefined,
      })),
    );
    const index: IndexDef = {
      spaceId: id,
      id: 0,
      name: 'primary',
      type: 'TREE',
      opts: defaultOpts,
      keyDef,
      cmpDef: keyDef,
      func: undefined,
    };
    const def = defOf(id, name, 'memtx', 0);
    const space = new Space(def, formatOf(def, [keyDef]), [new IndexTree(index, schema)]);
    space.replaceMode = 'all';
    space.constraintIds.set('primary', 'PRIMARY KEY');
    space.systemTrigger = (statement) => trigger(host, statement);
    schema.replaceSpace(undefined, space);
  }
  const deferred = defOf(
    SystemSpace.VINYL_DEFERRED_DELETE,
    '_vinyl_deferred_delete',
    'blackhole',
    1,
  );
  schema.replaceSpace(undefined, new Space(deferred, formatOf(deferred, []), []));
}

const defaultOpts = {
  isUnique: true,
  dimension: 2,
  distance: 'euclid',
  rangeSize: 0,
  pageSize: 8192,
  runCountPerLevel: 2,
  runSizeRatio: 3.5,
  bloomFpr: 0.05,
  funcId: 0,
} as const;

/** Its dictionary is the definition's: tuples of this format get the names that the space gets later. */
function formatOf(def: Space['def'], keys: readonly KeyDef[]): TupleFormat {
  return new TupleFormat([], keys, 0, def.dictionary);
}

function defOf(id: number, name: string, engine: string, groupId: number): Space['def'] {
  return {
    id,
    owner: SystemUser.ADMIN,
    name,
    engine,
    exactFieldCount: 0,
    fields: [],
    dictionary: new TupleDictionary([]),
    opts: { groupId, isTemporary: false, isView: false, isSync: false, sql: undefined },
    formatBytes: Uint8Array.of(0x90),
  };
}

const one: readonly FieldType[] = ['unsigned'];

const systemSpaces: readonly (readonly [number, string, readonly FieldType[], SystemTrigger])[] = [
  [SystemSpace.SCHEMA, '_schema', ['string'], onReplaceSchema],
  [SystemSpace.COLLATION, '_collation', one, onReplaceCollation],
  [SystemSpace.SPACE, '_space', one, onReplaceSpace],
  [SystemSpace.TRUNCATE, '_truncate', one, onReplaceTruncate],
  [SystemSpace.SEQUENCE, '_sequence', one, onReplaceSequence],
  [SystemSpace.SEQUENCE_DATA, '_sequence_data', one, onReplaceSequenceData],
  [SystemSpace.SPACE_SEQUENCE, '_space_sequence', one, onReplaceSpaceSequence],
  [SystemSpace.USER, '_user', one, onReplaceUser],
  [SystemSpace.FUNC, '_func', one, onReplaceFunc],
  [SystemSpace.PRIV, '_priv', one, onReplacePriv],
  [SystemSpace.CLUSTER, '_cluster', one, onReplaceCluster],
  [SystemSpace.TRIGGER, '_trigger', ['string'], onReplaceSqlObject],
  [SystemSpace.INDEX, '_index', ['unsigned', 'unsigned'], onReplaceIndex],
  [SystemSpace.FK_CONSTRAINT, '_fk_constraint', ['string', 'unsigned'], onReplaceSqlObject],
  [SystemSpace.CK_CONSTRAINT, '_ck_constraint', ['unsigned', 'string'], onReplaceSqlObject],
  [SystemSpace.FUNC_INDEX, '_func_index', ['unsigned', 'unsigned'], onReplaceFuncIndex],
];
