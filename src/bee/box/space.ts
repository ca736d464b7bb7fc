import { clientError } from './error.ts';
import type { TupleFormat } from './format.ts';
import type { Index } from './index.ts';
import type { PathToken } from './json-path.ts';
import { Access } from './privilege.ts';
import type { SequenceState } from './sequence.ts';
import type { SpaceDef } from './space-def.ts';
import type { Tuple } from './tuple.ts';
import type { Statement } from './txn.ts';

/** Runs after a change. Throwing undoes the statement. */
export type ReplaceTrigger = (
  oldTuple: Tuple | undefined,
  newTuple: Tuple | undefined,
  space: Space,
  requestType: number,
) => void;

/** Runs before a change and may replace what is written: returns the new tuple, or undefined for none. */
export type BeforeReplaceTrigger = (
  oldTuple: Tuple | undefined,
  newTuple: Tuple | undefined,
  space: Space,
  requestType: number,
) => Tuple | undefined;

/** Which indexes a change goes into: none while there is no primary one, the primary only while recovery reads the log. */
export type ReplaceMode = 'none' | 'primary' | 'all';

/** Ids of system spaces end here. */
export const systemIdMax = 511;

/** A table of tuples. An alter makes a new one, which takes over indexes and triggers. */
export class Space {
  readonly def: SpaceDef;
  readonly format: TupleFormat;
  /** By index id, with gaps. */
  readonly indexMap: (Index | undefined)[];
  /** In the order of ids, without gaps. */
  indexes: readonly Index[] = [];
  access = new Access();
  replaceMode: ReplaceMode = 'none';
  /** Bytes of all tuples. */
  bsize = 0;
  /** `space:run_triggers(false)` stops the triggers. */
  runTriggers = true;
  onReplace: ReplaceTrigger[] = [];
  beforeReplace: BeforeReplaceTrigger[] = [];
  /** What a change of a system space means for the schema; runs before all other triggers. */
  systemTrigger: ((statement: Statement) => void) | undefined;
  sequence: SequenceState | undefined;
  /** Field, counted from 0, that the sequence fills. */
  sequenceField = 0;
  sequencePath: readonly PathToken[] | undefined;
  sequencePathText = '';
  /** Names of unique indexes and constraints, which share one name space. */
  constraintIds = new Map<string, ConstraintKind>();

  constructor(def: SpaceDef, format: TupleFormat, indexes: readonly Index[]) {
    this.def = def;
    this.format = format;
    this.indexMap = [];
    for (const index of indexes) this.indexMap[index.id] = index;
    this.fillIndexes();
  }

  get id(): number {
    return this.def.id;
  }

  get name(): string {
    return this.def.name;
  }

  get owner(): number {
    return this.def.owner;
  }

  get engine(): string {
    return this.def.engine;
  }

  get fieldCount(): number {
    return this.def.exactFieldCount;
  }

  get isTemporary(): boolean {
    return this.def.opts.isTemporary;
  }

  /** Replica-local: group id 1. */
  get isLocal(): boolean {
    return this.def.opts.groupId === 1;
  }

  get isSync(): boolean {
    return this.def.opts.isSync;
  }

  get isView(): boolean {
    return this.def.opts.isView;
  }

  get isSystem(): boolean {
    return this.id > 256 && this.id < systemIdMax;
  }

  /** The `format` field of its `_space` tuple, msgpack. */
  get formatBytes(): Uint8Array {
    return this.def.formatBytes;
  }

  /** Id of the sequence that fills a field. */
  get sequenceId(): number | undefined {
    return this.sequence?.def.id;
  }

  index(id: number): Index | undefined {
    return this.indexMap[id];
  }

  indexByName(name: string): Index | undefined {
    return this.indexes.find((index) => index.name === name);
  }

  /** @throws NO_SUCH_INDEX_ID */
  requireIndex(id: number): Index {
    const index = this.indexMap[id];
    if (index === undefined) throw clientError('NO_SUCH_INDEX_ID', id, this.name);
    return index;
  }

  /** @throws NO_SUCH_INDEX_ID, MORE_THAN_ONE_TUPLE */
  requireUnique(id: number): Index {
    const index = this.requireIndex(id);
    if (!index.isUnique) throw clientError('MORE_THAN_ONE_TUPLE');
    return index;
  }

  /** Makes `indexes` of `indexMap` again. */
  fillIndexes(): void {
    this.indexes = this.indexMap.filter((index) => index !== undefined);
  }
}

export type ConstraintKind = 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY' | 'CHECK';
