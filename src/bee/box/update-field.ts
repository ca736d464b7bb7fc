/**
 * What an update makes of a value, operation by operation, without touching what no operation names. Each place in the tuple is
 * in one of these states, the same as in the real server, because they decide what is an error and in which order a
 * map's keys come out:
 *
 * - `nop`: as it was.
 * - `scalar`: replaced as a whole by one operation.
 * - `bar`: one operation somewhere inside, behind a path.
 * - `route`: several operations, all behind one common path.
 * - `array`, `map`: operations on several members.
 */
import { skip } from '../wire/msgpack.ts';
import { type ClientError, clientError } from './error.ts';
import type { PathToken } from './json-path.ts';
import { arrayCount, arrayStart, mapCount, mapStart } from './tuple.ts';
import type { OpState } from './update-op-state.ts';

export interface UpdateField {
  kind: 'nop' | 'scalar' | 'bar' | 'route' | 'array' | 'map';
  bytes: Uint8Array;
  start: number;
  end: number;
  /** scalar, bar */
  op?: OpState;
  /** bar, route: the way from here. */
  path?: readonly PathToken[];
  /** bar: the array or map that holds the place, and the place. */
  parent?: number;
  point?: number;
  pointEnd?: number;
  /** route: where it leads. */
  next?: UpdateField;
  /** array */
  items?: UpdateField[];
  /** map: those touched last come first. */
  entries?: MapEntry[];
  /** map: number of pairs. */
  size?: number;
}

/** A pair of a map that was touched, and the pairs behind it that were not. */
export interface MapEntry {
  key: Uint8Array | undefined;
  field: UpdateField;
  tailStart: number;
  tailEnd: number;
}

export function nopField(bytes: Uint8Array, start: number, end: number): UpdateField {
  return { kind: 'nop', bytes, start, end };
}

/** Makes an array of untouched members of the array at `start`. */
export function arrayField(bytes: Uint8Array, start: number): UpdateField {
  const items: UpdateField[] = [];
  let pos = arrayStart(bytes, start);
  for (let left = arrayCount(bytes, start); left > 0; left--) {
    const end = skip(bytes, pos);
    items.push(nopField(bytes, pos, end));
    pos = end;
  }
  return { kind: 'array', bytes, start, end: pos, items };
}

/** Makes a map of the untouched map at `start`. */
export function mapField(bytes: Uint8Array, start: number): UpdateField {
  const size = mapCount(bytes, start);
  const first = mapStart(bytes, start);
  const end = skip(bytes, start);
  const entries: MapEntry[] = [];
  if (size > 0) {
    entries.push({
      key: undefined,
      field: nopField(bytes, first, first),
      tailStart: first,
      tailEnd: end,
    });
  }
  return { kind: 'map', bytes, start, end, entries, size };
}

/** Where the key of a value stands. */
export function keyBefore(bytes: Uint8Array, parent: number, value: number): number {
  let pos = mapStart(bytes, parent);
  for (let left = mapCount(bytes, parent); left > 0; left--) {
    const at = skip(bytes, pos);
    if (at === value) return pos;
    pos = skip(bytes, at);
  }
  return value;
}

export function noSuchField(op: OpState): ClientError {
  if (op.isNamed) return clientError('NO_SUCH_FIELD_NAME', op.place);
  return clientError('NO_SUCH_FIELD_NO', op.fieldNo + (op.fieldNo >= 0 ? 1 : 0));
}

export function doubleUpdate(op: OpState): ClientError {
  return op.error('double update of the same field');
}

export function deleteOne(op: OpState): ClientError {
  return op.error('can delete only 1 field from a map in a row');
}
