import { SystemSpace } from '../../bee/box/system-space.ts';
import { IprotoType } from '../../bee/wire/iproto-constants.ts';
import { decode, type MsgpackValue } from '../../bee/wire/msgpack.ts';
import { type DmlRequest, decodeDml } from '../../bee/wire/requests.ts';
import type { XRow } from '../../bee/wire/xrow.ts';
import type { ServerFiles } from './log-files.ts';

/** Tuples of one space by the text of their primary key. */
export type SpaceContents = Map<string, readonly MsgpackValue[]>;

/**
 * What memory must hold according to the files: the newest snapshot and the rows behind it, played by a machine of a
 * hundred lines that knows primary keys and assignments, and nothing of the box.
 */
export class Replay {
  readonly spaces = new Map<number, SpaceContents>();
  /** Numbers of the fields of each primary key. */
  readonly #keys = new Map<number, readonly number[]>(Object.values(systemKeys));

  constructor({ snapshots, logs }: ServerFiles) {
    const snapshot = snapshots.at(-1);
    if (snapshot === undefined) return;
    for (const row of snapshot.blocks.flat()) this.#apply(row);
    const state = snapshot.vclock.copy();
    for (const row of logs.flatMap(({ blocks }) => blocks.flat())) {
      if (row.lsn <= state.get(row.replicaId)) continue;
      state.set(row.replicaId, row.lsn);
      if (row.type !== IprotoType.NOP) this.#apply(row);
    }
  }

  /** Tuples of a space in no particular order. */
  contents(spaceId: number): SpaceContents {
    const contents = this.spaces.get(spaceId) ?? new Map();
    this.spaces.set(spaceId, contents);
    return contents;
  }

  #apply(row: XRow): void {
    const request = decodeDml(row.type, row.body);
    const { spaceId } = request;
    const contents = this.contents(spaceId);
    const tuple = request.tuple === undefined ? undefined : fieldsOf(request.tuple);
    switch (row.type) {
      case IprotoType.INSERT:
      case IprotoType.REPLACE:
        this.#put(spaceId, contents, tuple ?? []);
        break;
      case IprotoType.DELETE:
        contents.delete(JSON.stringify(fieldsOf(request.key)));
        break;
      case IprotoType.UPDATE: {
        const key = JSON.stringify(fieldsOf(request.key));
        const found = contents.get(key);
        if (found !== undefined) this.#put(spaceId, contents, updated(found, tuple, request));
        break;
      }
      case IprotoType.UPSERT: {
        const key = this.#keyOf(spaceId, tuple ?? []);
        const found = contents.get(key);
        const result =
          found === undefined ? (tuple ?? []) : updated(found, fieldsOf(request.ops), request);
        this.#put(spaceId, contents, result);
        break;
      }
    }
    if (spaceId === SystemSpace.TRUNCATE) this.contents(Number(tuple?.[0])).clear();
  }

  #put(spaceId: number, contents: SpaceContents, tuple: readonly MsgpackValue[]): void {
    contents.set(this.#keyOf(spaceId, tuple), tuple);
    const [space, index, , , , parts] = tuple;
    if (spaceId !== SystemSpace.INDEX || index !== 0 || !Array.isArray(parts)) return;
    const fields = parts.map((part) => (Array.isArray(part) ? part[0] : mapField(part)));
    this.#keys.set(Number(space), fields.map(Number));
  }

  #keyOf(spaceId: number, tuple: readonly MsgpackValue[]): string {
    const fields = this.#keys.get(spaceId) ?? [0];
    return JSON.stringify(fields.map((field) => tuple[field]));
  }
}

/** Primary keys that are not the first field, of system spaces that the log writes before it defines them. */
const systemKeys: Readonly<Record<string, readonly [number, readonly number[]]>> = {
  index: [SystemSpace.INDEX, [0, 1]],
  priv: [SystemSpace.PRIV, [1, 2, 3]],
};

function mapField(part: MsgpackValue): MsgpackValue {
  return part instanceof Map ? (part.get('field') ?? 0) : 0;
}

function fieldsOf(bytes: Uint8Array | undefined): readonly MsgpackValue[] {
  const value = bytes === undefined ? [] : decode(bytes);
  return Array.isArray(value) ? value : [];
}

/** Assignment and addition: the operations that the workload, and DDL, write. */
function updated(
  tuple: readonly MsgpackValue[],
  operations: readonly MsgpackValue[] | undefined,
  { indexBase }: DmlRequest,
): readonly MsgpackValue[] {
  const result = [...tuple];
  for (const operation of operations ?? []) {
    if (!Array.isArray(operation)) throw new Error('an operation is an array');
    const [symbol, field, value = null] = operation;
    const at = Number(field) - indexBase;
    if (symbol === '=') result[at] = value;
    else if (symbol === '+') result[at] = Number(result[at]) + Number(value);
    else throw new Error(`operation ${String(symbol)} is not expected in a log here`);
  }
  return result;
}
