import { silentTimeouts } from './limits.ts';

/** The options of `db.cfg` that replication goes by; the configuration changes them while it runs. */
export interface ReplicationSettings {
  /** Seconds between heartbeats and between tries to reconnect. */
  timeout: number;
  /** Seconds that `db.cfg` waits for the sources to answer. */
  connectTimeout: number;
  /** How many sources must be there; infinite means all. */
  connectQuorum: number;
  /** Seconds by which a source may be ahead of a server that calls itself in sync. */
  syncLag: number;
  /** Seconds that `db.cfg` waits until the sources are caught up with. */
  syncTimeout: number;
  skipConflict: boolean;
  isAnonymous: boolean;
}

/** The real server's defaults. */
export function defaultSettings(): ReplicationSettings {
  return {
    timeout: 1,
    connectTimeout: 30,
    connectQuorum: Number.POSITIVE_INFINITY,
    syncLag: 10,
    syncTimeout: 300,
    skipConflict: false,
    isAnonymous: false,
  };
}

/** Seconds of silence after which a peer counts as gone. */
export function disconnectTimeout(settings: ReplicationSettings): number {
  return settings.timeout * silentTimeouts;
}
