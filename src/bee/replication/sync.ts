/**
 * The steps of `db.cfg{replication = …}`: reach the sources, choose one to join, follow them, wait until they are caught up
 * with. All run in the fiber that called `db.cfg`.
 */
import { Cond, type Task } from '../base/fiber.ts';
import type { Uri } from '../base/uri.ts';
import { Vclock } from '../wal/vclock.ts';
import type { Applier } from './applier.ts';
import type { Cluster } from './cluster.ts';
import { vclockOf } from './frames.ts';
import type { Replica } from './replica.ts';

/**
 * Connects to new sources and takes them in place of the old ones.
 * @param isBootstrap true when an instance without data starts: then too few sources are an error, because it could not
 *   know which cluster it belongs to
 * @throws ServerError ER_CFG; the old sources stay then
 */
export function* connect(
  cluster: Cluster,
  sources: readonly Uri[],
  isBootstrap: boolean,
): Task<void> {
  const appliers = cluster.makeAppliers(sources);
  const { host, settings } = cluster;
  if (appliers.length === 0) {
    yield* cluster.replaceAppliers([]);
    return;
  }
  host.log('I', `connecting to ${appliers.length} replicas`);
  const wasOrphan = host.isOrphan();
  // Orphan until enough of the new sources are in sync; said only when that turns out to last.
  if (!isBootstrap) host.setOrphan(true);
  try {
    const quorum = Math.min(appliers.length, settings.connectQuorum);
    const connected = yield* waitForConnections(cluster, appliers, quorum, isBootstrap);
    if (connected < appliers.length) {
      const missing = appliers.length - connected;
      host.log('C', `failed to connect to ${missing} out of ${appliers.length} replicas`);
      if (isBootstrap && connected < quorum) {
        const args = ['replication', 'failed to connect to one or more replicas'];
        throw host.errors.client('CFG', args, ['replication.cc', 729]);
      }
    } else {
      host.log('I', `connected to ${connected} replicas`);
    }
    // Those that did not get through are started again by `follow`.
    for (const applier of appliers) {
      applier.listeners.clear();
      if (applier.state !== 'connected') yield* applier.stop();
    }
    yield* cluster.replaceAppliers(appliers);
  } catch (error) {
    for (const applier of appliers) {
      applier.listeners.clear();
      yield* applier.stop();
    }
    // The old sources stay, and so what they mean for writing.
    if (!isBootstrap) host.setOrphan(wasOrphan);
    throw error;
  }
}

/** Starts the appliers and waits. @returns how many have reached their master; each of those waits to be resumed */
function* waitForConnections(
  cluster: Cluster,
  appliers: readonly Applier[],
  quorum: number,
  needsAll: boolean,
): Task<number> {
  const { host, settings } = cluster;
  const wakeup = new Cond(host.scheduler);
  let connected = 0;
  let failed = 0;
  for (const applier of appliers) {
    applier.listeners.add(() => {
      if (applier.state === 'connected') connected++;
      else if (applier.state === 'off' || applier.state === 'stopped') failed++;
      else return false;
      wakeup.signal();
      return applier.state === 'connected';
    });
    applier.start();
  }
  const deadline = host.clock.monotonic() + settings.connectTimeout;
  while (connected < appliers.length) {
    if (connected >= quorum && !needsAll) break;
    const left = deadline - host.clock.monotonic();
    if (left <= 0 || !(yield* wakeup.wait(left))) break;
    if (appliers.length - failed < quorum) break;
  }
  return connected;
}

/**
 * The source that a new instance joins: one that writes rather than one that does not, one that has started rather than one
 * that has not, then the one that is furthest, then the lowest UUID. Undefined when there are no sources.
 */
export function findLeader(cluster: Cluster): Replica | undefined {
  return leaderAmong(cluster, true) ?? leaderAmong(cluster, false);
}

function leaderAmong(cluster: Cluster, mustWrite: boolean): Replica | undefined {
  let leader: Replica | undefined;
  for (const replica of cluster.sorted()) {
    const ballot = replica.applier?.ballot;
    if (replica.applier === undefined || (mustWrite && ballot?.isReadOnly)) continue;
    const best = leader?.applier?.ballot;
    if (leader !== undefined) {
      if (ballot?.isLoading && !best?.isLoading) continue;
      const order = ballotVclock(replica).compare(ballotVclock(leader), 1);
      if (order === -1 || (order === 0 && replica.uuid > leader.uuid)) continue;
    }
    leader = replica;
  }
  return leader;
}

/**
 * The source to join anew when no source has the log that this instance needs, and this instance has nothing that it lacks;
 * undefined when the ordinary way is open, or no way is.
 */
