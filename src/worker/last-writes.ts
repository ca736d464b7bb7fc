/**
 * Who wrote a tuple last, read from a server's log files: for the comparison of two servers (`lesson/divergence.ts`), which says what
 * differs and cannot say why.
 */
import { readXlogBytes } from '../bee/wal/xlog-bytes.ts';
import { IprotoType } from '../bee/wire/iproto-constants.ts';
import { decode, type MsgpackValue } from '../bee/wire/msgpack.ts';
import { decodeDml } from '../bee/wire/requests.ts';

/** The row that made a tuple what it is on one server. */
export interface LastWrite {
  /** Id of the server that made the row. */
  readonly origin: number;
  readonly lsn: number;
  /** `REPLACE`, `DELETE`, … */
  readonly type: string;
  /** When this server logged it, in seconds since 1970. */
  readonly timestamp: number;
  readonly file: string;
}

/** A space whose keys are looked for, as `SpaceDigest` describes it. */
export interface KeyedSpace {
  readonly id: number;
  /** Numbers of the primary key's fields, from 1. */
  readonly key: readonly number[];
}

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const typeNames: Readonly<Record<number, string>> = {
  [IprotoType.INSERT]: 'INSERT',
  [IprotoType.REPLACE]: 'REPLACE',
  [IprotoType.UPDATE]: 'UPDATE',
  [IprotoType.DELETE]: 'DELETE',
  [IprotoType.UPSERT]: 'UPSERT',
};

/**
 * Goes through a server's logs.
 * @param logs its .xlog files, in any order; of a damaged one what can be read
 * @returns the last row of each key of the space, by the key as JSON (`[1]`). A key that is missing was written before the logs that
 *   are left: it comes from a snapshot, or from the copy that the server began with
 */
export function lastWrites(
  logs: readonly NamedBytes[],
  space: KeyedSpace,
): ReadonlyMap<string, LastWrite> {
  const found = new Map<string, LastWrite>();
  const inOrder = [...logs].sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const { name, bytes } of inOrder) {
    for (const row of readXlogBytes(name, bytes).blocks.flat()) {
      const type = typeNames[row.type];
      if (type === undefined) continue;
      const request = decodeDml(row.type, row.body);
      if (request.spaceId !== space.id) continue;
      const key = keyOf(row.type, request, space.key);
      const { replicaId: origin, lsn, timestamp } = row;
      found.set(JSON.stringify(key), { origin, lsn, type, timestamp, file: name });
    }
  }
  return found;
}

/** UPDATE and DELETE hold the key, the others a tuple with the key in it. */
function keyOf(
  type: number,
  request: ReturnType<typeof decodeDml>,
  fields: readonly number[],
): readonly MsgpackValue[] {
  const hasKey = type === IprotoType.UPDATE || type === IprotoType.DELETE;
  const bytes = hasKey ? request.key : request.tuple;
  const value = bytes === undefined ? [] : decode(bytes);
  const list = Array.isArray(value) ? value : [];
  return hasKey ? list : fields.map((field) => list[field - 1] ?? null);
}
