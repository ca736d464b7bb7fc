import type { Clock, Random } from '../bee/env/index.ts';

/** The browser's clock. */
export class BrowserClock implements Clock {
  now(): number {
    return (performance.timeOrigin + performance.now()) / 1000 + this.#jump();
  }

  monotonic(): number {
    return performance.now() / 1000;
  }

  /** A worker is not told its processor time: the time since it began is the nearest honest answer. */
  cpu(): number {
    return performance.now() / 1000;
  }

  timer(seconds: number, fire: () => void): () => void {
    let handle: ReturnType<typeof setTimeout> | undefined;
    const end = performance.now() + seconds * 1000;
    const wait = (): void => {
      const left = end - performance.now();
      // Browsers fire up to a millisecond early, and take no wait above 2^31 - 1 ms.
      if (left <= 0) fire();
      else handle = setTimeout(wait, Math.min(Math.ceil(left), timeoutMsMax));
    };
    handle = setTimeout(wait, Math.min(Math.max(0, Math.ceil(seconds * 1000)), timeoutMsMax));
    return () => clearTimeout(handle);
  }

  utcOffset(at: number): number {
    return -new Date(at * 1000).getTimezoneOffset();
  }

  /**
   * `performance.now()` is finer than `Date.now()` and never runs backwards, but it does not see the wall clock being
   * set, and stands still while the machine sleeps.
   */
  #jump(): number {
    const difference = Date.now() - (performance.timeOrigin + performance.now());
    return Math.abs(difference) > wallClockJumpMs ? difference / 1000 : 0;
  }
}

/** Longest wait that setTimeout keeps: 2^31 - 1 ms, about 25 days. */
const timeoutMsMax = 2 ** 31 - 1;
/** A wall clock further away than this was set, or the machine slept. */
const wallClockJumpMs = 100;

/** Random bytes from the browser's cryptographic generator. */
export class BrowserRandom implements Random {
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    // The browser gives at most 65536 at a time.
    for (let at = 0; at < length; at += 65_536) {
      crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    }
    return bytes;
  }
}
