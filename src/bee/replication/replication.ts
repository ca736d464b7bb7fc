/**
 * Replication of one instance, both ways. The walk of a row from one server to another:
 *
 * 1. On the replica `db.cfg{replication = …}` calls `Replication.configure` (`sync.ts`), which starts an `Applier` for each source.
 * 2. The applier connects (`Channel`), votes, logs in and, for a new instance, joins: `relay-service.ts` on the master sends its
 *    last snapshot and the log behind it, with the joiner's own registration as the last row; `applier-join.ts` takes them.
 * 3. It subscribes with its vclock. On the master a `Relay` reads the log from there (`LogSource`), files first, then
 *    the rows that are being written, leaves out what the replica made itself, and sends them in pieces.
 * 4. `applier-stream.ts` puts rows together into transactions, passes by those that its vclock has already, and hands each to
 *    `ReplicationHost.applyTransaction`, which applies it and queues it for the log with its origin's id and LSN: so it goes on
 *    to whoever follows this server, and comes back to nobody.
 * 5. When the log holds the rows, `applierw` tells the master how far this server is. The relay lets go of older files.
 *
 * `Cluster` keeps who is who; `replicationInfo` shows it.
 *
 * What the real server does and Bee does not: one thread for each relay (here they are fibers);
 * masters and replicas of 1.6 (its JOIN is different); hot standby; vinyl's part of a join. What Bee does and the real
 * server does not: it sends a joiner the last snapshot rather than the memory (DESIGN D6a); it says each failed try to
 * reconnect; a join that is interrupted near its end goes on at the next start; a silent peer is given up in every state.
 */
import type { Task } from '../base/fiber.ts';
import type { Uri } from '../base/uri.ts';
import type { Vclock } from '../wal/vclock.ts';
import type { Channel } from './channel.ts';
import { Cluster } from './cluster.ts';
import type { ServerError } from './error.ts';
import type { ReplicationHost } from './host.ts';
import { anonymousInfo, type ReplicationInfo, replicationInfo } from './info.ts';
import { ballotBody, type ReplicationRequest, serveReplication } from './relay-service.ts';
import type { Replica } from './replica.ts';
import { defaultSettings, type ReplicationSettings } from './settings.ts';
import {
  becomeMember,
  bootstrapFrom,
  connect,
  findLeader,
  findRejoinLeader,
  follow,
  synchronize,
} from './sync.ts';

/** Replication as the instance sees it. Everything that may suspend runs in the fiber that calls it. */
export class Replication {
  readonly settings: ReplicationSettings = defaultSettings();
  readonly cluster: Cluster;

  constructor(host: ReplicationHost) {
    this.cluster = new Cluster(host, this.settings);
  }

  /** Id of this instance in `_cluster`; 0 while it has none. */
  get instanceId(): number {
    return this.cluster.instanceId;
  }

  /**
   * It is to be a member and has no id yet: its process ended between its first snapshot and its registration. What it wrote now
   * would be nobody's, and nobody would ever get it.
   */
  get isUnregistered(): boolean {
    return this.cluster.instanceId === 0 && !this.settings.isAnonymous;
  }

  // The first db.cfg, in this order: connect; then either the own files, or bootstrapFrom; then follow and synchronize.

  /**
   * Connects to the sources of a starting instance.
   * @param isBootstrap true when it has no files: then too few sources are an error
   * @throws ServerError ER_CFG
   */
  *connect(sources: readonly Uri[], isBootstrap: boolean): Task<void> {
    yield* connect(this.cluster, sources, isBootstrap);
  }

  /** The source that a new instance should join; undefined when it is to begin a cluster of its own. */
  findLeader(): Replica | undefined {
    const leader = findLeader(this.cluster);
    return leader?.uuid === this.cluster.host.instanceUuid() ? undefined : leader;
  }

  /** UUIDs of the sources that were reached: the founder of a cluster registers them all. */
  connectedUuids(): string[] {
    return this.cluster.sorted().flatMap((replica) => (replica.applier ? replica.uuid : []));
  }

  /** The source that an instance with files too old should join anew; logs why. Undefined when its files will do. */
  findRejoinLeader(): Replica | undefined {
    return findRejoinLeader(this.cluster);
  }

  /** Fetches everything from another server. @throws ServerError what the real server does not retry */
  *bootstrapFrom(leader: Replica, isRebootstrap: boolean): Task<void> {
    yield* bootstrapFrom(this.cluster, leader, isRebootstrap);
  }

  /** Lets the appliers go on from where `connect` left them. */
  follow(): void {
    follow(this.cluster);
  }

  /** Waits until the sources are caught up with, or gives up: then this is an orphan. */
  *synchronize(): Task<void> {
    yield* synchronize(this.cluster);
  }

  // Later.

  /** `db.cfg{replication = …}` of a running instance. @throws ServerError ER_CFG; the old sources stay then */
  *configure(sources: readonly Uri[]): Task<void> {
    yield* connect(this.cluster, sources, false);
    follow(this.cluster);
    yield* synchronize(this.cluster);
  }

  /** `replication_anon` of a running instance was changed: it may become a member, never the other way round. @throws ServerError */
  *anonymityChanged(sources: readonly Uri[]): Task<void> {
    yield* becomeMember(this.cluster, sources);
  }

  /** `replication_connect_quorum` was changed: it may end orphan mode. */
  quorumChanged(): void {
    this.cluster.checkQuorum();
  }

  /** Before a row of `_cluster` is written or deleted. @throws ServerError */
  checkId(id: number): void {
    this.cluster.checkId(id);
  }

  /** A row of `_cluster` was committed (`uuid` undefined: deleted). */
  clusterChanged(id: number, uuid: string | undefined): void {
    if (uuid === undefined) this.cluster.clearId(id);
    else this.cluster.setId(id, uuid);
  }

  /** The log failed: rows of other servers were rolled back. Their appliers stop with that reason. */
  rolledBack(error: ServerError): void {
    for (const applier of this.cluster.appliers()) applier.rollBack(error);
  }

  /** How far the members of the cluster are that follow this server, or did: what each acknowledged last. */
  followersVclocks(): Vclock[] {
    return this.cluster
      .sorted()
      .flatMap(({ id, downstream }) =>
        id !== 0 && downstream.state !== 'off' ? downstream.vclock : [],
      );
  }

  /** Serves JOIN, SUBSCRIBE, … on a connection. @throws ServerError what the peer is to be told */
  *serve(channel: Channel, request: ReplicationRequest): Task<void> {
    yield* serveReplication(this.cluster, channel, request);
  }

  /** Body of the answer to VOTE. */
  ballot(): Uint8Array {
    return ballotBody(this.cluster);
  }

  /** `db.info.replication`. */
  info(): ReplicationInfo {
    return replicationInfo(this.cluster);
  }

  /** `db.info.replication_anon`: with their number, or all of them. */
  anonymousInfo(): ReplicationInfo {
    return new Map([['count', this.cluster.anonymousCount]]);
  }

  /** `db.info.replication_anon()`. */
  anonymousReplicas(): ReplicationInfo {
    return anonymousInfo(this.cluster);
  }

  /** Ends all appliers and lets relays end unsaid, before the log is closed. */
  *stop(): Task<void> {
    this.cluster.isStopping = true;
    yield* this.cluster.replaceAppliers([]);
  }
}
