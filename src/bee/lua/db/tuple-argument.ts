/** Tuples that functions of modules are handed: a tuple itself, or the table to make one of. */
import type { Box } from '../../box/box.ts';
import { clientError, typedError } from '../../box/error.ts';
import { MpType, mpTypeAt } from '../../box/field-type.ts';
import type { Tuple } from '../../box/tuple.ts';
import { newTupleBytes, valueBytes } from '../conversions.ts';
import { typeName } from '../vm/cdata.ts';
import type { TValue } from '../vm/types.ts';
import { isTable } from '../vm/value.ts';
import { asTuple } from './tuple-data.ts';

/** @throws ClientError when the value is neither a tuple nor a table, or a table that is no list */
export function tupleFrom(box: Box, slot: TValue): Tuple {
  const tuple = asTuple(slot);
  if (tuple !== undefined) return tuple;
  if (!isTable(slot)) {
    throw typedError('IllegalParams', `A tuple or a table expected, got ${typeName(slot)}`);
  }
  return box.newTuple(newTupleBytes(slot));
}

/** MessagePack of a value that must be an array. @throws ClientError ER_TUPLE_NOT_ARRAY */
export function arrayBytes(slot: TValue): Uint8Array {
  const tuple = asTuple(slot);
  if (tuple !== undefined) return tuple.bytes();
  const bytes = valueBytes(slot);
  if (mpTypeAt(bytes, 0) !== MpType.ARRAY) throw clientError('TUPLE_NOT_ARRAY');
  return bytes;
}
