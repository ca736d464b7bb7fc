/** What a master does for those who want its rows: JOIN, FETCH_SNAPSHOT, REGISTER, SUBSCRIBE. */
import type { Task } from '../base/fiber.ts';
import type { Vclock } from '../wal/vclock.ts';
import { GroupId, IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackError, MsgpackWriter } from '../wire/msgpack.ts';
import { decodeSubscribe, encodeBallot, type Subscribe } from '../wire/replication-requests.ts';
import type { XRow } from '../wire/xrow.ts';
import type { Channel } from './channel.ts';
import type { Cluster } from './cluster.ts';
import { logError, type ServerError } from './error.ts';
import { type Sync, vclockFrame, vclockOf, writeCopyRow, writeRow } from './frames.ts';
import type { CopySource, LogConsumer } from './host.ts';
import { joinSilenceSecondsMax, relayBatchBytes } from './limits.ts';
import { Relay, relayOrigin, subscribedFrame } from './relay.ts';

/** A request as it came: its id and its body. */
export interface ReplicationRequest {
  readonly type: number;
  readonly sync: Sync;
  readonly body: Uint8Array;
}

/**
 * Serves one request of replication, in the fiber of the request, with the rights of its user. The connection's input
 * belongs to it meanwhile.
 * @throws ServerError what the peer is to be told (a SocketError is for nobody: the peer is gone); after SUBSCRIBE always
 */
export function* serveReplication(
  cluster: Cluster,
  channel: Channel,
  request: ReplicationRequest,
): Task<void> {
  switch (request.type) {
    case IprotoType.JOIN:
      return yield* serveJoin(cluster, channel, request);
    case IprotoType.FETCH_SNAPSHOT:
      return yield* serveFetchSnapshot(cluster, channel, request);
    case IprotoType.REGISTER:
      return yield* serveRegister(cluster, channel, request);
    default:
      return yield* serveSubscribe(cluster, channel, request);
  }
}

/** Body of the answer to VOTE: how this server would do as somebody's master. Needs no login. */
export function ballotBody(cluster: Cluster): Uint8Array {
  const { host } = cluster;
  return encodeBallot({
    isReadOnly: host.isReadOnlyOption(),
    isLoading: !host.isConfigured() || host.isReadOnlyOption(),
    vclock: host.writtenVclock().entries(),
    gcVclock: host.gcVclock().entries(),
  });
}

/**
 * JOIN as the manual describes it: the last snapshot, then the log (DESIGN D6a). The joiner is entered into `_cluster` between the
 * two, so that its own registration is the last thing it gets.
 */
function* serveJoin(cluster: Cluster, channel: Channel, request: ReplicationRequest): Task<void> {
  const { host } = cluster;
  const { instanceUuid: uuid } = decode(cluster, request);
  checkConfigured(cluster, 1869);
  checkNotSelf(cluster, uuid, 1873);
  host.checkAccess('read universe');
  if (!cluster.isRegistered(uuid)) {
    checkWritable(cluster);
    host.checkAccess('write cluster');
  }
  checkWal(cluster, 1893);
  const consumer = host.registerConsumer(`replica ${uuid}`, host.lastSnapshotVclock());
  try {
    host.log('I', `joining replica ${uuid} at ${channel.description}`);
    const start = yield* sendCopy(cluster, channel, request.sync, yield* host.openCopy());
    host.log('I', 'initial data sent.');
    if (!cluster.isRegistered(uuid)) yield* host.registerReplica(uuid);
    const stop = host.writtenVclock().copy();
    yield* channel.write(vclockFrame(stop, request.sync));
    yield* sendLog(cluster, channel, request.sync, start, stop);
    host.log('I', 'final data sent.');
    yield* channel.write(vclockFrame(host.writtenVclock(), request.sync));
    handOver(cluster, uuid, consumer, stop);
  } catch (thrown) {
    consumer.release();
    throw thrown;
  }
}

