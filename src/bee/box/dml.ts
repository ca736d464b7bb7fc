/**
 * One change of one space, from the request to the indexes:
 *
 * 1. `executeDml` fills in the field of a sequence and asks the `before_replace` triggers, which may change the request.
 * 2. The space's engine does it: for memtx the new tuple is checked against the format, stored, and put into every index.
 * 3. A request that found its tuple by another index is rewritten to name the primary key, as that goes to the log.
 *
 * The statement remembers the old and the new tuple; `box.ts` makes the row, runs `on_replace` triggers and commits.
 */
import type { Logger } from '../base/logger.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackReader, MsgpackWriter, skip } from '../wire/msgpack.ts';
import { checkSequenceAccess } from './access.ts';
import type { Credentials } from './credentials.ts';
import { clientError, typedError } from './error.ts';
import { MpType, mpTypeAt } from './field-type.ts';
import type { TupleFormat } from './format.ts';
import type { Index } from './index.ts';
import { goToPath } from './key-def.ts';
import { integerAt } from './mp-compare.ts';
import type { Request } from './request.ts';
import type { Schema } from './schema.ts';
import { IndexSessionSettings } from './session-settings.ts';
import type { Space } from './space.ts';
import { replaceInSpace } from './space-replace.ts';
import { arrayCount, arrayStart, Tuple, type TupleArena } from './tuple.ts';
import { extractKey, tupleComparatorOf } from './tuple-order.ts';
import type { Statement } from './txn.ts';
import { checkUpdateOps, executeUpdate, executeUpsert } from './update.ts';

/** What DML needs of the box. */
export interface DmlHost {
  readonly schema: Schema;
  readonly arena: TupleArena;
  readonly log: Logger;
  readonly credentials: Credentials;
  /** Format of tuples that belong to no space. */
  readonly runtimeFormat: TupleFormat;
  /** Bytes that one tuple may have (`memtx_max_tuple_size`). */
  readonly maxTupleBytes: number;
  /** Whether a tuple of so many bytes may still be stored (`memtx_memory`). */
  hasMemoryFor(bytes: number): boolean;
}

/** Does the request. @returns the tuple that the caller gets */
export function executeDml(
  host: DmlHost,
  space: Space,
  statement: Statement,
  request: Request,
): Tuple | undefined {
  const { type } = request;
  const isWholeTuple = type === IprotoType.INSERT || type === IprotoType.REPLACE;
  if (space.sequence !== undefined && isWholeTuple) fillSequence(host, space, request);
  if (space.beforeReplace.length > 0 && space.runTriggers) {
    runBeforeReplace(host, space, request);
  }
  let result: Tuple | undefined;
  switch (request.type) {
    case IprotoType.INSERT:
    case IprotoType.REPLACE:
      return executeReplace(host, space, statement, request);
    case IprotoType.UPDATE:
      result = executeUpdateRequest(host, space, statement, request);
      break;
    case IprotoType.DELETE:
      result = executeDelete(space, statement, request);
      break;
    case IprotoType.UPSERT:
      executeUpsertRequest(host, space, statement, request);
      return undefined;
    default:
      return undefined;
  }
  if (result !== undefined && request.indexId !== 0) rebindToPrimary(request, space, result);
  return result;
}

// Engines.

function refuseEngine(space: Space, what: string): void {
  switch (space.engine) {
    case 'sysview':
      throw clientError('VIEW_IS_RO', space.name);
    case 'blackhole':
      if (what !== 'replace()') throw clientError('UNSUPPORTED', 'Blackhole', what);
      break;
    case 'service':
      throw clientError('UNSUPPORTED', 'Session_settings space', what);
  }
}

function executeReplace(
  host: DmlHost,
  space: Space,
  statement: Statement,
  request: Request,
): Tuple | undefined {
  const bytes = request.tuple;
  if (bytes === undefined) return undefined;
  if (space.engine !== 'memtx') {
    refuseEngine(space, 'replace()');
    // A black hole takes everything and keeps nothing.
    space.format.validate(bytes, 0);
    statement.newTuple = host.arena.store(bytes, 0, bytes.length, space.format);
    return statement.newTuple;
  }
  const tuple = makeTuple(host, space, bytes);
  const mode = request.type === IprotoType.INSERT ? 'insert' : 'replace-or-insert';
  statement.newTuple = tuple;
  statement.oldTuple = replaceInSpace(space, undefined, tuple, mode);
  statement.isApplied = true;
  return tuple;
}

function executeDelete(space: Space, statement: Statement, request: Request): Tuple | undefined {
  refuseEngine(space, 'delete()');
  const oldTuple = findOld(space, request);
  if (oldTuple === undefined) return undefined;
  statement.oldTuple = replaceInSpace(space, oldTuple, undefined, 'replace-or-insert');
  statement.isApplied = true;
  return oldTuple;
}

