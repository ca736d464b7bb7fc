import type { FaultController } from '../../browser/faults.ts';
import type { WatchEvents } from '../../browser/session.ts';
import type { FileRequest } from '../../shell/file-system.ts';
import type { Outcome } from '../../shell/task.ts';
import type { InstanceClient, InstanceEvents } from '../../worker/instance-client.ts';
import type { StartOptions } from '../../worker/messages.ts';
import type { XlogClient } from '../../worker/xlog-client.ts';

/**
 * What a machine runs on: the session's files and the workers of its servers. `browser-host.ts` is the real one; tests of
 * the page bring a small one of their own.
 */
export interface SessionHost {
  readonly sessionId: string;
  /**
   * Takes the session for this tab.
   * @returns 'held' when another tab has it
   * @throws when the browser refuses storage
   */
  open(): Promise<'open' | 'held'>;
  /** Waits until the tab that holds the session is gone, asking it to let go. */
  takeOver(): Promise<void>;
  /** Somebody else wants the session: stop everything and let go. */
  onTakenOver: () => void;
  /** The session's files are gone, with the reason. */
  onLost: (reason: string) => void;
  /** Another tab reads along from now on: tell it everything. */
  onWatched: () => void;
  /** Tells the tabs that read along. @param news what structured clone can carry */
  tell(news: unknown): void;
  /** Reads along with the tab that holds the session. @returns ends it */
  watch(events: WatchEvents): () => void;
  request(request: FileRequest): Promise<Outcome<unknown>>;
  /** Rows of a .snap or .xlog as text. */
  decodeLog(path: string): Promise<Outcome<string>>;
  /** A reader of log files; whoever asked for it closes it. */
  openLogReader(): LogReader;
  /** Flips all bits of one byte of a file, as a bad disk does. */
  damage(path: string, offset: number): Promise<Outcome<void>>;
  /** Whether a running server works in the directory. */
  isLocked(path: string): Promise<Outcome<boolean>>;
  /** Loads what the first server will need; called when the first prompt stands. */
  warmUp(): void;
  launch(options: StartOptions, events: InstanceEvents): InstanceHandle;
  /** Imposes faults on links between servers, and on the disk. */
  readonly faults: Faults;
  close(): void;
  /** Closes the session and removes its files; its servers must be gone. */
  destroy(): Promise<void>;
}

/** Faults on the link between two servers, each named `pid:1001`, and of the disk that all have. */
export type Faults = Pick<FaultController, 'cut' | 'delay' | 'heal' | 'drop' | 'fillDisk'>;

/** Reads .snap and .xlog files apart from the page: the client of its worker. */
export type LogReader = Pick<XlogClient, 'open' | 'parts' | 'find' | 'close'>;

/** A running server: the client of its worker. */
export type InstanceHandle = Pick<
  InstanceClient,
  'line' | 'interrupt' | 'end' | 'pause' | 'complete' | 'probe' | 'kill'
>;
