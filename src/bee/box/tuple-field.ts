import { MsgpackReader } from '../wire/msgpack.ts';
import { clientError } from './error.ts';
import { MpType, mpTypeAt, mpTypeNames } from './field-type.ts';
import { textAt } from './json-path.ts';
import { dataLength, dataStart, integerAt, uintAt } from './mp-compare.ts';
import type { Tuple } from './tuple.ts';

/** Typed access to fields of system tuples, with the real server's errors. Field numbers count from 0. */

/** Position of a field that must be there and have the type. */
function requireField(tuple: Tuple, fieldNo: number, type: number): number {
  const pos = tuple.fieldAt(fieldNo);
  if (pos < 0) throw clientError('NO_SUCH_FIELD_NO', fieldNo + 1);
  if (mpTypeAt(tuple.slab, pos) !== type) {
    throw clientError('FIELD_TYPE', fieldNo + 1, mpTypeNames[type] ?? '');
  }
  return pos;
}

export function fieldUint32(tuple: Tuple, fieldNo: number): number {
  const value = uintAt(tuple.slab, requireField(tuple, fieldNo, MpType.UINT));
  if (value > 0xffffffff) throw clientError('FIELD_TYPE', fieldNo + 1, 'unsigned');
  return value;
}

/** A signed 64-bit integer. */
export function fieldInt64(tuple: Tuple, fieldNo: number): bigint {
  const pos = tuple.fieldAt(fieldNo);
  if (pos < 0) throw clientError('NO_SUCH_FIELD_NO', fieldNo + 1);
  const type = mpTypeAt(tuple.slab, pos);
  if (type === MpType.UINT || type === MpType.INT) {
    const value = BigInt(integerAt(tuple.slab, pos));
    if (value < 2n ** 63n) return value;
  }
  throw clientError('FIELD_TYPE', fieldNo + 1, 'integer');
}

export function fieldBool(tuple: Tuple, fieldNo: number): boolean {
  return tuple.slab[requireField(tuple, fieldNo, MpType.BOOL)] === 0xc3;
}

export function fieldString(tuple: Tuple, fieldNo: number): string {
  const pos = requireField(tuple, fieldNo, MpType.STR);
  return textAt(tuple.slab, dataStart(tuple.slab, pos), dataLength(tuple.slab, pos));
}

/** A reader on a field that must be a map. */
export function fieldMap(tuple: Tuple, fieldNo: number): MsgpackReader {
  return new MsgpackReader(tuple.slab, requireField(tuple, fieldNo, MpType.MAP), tuple.end);
}

/** A reader on a field that must be an array. */
export function fieldArray(tuple: Tuple, fieldNo: number): MsgpackReader {
  return new MsgpackReader(tuple.slab, requireField(tuple, fieldNo, MpType.ARRAY), tuple.end);
}

/** A reader on a field of any type; undefined when it is missing. */
export function fieldReader(tuple: Tuple, fieldNo: number): MsgpackReader | undefined {
  const pos = tuple.fieldAt(fieldNo);
  return pos < 0 ? undefined : new MsgpackReader(tuple.slab, pos, tuple.end);
}
