import { fail } from '../base/result.ts';
import { errorWords } from '../base/strerror.ts';
import type { DiskError, DiskErrorCode } from './disk.ts';
import type { NetworkError, NetworkErrorCode } from './network.ts';

/** What every host says alike: a code without its words does not compile. */
const reasons: Readonly<Record<DiskErrorCode | NetworkErrorCode, string>> = errorWords;

/** A failed disk call. `message` is for hosts that know more than strerror(3) does. */
export function diskFailure(
  code: DiskErrorCode,
  path: string,
  message: string = reasons[code],
): { readonly ok: false; readonly error: DiskError } {
  return fail({ code, path, message });
}

/**
 * What ended or prevented a connection.
 * @param socket what a failed connect was tried with, `fd 16, aka 127.0.0.1:46870`
 */
export function networkError(code: NetworkErrorCode, socket?: string): NetworkError {
  const error = { code, message: reasons[code] };
  return socket === undefined ? error : { ...error, socket };
}

/** Order of names as `ls` and the disk port have it: by their UTF-8 bytes, which is by code point. */
export function compareNames(one: string, other: string): number {
  const left = [...one];
  const right = [...other];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** The names along a normalised absolute path: `/a/b` gives a and b, `/` none. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
