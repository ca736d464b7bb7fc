/** The clock port. The simulator owns time, so nothing in `src/bee` may ask anything else for it. */
export interface Clock {
  /** Wall clock, seconds since 1970 with a fraction. May jump. */
  now(): number;
  /** Seconds since some moment before the process began; never runs backwards. */
  monotonic(): number;
  /** Seconds of processor time that this process used, as far as the host knows. */
  cpu(): number;
  /**
   * Calls `fire` once, in a fresh turn of the host's event loop, not before `seconds` have passed.
   * @returns a function that cancels it; harmless when it fired
   */
  timer(seconds: number, fire: () => void): () => void;
  /** Minutes that local time is ahead of UTC at the given moment (seconds since 1970): for log lines and os.date. */
  utcOffset(at: number): number;
}
