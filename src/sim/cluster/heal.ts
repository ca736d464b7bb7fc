import type { SimCluster } from './cluster.ts';
import type { Member } from './member.ts';
import { checkSame } from './same.ts';
import { Violation } from './violation.ts';

/** Virtual seconds in which a healed cluster must have come together: reconnects come each second, full timeouts take ten. */
const healSecondsMax = 120;
/** Virtual seconds between two rounds of the operator. */
const roundSeconds = 0.5;
/** Virtual seconds between two looks whether they have come together: all that happens after that proves nothing. */
const lookSeconds = 0.02;
/** Rounds after which a stopped link is no longer one that the operator saw in passing. */
const patienceRounds = 4;
/** Where a link may stay: it works, it is said to be behind, or somebody has to look after it. */
const lastingStatuses: ReadonlySet<string> = new Set(['follow', 'sync', 'stopped']);
/** A source has not got the rows any more that come next. */
const gapWords = 'Missing .xlog file';
/** Starts in vain after which nobody can say any more that the server was just unlucky. */
const failedStartsMax = 12;

/**
 * The operator of act two. Waits until all servers hold the same, and meanwhile does what the manual tells: starts a server
 * that has ended, says `replication_source` again where a link has stopped, and seeds anew ("destroy all the database files,
 * restart the server, and catch up with the master") what was damaged or what nobody has the logs for.
 *
 * @throws Violation of liveness when the cluster does not come together in time; of safety when it has come together and does not
 *   hold the same
 */
export function heal(cluster: SimCluster): void {
  const { world, members } = cluster;
  const deadline = world.now + healSecondsMax;
  for (let round = 1; ; round++) {
    const end = world.now + roundSeconds;
    while (world.now < end) {
      world.runFor(lookSeconds);
      for (const member of members) {
        if (member.running !== undefined && !member.running.status.isAlive) cluster.ended(member);
      }
      if (areTogether(members)) return checkSame(cluster);
    }
    if (world.now > deadline)
      throw new Violation(
        'liveness',
        `not together within ${healSecondsMax} s: ${stateOf(members)}`,
      );
    for (const member of members) tend(cluster, member, round);
    cluster.startWhoIsDue();
  }
}

function areTogether(members: readonly Member[]): boolean {
  const [first] = members;
  if (!members.every((member) => member.isIdle && !member.isDamaged)) return false;
  // A link that stands nowhere though both ends run would never be missed where rows come by other ways.
  const links = members.flatMap(upstreams);
  if (!links.every(({ status }) => lastingStatuses.has(status))) return false;
  return members.every((member) => member.vclock === first?.vclock);
}

function tend(cluster: SimCluster, member: Member, round: number): void {
  if (member.isDamaged && member.number !== 1) {
    cluster.reseed(member);
    return;
  }
  if (member.failedStarts > failedStartsMax) {
    throw new Violation('liveness', `${member.name} does not come up: ${stateOf(cluster.members)}`);
  }
  if (!member.isIdle || round % patienceRounds !== 0) return;
  if (holdsLostRows(cluster, member)) {
    cluster.reseed(member);
    return;
  }
  const links = upstreams(member);
  const stopped = links.filter(({ status }) => status === 'stopped');
  // A source that refused this server before it heard of its registration is not even listed.
  if (stopped.length === 0 && links.length === member.sourceCount) return;
  const measure = (round / patienceRounds) % 3;
  if (measure === 0) {
    // A server whose log nobody has any more joins anew by itself when it starts, if it has nothing of its own to lose.
    cluster.crash(member);
    member.waitsForSources = true;
  } else if (measure === 2 && stopped.some(({ message }) => message?.includes(gapWords))) {
    // One after the other: two that lack each other's logs would wait for each other.
    if (cluster.members.every(({ hasSnapshot }) => hasSnapshot)) cluster.reseed(member);
  } else {
    member.say(`db.cfg{replication_source = ''}`);
    member.say(`db.cfg{replication_source = ${member.sources}}`);
  }
}

/**
 * It alone holds rows of a server that has been seeded anew since: they were lost with that one's files, and nobody gets them from a
 * follower that is in no list.
 */
function holdsLostRows({ members }: SimCluster, member: Member): boolean {
  if (member.role !== 'anonymous') return false;
  const others = members.filter((other) => other !== member);
  const lostIds = others.flatMap(({ formerIds }) => formerIds);
  return lostIds.some((id) => others.every((other) => other.lsnOf(id) < member.lsnOf(id)));
}

function upstreams(member: Member) {
  const peers = member.running?.process.server.status().replication ?? [];
  return peers.flatMap(({ upstream }) => upstream ?? []);
}

/** What each server says of itself, for a report. */
function stateOf(members: readonly Member[]): string {
  return members
    .map((member) => {
      const links = upstreams(member).map(
        ({ peer, status, message }) =>
          `${peer} ${status}${message === undefined ? '' : ` (${message})`}`,
      );
      const state = member.running === undefined ? 'dead' : member.isIdle ? 'idle' : 'busy';
      return `${member.label} ${state} {${member.vclock}} follows ${links.join(', ')}`;
    })
    .join('; ');
}
