import type { TupleFormat } from './format.ts';
import type { Index } from './index.ts';
import type { Tuple } from './tuple.ts';

/** A table of tuples. */
export interface Space {
  readonly id: number;
  readonly name: string;
  readonly owner: number;
  readonly engine: string;
  readonly fieldCount: number;
  readonly isTemporary: boolean;
  /** Replica-local: group id 1. */
  readonly isLocal: boolean;
  readonly isSync: boolean;
  readonly isView: boolean;
  /** Names and types of the fields. */
  readonly format: TupleFormat;
  /** The `format` field of its `_space` tuple, msgpack. */
  readonly formatBytes: Uint8Array;
  /** By id; ids may have gaps. */
  readonly indexes: readonly Index[];
  index(id: number): Index | undefined;
  indexByName(name: string): Index | undefined;
  /** Bytes of all tuples. */
  readonly bsize: number;
  /** `space:run_triggers(false)` stops the triggers. */
  runTriggers: boolean;
  readonly onReplace: ReplaceTrigger[];
  readonly beforeReplace: BeforeReplaceTrigger[];
  /** The sequence that fills a field, as `_space_sequence` says. */
  readonly sequenceId: number | undefined;
  /** Field, counted from 0, and path that the sequence fills. */
  readonly sequenceField: number;
  readonly sequencePath: string;
}

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
