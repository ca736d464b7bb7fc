import { Vclock } from '../wal/vclock.ts';
import type { Applier } from './applier.ts';
import type { Channel } from './channel.ts';
import type { ServerError } from './error.ts';
import type { LogConsumer } from './host.ts';

/**
 * One other server of the cluster (or this one): known by its row in `_cluster`, because it was named as a source, or because it
 * follows us. Its two halves are independent: `applier` is what we take from it, `downstream` what it takes from us.
 */
export class Replica {
  readonly uuid: string;
  /** Id in `_cluster`; 0 while it has none. */
  id = 0;
  /** Follows us without being in `_cluster`. */
  isAnonymous = false;
  applier: Applier | undefined;
  /** How far the applier counts towards the quorum. */
  syncState: 'disconnected' | 'connected' | 'loading' | 'synced' = 'disconnected';
  readonly downstream: Downstream = new Downstream();
  /** Keeps the log files that it has not read; it stays while the replica is away. */
  consumer: LogConsumer | undefined;

  constructor(uuid: string) {
    this.uuid = uuid;
  }

  /** Nothing ties it to us any more: no id, no applier, no relay. */
  get isOrphan(): boolean {
    return this.id === 0 && this.applier === undefined && this.downstream.state !== 'follow';
  }

  releaseConsumer(): void {
    this.consumer?.release();
    this.consumer = undefined;
  }
}

/** What a replica takes from us. */
export class Downstream {
  state: 'off' | 'follow' | 'stopped' = 'off';
  /** What it acknowledged last. */
  vclock = new Vclock();
  /** Monotonic time when we sent it something last. */
  lastRowTime = 0;
  /** Why it stopped. */
  error: ServerError | undefined;
  channel: Channel | undefined;
}
