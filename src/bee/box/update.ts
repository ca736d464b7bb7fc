import type { Logger } from '../base/logger.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackWriter } from '../wire/msgpack.ts';
import { ClientError } from './error.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import type { TupleFormat } from './format.ts';
import type { PathToken } from './json-path.ts';
import { arrayCount, arrayStart, mapCount, mapStart } from './tuple.ts';
import { applyOp } from './update-apply.ts';
import { arrayField, type UpdateField } from './update-field.ts';
import { readUpdateOps } from './update-op.ts';
import { OpState } from './update-op-state.ts';

/**
 * `space:update` and `space:upsert`: makes a new tuple of an old one.
 *
 * 1. `readUpdateOps` reads and checks all operations before any is done.
 * 2. `applyOp` does them one after the other on a tree of places (`update-field.ts`), which copies nothing.
 * 3. `storeField` writes the new tuple: what was not touched is copied as it stands.
 */

/** Throws unless the operations are well-formed: an upsert that inserts looks at them, too. */
export function checkUpdateOps(ops: Uint8Array, indexBase: number, format: TupleFormat): void {
  readUpdateOps(ops, indexBase, format.dictionary);
}

/**
 * Does an update.
 * @param bytes holds the old tuple, a msgpack array, at `start`
 * @param ops a msgpack array of operations
 * @returns the new tuple's bytes
 */
export function executeUpdate(
  bytes: Uint8Array,
  start: number,
  ops: Uint8Array,
  indexBase: number,
  format: TupleFormat,
): Uint8Array {
  const root = arrayField(bytes, start);
  for (const op of readUpdateOps(ops, indexBase, format.dictionary)) applyOp(new OpState(op), root);
  return storeTuple(root, format);
}

/** Does an upsert's operations: those that fail are left out, with a line in the log. */
export function executeUpsert(
  bytes: Uint8Array,
  start: number,
  ops: Uint8Array,
  indexBase: number,
  format: TupleFormat,
  log: Logger | undefined,
): Uint8Array {
  const root = arrayField(bytes, start);
  for (const op of readUpdateOps(ops, indexBase, format.dictionary)) {
    try {
      applyOp(new OpState(op), root);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      log?.('E', 'UPSERT operation failed:');
      log?.('E', `${error.codeName}: ${error.message}`);
    }
  }
  return storeTuple(root, format);
}

const writer = new MsgpackWriter(1024);

function storeTuple(root: UpdateField, format: TupleFormat): Uint8Array {
  writer.reset();
  const items = root.items ?? [];
  writer.array(items.length);
  for (const [fieldNo, item] of items.entries()) storeField(item, format, fieldNo, []);
  return writer.finish();
}

function storeField(
  field: UpdateField,
  format: TupleFormat,
  fieldNo: number,
  path: readonly PathToken[],
): void {
  const { bytes, start, end } = field;
  switch (field.kind) {
    case 'nop':
      writer.raw(bytes, start, end);
      break;
    case 'scalar':
      if (field.op !== undefined) writer.raw(field.op.store(format.typeAt(fieldNo, path)));
      break;
    case 'array': {
      const items = field.items ?? [];
      writer.array(items.length);
      for (const [index, item] of items.entries()) {
        storeField(item, format, fieldNo, [...path, { kind: 'number', index }]);
      }
      break;
    }
    case 'map':
      storeMap(field, format, fieldNo, path);
      break;
    case 'route': {
      const { next } = field;
      if (next === undefined) break;
      writer.raw(bytes, start, next.start);
      storeField(next, format, fieldNo, [...path, ...(field.path ?? [])]);
      writer.raw(bytes, next.end, end);
      break;
    }
    case 'bar':
      storeBar(field, format, fieldNo, path);
  }
}

/** Pairs that were touched come first. */
function storeMap(
  field: UpdateField,
  format: TupleFormat,
  fieldNo: number,
  path: readonly PathToken[],
): void {
  const entries = field.entries ?? [];
  writer.map(field.size ?? 0);
  for (const { key, field: value } of entries) {
    if (key === undefined) continue;
    writer.str(key);
    const token: PathToken = { kind: 'key', key: textOf(key), bytes: key };
    storeField(value, format, fieldNo, [...path, token]);
  }
  for (const { tailStart, tailEnd } of entries) writer.raw(field.bytes, tailStart, tailEnd);
}

function textOf(key: Uint8Array): string {
  return new TextDecoder().decode(key);
}

function storeBar(
  field: UpdateField,
  format: TupleFormat,
  fieldNo: number,
  path: readonly PathToken[],
): void {
  const { bytes, start, end, op, parent = start, point = start, pointEnd = end } = field;
  if (op === undefined) return;
  const isGrowing = op.opcode === '!';
  if (!isGrowing && op.opcode !== '#') {
    writer.raw(bytes, start, point);
    writer.raw(op.store(format.typeAt(fieldNo, [...path, ...(field.path ?? [])])));
    writer.raw(bytes, pointEnd, end);
    return;
  }
  writer.raw(bytes, start, parent);
  const change = isGrowing ? 1 : -op.count;
  const isMap = mpTypeAt(bytes, parent) === MpType.MAP;
  if (isMap) {
    writer.map(mapCount(bytes, parent) + (isGrowing ? 1 : -1));
    if (isGrowing) writer.str(op.key);
  } else {
    writer.array(arrayCount(bytes, parent) + change);
  }
  const first = isMap ? mapStart(bytes, parent) : arrayStart(bytes, parent);
  writer.raw(bytes, first, point);
  if (isGrowing) writer.raw(op.value);
  writer.raw(bytes, pointEnd, end);
}

/** Whether the request type changes tuples. */
export function isDml(type: number): boolean {
  return (
    type === IprotoType.INSERT ||
    type === IprotoType.REPLACE ||
    type === IprotoType.UPDATE ||
    type === IprotoType.DELETE ||
    type === IprotoType.UPSERT
  );
}
