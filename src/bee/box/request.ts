import { IprotoKey, IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackError, MsgpackWriter } from '../wire/msgpack.ts';
import { type DmlRequest, decodeDml, MissingFieldError } from '../wire/requests.ts';
import type { XRow } from '../wire/xrow.ts';
import { clientError } from './error.ts';

/** A change of one space: what a user asked for, or what a log row says. */
export interface Request {
  type: number;
  spaceId: number;
  indexId: number;
  /** 1 when field numbers in operations count from 1. */
  indexBase: number;
  /** INSERT, REPLACE, UPSERT: a msgpack array. */
  tuple: Uint8Array | undefined;
  /** UPDATE, DELETE: a msgpack array. */
  key: Uint8Array | undefined;
  /** UPDATE, UPSERT: a msgpack array. */
  ops: Uint8Array | undefined;
  /** The row it came in; it goes to the journal with the same origin, and unless the request was changed with the same body. */
  header: XRow | undefined;
}

const scratch = new MsgpackWriter(1024);

/** The body of a row for the journal, with the fields that the real server writes, in its order. */
export function encodeRequestBody(request: Request): Uint8Array {
  if (request.type === IprotoType.NOP) return emptyBody;
  const { indexId, indexBase, key, ops, tuple } = request;
  const isUpdate = request.type === IprotoType.UPDATE;
  const count =
    1 +
    (indexId === 0 ? 0 : 1) +
    (indexBase === 0 ? 0 : 1) +
    (key === undefined ? 0 : 1) +
    (ops === undefined ? 0 : 1) +
    (tuple === undefined ? 0 : 1);
  scratch.reset();
  scratch.map(count);
  scratch.byte(IprotoKey.SPACE_ID);
  scratch.uint(request.spaceId);
  if (indexId !== 0) {
    scratch.byte(IprotoKey.INDEX_ID);
    scratch.uint(indexId);
  }
  if (indexBase !== 0) {
    scratch.byte(IprotoKey.INDEX_BASE);
    scratch.uint(indexBase);
  }
  if (key !== undefined) {
    scratch.byte(IprotoKey.KEY);
    scratch.raw(key);
  }
  if (ops !== undefined) {
    scratch.byte(isUpdate ? IprotoKey.TUPLE : IprotoKey.OPS);
    scratch.raw(ops);
  }
  if (tuple !== undefined) {
    scratch.byte(IprotoKey.TUPLE);
    scratch.raw(tuple);
  }
  return scratch.finish();
}

const emptyBody = new Uint8Array(0);

/** A decoded SELECT has these besides. */
export interface SelectRequest {
  readonly iterator: number;
  readonly offset: number;
  readonly limit: number;
}

const requestTypes: ReadonlySet<number> = new Set([
  IprotoType.SELECT,
  IprotoType.INSERT,
  IprotoType.REPLACE,
  IprotoType.UPDATE,
  IprotoType.DELETE,
  IprotoType.UPSERT,
]);

/**
 * Reads the body of a DML or SELECT request.
 * @throws INVALID_MSGPACK, MISSING_REQUEST_FIELD, UNKNOWN_REQUEST_TYPE
 */
export function decodeRequest(
  type: number,
  body: Uint8Array,
  header: XRow | undefined,
): { request: Request; select: SelectRequest } {
  if (!requestTypes.has(type)) throw clientError('UNKNOWN_REQUEST_TYPE', type);
  const dml = decodeBody(type, body);
  const isUpdate = type === IprotoType.UPDATE;
  const request: Request = {
    type,
    spaceId: dml.spaceId,
    indexId: dml.indexId,
    indexBase: dml.indexBase,
    tuple: isUpdate ? undefined : dml.tuple,
    key: dml.key,
    ops: isUpdate ? dml.tuple : dml.ops,
    header,
  };
  return { request, select: dml };
}

function decodeBody(type: number, body: Uint8Array): DmlRequest {
  try {
    return decodeDml(type, body);
  } catch (error) {
    if (error instanceof MissingFieldError) {
      throw clientError('MISSING_REQUEST_FIELD', error.field);
    }
    if (error instanceof MsgpackError) throw clientError('INVALID_MSGPACK', error.message);
    throw error;
  }
}

/** A request made by this server itself. */
export function requestOf(type: number, spaceId: number, parts: Partial<Request>): Request {
  return {
    type,
    spaceId,
    indexId: parts.indexId ?? 0,
    indexBase: parts.indexBase ?? 0,
    tuple: parts.tuple,
    key: parts.key,
    ops: parts.ops,
    header: undefined,
  };
}

/** The place that a row of another server keeps when its request is skipped. */
export function nopRequest(row: XRow): Request {
  return { ...requestOf(IprotoType.NOP, 0, {}), header: row };
}

/** The request of a row that another server sent. */
export function decodeRemote(row: XRow): { request: Request } {
  if (row.type === IprotoType.NOP) return { request: nopRequest(row) };
  return decodeRequest(row.type, row.body, row);
}
