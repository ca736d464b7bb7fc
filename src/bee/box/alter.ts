/**
 * Changing what a space is, while it holds tuples. A write to `_space` or `_index` comes here by way of its trigger:
 *
 * 1. `new AlterSpace(host, statement, space)` begins with the space as it is: every index stays.
 * 2. The trigger says what changes: `setDef`, `createIndex`, `changeIndex`, `dropIndex`, `truncate`.
 * 3. `run` makes the new format and the new space, checks the stored tuples against it, builds new indexes, and puts the new
 *    space in the place of the old one. Anything that does not fit throws before the schema has changed.
 * 4. The statement's rollback puts the old space back: it still has its indexes.
 *
 * Indexes that need not be built again are shared by the old and the new space. What the real server does and Bee does not: it
 * yields while it checks tuples or builds an index; here that runs to its end (a million tuples take about a second).
 */
import { clientError } from './error.ts';
import { minFieldCountOf, TupleFormat } from './format.ts';
import type { Index } from './index.ts';
import { cmpDefOf, dependsOnPrimary, type IndexDef } from './index-def.ts';
import { isSamePlace, type KeyDef } from './key-def.ts';
import type { Schema } from './schema.ts';
import { type ConstraintKind, Space } from './space.ts';
import type { SpaceDef } from './space-def.ts';
import type { Statement, Txn } from './txn.ts';

/** How far recovery has come: it decides which indexes are kept up. */
export type RecoveryState = 'initial' | 'final' | 'ok';

/** What a change of the schema needs from the box. */
export interface AlterHost {
  readonly schema: Schema;
  readonly recoveryState: RecoveryState;
  /** Makes an empty index. */
  makeIndex(def: IndexDef): Index;
}

type Step =
  | { readonly kind: 'move'; readonly index: Index }
  | { readonly kind: 'modify'; readonly index: Index; readonly def: IndexDef }
  | { readonly kind: 'build'; readonly def: IndexDef };

export class AlterSpace {
  readonly #host: AlterHost;
  readonly #statement: Statement;
  readonly #txn: Txn;
  readonly #old: Space;
  #def: SpaceDef;
  /** What becomes of each index, in the order of ids. */
  readonly #steps: Step[] = [];
  #checksFormat = false;
  #isPrimaryDropped = false;
  /** Names in the space's name space to add and to take away. */
  readonly #newNames: [string, ConstraintKind][] = [];
  readonly #oldNames: string[] = [];

  constructor(host: AlterHost, txn: Txn, statement: Statement, space: Space) {
    this.#host = host;
    this.#txn = txn;
    this.#statement = statement;
    this.#old = space;
    this.#def = space.def;
    for (const index of space.indexes) this.#steps.push({ kind: 'move', index });
  }

  /** Gives the space another definition. Its dictionary of names is kept, with the new names in it. */
  setDef(def: SpaceDef): void {
    this.#def = def;
    this.#checksFormat = true;
  }

  createIndex(def: IndexDef): void {
    if (def.opts.isUnique) {
      this.#newNames.push([def.name, def.id === 0 ? 'PRIMARY KEY' : 'UNIQUE']);
    }
    this.#setStep({ kind: 'build', def });
  }

  dropIndex(index: Index): void {
    if (index.isUnique) this.#oldNames.push(index.name);
    if (index.id === 0) this.#isPrimaryDropped = true;
    this.#steps.splice(this.#stepOf(index.id), 1);
  }

  changeIndex(index: Index, def: IndexDef): void {
    const [was, is] = [index.def, def];
    const isRenamed = was.name !== is.name;
    if (is.opts.isUnique && (!was.opts.isUnique || isRenamed)) {
      this.#newNames.push([is.name, 'UNIQUE']);
    }
    if (was.opts.isUnique && (!is.opts.isUnique || isRenamed)) this.#oldNames.push(was.name);
    if (isSameIndexDef(was, is)) return;
    if (needsRebuild(was, is)) {
      this.#setStep({ kind: 'build', def });
    } else {
      this.#checksFormat = true;
      this.#setStep({ kind: 'modify', index, def });
    }
    if (def.id === 0 && !was.keyDef.equals(is.keyDef)) this.#followPrimary(def.keyDef);
  }

  /** Functional indexes are built when their function comes. */
  rebuildIndex(def: IndexDef): void {
    this.#setStep({ kind: 'build', def });
  }

