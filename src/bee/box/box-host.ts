import type { Logger } from '../base/logger.ts';
import { clientError } from './error.ts';
import type { LimboHost } from './limbo.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';
import type { Statement } from './txn.ts';

/** What the box needs from the instance around it. */
export interface BoxHost extends LimboHost {
  readonly log: Logger;
  /** Nothing may be written now, except what stays on this server. */
  readonly isReadOnly: () => boolean;
  /** Local time as `YYYY-MM-DD HH:MM:SS`, for `_func.created`. */
  localTime(): string;
}

/**
 * Hooks that the layers above set. Each may throw a ClientError to refuse, unless it says otherwise.
 * Functions given by Lua run to their end inside the call: they cannot suspend.
 */
export interface BoxHooks {
  /** A committed change of `_cluster`: `uuid` undefined when the id was removed. Must not throw. */
  onClusterChange: (id: number, uuid: string | undefined) => void;
  /** Called before a row of `_cluster` is put or deleted; refuses by throwing. */
  checkClusterChange: (id: number) => void;
  /** The replica set's UUID was set by a write to `_schema` (bootstrap, recovery, JOIN). */
  onClusterUuid: (uuid: string) => void;
  /** A space's definition changed in memory (also when a change is rolled back). `space` undefined: it is gone. Must not throw. */
  onSpaceChange: (id: number, space: Space | undefined) => void;
  /** A sequence, function or user was made, changed or removed; for the listings of the Lua layer. Must not throw. */
  onSchemaObjectChange: (kind: 'sequence' | 'function' | 'user', id: number) => void;
  /**
   * The keys in the order in which `pairs` walks a Lua table that got them one after the other: maps in system tuples show it.
   * `capacity` is the number of keys for which the table was made at first, 0 unless a constructor named them.
   */
  tableOrder: TableOrder;
  /** Compiles the body of a persistent Lua function and checks it; what it returns is kept as `func.compiled`. */
  compileFunction: (name: string, body: string, isSandboxed: boolean) => unknown;
  /** Runs a compiled persistent function on a tuple for a functional index: msgpack array of what it returned. */
  evaluateFunction: (compiled: unknown, tuple: Tuple) => Uint8Array;
}

export type TableOrder = (
  keys: readonly (string | number)[],
  capacity?: number,
) => readonly (string | number)[];

/** One statement of a transaction, as its triggers see it. */
export type TxnChange = Pick<Statement, 'spaceId' | 'oldTuple' | 'newTuple'>;

/** Requests counted for `db.stat`. */
export const requestCounters = [
  'SELECT',
  'INSERT',
  'REPLACE',
  'UPDATE',
  'DELETE',
  'UPSERT',
] as const;
export type RequestCounter = (typeof requestCounters)[number];

/** Hooks that do nothing. */
export function noHooks(): BoxHooks {
  return {
    onClusterChange: () => {},
    checkClusterChange: () => {},
    onClusterUuid: () => {},
    onSpaceChange: () => {},
    onSchemaObjectChange: () => {},
    tableOrder: (keys) => keys,
    compileFunction: () => undefined,
    evaluateFunction: () => {
      throw clientError('UNSUPPORTED', 'This instance', 'functional indexes');
    },
  };
}
