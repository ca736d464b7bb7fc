import type { DiskError, DiskErrorCode } from '../bee/env/index.ts';
import { diskFailure } from '../bee/env/posix.ts';

/** A failed file operation on its way to the port, where it becomes a value. Never a bug. */
export class DiskProblem extends Error {
  override readonly name = 'DiskProblem';
  readonly code: DiskErrorCode;
  readonly path: string;

  constructor(code: DiskErrorCode, path: string, message?: string) {
    super(diskFailure(code, path, message).error.message);
    this.code = code;
    this.path = path;
  }

  /** As the port hands it over, for the path that the caller named. */
  toDiskError(path: string): DiskError {
    return { code: this.code, path, message: this.message };
  }
}
