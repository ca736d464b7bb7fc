import type { Clock } from '../bee/env/index.ts';
import type { SimProcess } from './sim-process.ts';
import type { Timeline } from './timeline.ts';

/** World time that one look at the clock takes, in microseconds. See `Timeline.pass`. */
const lookMicros = 1;

/** One process's clock. Its wall clock may be wrong by a constant; monotonic time is the world's. */
export class SimClock implements Clock {
  /** Seconds that this process's wall clock is ahead of the world's. May be changed at any time: clocks jump. */
  skew = 0;
  readonly #timeline: Timeline;
  readonly #process: SimProcess;

  constructor(timeline: Timeline, process: SimProcess) {
    this.#timeline = timeline;
    this.#process = process;
  }

  now(): number {
    this.#timeline.pass(lookMicros);
    return this.#timeline.wallSeconds + this.skew;
  }

  monotonic(): number {
    this.#timeline.pass(lookMicros);
    return this.#timeline.now / 1e6;
  }

  /** The simulator does not know how long code takes: a process has used as much as the world is old. */
  cpu(): number {
    return this.monotonic();
  }

  timer(seconds: number, fire: () => void): () => void {
    return this.#process.deliver(seconds * 1e6, fire, true);
  }

  utcOffset(_at: number): number {
    return 0;
  }
}
