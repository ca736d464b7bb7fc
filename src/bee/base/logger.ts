import type { LogLevel } from '../env/log.ts';

/**
 * Writes a log line in the real server's form, `DATE TIME.mmm [pid] ORIGIN [SOURCE] L> text`.
 * The one implementation is in `server/`; wal, box and replication are handed it.
 */
export interface Logger {
  /**
   * @param level the real server's letter
   * @param text the message without a newline
   * @param from where it differs from the running fiber: the origin (`snapshot/101/main`, `wal`) and, for W, E and !,
   *   the source place the real server names (`coio.cc:378`)
   */
  (
    level: LogLevel,
    text: string,
    from?: { readonly origin?: string; readonly source?: string },
  ): void;
}
