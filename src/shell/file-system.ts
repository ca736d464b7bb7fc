import { errorWords } from '../bee/base/strerror.ts';

/**
 * What the shell needs of a file system, as plain requests (`task.ts` carries them). Paths are absolute and normalised.
 * The page answers them from the session's file system, the one that the servers write to.
 */
export type FileRequest =
  | { readonly op: 'stat'; readonly path: string }
  /** Entries in byte order of their names. */
  | { readonly op: 'list'; readonly path: string }
  | { readonly op: 'read'; readonly path: string }
  /** Creates the file when it is missing. */
  | {
      readonly op: 'write';
      readonly path: string;
      readonly bytes: Uint8Array;
      readonly how: 'replace' | 'append';
    }
  | { readonly op: 'mkdir'; readonly path: string }
  /** An empty directory only. */
  | { readonly op: 'rmdir'; readonly path: string }
  | { readonly op: 'unlink'; readonly path: string }
  | { readonly op: 'rename'; readonly from: string; readonly to: string }
  /**
   * Creates an empty file, or sets the time of what is there.
   * `at` is seconds since 1970, now when absent.
   */
  | { readonly op: 'touch'; readonly path: string; readonly at?: number };

export interface FileStat {
  readonly kind: 'file' | 'directory';
  /** Bytes; 4096 for a directory. */
  readonly size: number;
  /** Last change, seconds since 1970. */
  readonly modifiedAt: number;
}

export interface DirectoryEntry extends FileStat {
  readonly name: string;
}

/** Why a request failed: the POSIX name, e.g. `ENOENT`. */
export interface FileFailure {
  readonly code: string;
  readonly message: string;
}

const words: Readonly<Record<string, string>> = errorWords;

/** The words that the C library has for an error (`strerror`). */
export function strerror(failure: FileFailure): string {
  return words[failure.code] ?? failure.message;
}
