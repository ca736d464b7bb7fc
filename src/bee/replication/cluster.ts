import { Cond, type Fiber, type Task } from '../base/fiber.ts';
import { formatUri, type Uri } from '../base/uri.ts';
import { vclockMax } from '../wire/iproto-constants.ts';
import { Applier, type ApplierGroup, type JoinStage } from './applier.ts';
import type { ServerError } from './error.ts';
import type { ReplicationHost } from './host.ts';
import { Replica } from './replica.ts';
import type { ReplicationSettings } from './settings.ts';

/**
 * Who belongs to the cluster, and how many of the configured sources are connected and caught up with. The registry follows
 * `_cluster` (`setId`, `clearId`); the counts follow the appliers' states.
 */
export class Cluster implements ApplierGroup {
  readonly host: ReplicationHost;
  readonly settings: ReplicationSettings;
  instanceId = 0;
  isRebootstrap = false;
  applied = 0;
  joinStage: JoinStage = 'none';
  /** The instance exits: what ends now ends without a word, as the real server's threads do. */
  isStopping = false;
  /** By UUID. */
  readonly replicas = new Map<string, Replica>();
  /** Appliers that have not been told a UUID yet. */
  readonly strangers = new Set<Applier>();
  /** Configured sources. */
  total = 0;
  connected = 0;
  loading = 0;
  synced = 0;
  /** Signalled when a source changes its state. */
  readonly changed: Cond;
  readonly #byId: (Replica | undefined)[] = new Array(vclockMax).fill(undefined);

  constructor(host: ReplicationHost, settings: ReplicationSettings) {
    this.host = host;
    this.settings = settings;
    this.changed = new Cond(host.scheduler);
  }

  /** Replicas in the order of their UUIDs, as the real server walks them. */
  sorted(): Replica[] {
    return [...this.replicas.values()].sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
  }

  byId(id: number): Replica | undefined {
    return this.#byId[id];
  }

  /** True for a server that has its row in `_cluster`. */
  isRegistered(uuid: string): boolean {
    return (this.replicas.get(uuid)?.id ?? 0) !== 0;
  }

  /** True while this instance follows others without an id. */
  get isAnonymous(): boolean {
    return this.instanceId === 0 && this.settings.isAnonymous;
  }

  /** Followers without an id, and this instance where it has none itself. */
  get anonymousCount(): number {
    const others = this.sorted().filter((replica) => replica.isAnonymous).length;
    return others + (this.isAnonymous ? 1 : 0);
  }

  /**
   * Whether a row of `_cluster` may be written or deleted.
   * @throws ServerError
   */
  checkId(id: number): void {
    const { errors } = this.host;
    if (id === 0) throw errors.client('REPLICA_ID_IS_RESERVED', [id], ['replication.cc', 122]);
    if (id >= vclockMax) throw errors.client('REPLICA_MAX', [id], ['replication.cc', 127]);
    if (this.joinStage === 'none' && id === this.instanceId) {
      throw errors.client('LOCAL_INSTANCE_ID_IS_READ_ONLY', [id], ['replication.cc', 142]);
    }
  }

  /** A row of `_cluster` was committed. */
  setId(id: number, uuid: string): void {
    const { host } = this;
    const replica = this.replicas.get(uuid) ?? this.add(uuid);
    if (replica.id !== 0) this.#byId[replica.id] = undefined;
    replica.id = id;
    this.#byId[id] = replica;
    if (uuid === host.instanceUuid()) {
      this.instanceId = id;
    } else if (replica.isAnonymous) {
      replica.consumer ??= host.registerConsumer(`replica ${uuid}`, host.writtenVclock());
    }
    replica.isAnonymous = false;
    host.log('I', `assigned id ${id} to replica ${uuid}`, this.#between());
  }

  /** A row of `_cluster` was deleted. Its LSN stays in the vclock: the signature of a vclock only grows. */
  clearId(id: number): void {
    const replica = this.#byId[id];
    if (replica === undefined) return;
    this.#byId[id] = undefined;
    if (id === this.instanceId) this.instanceId = 0;
    replica.id = 0;
    this.host.log('I', `removed replica ${replica.uuid}`, this.#between());
    // A relay that still runs reads the files; it lets go of them when it ends.
    if (replica.downstream.state !== 'follow') replica.releaseConsumer();
    this.forgetIfOrphan(replica);
  }

  add(uuid: string): Replica {
    const replica = new Replica(uuid);
    this.replicas.set(uuid, replica);
    return replica;
  }

  forgetIfOrphan(replica: Replica): void {
    if (!replica.isOrphan) return;
    replica.releaseConsumer();
    if (this.replicas.get(replica.uuid) === replica) this.replicas.delete(replica.uuid);
  }

  /** A relay has ended. */
  relayStopped(replica: Replica): void {
    if (replica.id === 0) {
      replica.isAnonymous = false;
      replica.releaseConsumer();
    }
    this.forgetIfOrphan(replica);
  }

  makeAppliers(sources: readonly Uri[]): Applier[] {
    return sources.map((uri) => new Applier(this, uri));
  }

  /**
   * Takes new appliers in place of those there are.
   * @throws ServerError ER_CFG when two of them reached the same server; nothing is changed then
   */
  *replaceAppliers(appliers: readonly Applier[]): Task<void> {
    const byUuid = new Map<string, Applier>();
    for (const applier of appliers) {
      if (applier.state !== 'connected' || applier.uuid === undefined) continue;
      if (byUuid.has(applier.uuid)) throw this.duplicate(533);
      byUuid.set(applier.uuid, applier);
    }
    yield* this.#stopAppliers();
    this.total = appliers.length;
    this.connected = 0;
    this.loading = 0;
    this.synced = 0;
    for (const applier of appliers) {
      const isKnown = applier.uuid !== undefined && byUuid.get(applier.uuid) === applier;
      if (isKnown && applier.uuid !== undefined) this.#adopt(applier, applier.uuid);
      else this.#listenToStranger(applier);
    }
    for (const replica of this.sorted()) this.forgetIfOrphan(replica);
  }

  /** All appliers, those without a UUID last. */
  appliers(): Applier[] {
    const known = this.sorted().flatMap((replica) => replica.applier ?? []);
    return [...known, ...this.strangers];
  }

  /** How many sources must be in sync for this instance to write. */
  get quorum(): number {
    return Math.min(this.settings.connectQuorum, this.total);
  }

  /** Leaves orphan mode when enough sources are in sync. */
  checkQuorum(): void {
    if (this.synced >= this.quorum) this.setOrphan(false);
  }

  setOrphan(isOrphan: boolean): void {
    this.host.setOrphan(isOrphan);
    this.host.log('C', isOrphan ? 'entering orphan mode' : 'leaving orphan mode');
  }

  duplicate(line: number): ServerError {
    const args = ['replication', 'duplicate connection to the same replica'];
    return this.host.errors.client('CFG', args, ['replication.cc', line]);
  }

  /**
   * Between fibers (a log's completion, a relay) the real server's line has no fiber in its name. What a join brings it
   * applies in the applier: its log is not open yet.
   */
  #between(): { readonly origin?: string } {
    if (this.host.scheduler.current !== undefined) return {};
    const joining = this.sorted().find(({ applier }) => applier?.state === 'final_join');
    const fiber: Fiber | undefined = joining?.applier?.fiber;
    return { origin: fiber === undefined ? 'main' : `main/${fiber.id}/${fiber.name}` };
  }

  *#stopAppliers(): Task<void> {
    for (const applier of [...this.strangers]) {
      this.strangers.delete(applier);
      applier.listeners.clear();
      yield* applier.stop();
    }
    for (const replica of this.sorted()) {
      const { applier } = replica;
      if (applier === undefined) continue;
      applier.listeners.clear();
      replica.applier = undefined;
      replica.syncState = 'disconnected';
      yield* applier.stop();
    }
  }