function* serveFetchSnapshot(
  cluster: Cluster,
  channel: Channel,
  request: ReplicationRequest,
): Task<void> {
  const { host } = cluster;
  checkConfigured(cluster, 1695);
  host.checkAccess('read universe');
  checkWal(cluster, 1702);
  host.log('I', `sending current read-view to replica at ${channel.description}`);
  const start = yield* sendCopy(cluster, channel, request.sync, yield* host.openMemory());
  host.log('I', 'read-view sent.');
  yield* channel.write(vclockFrame(start, request.sync));
}

/**
 * REGISTER: an anonymous replica, or one whose join was interrupted, gets its id. The real server sends the rows since this
 * moment; here they begin at what the replica has, so that nothing is missing in between.
 */
function* serveRegister(
  cluster: Cluster,
  channel: Channel,
  request: ReplicationRequest,
): Task<void> {
  const { host } = cluster;
  const { instanceUuid: uuid, vclock } = decode(cluster, request);
  checkConfigured(cluster, 1734);
  checkNotSelf(cluster, uuid, 1737);
  host.checkAccess('read universe');
  if (cluster.isRegistered(uuid)) {
    throw host.errors.client('REPLICA_NOT_ANON', [uuid], ['box.cc', 1743]);
  }
  checkWritable(cluster);
  host.checkAccess('write cluster');
  checkWal(cluster, 1753);
  const start = vclockOf(vclock);
  start.set(0, host.writtenVclock().get(0));
  const consumer = host.registerConsumer(`replica ${uuid}`, start);
  try {
    host.log('I', `registering replica ${uuid} at ${channel.description}`);
    yield* host.registerReplica(uuid);
    const stop = host.writtenVclock().copy();
    yield* sendLog(cluster, channel, request.sync, start, stop);
    host.log('I', 'final data sent.');
    yield* channel.write(vclockFrame(host.writtenVclock(), request.sync));
    handOver(cluster, uuid, consumer, stop);
  } catch (thrown) {
    consumer.release();
    throw thrown;
  }
}

function* serveSubscribe(
  cluster: Cluster,
  channel: Channel,
  request: ReplicationRequest,
): Task<void> {
  const { host, settings } = cluster;
  checkConfigured(cluster, 1983);
  const asked = decode(cluster, request);
  const { instanceUuid: uuid, isAnonymous } = asked;
  checkNotSelf(cluster, uuid, 1996);
  if (settings.isAnonymous && !isAnonymous) {
    const args = ['Anonymous replica', 'non-anonymous followers.'];
    throw host.errors.client('UNSUPPORTED', args, ['box.cc', 2003]);
  }
  host.checkAccess('read universe');
  if (!isAnonymous && !cluster.isRegistered(uuid)) {
    const args = [uuid, host.clusterUuid() ?? ''];
    throw host.errors.client('UNKNOWN_REPLICA', args, ['box.cc', 2014]);
  }
  if (cluster.replicas.get(uuid)?.downstream.state === 'follow') {
    const args = ['replication', 'duplicate connection with the same replica UUID'];
    throw host.errors.client('CFG', args, ['box.cc', 2023]);
  }
  checkWal(cluster, 2029);
  const replica = cluster.replicas.get(uuid) ?? cluster.add(uuid);
  replica.isAnonymous = replica.id === 0;
  const remote = vclockOf(asked.vclock);
  const local = host.writtenVclock().copy();
  channel.send(subscribedFrame(cluster, host.clusterUuid() ?? '', local, request.sync));
  host.log('I', `subscribed replica ${uuid} at ${channel.description}`);
  host.log('I', `remote vclock ${remote.toString()} local vclock ${local.toString()}`);
  // Local rows are nothing to the replica: where they are concerned it has all that there is.
  remote.set(0, local.get(0));
  if (!replica.isAnonymous) {
    replica.consumer ??= host.registerConsumer(`replica ${uuid}`, remote);
  }
  const subscription = { sync: request.sync, vclock: remote, idFilter: asked.idFilter };
  yield* new Relay(cluster, replica, channel, subscription).run();
}