function executeUpdateRequest(
  host: DmlHost,
  space: Space,
  statement: Statement,
  request: Request,
): Tuple | undefined {
  if (space.engine === 'service') return updateSetting(host, space, request);
  refuseEngine(space, 'update()');
  const oldTuple = findOld(space, request);
  if (oldTuple === undefined || request.ops === undefined) return undefined;
  const { format } = space;
  const bytes = executeUpdate(
    oldTuple.slab,
    oldTuple.start,
    request.ops,
    request.indexBase,
    format,
  );
  const tuple = makeTuple(host, space, bytes);
  statement.newTuple = tuple;
  statement.oldTuple = replaceInSpace(space, oldTuple, tuple, 'replace');
  statement.isApplied = true;
  return tuple;
}

function executeUpsertRequest(
  host: DmlHost,
  space: Space,
  statement: Statement,
  request: Request,
): void {
  refuseEngine(space, 'upsert()');
  const { tuple: bytes, ops, indexBase } = request;
  if (bytes === undefined || ops === undefined) return;
  const { format } = space;
  format.validate(bytes, 0);
  const primary = space.requireUnique(0);
  const sought = new Tuple(bytes, 0, bytes.length, format);
  const key = extractKey(sought, primary.def.keyDef);
  const oldTuple = primary.get(key, arrayStart(key, 0));
  let newTuple: Tuple | undefined;
  if (oldTuple === undefined) {
    checkUpdateOps(ops, indexBase, format);
    newTuple = makeTuple(host, space, bytes);
  } else {
    const { slab, start } = oldTuple;
    const result = executeUpsert(slab, start, ops, indexBase, format, host.log);
    newTuple = makeTuple(host, space, result);
    if (tupleComparatorOf(primary.def.keyDef)(oldTuple, newTuple) !== 0) {
      // An upsert must not change the key. It is told to the log only: the caller could do nothing about it.
      const error = clientError('CANT_UPDATE_PRIMARY_KEY', primary.name, space.name);
      host.log('E', `${error.codeName}: ${error.message}`);
      return;
    }
  }
  statement.newTuple = newTuple;
  statement.oldTuple = replaceInSpace(space, oldTuple, newTuple, 'replace-or-insert');
  statement.isApplied = true;
}

function updateSetting(host: DmlHost, space: Space, request: Request): Tuple | undefined {
  const index = space.index(0);
  const { key, ops } = request;
  if (!(index instanceof IndexSessionSettings) || key === undefined || ops === undefined) {
    return undefined;
  }
  const count = arrayCount(key, 0);
  if (count === 0) throw clientError('EXACT_MATCH', 1, 0);
  const pos = arrayStart(key, 0);
  if (count > 1 || mpTypeAt(key, pos) !== MpType.STR) {
    throw clientError('KEY_PART_TYPE', 0, 'string');
  }
  const oldTuple = index.get(key, pos);
  if (oldTuple === undefined) return undefined;
  const { slab, start } = oldTuple;
  const bytes = executeUpdate(slab, start, ops, request.indexBase, space.format);
  space.format.validate(bytes, 0);
  const reader = new MsgpackReader(bytes);
  reader.readArrayHeader();
  const name = reader.readStr();
  if (name !== new MsgpackReader(key, pos).readStr()) {
    throw clientError('CANT_UPDATE_PRIMARY_KEY', index.name, space.name);
  }
  index.set(name, reader.readValue());
  return host.arena.store(bytes, 0, bytes.length, space.format);
}

/** The tuple that UPDATE and DELETE are about. */
function findOld(space: Space, request: Request): Tuple | undefined {
  const index = space.requireUnique(request.indexId);
  const { key } = request;
  if (key === undefined) return undefined;
  index.def.keyDef.validateExact(key);
  return index.get(key, arrayStart(key, 0));
}

/** Bytes of bookkeeping that the real server adds to each tuple, and to each field that it can find without walking. */
const tupleHeaderBytes = 14;
const offsetSlotBytes = 4;

function makeTuple(host: DmlHost, space: Space, bytes: Uint8Array): Tuple {
  space.format.validate(bytes, 0);
  const size = bytes.length + tupleHeaderBytes + space.format.offsetSlots * offsetSlotBytes;
  if (size > host.maxTupleBytes) throw clientError('MEMTX_MAX_TUPLE_SIZE', size);
  if (!host.hasMemoryFor(size)) {
    throw typedError(
      'OutOfMemory',
      `Failed to allocate ${size} bytes in slab allocator for memtx_tuple`,
    );
  }
  return host.arena.store(bytes, 0, bytes.length, space.format);
}

/** The row in the log names the primary key, whatever index the tuple was found by. */
function rebindToPrimary(request: Request, space: Space, tuple: Tuple): void {
  const primary = space.index(0);
  if (primary === undefined) return;
  request.key = extractKey(tuple, primary.def.keyDef);
  request.indexId = 0;
}

