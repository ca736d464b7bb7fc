import { assert } from '../base/assert.ts';
import { type Fiber, FiberCancelled, type Task } from '../base/fiber.ts';
import { Vclock } from '../wal/vclock.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackError, MsgpackWriter } from '../wire/msgpack.ts';
import { decodeVclockBody, encodeSubscribeAnswer } from '../wire/replication-requests.ts';
import { decodeXRowPacket, type XRow } from '../wire/xrow.ts';
import type { Channel } from './channel.ts';
import type { Cluster } from './cluster.ts';
import { isServerError, logError, type ServerError } from './error.ts';
import { masterFrame, type Sync, vclockOf, writeRow } from './frames.ts';
import type { LogSource } from './host.ts';
import { relayBatchBytes } from './limits.ts';
import type { Replica } from './replica.ts';
import { disconnectTimeout } from './settings.ts';

/** What a replica asks for with SUBSCRIBE. */
export interface Subscription {
  readonly sync: Sync;
  /** What it has. */
  readonly vclock: Vclock;
  /** Servers whose rows it does not want. */
  readonly idFilter: readonly number[];
}

/**
 * Sends one replica the rows that it lacks, as long as the connection lives: from the files, then those that are being
 * written, each only when the log holds it. It stops reading the log while the connection's window is full, so that a replica
 * that is slow costs one batch of memory, however far behind it is.
 *
 * Two fibers: the one that was called reads the log and sends, the other (`…:reader`) takes acknowledgements. Either
 * ends the relay; the first reason is logged and kept for `db.info`.
 */
export class Relay {
  readonly #cluster: Cluster;
  readonly #replica: Replica;
  readonly #channel: Channel;
  readonly #subscription: Subscription;
  /** The name that the real server's thread has. */
  readonly #origin: string;
  readonly #writer = new MsgpackWriter(relayBatchBytes);
  #source: LogSource | undefined;
  /** What this server had when the replica subscribed: its own rows up to here are sent back, for it may have lost them. */
  #vclockAtSubscribe = new Vclock();
  #error: ServerError | undefined;

  constructor(cluster: Cluster, replica: Replica, channel: Channel, subscription: Subscription) {
    this.#cluster = cluster;
    this.#replica = replica;
    this.#channel = channel;
    this.#subscription = subscription;
    this.#origin = relayOrigin(channel);
  }

