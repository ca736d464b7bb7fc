import type { Logger } from '../base/logger.ts';
import type { WireError } from '../wire/iproto-response.ts';

/**
 * An error with the real server's number, class and words, as replication raises, receives, logs and keeps it. The box's
 * `ClientError` has this shape; replication knows only the shape, because it stands beside the box, not upon it.
 */
export interface ServerError extends Error {
  readonly code: number;
  /** `ER_…`. */
  readonly codeName: string;
  /** Class: ClientError, AccessDeniedError, SystemError, SocketError, TimedOut, XlogGapError, … */
  readonly type: string;
  /** What errno said; 0 where the system had no part in it. */
  readonly errno: number;
  readonly fields: Readonly<Record<string, string>> | undefined;
  /** Place in the real server's source, with or without its folders; '' where there is none. */
  readonly file: string;
  readonly line: number;
}

/** Errors that replication raises by name; the words come from the box's table. */
export type ReplicationErrorName =
  | 'CANNOT_REGISTER'
  | 'CFG'
  | 'CONNECTION_TO_SELF'
  | 'INVALID_MSGPACK'
  | 'LOADING'
  | 'LOCAL_INSTANCE_ID_IS_READ_ONLY'
  | 'PROTOCOL'
  | 'READONLY'
  | 'REPLICASET_UUID_MISMATCH'
  | 'REPLICA_ID_IS_RESERVED'
  | 'REPLICA_MAX'
  | 'REPLICA_NOT_ANON'
  | 'UNKNOWN_REPLICA'
  | 'UNKNOWN_REQUEST_TYPE'
  | 'UNSUPPORTED'
  | 'WAL_IO';

/** Makes errors. Implemented over the box's in `server/iproto-errors.ts`. */
export interface ErrorFactory {
  /**
   * @param name the error without `ER_`
   * @param args what fills the letters of its words
   * @param place file and line of the real server's source where it raises this one
   */
  client(
    name: ReplicationErrorName,
    args: readonly (string | number)[],
    place: SourcePlace,
  ): ServerError;
  /** @param errno what `strerror` explains, 0 for none */
  typed(type: string, message: string, errno: number, place: SourcePlace): ServerError;
  /** An error that another server sent. */
  received(error: WireError): ServerError;
  /** The error with its place in the real server's source, where it has none yet and that is known. */
  placed(error: ServerError): ServerError;
}

export type SourcePlace = readonly [file: string, line: number];

/** True for what has the shape of a server's error. Everything else that is thrown is a bug and goes on up. */
export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'code' in error && 'type' in error && 'codeName' in error;
}

/** True where errno says more: the connection broke, nobody answered, the disk failed. */
export function isSystemError(error: ServerError): boolean {
  return error.type === 'SystemError' || error.type === 'SocketError' || error.type === 'TimedOut';
}

/** True for errors that are told apart by their number. */
export function isClientError(error: ServerError): boolean {
  return error.type === 'ClientError' || error.type === 'AccessDeniedError';
}

/**
 * Logs an error as the real server does: `box.cc:152 E> ER_READONLY: …`, `coio.cc:378 !> SystemError …: Broken pipe`,
 * `recovery.cc:207 E> XlogGapError: …`.
 * @param origin where it differs from the running fiber
 */
export function logError(log: Logger, error: ServerError, origin?: string): void {
  const file = error.file.slice(error.file.lastIndexOf('/') + 1);
  const from = {
    ...(origin === undefined ? {} : { origin }),
    ...(file === '' ? {} : { source: `${file}:${error.line}` }),
  };
  if (isSystemError(error)) {
    log('!', `SystemError ${error.message}: ${strerror(error.errno)}`, from);
  } else {
    log('E', `${isClientError(error) ? error.codeName : error.type}: ${error.message}`, from);
  }
}

/** Linux numbers of the few errors that reach a log or `db.info`. */
export const Errno = {
  EIO: 5,
  EINVAL: 22,
  EPIPE: 32,
  EADDRINUSE: 98,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
} as const;

const reasons: Readonly<Record<number, string>> = {
  0: 'Success',
  2: 'No such file or directory',
  [Errno.EIO]: 'Input/output error',
  [Errno.EINVAL]: 'Invalid argument',
  28: 'No space left on device',
  [Errno.EPIPE]: 'Broken pipe',
  [Errno.EADDRINUSE]: 'Address already in use',
  [Errno.ECONNRESET]: 'Connection reset by peer',
  [Errno.ETIMEDOUT]: 'Connection timed out',
  [Errno.ECONNREFUSED]: 'Connection refused',
};

/** strerror(3), in its English. */
export function strerror(errno: number): string {
  return reasons[errno] ?? `Unknown error ${errno}`;
}
