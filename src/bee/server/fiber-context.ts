import type { Fiber, Scheduler } from '../base/fiber.ts';
import type { Box, BoxContext } from '../box/box.ts';
import type { ClientError } from '../box/error.ts';
import { Session, type SessionType } from '../box/session.ts';

/** What belongs to one fiber in the layers above the scheduler. */
export interface FiberContext extends BoxContext {
  /** The Lua layer's: the thread that runs on this fiber, `fiber.storage`, … */
  lua: unknown;
  /** The error that its Lua code met last, `db.error.last()`; success does not clear it. */
  lastError: ClientError | undefined;
  /** Which of its session's requests it serves, `db.session.sync()`; 0 for none. */
  readonly sync: number | bigint;
}

/**
 * Keeps `box.current` in step with the running fiber, and tells the box when a fiber with a transaction suspends: a
 * transaction of memtx does not survive a yield.
 */
export class FiberContexts {
  readonly #box: Box;
  #scheduler: Scheduler | undefined;
  #running: Fiber | undefined;
  #nextSessionId = 1;
  /** For events between fibers (a relay's row, the log's completion): they act as the server itself. */
  readonly #idle: FiberContext;

  constructor(box: Box) {
    this.#box = box;
    this.#idle = this.make(this.makeSession('background'));
    box.current = this.#idle;
  }

  /** The scheduler needs `onSwitch` to be made, and this needs the scheduler: the second half of the knot. */
  attach(scheduler: Scheduler): void {
    this.#scheduler = scheduler;
  }

  /** A new session: a connection begins as guest, everything of the server's own as admin. */
  makeSession(type: SessionType): Session {
    const user = type === 'binary' ? 'guest' : 'admin';
    return new Session(this.#nextSessionId++, type, this.#box.schema.credentialsOf(user));
  }

  /** @param sync of the request that the fiber serves */
  make(session: Session, sync: number | bigint = 0): FiberContext {
    return {
      session,
      credentials: session.credentials,
      txn: undefined,
      hasLostRows: false,
      unwrittenCommits: 0,
      unconfirmed: undefined,
      lua: undefined,
      lastError: undefined,
      sync,
    };
  }

  /** The context of the running fiber, or that of events between fibers. */
  get current(): FiberContext {
    return this.#running === undefined ? this.#idle : this.of(this.#running);
  }

  /** The context of a fiber; one that nobody gave a context acts as the server itself. */
  of(fiber: Fiber): FiberContext {
    fiber.context ??= this.make(this.#idle.session);
    // The scheduler carries the context as unknown because it belongs to this layer alone.
    return fiber.context as FiberContext;
  }

  /** The scheduler's hook. */
  readonly onSwitch = (next: Fiber | undefined): void => {
    const previous = this.#running;
    // A fiber that the count hook paused has not yielded: nobody else runs until it goes on.
    if (previous !== undefined && previous !== next && this.#scheduler?.exclusive !== previous) {
      const context = this.of(previous);
      if (context.txn !== undefined) this.#box.onYield(context);
    }
    this.#running = next;
    this.#box.current = next === undefined ? this.#idle : this.of(next);
  };
}
