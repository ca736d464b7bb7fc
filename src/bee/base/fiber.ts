import { assert } from './assert.ts';

/**
 * Work that may suspend: a generator that yields nothing and is resumed with nothing. It suspends with
 * `yield* scheduler.park()` (or something built on it) and is composed with `yield*`. Only fibers suspend.
 */
export type Task<T> = Generator<void, T, void>;

/** Thrown inside a fiber that was cancelled, at the place where it was suspended. */
export class FiberCancelled extends Error {
  override readonly name = 'FiberCancelled';
  constructor() {
    super('fiber is cancelled');
  }
}

/** Why a parked fiber runs again. */
export type WakeReason = 'woken' | 'timeout';

/** A thread of work of one instance. Lua fibers and internal ones (applier, relay, checkpoint) are the same thing. */
export class Fiber {
  readonly id: number;
  name: string;
  status: 'suspended' | 'running' | 'dead' = 'suspended';
  /** Set by `Scheduler.cancel`; `park` throws from then on, unless the fiber says `isCancellable = false`. */
  isCancelled = false;
  /** False while the fiber must not be torn out of what it does. */
  isCancellable = true;
  /**
   * What belongs to this fiber in the layers above (session, transaction, Lua thread). Only the owner of the
   * scheduler knows its shape; it is handed to `onSwitch` at each switch.
   */
  context: unknown;
  /** What ended the fiber, when it ended by an exception. */
  error: unknown;
  /** How often it was switched to, for `fiber.info()`. */
  switches = 0;
  /** Fibers parked in `Scheduler.join`. */
  readonly joiners: Fiber[] = [];

  /** Private to the scheduler. */
  body: Task<void> | undefined;
  wakeReason: WakeReason = 'woken';
  isReady = false;
  cancelTimer: (() => void) | undefined;

  constructor(id: number, name: string, context: unknown) {
    this.id = id;
    this.name = name;
    this.context = context;
  }
}

export interface SchedulerOptions {
  /** Calls back inside a later turn of the instance, after `seconds`. Returns the cancel function. */
  readonly timer: (seconds: number, fire: () => void) => () => void;
  /** The fiber that runs from now on; undefined between fibers. */
  readonly onSwitch: (fiber: Fiber | undefined) => void;
  /** A fiber became ready while no turn was running or after this turn's rounds: the host must give another turn. */
  readonly onReady: () => void;
  /** A fiber's body threw something other than FiberCancelled. */
  readonly onCrash: (fiber: Fiber, error: unknown) => void;
  /** Ids count from here; 101 in the real server's threads. */
  readonly firstId: number;
}

/**
 * Runs the fibers of one instance, one at a time, each until it parks. No priorities: first ready, first run.
 */