  /** Makes all indexes anew, and empty. */
  truncate(): void {
    const space = this.#makeSpace();
    const indexes = this.#old.indexes.map((index) => this.#host.makeIndex(index.def));
    for (const index of indexes) space.indexMap[index.id] = index;
    space.bsize = 0;
    this.#finish(space, false, []);
  }

  /** Does it all, or throws and has changed nothing. */
  run(): void {
    const space = this.#makeSpace();
    if (this.#old.bsize !== 0 && this.#old.isTemporary !== space.isTemporary) {
      throw clientError(
        'ALTER_SPACE',
        this.#old.name,
        'can not switch temporary flag on a non-empty space',
      );
    }
    for (const [name] of this.#newNames) this.#checkName(name);
    if (this.#isPrimaryDropped) {
      space.replaceMode = 'none';
      space.bsize = 0;
    }
    const modified: [Index, IndexDef][] = [];
    const built: Index[] = [];
    for (const step of this.#steps) {
      const index = step.kind === 'build' ? this.#host.makeIndex(step.def) : step.index;
      if (step.kind === 'build') built.push(index);
      else if (step.kind === 'modify') modified.push([index, step.def]);
      space.indexMap[index.id] = index;
    }
    if (this.#checksFormat) this.#checkTuples(space.format);
    for (const index of built) this.#build(space, index);
    this.#finish(space, true, modified);
  }

  #makeSpace(): Space {
    const old = this.#old;
    const keys = this.#defs().map((def) => def.keyDef);
    // Everybody who has an old format sees new names through the dictionary that all formats share.
    const def = { ...this.#def, dictionary: old.def.dictionary };
    const { fields, exactFieldCount, dictionary, opts } = def;
    const format = new TupleFormat(fields, keys, exactFieldCount, dictionary, opts.isTemporary);
    const space = new Space(def, format, []);
    space.replaceMode = old.replaceMode;
    space.bsize = old.bsize;
    space.runTriggers = old.runTriggers;
    space.systemTrigger = old.systemTrigger;
    space.onReplace = old.onReplace;
    space.beforeReplace = old.beforeReplace;
    space.access = old.access;
    space.constraintIds = old.constraintIds;
    space.sequence = old.sequence;
    space.sequenceField = old.sequenceField;
    space.sequencePath = old.sequencePath;
    space.sequencePathText = old.sequencePathText;
    return space;
  }

  /**
   * Definitions of all indexes to be: untouched ones first, changed ones after them, the primary one before all. An index with
   * nullable parts counts as changed when tuples must have another number of fields: which of its parts are optional depends on it.
   */
  #defs(): IndexDef[] {
    const kept: IndexDef[] = [];
    const changed: IndexDef[] = [];
    const keys = this.#steps.map(
      (step) => (step.kind === 'move' ? step.index.def : step.def).keyDef,
    );
    const isCountChanged =
      minFieldCountOf(this.#def.fields, keys) !== this.#old.format.minFieldCount;
    for (const step of this.#steps) {
      if (step.kind === 'move') {
        const { def } = step.index;
        const isTouched = isCountChanged && def.keyDef.parts.some(({ isNullable }) => isNullable);
        (isTouched && def.id !== 0 ? changed : kept).push(def);
      } else if (step.def.id === 0) kept.unshift(step.def);
      else changed.push(step.def);
    }
    return [...kept, ...changed];
  }

  #checkTuples(format: TupleFormat): void {
    const old = this.#old;
    const primary = old.index(0);
    if (format.canStoreTuplesOf(old.format)) return;
    if (primary === undefined || primary.length === 0 || old.engine !== 'memtx') return;
    this.#checkSingleStatement('space format check');
    for (const tuple of primary.tuples()) format.validateTuple(tuple);
  }

  #build(space: Space, index: Index): void {
    if (index.id === 0 && this.#old.index(0) === undefined) {
      if (space.engine === 'memtx') space.replaceMode = this.#modeOfNewPrimary();
      return;
    }
    if (space.engine !== 'memtx') return;
    // While recovery keeps up primary indexes only, secondary ones are built at its end.
    if (index.id !== 0 && this.#old.replaceMode !== 'all') return;
    const primary = this.#old.index(0);
    if (primary === undefined || primary.length === 0) return;
    this.#checkSingleStatement('index build');
    const tuples = primary.tuples();
    for (const tuple of tuples) space.format.validateTuple(tuple);
    index.build(tuples);
  }

