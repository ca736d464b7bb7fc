import { civilTime, monthNames, padded, weekdayNames } from '../base/calendar.ts';
import { Cond, type Fiber, type Task } from '../base/fiber.ts';
import { ClientError } from '../box/error.ts';
import type { Instance } from './instance.ts';

/**
 * The checkpoint daemon: makes a snapshot each `checkpoint_interval` seconds, or sooner when the log has grown by
 * `checkpoint_wal_threshold`. The first comes after a random part of another interval, so that the servers of a cluster
 * that were started together do not all write at once.
 */
export class Checkpoints {
  readonly #instance: Instance;
  readonly #changed: Cond;
  #fiber: Fiber | undefined;
  #isPostponed = false;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#changed = new Cond(instance.scheduler);
  }

  /** Starts the daemon; once per process, when the server is up. */
  start(): void {
    const { contexts } = this.#instance;
    const context = contexts.make(contexts.makeSession('background'));
    // Runs to its first wait at once, so that its line stands where the real server's does.
    this.#fiber = this.#instance.scheduler.start('checkpoint_daemon', () => this.#run(), context);
  }

  /** An option of the daemon changed, or the log grew past its threshold: it looks again. */
  reconfigure(): void {
    this.#changed.broadcast();
  }

  /** A snapshot is asked for by hand: the daemon's next one comes no sooner than an interval from now. */
  postpone(): void {
    this.#isPostponed = true;
    this.#changed.broadcast();
  }

  /** Ends the daemon, before the files are closed. */
  stop(): void {
    if (this.#fiber !== undefined) this.#instance.scheduler.cancel(this.#fiber);
  }

  *#run(): Task<void> {
    const { config, env, storage } = this.#instance;
    let interval = config.number('checkpoint_interval');
    let next = this.#schedule(interval, this.#randomPart() * interval);
    while (true) {
      const wait = next === undefined ? undefined : next - env.clock.monotonic();
      const isDue = !(yield* this.#changed.wait(wait));
      const threshold = config.number('checkpoint_wal_threshold');
      if (storage.bytesSinceCheckpoint > threshold) {
        const words = `WAL threshold exceeded, triggering checkpoint`;
        this.#instance.log.write('I', words);
      } else if (!isDue) {
        if (config.number('checkpoint_interval') === interval && !this.#isPostponed) continue;
        this.#isPostponed = false;
        interval = config.number('checkpoint_interval');
        next = this.#schedule(interval, this.#randomPart() * interval);
        continue;
      }
      yield* this.#checkpoint();
      // What was asked for while it was written is heard now.
      interval = config.number('checkpoint_interval');
      next = this.#schedule(interval, 0);
    }
  }

  *#checkpoint(): Task<void> {
    try {
      yield* this.#instance.checkpoint();
    } catch (error) {
      // Said by whoever failed; the daemon tries again at its next time.
      if (!(error instanceof ClientError)) throw error;
    }
  }

  /** Monotonic time of the next checkpoint; undefined when the daemon is off. */
  #schedule(interval: number, extra: number): number | undefined {
    if (!(interval > 0)) return undefined;
    const { clock } = this.#instance.env;
    const after = interval + extra;
    const at = clock.now() + after;
    const when = ctime(at, clock.utcOffset(at));
    this.#instance.log.write('I', `scheduled next checkpoint for ${when}`);
    return clock.monotonic() + after;
  }

  /** A fraction from 0 to 1. */
  #randomPart(): number {
    const [high = 0, low = 0] = this.#instance.env.random.bytes(2);
    return (high * 256 + low) / 65536;
  }
}

/** ctime(3): `Sun Nov 22 20:58:44 2026`. */
function ctime(at: number, utcOffset: number): string {
  const time = civilTime(at, utcOffset);
  const date = `${weekdayNames[time.weekday]} ${monthNames[time.month - 1]} ${String(time.day).padStart(2)}`;
  const clock = [time.hour, time.minute, time.second].map((part) => padded(part, 2)).join(':');
  return `${date} ${clock} ${time.year}`;
}
