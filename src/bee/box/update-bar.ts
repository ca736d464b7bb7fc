import { skip } from '../wire/msgpack.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import type { PathToken } from './json-path.ts';
import { goToIndex, goToKey } from './key-def.ts';
import { arrayCount, mapStart } from './tuple.ts';
import { deleteOne, keyBefore, noSuchField, type UpdateField } from './update-field.ts';
import type { OpState } from './update-op-state.ts';

/** The first operation on a value: finds its place, perhaps deep inside, and what is to stand there. */
export function applyToNop(op: OpState, field: UpdateField): void {
  const isOptional = op.opcode === '!' || op.opcode === '=';
  const path: PathToken[] = [];
  const { bytes } = field;
  let pos = field.start;
  let parent = field.start;
  let missing: PathToken | undefined;
  for (let token = op.nextToken(); token !== undefined; token = op.nextToken()) {
    if (token.kind === 'any') throw op.badPath(op.lexer?.symbols ?? 1, -1);
    if (missing !== undefined) throw noSuchField(op);
    path.push(token);
    parent = pos;
    const found =
      token.kind === 'key' ? goToKey(bytes, pos, token.bytes) : goToIndex(bytes, pos, token.index);
    if (found >= 0) pos = found;
    else if (isOptional) missing = token;
    else throw noSuchField(op);
  }
  if (missing === undefined) {
    setBar(field, op, path, parent, pos, skip(bytes, pos));
    finishFound(op, field);
  } else {
    setMissing(op, field, path, parent, missing);
  }
}

function setBar(
  field: UpdateField,
  op: OpState,
  path: readonly PathToken[],
  parent: number,
  point: number,
  pointEnd: number,
): void {
  field.op = op;
  field.path = path;
  field.parent = parent;
  field.point = point;
  field.pointEnd = pointEnd;
}

/** The place is there: computes the new value, or what is to be cut out. */
function finishFound(op: OpState, field: UpdateField): void {
  const { bytes, parent = 0, point = 0 } = field;
  const isInMap = mpTypeAt(bytes, parent) === MpType.MAP;
  switch (op.opcode) {
    case '=':
      break;
    case '!':
      if (isInMap) throw op.error('the key exists already');
      field.pointEnd = point;
      break;
    case '#':
      if (isInMap && op.count !== 1) throw deleteOne(op);
      if (isInMap) field.point = keyBefore(bytes, parent, point);
      else field.pointEnd = endOfMembers(op, field);
      break;
    default:
      op.compute(bytes, point);
  }
  field.kind = 'bar';
}

/** Where the last of the members to be deleted ends; there may be fewer than asked for. */
function endOfMembers(op: OpState, field: UpdateField): number {
  const { bytes, parent = 0, point = 0, path } = field;
  const last = path?.at(-1);
  const index = last?.kind === 'number' ? last.index : 0;
  op.count = Math.min(op.count, arrayCount(bytes, parent) - index);
  let end = point;
  for (let left = op.count; left > 0; left--) end = skip(bytes, end);
  return end;
}

/** `=` and `!` may make the last member of their path, when what holds it is there. */
function setMissing(
  op: OpState,
  field: UpdateField,
  path: readonly PathToken[],
  parent: number,
  token: PathToken,
): void {
  const { bytes } = field;
  const type = mpTypeAt(bytes, parent);
  if (token.kind === 'number') {
    if (type !== MpType.ARRAY) throw op.error('can not access by index a non-array field');
    if (token.index > arrayCount(bytes, parent)) throw noSuchField(op);
    const end = skip(bytes, parent);
    setBar(field, op, path, parent, end, end);
  } else {
    if (type !== MpType.MAP) throw op.error('can not access by key a non-map field');
    const first = mapStart(bytes, parent);
    setBar(field, op, path, parent, first, first);
    op.key = token.kind === 'key' ? token.bytes : op.key;
  }
  op.opcode = '!';
  field.kind = 'bar';
}
