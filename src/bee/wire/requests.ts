import { IprotoKey, IprotoType } from './iproto-constants.ts';
import { MsgpackError, MsgpackReader, MsgpackWriter } from './msgpack.ts';

/**
 * Bodies of requests: those that change or read tuples (also in log files), CALL, EVAL and AUTH. Keys, tuples and operations stay
 * bytes. What is malformed is a MsgpackError with the words that go behind `Invalid MsgPack - `.
 */

/** A mandatory key is not in the body: `Missing mandatory field 'NAME' in request`. */
export class MissingFieldError extends Error {
  override readonly name = 'MissingFieldError';
  readonly field: string;

  constructor(key: number) {
    const field = keyNames.get(key) ?? String(key);
    super(`Missing mandatory field '${field}' in request`);
    this.field = field;
  }
}

/** SELECT, INSERT, REPLACE, UPDATE, DELETE, UPSERT. What the body does not hold is 0 or undefined. */
export interface DmlRequest {
  readonly spaceId: number;
  readonly indexId: number;
  /** Number of the first field in operations: 1 from Lua, 0 from most clients. */
  readonly indexBase: number;
  readonly limit: number;
  readonly offset: number;
  readonly iterator: number;
  /** A msgpack array. */
  readonly key: Uint8Array | undefined;
  /** A msgpack array: the tuple, or the operations of UPDATE. */
  readonly tuple: Uint8Array | undefined;
  /** A msgpack array: the operations of UPSERT. */
  readonly ops: Uint8Array | undefined;
}

const noParts: { -readonly [Part in 'key' | 'tuple' | 'ops']: DmlRequest[Part] } = {
  key: undefined,
  tuple: undefined,
  ops: undefined,
};

/**
 * Decodes the body of a request that names a space. Byte fields are views.
 * @throws MsgpackError `packet body`, `packet end`
 * @throws MissingFieldError for the first mandatory key of this request type that is missing
 */
export function decodeDml(type: number, body: Uint8Array): DmlRequest {
  const request = {
    spaceId: 0,
    indexId: 0,
    indexBase: 0,
    limit: 0,
    offset: 0,
    iterator: 0,
    ...noParts,
  };
  let seen = 0n;
  if (body.length > 0) {
    forEachKey(body, (key, reader) => {
      if (key < 64) seen |= 1n << BigInt(key);
      switch (key) {
        case IprotoKey.SPACE_ID:
          request.spaceId = reader.readUint();
          break;
        case IprotoKey.INDEX_ID:
          request.indexId = reader.readUint();
          break;
        case IprotoKey.INDEX_BASE:
          request.indexBase = reader.readUint();
          break;
        case IprotoKey.LIMIT:
          request.limit = clampUint(reader);
          break;
        case IprotoKey.OFFSET:
          request.offset = clampUint(reader);
          break;
        case IprotoKey.ITERATOR:
          request.iterator = reader.readUint();
          break;
        case IprotoKey.KEY:
          request.key = readArray(reader);
          break;
        case IprotoKey.TUPLE:
          request.tuple = readArray(reader);
          break;
        case IprotoKey.OPS:
          request.ops = readArray(reader);
          break;
        default:
          reader.skip();
      }
    });
  }
  for (const key of mandatoryKeys.get(type) ?? []) {
    if ((seen & (1n << BigInt(key))) === 0n) throw new MissingFieldError(key);
  }
  return request;
}

/** What goes into the body of a row of the log, and of a client's request. */
export interface DmlBody {
  readonly spaceId: number;
  readonly indexId?: number;
  readonly indexBase?: number;
  readonly key?: Uint8Array;
  readonly ops?: Uint8Array;
  readonly tuple?: Uint8Array;
}

const scratch = new MsgpackWriter(4096);

/** Encodes the body of a row that changes a space: keys in the real server's order, each only where it is not 0. */
export function encodeDml(body: DmlBody): Uint8Array<ArrayBuffer> {
  let count = 1;
  if (body.indexId) count++;
  if (body.indexBase) count++;
  if (body.key !== undefined) count++;
  if (body.ops !== undefined) count++;
  if (body.tuple !== undefined) count++;
  const writer = scratch;
  writer.reset();
  writer.map(count);
  writer.byte(IprotoKey.SPACE_ID);
  writer.uint(body.spaceId);
  if (body.indexId) {
    writer.byte(IprotoKey.INDEX_ID);
    writer.uint(body.indexId);
  }
  if (body.indexBase) {
    writer.byte(IprotoKey.INDEX_BASE);
    writer.uint(body.indexBase);
  }
  if (body.key !== undefined) {
    writer.byte(IprotoKey.KEY);
    writer.raw(body.key);
  }
  if (body.ops !== undefined) {
    writer.byte(IprotoKey.OPS);
    writer.raw(body.ops);
  }
  if (body.tuple !== undefined) {
    writer.byte(IprotoKey.TUPLE);
    writer.raw(body.tuple);
  }
  return writer.finish();
}

/** CALL, EVAL. */
export interface CallRequest {
  /** Name of the function, or the expression to evaluate. */
  readonly text: string;
  /** A msgpack array of the arguments. */
  readonly args: Uint8Array;
}

/**
 * Decodes the body of CALL, CALL_16 or EVAL.
 * @throws MsgpackError, MissingFieldError
 */
