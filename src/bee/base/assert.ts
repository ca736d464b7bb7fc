/** A bug in Bee itself. Nothing below the worker entry catches it: the instance stops and says so. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * States an invariant. A false condition is a bug in Bee, never something that a user or a file did.
 * @param condition what must hold
 * @param message what is broken when it does not, in words that help whoever reads the report
 * @throws AssertionError when the condition is false
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
