import type { FileNode } from '../sim-file-system.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Member } from './member.ts';
import { type FaultKind, faultKinds, type Mix } from './mix.ts';

/** What faults act upon. */
export interface FaultTargets {
  readonly world: SimWorld;
  readonly mix: Mix;
  readonly members: readonly Member[];
  /** Kills a server, which is started again after a while. */
  crash(member: Member): void;
  /** Ends all servers at once, with the loss of what was not flushed to the device. */
  powerCut(): void;
  /** Whether this server may lose its files now: nobody else joins, and somebody can be joined. */
  mayReseed(member: Member): boolean;
  reseed(member: Member): void;
  count(what: FaultKind): void;
}

/** Virtual seconds between two looks whether a fault should happen. */
export const faultSeconds = 0.02;

/** Draws the faults of one moment and lets them happen; each ends by itself after a while. */
export function injectFaults(targets: FaultTargets): void {
  const { world, mix, members } = targets;
  for (const kind of faultKinds) {
    if (!world.random.chance(mix.rates[kind] * faultSeconds)) continue;
    const member = members[world.random.below(members.length)];
    if (member === undefined || !acts[kind](targets, member)) continue;
    world.trace(`fault ${kind} at ${member.name}`);
    targets.count(kind);
  }
}

/** Each lets one fault happen to a member, and says whether it could. */
const acts: Readonly<Record<FaultKind, (targets: FaultTargets, member: Member) => boolean>> = {
  crashes(targets, member) {
    if (member.running === undefined) return false;
    targets.crash(member);
    return true;
  },
  restarts(_targets, member) {
    if (!member.isIdle) return false;
    member.isReady = false;
    member.say('os.exit()');
    return true;
  },
  pauses({ world }, member) {
    const pid = member.running?.pid;
    if (pid === undefined) return false;
    world.pause(pid);
    later(world, 1.5, () => world.resume(pid));
    return true;
  },
  cuts: onLink((world, one, other) => {
    world.network.cut(one, other, world.random.chance(0.3) ? 'one-way' : 'both');
    later(world, 2, () => world.network.healLink(one, other));
  }),
  slowLinks: onLink((world, one, other) => {
    world.network.delay(one, other, world.random.between(0, 0.5));
    later(world, 2, () => world.network.healLink(one, other));
  }),
  drops: onLink((world, one, other) => world.network.drop(one, other)),
  failingAppends({ world }, { name }) {
    world.diskFaultsOf(name).appendFailure = world.random.pick([0.1, 0.5, 1]);
    later(world, 0.3, () => Object.assign(world.diskFaultsOf(name), { appendFailure: 0 }));
    return true;
  },
  failingNames({ world }, { name }) {
    world.diskFaultsOf(name).nameFailure = 0.3;
    later(world, 0.3, () => Object.assign(world.diskFaultsOf(name), { nameFailure: 0 }));
    return true;
  },
  slowDisks({ world }, { name }) {
    const faults = { slowness: world.random.between(2, 200), stallChance: 0.01 };
    Object.assign(world.diskFaultsOf(name), faults);
    later(world, 1, () => Object.assign(world.diskFaultsOf(name), { slowness: 1, stallChance: 0 }));
    return true;
  },
  fullDisks({ world }) {
    world.diskFaults.capacityBytes = world.files.totalBytes + world.random.below(2000);
    later(world, 0.5, () =>
      Object.assign(world.diskFaults, { capacityBytes: Number.POSITIVE_INFINITY }),
    );
    return true;
  },
  flippedBytes(targets, member) {
    // Its own rows may be lost with the file: only who can be seeded anew is damaged.
    if (!targets.mayReseed(member)) return false;
    const file = closedFile(targets.world, member);
    if (file === undefined || file.size === 0) return false;
    file.flip(targets.world.random.below(file.size), 1 + targets.world.random.below(255));
    member.isDamaged = true;
    return true;
  },
  reseeds(targets, member) {
    if (!targets.mayReseed(member)) return false;
    targets.reseed(member);
    return true;
  },
  reconfigurations({ world }, member) {
    if (!member.isIdle || member.role === 'anonymous') return false;
    const [away, back] = world.random.chance(0.7)
      ? [`replication_source = ''`, `replication_source = ${member.sources}`]
      : ['read_only = true', 'read_only = false'];
    const { running } = member;
    member.say(`db.cfg{${away}}`);
    later(world, 0.5, () => {
      if (member.running === running) member.say(`db.cfg{${back}}`);
    });
    return true;
  },
  powerCuts(targets) {
    targets.powerCut();
    return true;
  },
  clockJumps({ world }, { running }) {
    if (running === undefined) return false;
    // Less than `replication_sync_lag`: a server that is behind by that only by the clock waits for its master for ever.
    running.clock.skew = world.random.between(-4, 4);
    return true;
  },
};

/** A fault of the link between a member and another one. */
function onLink(
  act: (world: SimWorld, one: string, other: string) => void,
): (targets: FaultTargets, member: Member) => boolean {
  return ({ world, members }, member) => {
    const other = members[world.random.below(members.length)];
    if (other === undefined || other === member) return false;
    act(world, member.name, other.name);
    return true;
  };
}

/** A file at rest: nobody has it open, and it is not the last log, whose end a reader takes for a torn write. */
function closedFile(world: SimWorld, member: Member): FileNode | undefined {
  const files = [...world.files.files(member.directory)];
  const last = files.findLast(([path]) => path.endsWith('.xlog'))?.[1];
  const closed = files.filter(([, file]) => file.openCount === 0 && file !== last);
  return closed[world.random.below(closed.length)]?.[1];
}

/** Ends a fault within so many seconds. */
function later(world: SimWorld, withinSeconds: number, run: () => void): void {
  world.timeline.after(world.random.between(0.01, withinSeconds) * 1e6, run, true);
}
