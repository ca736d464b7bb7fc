import type { Logger } from '../base/logger.ts';
import type { DiskError } from '../env/disk.ts';

/** Classes of the real server's errors that files cause. */
export type WalErrorType = 'XlogError' | 'XlogGapError' | 'ClientError' | 'SystemError';

/** Numbered errors among them, named as in `box/errcode.ts`, which the wal does not know. */
export type WalErrorName =
  | 'INVALID_XLOG_TYPE'
  | 'DECOMPRESSION'
  | 'WAL_IO'
  | 'CHECKPOINT_ROLLBACK'
  | 'CHECKPOINT_IN_PROGRESS';

export interface WalErrorOptions {
  readonly type?: WalErrorType;
  /** Set when the type is ClientError. */
  readonly codeName?: WalErrorName;
  /** Place in the real server's source, which its log shows: `xlog.c:1747`. */
  readonly source?: string;
  /** File as messages name it (`./00000000000000000028.xlog`), where the words do not hold it. */
  readonly file?: string;
  /** Byte in that file where the damage begins. */
  readonly offset?: number;
  /** strerror(3) of a SystemError. */
  readonly reason?: string;
  /** The disk has no room. */
  readonly isDiskFull?: boolean;
  /** The real server ends at once, without its `can't initialize storage: `. */
  readonly isPanic?: boolean;
}

/**
 * What is wrong with a file, or what the disk refused. The message is the real server's words; the file and the offset follow,
 * where the real server does not name them, because nobody can repair "tx checksum mismatch" alone.
 */
export class WalError extends Error {
  override readonly name = 'WalError';
  /** The real server's words alone. */
  readonly words: string;
  readonly type: WalErrorType;
  readonly codeName: WalErrorName | undefined;
  readonly source: string | undefined;
  readonly file: string | undefined;
  readonly offset: number | undefined;
  readonly reason: string | undefined;
  readonly isDiskFull: boolean;
  readonly isPanic: boolean;

  constructor(words: string, options: WalErrorOptions = {}) {
    super(words + place(options.file, options.offset));
    this.words = words;
    this.type = options.type ?? 'XlogError';
    this.codeName = options.codeName;
    this.source = options.source;
    this.file = options.file;
    this.offset = options.offset;
    this.reason = options.reason;
    this.isDiskFull = options.isDiskFull ?? false;
    this.isPanic = options.isPanic ?? false;
  }
}

/** A failed disk call as the real server words it: `SystemError failed to open './x.snap' file: Permission denied`. */
export function systemError(words: string, error: DiskError, source?: string): WalError {
  return new WalError(words, {
    type: 'SystemError',
    reason: error.message,
    isDiskFull: error.code === 'ENOSPC',
    ...(source === undefined ? {} : { source }),
  });
}

/** Logs an error in the real server's form: `E> XlogError: words`, `!> SystemError words: reason`. */
export function logWalError(log: Logger, error: WalError, origin?: string): void {
  const from = {
    ...(error.source === undefined ? {} : { source: error.source }),
    ...(origin === undefined ? {} : { origin }),
  };
  if (error.type === 'SystemError') {
    log('!', `SystemError ${error.message}: ${error.reason ?? 'Input/output error'}`, from);
  } else {
    const name = error.codeName === undefined ? error.type : `ER_${error.codeName}`;
    log('E', `${name}: ${error.message}`, from);
  }
}

function place(file: string | undefined, offset: number | undefined): string {
  if (file === undefined) return '';
  return offset === undefined ? `, in ${file}` : `, in ${file} at offset ${offset}`;
}