/** Sends the copy between its two marks' first and the second, which the caller sends. @returns the copy's vclock */
function* sendCopy(cluster: Cluster, channel: Channel, sync: Sync, copy: CopySource): Task<Vclock> {
  try {
    const { vclock } = copy;
    // A copy of memory may hold rows that are not written yet.
    yield* cluster.host.durable();
    yield* channel.write(vclockFrame(vclock, sync));
    const batch = new Batch(channel);
    for (;;) {
      const rows = yield* copy.read();
      if (rows === undefined) break;
      for (const row of rows) {
        if (row.groupId === GroupId.LOCAL) continue;
        writeCopyRow(batch.writer, row, sync);
        if (batch.isFull) yield* batch.flush();
      }
    }
    yield* batch.flush();
    return vclock;
  } finally {
    yield* copy.close();
  }
}

/** Sends the rows of the log after `start` up to `stop`, whoever made them. */
function* sendLog(
  cluster: Cluster,
  channel: Channel,
  sync: Sync,
  start: Vclock,
  stop: Vclock,
): Task<void> {
  const source = cluster.host.openLog(start, relayOrigin(channel));
  try {
    const batch = new Batch(channel);
    while (!isReached(source.vclock, stop)) {
      const rows = yield* source.next(cluster.settings.timeout);
      for (const row of rows) {
        if (!isWithin(row, stop)) continue;
        writeRow(batch.writer, row, sync);
        if (batch.isFull) yield* batch.flush();
      }
    }
    yield* batch.flush();
  } finally {
    yield* source.close();
  }
}

/** Local rows count for nothing here: they are not sent. */
function isReached(vclock: Vclock, stop: Vclock): boolean {
  const order = vclock.compare(stop, 1);
  return order === 0 || order === 1;
}

/** The reader gives whole batches: rows behind the mark are left for the subscription. */
function isWithin(row: XRow, stop: Vclock): boolean {
  return row.replicaId !== 0 && row.lsn <= stop.get(row.replicaId);
}

/** Rows on their way into one piece for the network. */
class Batch {
  readonly writer = new MsgpackWriter(relayBatchBytes);
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get isFull(): boolean {
    return this.writer.length >= relayBatchBytes;
  }

  *flush(): Task<void> {
    if (this.writer.length === 0) return;
    const bytes = this.writer.finish();
    this.writer.reset();
    // A joiner that stands still must not keep files and log for ever.
    yield* this.#channel.write(bytes, joinSilenceSecondsMax);
  }
}

/** The consumer that kept the log for the join keeps it for the replica from now on. */
function handOver(cluster: Cluster, uuid: string, consumer: LogConsumer, vclock: Vclock): void {
  consumer.advance(vclock);
  const replica = cluster.replicas.get(uuid);
  if (replica === undefined) {
    consumer.release();
    return;
  }
  replica.releaseConsumer();
  replica.consumer = consumer;
}

function decode(cluster: Cluster, request: ReplicationRequest): Subscribe {
  const { errors } = cluster.host;
  try {
    if (request.body.length === 0) throw new MsgpackError('request body');
    return decodeSubscribe(request.body);
  } catch (thrown) {
    if (!(thrown instanceof MsgpackError)) throw thrown;
    const line = thrown.message === 'UUID' ? 1470 : 1430;
    throw errors.client('INVALID_MSGPACK', [thrown.message], ['xrow.c', line]);
  }
}

function checkConfigured(cluster: Cluster, line: number): void {
  const { host } = cluster;
  if (!host.isConfigured()) throw host.errors.client('LOADING', [], ['box.cc', line]);
}

function checkNotSelf(cluster: Cluster, uuid: string, line: number): void {
  const { host } = cluster;
  if (uuid !== host.instanceUuid()) return;
  throw host.errors.client('CONNECTION_TO_SELF', [], ['box.cc', line]);
}

/** The refusal that the real server logs too. */
function checkWritable(cluster: Cluster): void {
  const { host } = cluster;
  if (!host.isReadOnly()) return;
  const error: ServerError = host.errors.client('READONLY', [], ['box.cc', 152]);
  logError(host.log, error);
  throw error;
}

function checkWal(cluster: Cluster, line: number): void {
  const { host } = cluster;
  if (!host.isWalDisabled()) return;
  const args = ['Replication', "wal_mode = 'none'"];
  throw host.errors.client('UNSUPPORTED', args, ['box.cc', line]);
}