export function decodeCall(type: number, body: Uint8Array): CallRequest {
  if (body.length === 0) throw new MsgpackError('missing request body');
  const textKey: number = type === IprotoType.EVAL ? IprotoKey.EXPRESSION : IprotoKey.FUNCTION_NAME;
  let text: string | undefined;
  let args: Uint8Array = emptyArray;
  forEachKey(body, (key, reader) => {
    if (key === textKey) text = reader.readStr();
    else if (key === IprotoKey.TUPLE) args = readArray(reader);
    else reader.skip();
  });
  if (text === undefined) throw new MissingFieldError(textKey);
  return { text, args };
}

/** Encodes the body of CALL or EVAL. @param args a msgpack array */
export function encodeCall(type: number, text: string, args: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new MsgpackWriter();
  writer.map(2);
  writer.byte(type === IprotoType.EVAL ? IprotoKey.EXPRESSION : IprotoKey.FUNCTION_NAME);
  writer.str(text);
  writer.byte(IprotoKey.TUPLE);
  writer.raw(args);
  return writer.finish();
}

/** AUTH. */
export interface AuthRequest {
  readonly user: string;
  /** A msgpack array: empty, or method name and scramble. Undefined when the key is missing. */
  readonly tuple: Uint8Array | undefined;
}

/** @throws MsgpackError, MissingFieldError */
export function decodeAuth(body: Uint8Array): AuthRequest {
  if (body.length === 0) throw new MsgpackError('missing request body');
  let user: string | undefined;
  let tuple: Uint8Array | undefined;
  forEachKey(body, (key, reader) => {
    if (key === IprotoKey.USER_NAME) user = reader.readStr();
    else if (key === IprotoKey.TUPLE) tuple = readArray(reader);
    else reader.skip();
  });
  if (user === undefined) throw new MissingFieldError(IprotoKey.USER_NAME);
  if (tuple === undefined) throw new MissingFieldError(IprotoKey.TUPLE);
  return { user, tuple };
}

/** @param scramble 20 bytes of chap-sha1; undefined for guest without a password */
export function encodeAuth(
  user: string,
  scramble: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const writer = new MsgpackWriter(128);
  writer.map(2);
  writer.byte(IprotoKey.USER_NAME);
  writer.str(user);
  writer.byte(IprotoKey.TUPLE);
  if (scramble === undefined) {
    writer.array(0);
  } else {
    writer.array(2);
    writer.str('chap-sha1');
    writer.str(scramble);
  }
  return writer.finish();
}

const emptyArray = new Uint8Array([0x90]);

/** Goes over a body's keys; whatever is malformed becomes `packet body`, bytes behind the map `packet end`. */
export function forEachKey(
  body: Uint8Array,
  read: (key: number, reader: MsgpackReader) => void,
  complaint = 'packet body',
): void {
  const reader = new MsgpackReader(body);
  try {
    const count = reader.readMapHeader();
    for (let index = 0; index < count; index++) {
      // A key that is not a small number is none of ours; the real server skips it with its value.
      if (reader.type() === 'uint') {
        const key = reader.readInteger();
        if (typeof key === 'number') read(key, reader);
        else reader.skip();
      } else {
        reader.skip();
        reader.skip();
      }
    }
  } catch (error) {
    if (error instanceof MsgpackError) throw new MsgpackError(complaint);
    throw error;
  }
  if (!reader.atEnd) throw new MsgpackError('packet end');
}

/** A count: the real server keeps 32 bits, of which 4294967295 means no limit. */
function clampUint(reader: MsgpackReader): number {
  if (reader.type() !== 'uint') throw new MsgpackError('not an unsigned integer');
  return Number(BigInt.asUintN(32, BigInt(reader.readInteger())));
}

function readArray(reader: MsgpackReader): Uint8Array {
  if (reader.type() !== 'array') throw new MsgpackError('not an array');
  return reader.readRaw();
}

const mandatoryKeys = new Map<number, readonly number[]>([
  [IprotoType.SELECT, [IprotoKey.SPACE_ID, IprotoKey.LIMIT, IprotoKey.KEY]],
  [IprotoType.INSERT, [IprotoKey.SPACE_ID, IprotoKey.TUPLE]],
  [IprotoType.REPLACE, [IprotoKey.SPACE_ID, IprotoKey.TUPLE]],
  [IprotoType.UPDATE, [IprotoKey.SPACE_ID, IprotoKey.KEY, IprotoKey.TUPLE]],
  [IprotoType.DELETE, [IprotoKey.SPACE_ID, IprotoKey.KEY]],
  [IprotoType.UPSERT, [IprotoKey.SPACE_ID, IprotoKey.TUPLE, IprotoKey.OPS]],
]);

/** As the real server names them in messages. */
const keyNames = new Map<number, string>([
  [IprotoKey.SPACE_ID, 'space id'],
  [IprotoKey.INDEX_ID, 'index id'],
  [IprotoKey.LIMIT, 'limit'],
  [IprotoKey.KEY, 'key'],
  [IprotoKey.TUPLE, 'tuple'],
  [IprotoKey.FUNCTION_NAME, 'function name'],
  [IprotoKey.USER_NAME, 'user name'],
  [IprotoKey.EXPRESSION, 'expression'],
  [IprotoKey.OPS, 'operations'],
]);