  #modeOfNewPrimary(): Space['replaceMode'] {
    if (this.#host.recoveryState === 'ok' || this.#old.replaceMode === 'all') return 'all';
    return 'primary';
  }

  #finish(space: Space, isNewVersion: boolean, modified: readonly [Index, IndexDef][]): void {
    const { schema } = this.#host;
    const old = this.#old;
    const oldDefs = modified.map(([index]): [Index, IndexDef] => [index, index.def]);
    for (const [index, def] of modified) index.updateDef(def);
    const names = this.#def.dictionary;
    const isRenamed = names !== old.def.dictionary;
    if (isRenamed) old.def.dictionary.swap(names);
    const removed = this.#oldNames.map((name): [string, ConstraintKind] => [
      name,
      old.constraintIds.get(name) ?? 'UNIQUE',
    ]);
    for (const [name] of removed) space.constraintIds.delete(name);
    for (const [name, kind] of this.#newNames) space.constraintIds.set(name, kind);
    space.fillIndexes();
    schema.replaceSpace(old, space);
    if (isNewVersion) schema.version++;
    this.#statement.onRollback(() => {
      for (const [name] of this.#newNames) old.constraintIds.delete(name);
      for (const [name, kind] of removed) old.constraintIds.set(name, kind);
      if (isRenamed) old.def.dictionary.swap(names);
      for (const [index, def] of oldDefs) index.updateDef(def);
      old.runTriggers = space.runTriggers;
      schema.replaceSpace(space, old);
    });
  }

  /** Secondary indexes that sort by the primary key's parts, too, follow its change. */
  #followPrimary(primary: KeyDef): void {
    for (const step of [...this.#steps]) {
      if (step.kind !== 'move' || step.index.id === 0) continue;
      const { def } = step.index;
      if (!dependsOnPrimary(def)) continue;
      const cmpDef = cmpDefOf(def.id, def.opts.isUnique, def.keyDef, primary);
      const changed = { ...def, cmpDef };
      if (needsRebuild(def, changed)) this.#setStep({ kind: 'build', def: changed });
      else this.#setStep({ kind: 'modify', index: step.index, def: changed });
    }
  }

  #checkName(name: string): void {
    const kind = this.#old.constraintIds.get(name);
    if (kind === undefined) return;
    throw clientError('CONSTRAINT_EXISTS', kind, name, this.#old.name);
  }

  #checkSingleStatement(what: string): void {
    if (!this.#txn.isFirstStatement) throw clientError('MULTISTATEMENT_TRANSACTION', what);
  }

  #stepOf(id: number): number {
    return this.#steps.findIndex((step) => idOf(step) === id);
  }

  #setStep(step: Step): void {
    const at = this.#stepOf(idOf(step));
    if (at >= 0) {
      this.#steps[at] = step;
      return;
    }
    const after = this.#steps.findIndex((other) => idOf(other) > idOf(step));
    this.#steps.splice(after < 0 ? this.#steps.length : after, 0, step);
  }
}

function idOf(step: Step): number {
  return step.kind === 'move' ? step.index.id : step.def.id;
}

function isSameIndexDef(a: IndexDef, b: IndexDef): boolean {
  return (
    a.name === b.name &&
    a.type === b.type &&
    a.keyDef.equals(b.keyDef) &&
    JSON.stringify(a.opts) === JSON.stringify(b.opts)
  );
}

/** True when the entries of the old index may stand in another order, or may not all fit, under the new definition. */
export function needsRebuild(was: IndexDef, is: IndexDef): boolean {
  if (was.type !== is.type) return true;
  if (!was.opts.isUnique && is.opts.isUnique) return true;
  if (was.opts.funcId !== is.opts.funcId) return true;
  if (is.type === 'RTREE' && !isSameRectangle(was, is)) return true;
  const byCmpDef = dependsOnPrimary(was);
  const [oldKey, newKey] = byCmpDef ? [was.cmpDef, is.cmpDef] : [was.keyDef, is.keyDef];
  if (oldKey.parts.length !== newKey.parts.length) return true;
  return oldKey.parts.some((part, index) => {
    const other = newKey.parts[index];
    return other === undefined || !isSamePlace(part, other) || part.collation !== other.collation;
  });
}

function isSameRectangle(a: IndexDef, b: IndexDef): boolean {
  return a.opts.dimension === b.opts.dimension && a.opts.distance === b.opts.distance;
}
