import { skip } from '../wire/msgpack.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import { isKeyAt, type PathToken, tokenText } from './json-path.ts';
import { goToIndex, goToKey } from './key-def.ts';
import { dataLength, dataStart } from './mp-compare.ts';
import { mapStart } from './tuple.ts';
import { applyToNop } from './update-bar.ts';
import {
  arrayField,
  deleteOne,
  doubleUpdate,
  keyBefore,
  type MapEntry,
  mapField,
  nopField,
  noSuchField,
  type UpdateField,
} from './update-field.ts';
import type { OpState } from './update-op-state.ts';

/** Applies an operation to a value. */
export function applyOp(op: OpState, field: UpdateField): void {
  switch (field.kind) {
    case 'array':
      applyToArray(op, field);
      break;
    case 'map':
      applyToMap(op, field);
      break;
    case 'nop':
      applyToNop(op, field);
      break;
    case 'bar':
      applyOp(op, branch(field, op));
      break;
    case 'route':
      applyOp(op, followRoute(field, op));
      break;
    case 'scalar':
      throw doubleUpdate(op);
  }
}

// Arrays.

function applyToArray(op: OpState, field: UpdateField): void {
  if (op.isTokenConsumed) op.takeToken();
  if (op.tokenKind !== 'number') {
    throw op.error("can't update an array by a non-numeric index");
  }
  const items = field.items ?? [];
  const isAppend = op.opcode === '=' && op.fieldNo === items.length;
  if (!op.isTerminal) {
    const item = itemAt(op, items, items.length);
    op.isTokenConsumed = true;
    applyOp(op, item);
    return;
  }
  if (op.opcode === '!' || isAppend) {
    const at = adjustedIndex(op, items.length + 1);
    items.splice(at, 0, nopField(op.value, 0, op.value.length));
    return;
  }
  const at = adjustedIndex(op, items.length);
  if (op.opcode === '#') {
    items.splice(at, op.count);
    return;
  }
  const item = items[at];
  if (item === undefined) return;
  if (op.opcode !== '=') {
    if (item.kind !== 'nop') throw doubleUpdate(op);
    op.compute(item.bytes, item.start);
  }
  item.kind = 'scalar';
  item.op = op;
}

function itemAt(op: OpState, items: readonly UpdateField[], count: number): UpdateField {
  const item = items[adjustedIndex(op, count)];
  if (item === undefined) throw noSuchField(op);
  return item;
}

/** The operation's index, counted from the end when it is negative. */
function adjustedIndex(op: OpState, count: number): number {
  if (op.fieldNo < 0) op.fieldNo += op.fieldNo + count >= 0 ? count : 0;
  if (op.fieldNo >= 0 && op.fieldNo < count) return op.fieldNo;
  throw noSuchField(op);
}

// Maps.

function applyToMap(op: OpState, field: UpdateField): void {
  if (op.isTokenConsumed) {
    op.takeToken();
    if (op.tokenKind !== 'key') throw op.error("can't update a map by not a string key");
  }
  const entry = findEntry(field, op.key);
  if (!op.isTerminal) {
    if (entry === undefined) throw noSuchField(op);
    op.isTokenConsumed = true;
    applyOp(op, entry.field);
    return;
  }
  switch (op.opcode) {
    case '!':
      if (entry !== undefined) throw op.error('the key exists already');
      addEntry(field, op);
      return;
    case '=':
      if (entry === undefined) {
        addEntry(field, op);
        return;
      }
      entry.field.kind = 'scalar';
      entry.field.op = op;
      return;
    case '#':
      if (op.count !== 1) throw deleteOne(op);
      if (entry === undefined) return;
      entry.key = undefined;
      entry.field = nopField(field.bytes, entry.tailStart, entry.tailStart);
      field.size = (field.size ?? 1) - 1;
      return;
    default:
      if (entry === undefined) throw noSuchField(op);
      if (entry.field.kind !== 'nop') throw doubleUpdate(op);
      op.compute(entry.field.bytes, entry.field.start);
      entry.field.kind = 'scalar';
      entry.field.op = op;
  }
}

function addEntry(field: UpdateField, op: OpState): void {
  field.size = (field.size ?? 0) + 1;
  field.entries?.unshift({
    key: op.key,
    field: nopField(op.value, 0, op.value.length),
    tailStart: 0,
    tailEnd: 0,
  });
}

/** The pair with a key; one among the untouched is taken out of them. */
function findEntry(field: UpdateField, key: Uint8Array): MapEntry | undefined {
  const entries = field.entries ?? [];
  const touched = entries.find((entry) => entry.key !== undefined && isSameKey(entry.key, key));
  if (touched !== undefined) return touched;
  const { bytes } = field;
  for (const entry of entries) {
    let pos = entry.tailStart;
    while (pos < entry.tailEnd) {
      const value = skip(bytes, pos);
      const end = skip(bytes, value);
      if (
        mpTypeAt(bytes, pos) === MpType.STR &&
        isKeyAt(bytes, dataStart(bytes, pos), dataLength(bytes, pos), key)
      ) {
        return takeEntry(entries, entry, key, bytes, pos, value, end);
      }
      pos = end;
    }
  }
  return undefined;
}

