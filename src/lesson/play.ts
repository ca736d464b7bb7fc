/**
 * Work of the lesson engine that waits for the stage: a generator that yields how to start
 * something and is resumed with its outcome. Written as a generator so that a play can be cancelled
 * at any wait, and needs no promises: in the simulator every callback comes inside a step of the
 * simulated world.
 */
export type Play<T> = Generator<(resume: (outcome: unknown) => void) => void, T, unknown>;

/** Waits for one call that reports through a callback. */
export function* call<T>(start: (done: (outcome: T) => void) => void): Play<T> {
  const outcome = yield (resume) => start((value) => resume(value));
  return outcome as T; // `resume` is called by this very `start` only, with a T.
}

/** A running play. */
export interface Playing {
  /** Leaves the play where it waits. Its `done` is not called any more. */
  cancel(): void;
}

/**
 * Runs a play to its end.
 * @param play the generator
 * @param done takes what it returned
 */
export function startPlay<T>(play: Play<T>, done: (value: T) => void): Playing {
  let isCancelled = false;
  const advance = (outcome: unknown): void => {
    // A loop, not a recursion: a stage may answer during the call, a thousand times in a row.
    for (let next = outcome; ; ) {
      if (isCancelled) return;
      const { value, done: isDone } = play.next(next);
      if (isDone === true) {
        done(value);
        return;
      }
      let answered = false;
      let returned = false;
      value((answer) => {
        if (answered) return;
        answered = true;
        if (returned) advance(answer);
        else next = answer;
      });
      returned = true;
      if (!answered) return;
    }
  };
  advance(undefined);
  return {
    cancel: () => {
      isCancelled = true;
    },
  };
}
