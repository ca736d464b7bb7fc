import { beginFrame, endFrame } from './iproto.ts';
import { ErrorKey, errorStackKey, IprotoKey, IprotoType } from './iproto-constants.ts';
import {
  MsgpackError,
  MsgpackReader,
  type MsgpackValue,
  type MsgpackWriter,
  writeValue,
} from './msgpack.ts';

/** Answers to clients, in the widths that the real server gives them, so that drivers that count bytes agree. */

/** One error of a stack, the last one raised first. */
export interface WireError {
  /** `ClientError`, `AccessDeniedError`, `XlogError`, … */
  readonly type: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly errno: number;
  /** The error's number; 0 for one that is no ClientError. */
  readonly code: number;
  /** Such as object_type, object_name, access_type of an AccessDeniedError. */
  readonly fields?: ReadonlyMap<string, MsgpackValue>;
}

/**
 * Begins an answer: frame length and the header of exactly 23 bytes. The body must follow, then `endResponse`.
 * @param type OK, CHUNK or an error's type
 * @param sync the request's
 * @returns what `endResponse` needs
 */
export function beginResponse(
  writer: MsgpackWriter,
  type: number,
  sync: number | bigint,
  schemaVersion: number,
): number {
  const start = beginFrame(writer);
  writer.byte(0x83);
  writer.byte(IprotoKey.REQUEST_TYPE);
  writer.fixedUint32(type);
  writer.byte(IprotoKey.SYNC);
  writer.fixedUint64(sync);
  writer.byte(IprotoKey.SCHEMA_VERSION);
  writer.fixedUint32(schemaVersion);
  return start;
}

/** Ends an answer. */
export function endResponse(writer: MsgpackWriter, start: number): void {
  endFrame(writer, start);
}

/** An answer without data: PING, AUTH. */
export function writeOkResponse(
  writer: MsgpackWriter,
  sync: number | bigint,
  schemaVersion: number,
): void {
  const start = beginResponse(writer, IprotoType.OK, sync, schemaVersion);
  writer.map(0);
  endResponse(writer, start);
}

/**
 * An answer with data.
 * @param values msgpack values: tuples, or results of a call
 * @param type CHUNK for `db.session.push`
 */
export function writeDataResponse(
  writer: MsgpackWriter,
  sync: number | bigint,
  schemaVersion: number,
  values: readonly Uint8Array[],
  type: number = IprotoType.OK,
): void {
  const start = beginResponse(writer, type, sync, schemaVersion);
  writer.map(1);
  writer.byte(IprotoKey.DATA);
  writer.fixedArray(values.length);
  for (const value of values) writer.raw(value);
  endResponse(writer, start);
}

/** An answer whose body was encoded already: a ballot, a vclock. */
export function writeBodyResponse(
  writer: MsgpackWriter,
  sync: number | bigint,
  schemaVersion: number,
  body: Uint8Array,
): void {
  const start = beginResponse(writer, IprotoType.OK, sync, schemaVersion);
  writer.raw(body);
  endResponse(writer, start);
}

/** An error as an answer: its number in the type, its text for 1.6, the stack for 2.6. */
export function writeErrorResponse(
  writer: MsgpackWriter,
  sync: number | bigint,
  schemaVersion: number,
  stack: readonly [WireError, ...WireError[]],
): void {
  const type = IprotoType.TYPE_ERROR | stack[0].code;
  const start = beginResponse(writer, type, sync, schemaVersion);
  writeErrorBody(writer, stack);
  endResponse(writer, start);
}

/** The body of an error answer. */
function writeErrorBody(writer: MsgpackWriter, stack: readonly [WireError, ...WireError[]]): void {
  writer.map(2);
  writer.byte(IprotoKey.ERROR_24);
  writer.str(stack[0].message);
  writer.byte(IprotoKey.ERROR);
  writer.map(1);
  writer.byte(errorStackKey);
  writer.array(stack.length);
  for (const error of stack) writeStackEntry(writer, error);
}

/**
 * Reads an error answer.
 * @param type the type of its header
 * @returns the stack, the last error first; of a server that sends only the text, one ClientError
 */
export function decodeErrorBody(type: number, body: Uint8Array): [WireError, ...WireError[]] {
  const code = type & (IprotoType.TYPE_ERROR - 1);
  let message = '';
  const stack: WireError[] = [];
  try {
    const reader = new MsgpackReader(body);
    const count = body.length === 0 ? 0 : reader.readMapHeader();
    for (let index = 0; index < count; index++) {
      const key = reader.readUint();
      if (key === IprotoKey.ERROR_24) message = reader.readStr();
      else if (key === IprotoKey.ERROR) readStack(reader, stack);
      else reader.skip();
    }
  } catch (error) {
    // What can be read of a damaged error is worth more than none; its number came with the header.
    if (!(error instanceof MsgpackError)) throw error;
  }
  const [first, ...rest] = stack;
  if (first !== undefined) return [first, ...rest];
  return [{ type: 'ClientError', file: '', line: 0, message, errno: 0, code }];
}

function writeStackEntry(writer: MsgpackWriter, error: WireError): void {
  const hasFields = error.fields !== undefined && error.fields.size > 0;
  writer.map(hasFields ? 7 : 6);
  writer.byte(ErrorKey.TYPE);
  writer.str(error.type);
  writer.byte(ErrorKey.LINE);
  writer.uint(error.line);
  writer.byte(ErrorKey.FILE);
  writer.str(error.file);
  writer.byte(ErrorKey.MESSAGE);
  writer.str(error.message);
  writer.byte(ErrorKey.ERRNO);
  writer.uint(error.errno);
  writer.byte(ErrorKey.CODE);
  writer.uint(error.code);
  if (!hasFields || error.fields === undefined) return;
  writer.byte(ErrorKey.FIELDS);
  writer.map(error.fields.size);
  for (const [name, value] of error.fields) {
    writer.str(name);
    writeValue(writer, value);
  }
}

function readStack(reader: MsgpackReader, stack: WireError[]): void {
  const parts = reader.readMapHeader();
  for (let part = 0; part < parts; part++) {
    if (reader.readUint() !== errorStackKey) {
      reader.skip();
      continue;
    }
    const count = reader.readArrayHeader();
    for (let index = 0; index < count; index++) stack.push(readStackEntry(reader));
  }
}

function readStackEntry(reader: MsgpackReader): WireError {
  const entry = { type: 'ClientError', file: '', line: 0, message: '', errno: 0, code: 0 };
  let fields: Map<string, MsgpackValue> | undefined;
  const count = reader.readMapHeader();
  for (let index = 0; index < count; index++) {
    switch (reader.readUint()) {
      case ErrorKey.TYPE:
        entry.type = reader.readStr();
        break;
      case ErrorKey.FILE:
        entry.file = reader.readStr();
        break;
      case ErrorKey.LINE:
        entry.line = reader.readUint();
        break;
      case ErrorKey.MESSAGE:
        entry.message = reader.readStr();
        break;
      case ErrorKey.ERRNO:
        entry.errno = reader.readUint();
        break;
      case ErrorKey.CODE:
        entry.code = reader.readUint();
        break;
      case ErrorKey.FIELDS: {
        fields = new Map();
        const size = reader.readMapHeader();
        for (let field = 0; field < size; field++) fields.set(reader.readStr(), reader.readValue());
        break;
      }
      default:
        reader.skip();
    }
  }
  return fields === undefined ? entry : { ...entry, fields };
}