function takeEntry(
  entries: MapEntry[],
  before: MapEntry,
  key: Uint8Array,
  bytes: Uint8Array,
  pos: number,
  value: number,
  end: number,
): MapEntry {
  const field = nopField(bytes, value, end);
  if (pos === before.tailStart && before.key === undefined) {
    before.key = key;
    before.field = field;
    before.tailStart = end;
    return before;
  }
  const entry = { key, field, tailStart: end, tailEnd: before.tailEnd };
  before.tailEnd = pos;
  entries.unshift(entry);
  return entry;
}

function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return isKeyAt(a, 0, a.length, b);
}

// Several operations in one field.

function followRoute(field: UpdateField, op: OpState): UpdateField {
  const path = field.path ?? [];
  if (field.next !== undefined && op.skipPrefix(path)) return field.next;
  return branch(field, op);
}

/** Finds where a second operation's path leaves the first one's, and makes an array or a map of that place. */
function branch(field: UpdateField, op: OpState): UpdateField {
  const oldPath = field.path ?? [];
  const { bytes } = field;
  let parent = field.start;
  let depth = 0;
  let token = op.nextToken();
  while (isSameToken(oldPath[depth], token)) {
    if (token === undefined) throw doubleUpdate(op);
    parent =
      token.kind === 'key'
        ? goToKey(bytes, parent, token.bytes)
        : goToIndex(bytes, parent, token.kind === 'number' ? token.index : 0);
    depth++;
    token = op.nextToken();
  }
  const oldToken = oldPath[depth];
  const child = advance(field, oldPath.slice(depth + 1));
  const type = mpTypeAt(bytes, parent);
  let hop: UpdateField;
  if (type === MpType.ARRAY) {
    if (token?.kind !== 'number') throw op.error('can not update array by non-integer index');
    op.retarget(token);
    hop = arrayWithChild(bytes, parent, child, oldToken);
  } else if (type === MpType.MAP) {
    if (token?.kind !== 'key') throw op.error('can not update map by non-string key');
    op.retarget(token);
    hop = mapWithChild(bytes, parent, child, oldToken);
  } else {
    throw noSuchField(op);
  }
  if (depth === 0) {
    Object.assign(field, hop);
    return field;
  }
  field.kind = 'route';
  field.path = oldPath.slice(0, depth);
  field.next = hop;
  return hop;
}

function advance(field: UpdateField, path: readonly PathToken[]): UpdateField {
  if (field.kind === 'route' && path.length === 0 && field.next !== undefined) {
    return { ...field.next };
  }
  return { ...field, path };
}

/** An insert or delete that ends here has to be done again, on the array or map itself. */
function endsHere(child: UpdateField): boolean {
  return (
    child.kind === 'bar' &&
    (child.path ?? []).length === 0 &&
    (child.op?.opcode === '!' || child.op?.opcode === '#')
  );
}

function arrayWithChild(
  bytes: Uint8Array,
  start: number,
  child: UpdateField,
  token: PathToken | undefined,
): UpdateField {
  const array = arrayField(bytes, start);
  const index = token?.kind === 'number' ? token.index : 0;
  if (endsHere(child) && child.op !== undefined && token !== undefined) {
    child.op.retarget(token);
    applyOp(child.op, array);
    return array;
  }
  const item = array.items?.[index];
  if (item !== undefined && array.items !== undefined) {
    array.items[index] = { ...child, bytes, start: item.start, end: item.end };
  }
  return array;
}

function mapWithChild(
  bytes: Uint8Array,
  start: number,
  child: UpdateField,
  token: PathToken | undefined,
): UpdateField {
  const map = mapField(bytes, start);
  if (endsHere(child) && child.op !== undefined && token !== undefined) {
    child.op.retarget(token);
    applyOp(child.op, map);
    return map;
  }
  if (token?.kind !== 'key') return map;
  const value = goToKey(bytes, start, token.bytes);
  const pos = keyBefore(bytes, start, value);
  const end = skip(bytes, value);
  const first = mapStart(bytes, start);
  map.entries = [
    {
      key: token.bytes,
      field: { ...child, bytes, start: value, end },
      tailStart: end,
      tailEnd: map.end,
    },
    { key: undefined, field: nopField(bytes, first, first), tailStart: first, tailEnd: pos },
  ];
  return map;
}

function isSameToken(a: PathToken | undefined, b: PathToken | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return tokenText(a) === tokenText(b);
}
