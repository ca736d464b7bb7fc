/** What a library function throws for its caller's mistake; the binding raises its message as a Lua error. */
export class LibError extends Error {}
