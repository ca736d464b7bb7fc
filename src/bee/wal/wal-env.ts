import type { Scheduler } from '../base/fiber.ts';
import type { Logger } from '../base/logger.ts';
import type { Clock } from '../env/clock.ts';
import type { Disk } from '../env/disk.ts';

/** What the wal needs of its instance. Callbacks of the ports run inside a turn. */
export interface WalEnv {
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
}
