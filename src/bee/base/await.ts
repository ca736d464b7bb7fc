import { assert } from './assert.ts';
import type { Scheduler, Task } from './fiber.ts';
import type { Result } from './result.ts';

/**
 * Makes a port call from a fiber and waits for its outcome.
 *
 * A cancelled fiber still waits for the call to end: a file that is being opened or a rename under way cannot be taken
 * back, and whoever dropped its outcome would leak the handle. The cancel takes effect at the fiber's next suspension.
 * A call that may take long (a connect) can be given up with `onLate`, which then owns the outcome.
 *
 * @param scheduler the instance's scheduler; the running fiber is the one that waits
 * @param start makes the call; `done` must be called once, inside a turn of the instance
 * @param onLate when given, a cancel ends the wait at once and the outcome is handed here, to be released
 * @returns the outcome of the call
 */
export function* awaitCall<T, E>(
  scheduler: Scheduler,
  start: (done: (result: Result<T, E>) => void) => void,
  onLate?: (result: Result<T, E>) => void,
): Task<Result<T, E>> {
  const fiber = scheduler.current;
  assert(fiber !== undefined, 'a port call was awaited outside a fiber');
  let outcome: Result<T, E> | undefined;
  let isAbandoned = false;
  start((result) => {
    assert(outcome === undefined, 'a port call completed twice');
    outcome = result;
    if (isAbandoned) onLate?.(result);
    else scheduler.wakeup(fiber);
  });
  const wasCancellable = fiber.isCancellable;
  if (onLate === undefined) fiber.isCancellable = false;
  try {
    // A plain `fiber.wakeup()` may come in between, so look again at what is waited for.
    while (outcome === undefined) yield* scheduler.park();
    return outcome;
  } finally {
    isAbandoned = outcome === undefined;
    fiber.isCancellable = wasCancellable;
  }
}
