/**
 * The outcome of something that may fail in a way its caller must handle: a port call, never a bug.
 * A bug is an assertion (`base/assert.ts`), an error a user caused is a ClientError (`box/error.ts`).
 */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps an error as a failure. */
export function fail<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
