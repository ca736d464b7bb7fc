import { EventQueue, type Micros, type SimEvent } from './event-queue.ts';

/** 2026-01-01T00:00:00Z, in seconds: when every simulated world begins, so that log lines are the same in each run. */
const worldBeginsAt = 1_767_225_600;

/** Time of one simulated world: it stands still until somebody takes the next event, and then jumps to it. */
export class Timeline {
  readonly queue = new EventQueue();
  #now: Micros = 0;

  get now(): Micros {
    return this.#now;
  }

  /** The same moment as a wall clock shows it, in seconds since 1970. */
  get wallSeconds(): number {
    return worldBeginsAt + this.#now / 1e6;
  }

  /** Runs `fire` after so many microseconds of world time. */
  after(delay: Micros, fire: () => void, isTimer = false): SimEvent {
    return this.queue.add(this.#now + Math.max(0, Math.round(delay)), fire, isTimer);
  }

  /**
   * Lets time pass without an event: a turn takes a while, and so does each look at a clock (else a loop that waits for
   * the clock would never end). What was due in between fires late, as on a busy machine.
   */
  pass(micros: Micros): void {
    this.#now += micros;
  }

  /** Goes to the next event and runs it. False when nothing is ahead. */
  advance(): boolean {
    const at = this.queue.nextAt();
    if (at === undefined) return false;
    this.#now = Math.max(this.#now, at);
    this.queue.take()?.();
    return true;
  }
}