export class Scheduler {
  /** The fiber that runs now; undefined between fibers. */
  current: Fiber | undefined;
  /** While set, nobody else runs: this fiber's Lua code was paused in the middle by the count hook. */
  exclusive: Fiber | undefined;
  readonly fibers = new Map<number, Fiber>();
  readonly #options: SchedulerOptions;
  #ready: Fiber[] = [];
  #nextId: number;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#nextId = options.firstId;
  }

  /** True when some fiber other than the current one could run now. */
  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** Makes a fiber that runs first in this turn's next round (`fiber.new`). */
  spawn(name: string, body: (fiber: Fiber) => Task<void>, context?: unknown): Fiber {
    const fiber = new Fiber(this.#nextId++, name, context);
    fiber.body = body(fiber);
    this.fibers.set(fiber.id, fiber);
    this.wakeup(fiber);
    return fiber;
  }

  /** Makes a fiber and runs it at once until it first parks (`fiber.create`). */
  start(name: string, body: (fiber: Fiber) => Task<void>, context?: unknown): Fiber {
    const fiber = this.spawn(name, body, context);
    this.#unready(fiber);
    this.#step(fiber);
    return fiber;
  }

  /** Makes a parked fiber ready. Harmless for a ready, running or dead one. */
  wakeup(fiber: Fiber, reason: WakeReason = 'woken'): void {
    if (fiber.status === 'dead' || fiber.status === 'running' || fiber.isReady) return;
    fiber.cancelTimer?.();
    fiber.cancelTimer = undefined;
    fiber.wakeReason = reason;
    fiber.isReady = true;
    this.#ready.push(fiber);
    if (this.#ready.length === 1) this.#options.onReady();
  }

  /** Asks a fiber to end: it wakes with FiberCancelled where it is parked. */
  cancel(fiber: Fiber): void {
    if (fiber.status === 'dead') return;
    fiber.isCancelled = true;
    if (fiber.isCancellable) this.wakeup(fiber);
  }

  /** Throws FiberCancelled when the running fiber was cancelled. */
  testCancel(): void {
    const fiber = this.current;
    if (fiber?.isCancelled && fiber.isCancellable) throw new FiberCancelled();
  }

  /**
   * Suspends the running fiber until somebody wakes it or the time is over.
   * @param timeout seconds; undefined waits for ever
   */
  *park(timeout?: number): Task<WakeReason> {
    const fiber = this.current;
    assert(fiber !== undefined, 'park outside a fiber');
    this.testCancel();
    if (timeout !== undefined && timeout !== Number.POSITIVE_INFINITY) {
      fiber.cancelTimer = this.#options.timer(Math.max(0, timeout), () =>
        this.wakeup(fiber, 'timeout'),
      );
    }
    yield;
    this.testCancel();
    return fiber.wakeReason;
  }

  /** Lets every other ready fiber run once (`fiber.yield`). */
  *reschedule(): Task<void> {
    const fiber = this.current;
    assert(fiber !== undefined, 'reschedule outside a fiber');
    this.testCancel();
    fiber.isReady = true;
    this.#ready.push(fiber);
    yield;
    this.testCancel();
  }

  /** Sleeps for some seconds (`fiber.sleep`); a wakeup cuts it short, as in the real server. */
  *sleep(seconds: number): Task<void> {
    if (seconds <= 0) yield* this.reschedule();
    else yield* this.park(seconds);
  }

  /** Waits until the fiber is dead. Its error, if any, is in `fiber.error`. */
  *join(fiber: Fiber): Task<void> {
    while (fiber.status !== 'dead') {
      assert(this.current !== undefined, 'join outside a fiber');
      fiber.joiners.push(this.current);
      yield* this.park();
    }
  }

  /**
   * Runs fibers round after round until none is ready, `mayGoOn` says no, or one took exclusive hold.
   * @param mayGoOn asked between rounds
   * @returns true when ready fibers are left
   */
  run(mayGoOn: () => boolean): boolean {
    assert(this.current === undefined, 'run inside a fiber');
    do {
      if (this.exclusive !== undefined) {
        this.#unready(this.exclusive);
        this.#step(this.exclusive);
        continue;
      }
      const round = this.#ready;
      this.#ready = [];
      for (let at = 0; at < round.length; at++) {
        const fiber = round[at];
        if (fiber === undefined || !fiber.isReady) continue;
        if (this.exclusive !== undefined) {
          this.#ready = [...round.slice(at).filter((left) => left.isReady), ...this.#ready];
          break;
        }
        fiber.isReady = false;
        this.#step(fiber);
      }
    } while ((this.#ready.length > 0 || this.exclusive !== undefined) && mayGoOn());
    return this.#ready.length > 0 || this.exclusive !== undefined;
  }

  #unready(fiber: Fiber): void {
    if (!fiber.isReady) return;
    fiber.isReady = false;
    this.#ready = this.#ready.filter((other) => other !== fiber);
  }

  #step(fiber: Fiber): void {
    const outer = this.current;
    assert(
      fiber.body !== undefined && fiber.status !== 'running',
      `fiber ${fiber.name} cannot run`,
    );
    fiber.status = 'running';
    fiber.switches++;
    this.#switch(fiber);
    let done = true;
    try {
      done = fiber.body.next().done === true;
    } catch (error) {
      fiber.error = error;
    } finally {
      this.#switch(outer);
    }
    if (!done) {
      fiber.status = 'suspended';
      return;
    }
    fiber.status = 'dead';
    fiber.body = undefined;
    fiber.cancelTimer?.();
    this.fibers.delete(fiber.id);
    if (this.exclusive === fiber) this.exclusive = undefined;
    for (const joiner of fiber.joiners) this.wakeup(joiner);
    if (fiber.error !== undefined && !(fiber.error instanceof FiberCancelled)) {
      this.#options.onCrash(fiber, fiber.error);
    }
  }

  #switch(fiber: Fiber | undefined): void {
    this.current = fiber;
    this.#options.onSwitch(fiber);
  }
}

/** A condition variable. Waiters wake in the order in which they came. */
export class Cond {
  readonly #scheduler: Scheduler;
  #waiters: Fiber[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Wakes the longest waiting fiber. */
  signal(): void {
    let fiber = this.#waiters.shift();
    // One that is ready was woken by its timeout or by somebody else, and would not notice the signal.
    while (fiber?.isReady) fiber = this.#waiters.shift();
    if (fiber !== undefined) this.#scheduler.wakeup(fiber);
  }

  /** Wakes all. */
  broadcast(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const fiber of waiters) this.#scheduler.wakeup(fiber);
  }

  /**
   * Parks until signalled. As with every condition variable, look again at what you wait for.
   * @param timeout seconds
   * @returns false when the time was over
   */
  *wait(timeout?: number): Task<boolean> {
    const fiber = this.#scheduler.current;
    assert(fiber !== undefined, 'wait outside a fiber');
    this.#waiters.push(fiber);
    try {
      return (yield* this.#scheduler.park(timeout)) === 'woken';
    } finally {
      // A timeout, a cancel or a plain wakeup leaves the fiber in the list; a signal has taken it out already.
      const at = this.#waiters.indexOf(fiber);
      if (at >= 0) this.#waiters.splice(at, 1);
    }
  }
}
