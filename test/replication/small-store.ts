/** What a small server keeps: its options, its store, and how both are read. */
import type { Cond, Scheduler, Task } from '../../src/bee/base/fiber.ts';
import { parseUri, type Uri } from '../../src/bee/base/uri.ts';
import type { CopySource, LogSource } from '../../src/bee/replication/host.ts';
import type { ReplicationSettings } from '../../src/bee/replication/settings.ts';
import { serverErrors } from '../../src/bee/server/iproto-errors.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow, type XRow } from '../../src/bee/wire/xrow.ts';

/** Ids of the spaces that there are. */
export const clusterSpace = 320;
export const schemaSpace = 272;
export const dataSpace = 512;

/** What stands for a server's directory. */
export class Store {
  uuid = '';
  snapshot: { readonly vclock: Vclock; readonly rows: readonly XRow[] } | undefined;
  /** What the log holds: written rows only, as a file would. */
  log: XRow[] = [];
  /** Rows up to here are not in the log any more. */
  logBegin = new Vclock();
}

export interface SmallOptions {
  readonly store: Store;
  readonly listen?: number;
  readonly sources?: readonly string[];
  readonly isReadOnly?: boolean;
  readonly settings?: Partial<ReplicationSettings>;
  /** Users besides guest, with their passwords and whether they may replicate. */
  readonly users?: Readonly<Record<string, { readonly password: string; readonly may: boolean }>>;
  /** Seconds that a write to the log takes. */
  readonly writeSeconds?: number;
}

/** The copy that a joiner gets: the store's snapshot, a few rows at a time. */
export function* openStoreCopy(store: Store, scheduler: Scheduler): Task<CopySource> {
  yield* scheduler.sleep(0.001);
  const { snapshot } = store;
  const rows = [...(snapshot?.rows ?? [])];
  return {
    vclock: snapshot?.vclock.copy() ?? new Vclock(),
    *read(): Task<readonly XRow[] | undefined> {
      yield* scheduler.sleep(0.0001);
      return rows.length === 0 ? undefined : rows.splice(0, 3);
    },
    *close(): Task<void> {},
  };
}

/** Follows the store's log. @param written signalled when rows were added */
export function openStoreLog(store: Store, vclock: Vclock, written: Cond): LogSource {
  const position = vclock.copy();
  let at = 0;
  return {
    vclock: position,
    *next(timeout: number): Task<readonly XRow[]> {
      if (!position.covers(store.logBegin)) {
        const gap = `${position.signature} ${position} and ${store.logBegin.signature} ${store.logBegin}`;
        const text = `Missing .xlog file between LSN ${gap}`;
        throw serverErrors.typed('XlogGapError', text, 0, ['recovery.cc', 207]);
      }
      const rows: XRow[] = [];
      if (at >= store.log.length) yield* written.wait(timeout);
      while (at < store.log.length && (rows.length < 100 || !rows.at(-1)?.isCommit)) {
        const one = store.log[at++];
        if (one === undefined || one.lsn <= position.get(one.replicaId)) continue;
        position.follow(one.replicaId, one.lsn);
        rows.push(one);
      }
      return rows;
    },
    *close(): Task<void> {},
  };
}

/** An INSERT as it stands in a log. */
export function row(spaceId: number, tuple: unknown[]): XRow {
  return makeXRow(IprotoType.INSERT, encodeDml({ spaceId, tuple: encode(tuple as never) }));
}

export function uriOf(text: string): Uri {
  const uri = parseUri(text);
  if (uri === undefined) throw new Error(`no address: ${text}`);
  return uri;
}