  /**
   * Runs until the connection or the replica ends.
   * @throws ServerError always: the reason of the end
   */
  *run(): Task<never> {
    const { host } = this.#cluster;
    const { scheduler } = host;
    const fiber = scheduler.current;
    assert(fiber !== undefined, 'a relay outside a fiber');
    const reader = scheduler.start('main:reader', () => this.#readAcknowledgements(fiber));
    this.#began();
    try {
      yield* this.#relay();
    } catch (thrown) {
      if (thrown instanceof FiberCancelled) {
        if (this.#error === undefined) throw thrown;
        // It was our own reader: there is still something to say and to close.
        fiber.isCancelled = false;
      } else if (isServerError(thrown)) {
        this.#error ??= thrown;
      } else {
        throw thrown;
      }
    } finally {
      scheduler.cancel(reader);
      this.#ended();
    }
    if (this.#source !== undefined) yield* this.#source.close();
    const error = this.#error;
    assert(error !== undefined, 'a relay ended without a reason');
    if (!this.#cluster.isStopping) {
      logError(host.log, error, this.#origin);
      host.log('C', 'exiting the relay loop', { origin: this.#origin });
    }
    throw error;
  }

  #began(): void {
    const { downstream } = this.#replica;
    downstream.state = 'follow';
    downstream.error = undefined;
    downstream.channel = this.#channel;
    downstream.vclock = this.#subscription.vclock.copy();
    this.#vclockAtSubscribe = this.#cluster.host.writtenVclock().copy();
  }

  #ended(): void {
    const { downstream } = this.#replica;
    downstream.state = 'stopped';
    downstream.channel = undefined;
    downstream.error = this.#error;
    this.#cluster.relayStopped(this.#replica);
  }

  *#relay(): Task<never> {
    const { host, settings } = this.#cluster;
    const source = host.openLog(this.#subscription.vclock, this.#origin);
    this.#source = source;
    // First what is there, then a heartbeat: it tells the replica that the last of those rows, however old, leaves it no
    // longer behind, so that it need not wait for the next one to call itself in sync.
    try {
      for (;;) {
        const rows = yield* source.next(0);
        if (rows.length === 0) break;
        yield* this.#send(rows);
      }
    } catch (thrown) {
      // A file is missing: the replica still hears that this server lives, then why it ends.
      if (isServerError(thrown)) this.#heartbeat();
      throw thrown;
    }
    this.#heartbeat();
    for (;;) {
      const idle = host.clock.monotonic() - this.#replica.downstream.lastRowTime;
      if (idle >= settings.timeout) this.#heartbeat();
      else yield* this.#send(yield* source.next(settings.timeout - idle));
    }
  }

  *#send(rows: readonly XRow[]): Task<void> {
    const writer = this.#writer;
    writer.reset();
    for (const row of rows) {
      if (this.#isWanted(row)) writeRow(writer, row, this.#subscription.sync);
      if (writer.length < relayBatchBytes) continue;
      yield* this.#flush();
    }
    if (writer.length > 0) yield* this.#flush();
  }

  *#flush(): Task<void> {
    this.#replica.downstream.lastRowTime = this.#cluster.host.clock.monotonic();
    this.#channel.send(this.#writer.finish());
    this.#writer.reset();
    yield* this.#channel.drained();
    this.#replica.downstream.lastRowTime = this.#cluster.host.clock.monotonic();
  }

  /**
   * Rows of local spaces stay here. Rows that the replica made itself go back only if it may have lost them: what was
   * here before it subscribed.
   */
  #isWanted(row: XRow): boolean {
    if (row.replicaId === 0 || this.#subscription.idFilter.includes(row.replicaId)) return false;
    const isItsOwn = row.replicaId === this.#replica.id;
    return !isItsOwn || row.lsn <= this.#vclockAtSubscribe.get(row.replicaId);
  }

  #heartbeat(): void {
    const { host, instanceId } = this.#cluster;
    if (this.#channel.isFull) {
      // The replica has more than a window before it: a heartbeat behind that would tell it nothing.
      this.#replica.downstream.lastRowTime = host.clock.monotonic();
      return;
    }
    const { sync } = this.#subscription;
    this.#channel.send(masterFrame(instanceId, host.clock.now(), sync));
    this.#replica.downstream.lastRowTime = host.clock.monotonic();
  }

  *#readAcknowledgements(relay: Fiber): Task<void> {
    const { settings } = this.#cluster;
    try {
      for (;;) {
        const row = decodeXRowPacket(yield* this.#channel.readFrame(disconnectTimeout(settings)));
        if (row.type !== IprotoType.OK || row.body.length === 0) {
          throw new MsgpackError('request body');
        }
        this.#acknowledged(vclockOf(decodeVclockBody(row.body)));
      }
    } catch (thrown) {
      if (thrown instanceof FiberCancelled) return;
      this.#fail(thrown);
      this.#cluster.host.scheduler.cancel(relay);
    }
  }

  #acknowledged(vclock: Vclock): void {
    const replica = this.#replica;
    replica.downstream.vclock = vclock.copy();
    if (replica.id !== 0) {
      const { host, instanceId } = this.#cluster;
      host.acknowledged(replica.id, vclock.get(instanceId));
    }
    // Rows of this server alone never reach the replica: they keep no file for it.
    vclock.set(0, this.#cluster.host.writtenVclock().get(0));
    // Where the vclocks are not comparable, some row in between is still missing there: its file stays.
    if (replica.consumer !== undefined && vclock.compare(replica.consumer.vclock, 1) === 1) {
      replica.consumer.advance(vclock);
    }
  }

  #fail(thrown: unknown): void {
    const { errors } = this.#cluster.host;
    if (thrown instanceof MsgpackError) {
      this.#error ??= errors.client('INVALID_MSGPACK', [thrown.message], ['xrow.c', 1430]);
    } else if (isServerError(thrown)) {
      this.#error ??= thrown;
    } else {
      throw thrown;
    }
  }
}

/** `relay/127.0.0.1:34680/101/main`: what the real server's log names the thread that serves a replica. */
export function relayOrigin(channel: Channel): string {
  return `relay/${channel.connection.peerAddress}/101/main`;
}

/** The answer to SUBSCRIBE. */
export function subscribedFrame(
  cluster: Cluster,
  clusterUuid: string,
  vclock: Vclock,
  sync: Sync,
): Uint8Array {
  const body = encodeSubscribeAnswer(clusterUuid, vclock.entries());
  return masterFrame(cluster.instanceId, 0, sync, body);
}
