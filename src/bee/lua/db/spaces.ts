/**
 * `db.space`: a table per space, the same one for as long as the process lives, filled anew when its definition
 * changes, so that a script's `s` goes on to work. Listed under the space's id and name.
 */
import type { Index } from '../../box/index.ts';
import type { Space } from '../../box/space.ts';
import { boolean, createTable, hostFunction, number, setField, string, table } from '../vm/host.ts';
import { LuaTable } from '../vm/table.ts';
import type { HostFunction, TValue } from '../vm/types.ts';
import { copy, internString, isNumber, isTable, nilObject, Slot, Tag } from '../vm/value.ts';
import type { DbContext } from './context.ts';
import { indexMethods } from './index-methods.ts';
import { spaceMethods } from './space-methods.ts';
import { beforeReplaceOf, onReplaceOf } from './space-triggers.ts';

/** The Lua side of all spaces of one instance. */
export class SpaceTables {
  readonly #context: DbContext;
  readonly #listing = createTable();
  readonly #tables = new Map<number, LuaTable>();
  readonly #names = new Map<number, string>();
  readonly #spaceMetatable: LuaTable;
  readonly #indexMetatable: LuaTable;

  constructor(context: DbContext) {
    this.#context = context;
    this.#spaceMetatable = withMethods(spaceMethods(context, this));
    this.#indexMetatable = withMethods(indexMethods(context, this));
    setField(context.db, 'space', table(this.#listing));
    context.instance.box.hooks.onSpaceChange = (id, space) => this.#change(id, space);
    for (const space of context.instance.box.schema.spaces()) this.#change(space.id, space);
  }

  /** The table of a space. */
  tableOf(id: number): LuaTable | undefined {
    return this.#tables.get(id);
  }

  /** The table of an index, as it stands in its space's `index`. */
  indexTableOf(index: Index): LuaTable | undefined {
    const space = this.#tables.get(index.spaceId);
    const list = space?.getString(key('index')).value;
    const found = list instanceof LuaTable ? list.getNumber(index.id).value : undefined;
    return found instanceof LuaTable ? found : undefined;
  }

  #change(id: number, space: Space | undefined): void {
    const oldName = this.#names.get(id);
    if (oldName !== undefined && oldName !== space?.name) {
      setField(this.#listing, oldName, nilObject);
    }
    if (space === undefined) {
      this.#listing.setNumber(id, nilObject);
      const gone = this.#tables.get(id);
      // Scripts may hold the table of a dropped space: what they do with it must say so, not crash.
      if (gone !== undefined) setField(gone, 'enabled', boolean(false));
      this.#tables.delete(id);
      this.#names.delete(id);
      return;
    }
    let t = this.#tables.get(id);
    if (t === undefined) {
      t = createTable();
      this.#tables.set(id, t);
    }
    this.#fill(t, space);
    this.#names.set(id, space.name);
    this.#listing.setNumber(id, table(t));
    setField(this.#listing, space.name, table(t));
  }

  #fill(t: LuaTable, space: Space): void {
    setField(t, 'field_count', number(space.fieldCount));
    setField(t, 'id', number(space.id));
    setField(t, 'is_sync', boolean(space.isSync));
    setField(t, 'is_local', boolean(space.isLocal));
    setField(t, 'temporary', boolean(space.isTemporary));
    setField(t, 'name', string(space.name));
    setField(t, 'engine', string(space.engine));
    setField(t, 'enabled', boolean(space.index(0) !== undefined));
    setField(t, 'on_replace', hostFunction(onReplaceOf(this.#context)));
    setField(t, 'before_replace', hostFunction(beforeReplaceOf(this.#context)));
    const old = t.getString(key('index')).value;
    const indexes = old instanceof LuaTable ? old : createTable();
    const kept = clearList(indexes, space);
    for (const index of space.indexes) {
      const one = kept.get(index.id) ?? createTable();
      indexes.setNumber(index.id, table(one));
      this.#fillIndex(one, space, index);
      setField(indexes, index.name, table(one));
    }
    setField(t, 'index', table(indexes));
    if (t.getString(key('ck_constraint')).type === Tag.NIL) {
      setField(t, 'ck_constraint', table(createTable()));
    }
    t.metatable = this.#spaceMetatable;
  }

  /** Fields are set in the order of the real server: what is printed first comes from that. */
  #fillIndex(t: LuaTable, space: Space, index: Index): void {
    if (index.type === 'TREE' || index.type === 'HASH') {
      setField(t, 'unique', boolean(index.isUnique));
    } else if (index.dimension !== undefined) setField(t, 'dimension', number(index.dimension));
    const { func } = index.def;
    if (func !== undefined) {
      const one = createTable();
      setField(one, 'fid', number(func.id));
      setField(one, 'name', string(func.name));
      setField(t, 'func', table(one));
    }
    setField(t, 'type', string(index.type));
    setField(t, 'id', number(index.id));
    setField(t, 'space_id', number(space.id));
    setField(t, 'name', string(index.name));
    const parts = createTable();
    index.parts.forEach((part, at) => {
      const one = createTable();
      setField(one, 'type', string(part.type));
      setField(one, 'fieldno', number(part.fieldNo + 1));
      if (part.path !== undefined) setField(one, 'path', string(part.path));
      setField(one, 'is_nullable', boolean(part.isNullable));
      if (part.collation !== undefined) setField(one, 'collation', string(part.collation));
      parts.setNumber(at + 1, table(one));
    });
    setField(t, 'parts', table(parts));
    // The real server sets these to nil where there is none, which takes a place in the table all the same: the order in
    // which the fields are printed comes from that.
    const hasSequence = space.sequenceId !== undefined && index.id === 0;
    setField(t, 'sequence_id', hasSequence ? number(space.sequenceId ?? 0) : nilObject);
    const fieldNo = hasSequence ? number((space.sequenceField ?? 0) + 1) : nilObject;
    setField(t, 'sequence_fieldno', fieldNo);
    const path = hasSequence ? space.sequencePathText : '';
    setField(t, 'sequence_path', path === '' ? nilObject : string(path));
    t.metatable = this.#indexMetatable;
  }
}

/**
 * Takes names and dropped indexes out of `space.index`; the tables of indexes that stay are filled
 * anew, because scripts may hold them.
 */
function clearList(indexes: LuaTable, space: Space): Map<number, LuaTable> {
  const kept = new Map<number, LuaTable>();
  const names: TValue[] = [];
  const at = new Slot(Tag.NIL, null);
  const item = new Slot(Tag.NIL, null);
  while (indexes.next(at, item)) {
    const isKept = isNumber(at) && space.index(at.value) !== undefined;
    if (isKept && isTable(item)) kept.set(at.value, item.value);
    else names.push(copy(at));
  }
  for (const name of names) indexes.set(name, nilObject);
  return kept;
}

function withMethods(methods: Readonly<Record<string, HostFunction>>): LuaTable {
  const metatable = createTable();
  const functions = createTable(0, Object.keys(methods).length);
  for (const [name, f] of Object.entries(methods)) setField(functions, name, hostFunction(f));
  setField(metatable, '__index', table(functions));
  const pairs = methods['pairs'];
  if (pairs !== undefined) {
    setField(metatable, '__pairs', hostFunction(pairs));
    setField(metatable, '__ipairs', hostFunction(pairs));
  }
  return metatable;
}

function key(name: string) {
  return internString(name);
}
