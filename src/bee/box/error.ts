import { type ErrorName, errorCodes, errorFormats, errorNameOf } from './errcode.ts';

/**
 * Class of an error as `db.error.last().type` and the error stack on the wire name it. ClientError and AccessDeniedError carry a
 * number of their own; the number of the others follows from the class.
 */
export type ErrorType =
  | 'ClientError'
  | 'AccessDeniedError'
  | 'CustomError'
  | 'XlogError'
  | 'XlogGapError'
  | 'SystemError'
  | 'SocketError'
  | 'TimedOut'
  | 'OutOfMemory'
  | 'CollationError'
  | 'IllegalParams'
  | 'LuajitError'
  | 'FiberIsCancelled'
  | 'ChannelIsClosed'
  | 'CryptoError'
  | 'HttpError'
  | 'SwimError';

/** Who was refused what: what an AccessDeniedError has besides its message. */
export interface AccessDenial {
  readonly access_type: string;
  readonly object_type: string;
  readonly object_name: string;
}

export interface ErrorOptions {
  readonly type?: ErrorType;
  readonly fields?: Readonly<Record<string, string>>;
  readonly prev?: ClientError;
  /** Type name of a CustomError (`db.error.new('MyType', …)`). */
  readonly customType?: string;
  readonly errno?: number;
}

/**
 * An error that a user, a file or a peer caused. It has the real server's number and words, and it is part of Bee's
 * behaviour: whoever runs a statement catches it, rolls the statement back and hands it on.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: number;
  readonly type: ErrorType;
  readonly fields: Readonly<Record<string, string>> | undefined;
  readonly customType: string | undefined;
  readonly errno: number;
  /** The error that caused this one: the next in the stack that `db.error.last():unpack()` shows. */
  prev: ClientError | undefined;
  /** Place in the real server's source, where its logs and answers show one. */
  file = '';
  line = 0;

  constructor(code: number, message: string, options: ErrorOptions = {}) {
    super(truncateMessage(message));
    this.code = code;
    this.type = options.type ?? 'ClientError';
    this.fields = options.fields;
    this.customType = options.customType;
    this.errno = options.errno ?? 0;
    this.prev = options.prev;
  }

  /** `ER_…`, as the log prints it. */
  get codeName(): string {
    return errorNameOf(this.code);
  }

  /** Sets the place in the real server's source and returns the error itself. */
  at(file: string, line: number): this {
    this.file = file;
    this.line = line;
    return this;
  }
}

/**
 * Makes an error by its name; throw what it returns.
 * @param name the error without `ER_`
 * @param args what fills the letters of its format, in order
 */
export function clientError(name: ErrorName, ...args: readonly FormatArgument[]): ClientError {
  const code = errorCodes[name];
  return new ClientError(code, formatMessage(errorFormats[code] ?? '', args));
}

/** `Write access to space 't' is denied for user 'u'`. */
export function accessDenied(
  accessType: string,
  objectType: string,
  objectName: string,
  userName: string,
): ClientError {
  const code = errorCodes.ACCESS_DENIED;
  const args = [accessType, objectType, objectName, userName];
  return new ClientError(code, formatMessage(errorFormats[code] ?? '', args), {
    type: 'AccessDeniedError',
    fields: { object_type: objectType, object_name: objectName, access_type: accessType },
  });
}

/** An error of one of the classes that have no number of their own. */
export function typedError(
  type: ErrorType,
  message: string,
  options: ErrorOptions = {},
): ClientError {
  return new ClientError(codeOfType(type), message, { ...options, type });
}

/** What can stand for a letter of a format. */
export type FormatArgument = string | number | bigint;

/** Fills the C letters of a format in order. A missing argument leaves its letter as it is. */
export function formatMessage(format: string, args: readonly FormatArgument[]): string {
  let next = 0;
  return format.replace(/%(?:\.\*)?(?:ll|l)?[sudcx]/g, (letter) => {
    const value = args[next++];
    return value === undefined ? letter : String(value);
  });
}

function codeOfType(type: ErrorType): number {
  switch (type) {
    case 'OutOfMemory':
      return errorCodes.MEMORY_ISSUE;
    case 'SystemError':
    case 'SocketError':
    case 'TimedOut':
      return errorCodes.SYSTEM;
    case 'CollationError':
      return errorCodes.CANT_CREATE_COLLATION;
    default:
      return errorCodes.PROC_LUA;
  }
}

/** The real server keeps a message in 512 bytes with its end mark, and cuts what is longer. */
const messageBytesMax = 511;

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

function truncateMessage(message: string): string {
  if (message.length * 3 <= messageBytesMax) return message;
  const bytes = utf8.encode(message);
  if (bytes.length <= messageBytesMax) return message;
  let end = messageBytesMax;
  // A character that the cut would split goes as a whole: half of one is no text.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end));
}
