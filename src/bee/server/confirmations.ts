import { Cond, type Task } from '../base/fiber.ts';
import { clientError } from '../box/error.ts';
import type { LimboEntry } from '../box/limbo.ts';
import type { Instance } from './instance.ts';

/**
 * The fibers that wait for what the limbo decides (`box/limbo.ts`): whoever committed to a synchronous space, snapshots, which must
 * hold nothing that may be taken back, and `db.ctl.clear_synchro_queue`.
 */
export class Confirmations {
  readonly #instance: Instance;
  /** Signalled when transactions were confirmed or taken back, or the settings for that have changed. */
  readonly #changed: Cond;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#changed = new Cond(instance.scheduler);
  }

  /** Lets those who wait look again. */
  changed(): void {
    this.#changed.broadcast();
  }

  /** `replication_synchro_quorum` or `replication_synchro_timeout` has changed. */
  settingsChanged(): void {
    this.#instance.box.limbo.decide();
    this.changed();
  }

  /**
   * Waits until the running fiber's last transaction is confirmed, if it is one that must be.
   * @throws ClientError ER_SYNC_QUORUM_TIMEOUT, ER_SYNC_ROLLBACK, ER_WAL_IO: the transaction was taken back
   */
  *wait(): Task<void> {
    const context = this.#instance.contexts.current;
    const { unconfirmed } = context;
    if (unconfirmed === undefined) return;
    context.unconfirmed = undefined;
    const fiber = this.#instance.scheduler.current;
    const wasCancellable = fiber?.isCancellable ?? true;
    // Its transaction is there whether it goes on or not, and somebody must look at the clock.
    if (fiber !== undefined) fiber.isCancellable = false;
    try {
      yield* this.#outcome(unconfirmed);
    } finally {
      if (fiber !== undefined) fiber.isCancellable = wasCancellable;
    }
    if (unconfirmed.outcome !== 'confirmed') throw unconfirmed.outcome;
  }

  /**
   * Waits until everything is confirmed that memory holds now.
   * @throws ClientError ER_SYNC_QUORUM_TIMEOUT, ER_SYNC_ROLLBACK
   */
  *all(): Task<void> {
    const { last } = this.#instance.box.limbo;
    if (last === undefined) return;
    const deadline = this.#now + this.#timeout;
    while (last.outcome === undefined) {
      const left = deadline - this.#now;
      if (left <= 0) throw clientError('SYNC_QUORUM_TIMEOUT');
      yield* this.#changed.wait(left);
    }
    if (last.outcome !== 'confirmed') throw clientError('SYNC_ROLLBACK');
  }

  /**
   * Ends what a server that is gone has left unconfirmed: first its own decision is waited for, twice as long as a transaction
   * waits; then what a quorum has is confirmed and the rest taken back.
   */
  *clearQueue(): Task<void> {
    const { box, replication, storage } = this.#instance;
    const { limbo } = box;
    if (limbo.isEmpty || limbo.ownerId === storage.id) return;
    const deadline = this.#now + 2 * this.#timeout;
    for (let left = deadline - this.#now; left > 0; left = deadline - this.#now) {
      yield* this.#changed.wait(left);
      if (limbo.isEmpty) return;
    }
    const vclocks = [storage.vclock, ...replication.followersVclocks()];
    limbo.forceEmpty(limbo.quorumLsn(vclocks.map((vclock) => vclock.get(limbo.ownerId))));
    while (!limbo.isEmpty) yield* this.#changed.wait();
  }

  *#outcome(entry: LimboEntry): Task<void> {
    const { limbo } = this.#instance.box;
    const began = this.#now;
    entry.isAwaited = true;
    while (entry.outcome === undefined) {
      const left = began + this.#timeout - this.#now;
      if (left <= 0) limbo.expired(entry);
      // Somebody before it in the queue may be the one who decides: that is waited for.
      yield* this.#changed.wait(left > 0 ? left : undefined);
    }
  }

  get #now(): number {
    return this.#instance.env.clock.monotonic();
  }

  get #timeout(): number {
    return this.#instance.config.number('replication_synchro_timeout');
  }
}