  #adopt(applier: Applier, uuid: string): void {
    const replica = this.replicas.get(uuid) ?? this.add(uuid);
    this.#attach(applier, replica);
    replica.syncState = 'connected';
    this.connected++;
  }

  #attach(applier: Applier, replica: Replica): void {
    replica.applier = applier;
    applier.listeners.clear();
    applier.listeners.add(() => this.#stateChanged(replica, applier));
  }

  #listenToStranger(applier: Applier): void {
    this.strangers.add(applier);
    applier.listeners.clear();
    applier.listeners.add(() => {
      if (applier.state === 'connected') this.#introduce(applier);
      this.changed.broadcast();
      return false;
    });
  }

  /** A source that could not be reached before has told its UUID. */
  #introduce(applier: Applier): void {
    const { uuid } = applier;
    if (uuid === undefined) return;
    const other = this.replicas.get(uuid)?.applier;
    if (other !== undefined) {
      const names = `instance uuid ${uuid}, addr1 ${sourceOf(applier)}, addr2 ${sourceOf(other)}`;
      const text = `duplicate connection to the same replica: ${names}`;
      this.host.log('E', text, { source: 'replication.cc:340' });
      // It counts as there and in sync, so that the quorum does not wait for what can never come.
      this.connected++;
      this.synced++;
      this.checkQuorum();
      if (applier.fiber !== undefined) this.host.scheduler.cancel(applier.fiber);
      return;
    }
    this.strangers.delete(applier);
    this.#adopt(applier, uuid);
  }

  #stateChanged(replica: Replica, applier: Applier): boolean {
    switch (applier.state) {
      case 'connected':
        this.#reconnected(replica, applier);
        break;
      case 'loading':
      case 'disconnected':
      case 'stopped':
        this.#disconnected(replica, applier.state === 'loading');
        break;
      case 'follow':
      case 'off':
        this.#caughtUp(replica);
        break;
    }
    this.changed.broadcast();
    return false;
  }

  #reconnected(replica: Replica, applier: Applier): void {
    if (replica.syncState === 'loading') this.loading--;
    const { uuid } = applier;
    if (uuid !== undefined && uuid !== replica.uuid) {
      // The master was seeded anew: the link goes over to whom it is now.
      replica.syncState = 'disconnected';
      if (this.replicas.get(uuid)?.applier !== undefined) throw this.duplicate(397);
      replica.applier = undefined;
      this.forgetIfOrphan(replica);
      this.#adopt(applier, uuid);
      return;
    }
    replica.syncState = 'connected';
    this.connected++;
  }

  #disconnected(replica: Replica, isLoading: boolean): void {
    if (replica.syncState === 'synced') this.synced--;
    if (replica.syncState === 'synced' || replica.syncState === 'connected') this.connected--;
    if (replica.syncState === 'loading') this.loading--;
    replica.syncState = isLoading ? 'loading' : 'disconnected';
    if (isLoading) this.loading++;
  }

  #caughtUp(replica: Replica): void {
    if (replica.syncState !== 'connected') return;
    replica.syncState = 'synced';
    this.synced++;
    this.checkQuorum();
  }
}

function sourceOf(applier: Applier): string {
  return formatUri(applier.uri, true);
}
