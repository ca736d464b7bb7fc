import type { Applier } from './applier.ts';
import type { Cluster } from './cluster.ts';
import { type ServerError, strerror } from './error.ts';
import { type Downstream, Replica } from './replica.ts';

/** A value of `db.info`: a Map is a table, in the order in which the real server shows its keys. */
export type ReplicationInfo = ReadonlyMap<string | number, InfoValue>;
type InfoValue = number | string | ReplicationInfo;
type Entry = readonly [string, InfoValue];

/** `db.info.replication`: the servers of `_cluster` by id. */
export function replicationInfo(cluster: Cluster): ReplicationInfo {
  const info = new Map<number, InfoValue>();
  const registered = cluster.sorted().filter((replica) => replica.id !== 0);
  for (const replica of registered.sort((one, other) => one.id - other.id)) {
    info.set(replica.id, replicaInfo(cluster, replica));
  }
  return info;
}

/** `db.info.replication_anon()`: this instance, where it has no id, and followers without one, by UUID. */
export function anonymousInfo(cluster: Cluster): ReplicationInfo {
  const info = new Map<string, InfoValue>();
  const own = cluster.host.instanceUuid();
  if (cluster.isAnonymous) info.set(own, replicaInfo(cluster, new Replica(own)));
  for (const replica of cluster.sorted()) {
    if (replica.isAnonymous) info.set(replica.uuid, replicaInfo(cluster, replica));
  }
  return info;
}

function replicaInfo(cluster: Cluster, replica: Replica): ReplicationInfo {
  const now = cluster.host.clock.monotonic();
  const info: Entry[] = [
    ['id', replica.id],
    ['uuid', replica.uuid],
    ['lsn', replica.id === 0 ? 0 : cluster.host.vclock().get(replica.id)],
  ];
  const { applier, downstream } = replica;
  if (applier !== undefined && applier.state !== 'off') {
    info.push(['upstream', upstreamInfo(applier, now)]);
  }
  if (downstream.state !== 'off') info.push(['downstream', downstreamInfo(downstream, now)]);
  return new Map(info);
}

function upstreamInfo(applier: Applier, now: number): ReplicationInfo {
  if (applier.fiber === undefined) return new Map([['status', applier.state]]);
  const idle = now - applier.lastRowTime;
  if (applier.error === undefined) {
    return new Map<string, InfoValue>([
      ['status', applier.state],
      ['idle', idle],
      ['peer', applier.name],
      ['lag', applier.lag],
    ]);
  }
  // The real server's table has another order when it holds a message.
  return new Map<string, InfoValue>([
    ['peer', applier.name],
    ['lag', applier.lag],
    ['status', applier.state],
    ['idle', idle],
    ...errorInfo(applier.error),
  ]);
}

function downstreamInfo(downstream: Downstream, now: number): ReplicationInfo {
  if (downstream.state === 'follow') {
    return new Map<string, InfoValue>([
      ['status', 'follow'],
      ['idle', now - downstream.lastRowTime],
      ['vclock', new Map(downstream.vclock.entries())],
    ]);
  }
  const { error } = downstream;
  return new Map<string, InfoValue>([
    ['status', downstream.state],
    ...(error === undefined ? [] : errorInfo(error)),
  ]);
}

function errorInfo(error: ServerError): Entry[] {
  const message: Entry = ['message', error.message];
  return error.errno === 0 ? [message] : [message, ['system_message', strerror(error.errno)]];
}
