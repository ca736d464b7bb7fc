import type { Credentials } from './credentials.ts';
import { clientError } from './error.ts';
import { type DupMode, Index, type TupleIterator } from './index.ts';
import type { IndexDef } from './index-def.ts';
import { Privilege, SystemUser } from './privilege.ts';
import type { Schema } from './schema.ts';
import type { Space } from './space.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';
import { fieldString, fieldUint32 } from './tuple-field.ts';

/** Says whether a user may see a tuple of a system space. */
type Filter = (schema: Schema, credentials: Credentials, source: Space, tuple: Tuple) => boolean;

/**
 * An index of a `_v…` space: the same index of the space behind it, without the tuples that the user may not see. It can be
 * read by everybody and written by nobody.
 */
export class IndexSysview extends Index {
  readonly #schema: Schema;
  readonly #credentials: () => Credentials;
  readonly #sourceId: number;
  readonly #filter: Filter;

  /** @param credentials of whoever asks */
  constructor(def: IndexDef, schema: Schema, credentials: () => Credentials) {
    super(def, schema);
    this.#schema = schema;
    this.#credentials = credentials;
    const view = views.get(def.spaceId);
    if (view === undefined) {
      throw clientError(
        'MODIFY_INDEX',
        def.name,
        schema.spaceName(def.spaceId),
        'unknown space for system view',
      );
    }
    [this.#sourceId, this.#filter] = view;
  }

  get length(): number {
    throw this.unsupported('size()');
  }

  get bsize(): number {
    return 0;
  }

  get(key: Uint8Array, pos: number): Tuple | undefined {
    const source = this.#schema.requireSpace(this.#sourceId);
    const index = source.requireUnique(this.id);
    index.def.keyDef.validateParts(key, pos, index.def.keyDef.parts.length, false);
    const tuple = index.get(key, pos);
    return tuple !== undefined && this.#isVisible(source, tuple) ? tuple : undefined;
  }

  replace(_old: Tuple | undefined, _new: Tuple | undefined, _mode: DupMode): Tuple | undefined {
    throw this.unsupported('replace()');
  }

  override count(type: number, key: Uint8Array, pos: number, partCount: number): number {
    const iterator = this.iterator(type, key, pos, partCount);
    let count = 0;
    while (iterator.next() !== undefined) count++;
    return count;
  }

  /** Ends when the schema changes: what is visible may have changed with it. */
  iterator(type: number, key: Uint8Array, pos: number, partCount: number): TupleIterator {
    const source = this.#schema.requireSpace(this.#sourceId);
    const index = source.requireIndex(this.id);
    index.validateKey(type, key, pos, partCount);
    const iterator = index.iterator(type, key, pos, partCount);
    const version = this.#schema.spaceCacheVersion;
    return {
      next: () => {
        if (this.#schema.spaceCacheVersion !== version) return undefined;
        for (let tuple = iterator.next(); tuple !== undefined; tuple = iterator.next()) {
          if (this.#isVisible(source, tuple)) return tuple;
        }
        return undefined;
      },
    };
  }

  #isVisible(source: Space, tuple: Tuple): boolean {
    return this.#filter(this.#schema, this.#credentials(), source, tuple);
  }
}

const changeOrRead = Privilege.WRITE | Privilege.DROP | Privilege.ALTER | Privilege.READ;
const anyUse = changeOrRead | Privilege.EXECUTE;

/** True when the user sees all tuples of the source. */
function seesAll(
  schema: Schema,
  { universalAccess, authToken }: Credentials,
  source: Space,
  bits: number,
  entity?: 'space' | 'function' | 'sequence',
): boolean {
  if ((universalAccess & bits) !== 0) return true;
  const entityAccess = entity === undefined ? 0 : (schema.entities[entity]?.of(authToken) ?? 0);
  if ((entityAccess & bits) !== 0) return true;
  return (source.access.of(authToken) & Privilege.READ) !== 0;
}

const filterSpaces: Filter = (schema, credentials, source, tuple) => {
  if (seesAll(schema, credentials, source, changeOrRead, 'space')) return true;
  const space = schema.space(fieldUint32(tuple, 0));
  if (space === undefined) return false;
  const isAllowed = (space.access.of(credentials.authToken) & changeOrRead) !== 0;
  return isAllowed || space.owner === credentials.uid;
};

const filterUsers: Filter = (schema, credentials, source, tuple) => {
  if (seesAll(schema, credentials, source, changeOrRead)) return true;
  const id = fieldUint32(tuple, 0);
  const { uid } = credentials;
  return id === uid || fieldUint32(tuple, 1) === uid || id === SystemUser.PUBLIC;
};

const filterPrivs: Filter = (schema, credentials, source, tuple) => {
  if (seesAll(schema, credentials, source, changeOrRead)) return true;
  return fieldUint32(tuple, 0) === credentials.uid || fieldUint32(tuple, 1) === credentials.uid;
};

const filterFuncs: Filter = (schema, credentials, source, tuple) => {
  if (seesAll(schema, credentials, source, anyUse, 'function')) return true;
  const func = schema.funcByName(fieldString(tuple, 2));
  if (func === undefined) return false;
  return func.owner === credentials.uid || (func.access.of(credentials.authToken) & anyUse) !== 0;
};

const filterSequences: Filter = (schema, credentials, source, tuple) => {
  if (seesAll(schema, credentials, source, anyUse, 'sequence')) return true;
  const sequence = schema.sequence(fieldUint32(tuple, 0));
  if (sequence === undefined) return false;
  const isAllowed = (sequence.access.of(credentials.authToken) & anyUse) !== 0;
  return isAllowed || sequence.def.owner === credentials.uid;
};

/** The space behind each view, and who sees what of it. */
const views: ReadonlyMap<number, readonly [number, Filter]> = new Map<
  number,
  readonly [number, Filter]
>([
  [SystemSpace.VSPACE, [SystemSpace.SPACE, filterSpaces]],
  [SystemSpace.VINDEX, [SystemSpace.INDEX, filterSpaces]],
  [SystemSpace.VUSER, [SystemSpace.USER, filterUsers]],
  [SystemSpace.VFUNC, [SystemSpace.FUNC, filterFuncs]],
  [SystemSpace.VPRIV, [SystemSpace.PRIV, filterPrivs]],
  [SystemSpace.VSEQUENCE, [SystemSpace.SEQUENCE, filterSequences]],
  [SystemSpace.VCOLLATION, [SystemSpace.COLLATION, () => true]],
]);