export function findRejoinLeader(cluster: Cluster): Replica | undefined {
  const { host } = cluster;
  const vclock = host.vclock();
  let leader: Replica | undefined;
  for (const replica of cluster.sorted()) {
    const { applier } = replica;
    if (applier?.ballot === undefined || replica.uuid === host.instanceUuid()) continue;
    const gcVclock = vclockOf(applier.ballot.gcVclock);
    const remote = ballotVclock(replica);
    if (vclock.covers(gcVclock)) return undefined;
    const where = `${replica.uuid} at ${applier.peerAddress}`;
    const need = `required ${vclock.toString()} available ${gcVclock.toString()}`;
    host.log('I', `can't follow ${where}: ${need}`);
    if (!remote.covers(vclock)) {
      const state = `local ${vclock.toString()} remote ${remote.toString()}`;
      host.log('I', `can't rebootstrap from ${where}: replica has local rows: ${state}`);
      continue;
    }
    if (leader === undefined || remote.signature > ballotVclock(leader).signature) leader = replica;
  }
  return leader;
}

function ballotVclock(replica: Replica): Vclock {
  const ballot = replica.applier?.ballot;
  return ballot === undefined ? new Vclock() : vclockOf(ballot.vclock);
}

/**
 * Makes this instance the copy of another: JOIN, first snapshot, the rows up to the present (or FETCH_SNAPSHOT).
 * @param isRebootstrap true when there are files of its own already
 * @throws ServerError what ended the attempt; retried by the applier is what the real server retries
 */
export function* bootstrapFrom(
  cluster: Cluster,
  leader: Replica,
  isRebootstrap: boolean,
): Task<void> {
  const { host, settings } = cluster;
  const { applier } = leader;
  if (applier === undefined) return;
  cluster.isRebootstrap = isRebootstrap;
  try {
    yield* applier.resumeTo('ready');
    host.log('I', `bootstrapping replica from ${leader.uuid} at ${applier.peerAddress}`);
    if (settings.isAnonymous) {
      yield* applier.resumeTo('fetched_snapshot');
      yield* host.writeFirstSnapshot();
    } else {
      yield* applier.resumeTo('final_join');
      if (!isRebootstrap) yield* host.writeFirstSnapshot();
      yield* applier.resumeTo('joined');
      if (isRebootstrap) yield* host.writeFirstSnapshot();
    }
    yield* applier.resumeTo('ready');
  } finally {
    cluster.isRebootstrap = false;
  }
}

/**
 * Makes an anonymous replica a member: `replication_anon` was set to false. All sources are connected to anew, one of them
 * registers this instance.
 * @throws ServerError ER_CFG for the other way round, ER_CANNOT_REGISTER when no source could be reached; the instance is
 *   anonymous then as before
 */
export function* becomeMember(cluster: Cluster, sources: readonly Uri[]): Task<void> {
  const { host, settings } = cluster;
  if (settings.isAnonymous) {
    settings.isAnonymous = false;
    const args = ['replication_anon', 'cannot be turned on after bootstrap has finished'];
    throw host.errors.client('CFG', args, ['box.cc', 944]);
  }
  try {
    yield* connect(cluster, sources, false);
    const applier = findLeader(cluster)?.applier;
    if (applier?.state !== 'connected') {
      throw host.errors.client('CANNOT_REGISTER', [], ['box.cc', 923]);
    }
    yield* applier.resumeTo('registered');
    yield* applier.resumeTo('ready');
  } catch (thrown) {
    settings.isAnonymous = true;
    throw thrown;
  }
  follow(cluster);
  yield* synchronize(cluster);
}

/** Lets the appliers follow: those that wait go on, those that had failed start again. */
export function follow(cluster: Cluster): void {
  for (const replica of cluster.sorted()) replica.applier?.resume();
  for (const applier of cluster.strangers) applier.start();
}

/** Waits until enough sources are caught up with, or it is clear that this will take too long: then this is an orphan. */
export function* synchronize(cluster: Cluster): Task<void> {
  const { host, settings } = cluster;
  const { quorum } = cluster;
  if (quorum === 0) {
    cluster.setOrphan(false);
    return;
  }
  host.log('I', `synchronizing with ${quorum} replicas`);
  const deadline = host.clock.monotonic() + settings.syncTimeout;
  while (cluster.synced < quorum && cluster.connected + cluster.loading >= quorum) {
    const left = deadline - host.clock.monotonic();
    if (left <= 0 || !(yield* cluster.changed.wait(left))) break;
  }
  if (cluster.synced < quorum) {
    const missing = cluster.total - cluster.synced;
    host.log('C', `failed to synchronize with ${missing} out of ${cluster.total} replicas`);
    cluster.setOrphan(true);
  } else {
    host.log('I', 'replica set sync complete');
    cluster.setOrphan(false);
  }
}
