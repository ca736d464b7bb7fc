import { encode } from '../wire/msgpack.ts';
import type { Schema } from './schema.ts';
import { SystemSpace } from './system-space.ts';
import type { Tuple } from './tuple.ts';

/** The tuples of one moment, whatever changes afterwards. */
export interface ReadView {
  /** Every tuple of every space that a snapshot holds, by space id, inside by primary key. */
  rows(): Iterable<ReadViewRow>;
  /** Number of rows. */
  readonly length: number;
  /** Gives the memory back; later calls of `rows` give nothing. */
  close(): void;
}

export interface ReadViewRow {
  readonly spaceId: number;
  /** 1 for replica-local spaces. */
  readonly groupId: number;
  /** The tuple's msgpack array: a view, valid until the next row. */
  readonly tuple: Uint8Array;
}

interface SpaceView {
  readonly spaceId: number;
  readonly groupId: number;
  readonly tuples: readonly (Tuple | Uint8Array)[];
}

/** Takes a read view: references to all tuples, which never change. Costs about 5 ms and 8 MB for a million tuples. */
export function makeReadView(schema: Schema): ReadView {
  let views: SpaceView[] = [];
  let length = 0;
  for (const space of schema.spaces()) {
    const primary = space.index(0);
    if (space.engine !== 'memtx' || space.isTemporary || primary === undefined) continue;
    const tuples = space.id === SystemSpace.SEQUENCE_DATA ? sequenceData(schema) : primary.tuples();
    views.push({ spaceId: space.id, groupId: space.def.opts.groupId, tuples });
    length += tuples.length;
  }
  return {
    length,
    *rows() {
      for (const { spaceId, groupId, tuples } of views) {
        for (const tuple of tuples) {
          yield { spaceId, groupId, tuple: tuple instanceof Uint8Array ? tuple : tuple.bytes() };
        }
      }
    },
    close: () => {
      views = [];
    },
  };
}

/**
 * Sequences that fill fields count on without a write to `_sequence_data`: the rows there fall behind, and a snapshot holds the
 * sequences' own state.
 */
function sequenceData(schema: Schema): Uint8Array[] {
  const rows: Uint8Array[] = [];
  for (const { def, value } of schema.sequences()) {
    if (value !== undefined) rows.push(encode([def.id, value]));
  }
  return rows;
}
