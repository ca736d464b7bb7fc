import type { InstanceStatus, LinkStatus, PeerStatus } from './host.ts';
import { type Instance, serverVersion } from './instance.ts';

/**
 * A value of `db.info`: plain data that the Lua layer turns into tables. A Map keeps the real server's order of keys; one
 * with number keys is a vclock, which is printed in flow form.
 */
export type InfoValue =
  | undefined
  | boolean
  | number
  | string
  | readonly InfoValue[]
  | ReadonlyMap<string | number, InfoValue>;

/** A section of `db.info`, computed when it is asked for. */
export interface InfoSection {
  readonly read: () => InfoValue;
  /** 'call': `db.info.gc()` gives it and the listing shows `[]`. 'hidden': readable, not listed (the manual's names). */
  readonly kind: 'value' | 'call' | 'hidden';
  /** What a value gives when it is called. */
  readonly call?: () => InfoValue;
}

/** Every section by name. */
export function infoSections(instance: Instance): ReadonlyMap<string, InfoSection> {
  const { storage } = instance;
  const value = (read: () => InfoValue): InfoSection => ({ read, kind: 'value' });
  const call = (read: () => InfoValue): InfoSection => ({ read, kind: 'call' });
  const hidden = (read: () => InfoValue): InfoSection => ({ read, kind: 'hidden' });
  const cluster = () => new Map([['uuid', storage.clusterUuid ?? '']]);
  // The real server fills its table in this order; where LuaJIT's hash puts the fields then is the order that is printed.
  return new Map<string, InfoSection>([
    ['version', value(() => serverVersion)],
    ['package', value(() => 'Bee')],
    // An anonymous replica's is 0; who has been taken out of the cluster has none.
    ['id', value(() => storage.id || (instance.config.flag('replication_anon') ? 0 : undefined))],
    ['uuid', value(() => storage.uuid)],
    ['lsn', value(() => storage.vclock.get(storage.id))],
    ['signature', value(() => storage.vclock.signature)],
    ['vclock', value(() => new Map(storage.vclock.entries()))],
    ['ro', value(() => instance.isReadOnly)],
    ['replication', value(() => instance.replication.info())],
    [
      'replication_anon',
      {
        kind: 'value',
        read: () => instance.replication.anonymousInfo(),
        call: () => instance.replication.anonymousReplicas(),
      },
    ],
    ['status', value(() => instance.status)],
    ['uptime', value(() => Math.round(instance.uptime))],
    ['pid', value(() => instance.env.process.pid)],
    ['cluster', value(cluster)],
    ['memory', call(() => memoryInfo(instance))],
    ['gc', call(() => gcInfo(instance))],
    ['vinyl', call(() => new Map())],
    ['sql', call(() => new Map([['cache', sqlCache]]))],
    ['listen', value(() => instance.listenAddress)],
    [
      'server',
      hidden(
        () =>
          new Map<string, InfoValue>([
            ['id', storage.id],
            ['uuid', storage.uuid],
            ['lsn', storage.vclock.get(storage.id)],
            ['ro', instance.isReadOnly],
          ]),
      ),
    ],
  ]);
}

/** There is no SQL, so nothing of it is kept. */
const sqlCache: InfoValue = new Map([
  ['size', 0],
  ['stmt_count', 0],
]);

/** `db.info.gc()`: which snapshots are kept, and for whom the log is. */
function gcInfo(instance: Instance): InfoValue {
  const { gc } = instance.storage;
  const checkpoints = gc.checkpoints.map(
    (checkpoint) =>
      new Map<string, InfoValue>([
        ['references', [...checkpoint.references]],
        ['vclock', new Map(checkpoint.vclock.entries())],
        ['signature', checkpoint.vclock.signature],
      ]),
  );
  const consumers = [...gc.consumers].map(
    (consumer) =>
      new Map<string, InfoValue>([
        ['name', consumer.name],
        ['vclock', new Map(consumer.vclock.entries())],
        ['signature', consumer.vclock.signature],
      ]),
  );
  return new Map<string, InfoValue>([
    ['signature', gc.vclock.signature],
    ['checkpoint_is_in_progress', gc.isCheckpointInProgress],
    ['checkpoints', checkpoints],
    ['vclock', new Map(gc.vclock.entries())],
    ['consumers', consumers],
  ]);
}

/** `db.info.memory()`: bytes of tuples and indexes as the box counts them; a JavaScript heap tells no more. */
function memoryInfo(instance: Instance): InfoValue {
  let data = 0;
  let index = 0;
  for (const space of instance.box.schema.spaces()) {
    data += space.bsize;
    for (const one of space.indexes) index += one.bsize;
  }
  return new Map<string, InfoValue>([
    ['data', data],
    ['index', index],
    ['cache', 0],
    ['tx', 0],
    ['net', 0],
    ['lua', 0],
  ]);
}

/** The same facts for the page. */
export function statusOf(instance: Instance): InstanceStatus {
  const { storage, replication } = instance;
  return {
    pid: instance.env.process.pid,
    uuid: storage.uuid,
    clusterUuid: storage.clusterUuid ?? '',
    id: storage.id,
    status: instance.status,
    isReadOnly: instance.isReadOnly,
    listen: instance.listenAddress ?? '',
    vclock: Object.fromEntries(storage.vclock.entries()),
    replication: [...replication.info().values()].map(peerStatus),
    rowsWritten: storage.rowsWritten,
  };
}

function peerStatus(peer: InfoValue): PeerStatus {
  const upstream = field(peer, 'upstream');
  const downstream = field(peer, 'downstream');
  return {
    id: Number(field(peer, 'id') ?? 0),
    uuid: String(field(peer, 'uuid') ?? ''),
    lsn: Number(field(peer, 'lsn') ?? 0),
    upstream: upstream === undefined ? undefined : linkStatus(upstream),
    downstream: downstream === undefined ? undefined : linkStatus(downstream),
  };
}

function linkStatus(link: InfoValue): LinkStatus {
  const number = (name: string): number | undefined => {
    const value = field(link, name);
    return typeof value === 'number' ? value : undefined;
  };
  const vclock = field(link, 'vclock');
  const message = field(link, 'message');
  return {
    status: String(field(link, 'status') ?? ''),
    peer: String(field(link, 'peer') ?? ''),
    lag: number('lag'),
    idle: number('idle'),
    message: message === undefined ? undefined : String(message),
    vclock: vclock instanceof Map ? Object.fromEntries(vclock) : undefined,
  };
}

function field(value: InfoValue, name: string): InfoValue {
  return value instanceof Map ? value.get(name) : undefined;
}