// Sequences.

const writer = new MsgpackWriter(256);

/** Puts the next value in the place of nil; any other value pushes the sequence on. */
function fillSequence(host: DmlHost, space: Space, request: Request): void {
  const { sequence } = space;
  const bytes = request.tuple;
  if (sequence === undefined || bytes === undefined) return;
  if (!sequence.isGenerated) checkSequenceAccess(host.schema, host.credentials, sequence);
  if (space.index(0) === undefined) return;
  const pos = sequencePosition(space, bytes);
  if (pos < 0) return;
  const type = mpTypeAt(bytes, pos);
  if (type !== MpType.NIL) {
    if (type !== MpType.UINT && type !== MpType.INT) return;
    const value = BigInt(integerAt(bytes, pos));
    if (value < 2n ** 63n) sequence.passOver(value);
    return;
  }
  const value = sequence.next();
  writer.reset();
  writer.raw(bytes, 0, pos);
  writer.int(value);
  writer.raw(bytes, pos + 1);
  request.tuple = writer.finish();
}

function sequencePosition(space: Space, bytes: Uint8Array): number {
  if (arrayCount(bytes, 0) <= space.sequenceField) return -1;
  let pos = arrayStart(bytes, 0);
  for (let left = space.sequenceField; left > 0; left--) pos = skip(bytes, pos);
  return space.sequencePath === undefined ? pos : goToPath(bytes, pos, space.sequencePath, -1);
}

// before_replace.

/** Works out what the request would do, shows it to the triggers, and does what they say instead. */
function runBeforeReplace(host: DmlHost, space: Space, request: Request): void {
  const primary = space.index(0);
  const oldTuple = findBefore(space, primary, request);
  const bytes = newBytes(host, space, request, oldTuple);
  if (bytes === undefined && oldTuple === undefined) return;
  const proposed =
    bytes === undefined ? undefined : host.arena.store(bytes, 0, bytes.length, host.runtimeFormat);
  let newTuple = proposed;
  for (const trigger of [...space.beforeReplace]) {
    newTuple = trigger(oldTuple, newTuple, space, request.type);
  }
  if (newTuple === proposed) return;
  if (primary !== undefined && oldTuple !== undefined && newTuple !== undefined) {
    if (tupleComparatorOf(primary.def.keyDef)(oldTuple, newTuple) !== 0) {
      throw clientError('CANT_UPDATE_PRIMARY_KEY', primary.name, space.name);
    }
  }
  changeRequest(request, space, oldTuple, newTuple);
}

function findBefore(space: Space, primary: Index | undefined, request: Request): Tuple | undefined {
  if (request.type === IprotoType.UPDATE || request.type === IprotoType.DELETE) {
    return findOld(space, request);
  }
  const bytes = request.tuple;
  if (primary === undefined || bytes === undefined) return undefined;
  const { keyDef } = primary.def;
  const key = extractKey(new Tuple(bytes, 0, bytes.length, space.format), keyDef);
  keyDef.validateExact(key);
  return primary.get(key, arrayStart(key, 0));
}

function newBytes(
  host: DmlHost,
  space: Space,
  request: Request,
  oldTuple: Tuple | undefined,
): Uint8Array | undefined {
  const { type, ops, indexBase } = request;
  const { format } = space;
  if (type === IprotoType.INSERT || type === IprotoType.REPLACE) return request.tuple;
  if (type === IprotoType.UPDATE && oldTuple !== undefined && ops !== undefined) {
    return executeUpdate(oldTuple.slab, oldTuple.start, ops, indexBase, format);
  }
  if (type !== IprotoType.UPSERT || ops === undefined) return undefined;
  if (oldTuple === undefined) {
    checkUpdateOps(ops, indexBase, format);
    return request.tuple;
  }
  return executeUpsert(oldTuple.slab, oldTuple.start, ops, indexBase, format, host.log);
}

/** Makes the request do what leads from the old tuple to the new one: nothing, a delete or a replace. */
function changeRequest(
  request: Request,
  space: Space,
  oldTuple: Tuple | undefined,
  newTuple: Tuple | undefined,
): void {
  request.indexId = 0;
  request.indexBase = 0;
  request.ops = undefined;
  request.tuple = undefined;
  request.key = undefined;
  if (oldTuple === newTuple) {
    request.type = IprotoType.NOP;
  } else if (newTuple === undefined) {
    const primary = space.requireIndex(0);
    request.type = IprotoType.DELETE;
    if (oldTuple !== undefined) request.key = extractKey(oldTuple, primary.def.keyDef);
  } else {
    request.type = IprotoType.REPLACE;
    request.tuple = newTuple.bytes().slice();
  }
}
