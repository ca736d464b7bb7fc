/** Errors between the box, which makes them, replication, which knows their shape, and the wire, which carries them. */
import { ClientError, clientError, type ErrorType, typedError } from '../box/error.ts';
import type { ErrorFactory, ServerError, SourcePlace } from '../replication/error.ts';
import type { WireError } from '../wire/iproto-response.ts';
import type { MsgpackValue } from '../wire/msgpack.ts';
import { MsgpackError } from '../wire/msgpack.ts';
import { MissingFieldError } from '../wire/requests.ts';
import { placed } from './iproto-error-places.ts';

/** The box's errors, for replication. */
export const serverErrors: ErrorFactory = {
  client: (name, args, place) => clientError(name, ...args).at(...place),
  typed: (type, message, errno, place) =>
    // Replication names only classes that there are; the box's list of them is closed.
    typedError(type as ErrorType, message, { errno }).at(...place),
  received: (error) => fromWire([error]),
  placed,
};

/** An error that a peer sent, with those that caused it. */
export function fromWire(stack: readonly [WireError, ...WireError[]]): ClientError {
  const [first, ...rest] = stack;
  const [cause, ...causes] = rest;
  const { type, code, message, errno, file, line } = first;
  const fields = textFields(first.fields);
  return new ClientError(code, message, {
    // Whatever class the peer names is kept; it is shown and compared, never relied upon.
    type: type as ErrorType,
    errno,
    ...(fields === undefined ? {} : { fields }),
    ...(cause === undefined ? {} : { prev: fromWire([cause, ...causes]) }),
  }).at(file, line);
}

/** The stack of an error as an answer carries it. */
export function toWire(error: ServerError): [WireError, ...WireError[]] {
  placed(error);
  const causes = error instanceof ClientError && error.prev ? toWire(error.prev) : [];
  const { type, code, message, errno, line } = error;
  const entry = { type, code, message, errno, line, file: sourcePath(error.file) };
  const fields = error.fields === undefined ? undefined : new Map(Object.entries(error.fields));
  return [fields === undefined ? entry : { ...entry, fields }, ...causes];
}

/** Lines of xrow.c at which one kind of request is refused. They reach clients in the error's stack. */
export interface RefusalLines {
  /** No body at all. */
  readonly noBody: number;
  readonly malformed: number;
  /** More than one body. */
  readonly trailing: number;
  /** A mandatory field is missing; by name, where they differ. */
  readonly missing: number | Readonly<Record<string, number>>;
}

/**
 * What a thrown value is as an answer to a request: an error of the server's, or what is wrong with the request's bytes.
 * Everything else is a bug and is thrown on.
 */
export function requestError(thrown: unknown, lines: RefusalLines): ClientError {
  if (thrown instanceof MissingFieldError) {
    const { missing } = lines;
    const line = typeof missing === 'number' ? missing : (missing[thrown.field] ?? 0);
    return clientError('MISSING_REQUEST_FIELD', thrown.field).at('xrow.c', line);
  }
  if (thrown instanceof MsgpackError) {
    const line =
      thrown.message === 'missing request body'
        ? lines.noBody
        : thrown.message === 'packet end'
          ? lines.trailing
          : lines.malformed;
    return invalidMsgpack(thrown.message, ['xrow.c', line]);
  }
  throw thrown;
}

/** `Invalid MsgPack - packet header`. */
export function invalidMsgpack(what: string, place: SourcePlace): ClientError {
  return clientError('INVALID_MSGPACK', what).at(...place);
}

/** The real server's errors carry the path of the source file; logs show its last part, which is what we keep. */
function sourcePath(file: string): string {
  return file === '' || file.includes('/') || file.endsWith('.lua') ? file : `./src/box/${file}`;
}

function textFields(
  fields: ReadonlyMap<string, MsgpackValue> | undefined,
): Record<string, string> | undefined {
  if (fields === undefined) return undefined;
  return Object.fromEntries([...fields].map(([name, value]) => [name, String(value)]));
}
