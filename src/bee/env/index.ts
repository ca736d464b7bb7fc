/**
 * The ports: everything an instance knows of the outside world. Interfaces and their contracts, no code.
 * `browser/`, `node/` and `sim/` each implement all of them; `test/contract/` holds them to the same promises.
 */
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import type { LogSink } from './log.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';

/** The outside world of one instance. */
export interface Env {
  readonly disk: Disk;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogSink;
  readonly process: ProcessInfo;
}

/** What the operating system would tell a process about itself. */
export interface ProcessInfo {
  readonly pid: number;
  /** Absolute working directory at start. */
  readonly cwd: string;
  /** Absolute home directory, for `~`. */
  readonly home: string;
  readonly hostname: string;
  readonly environment: ReadonlyMap<string, string>;
}

export type * from './clock.ts';
export type * from './disk.ts';
export type * from './log.ts';
export type * from './network.ts';
export { windowBytes } from './network.ts';
export type * from './random.ts';
