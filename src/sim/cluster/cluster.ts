/**
 * A whole cluster under faults, from one seed: two to seven servers, each with somebody who writes at its console.
 *
 * How a run goes:
 *  1. `SimCluster` draws its mix from the seed (`mix.ts`): how many servers, who follows whom, which faults and how often.
 *  2. `actOne`: the first server founds the cluster, the others join it while faults come and go (`faults.ts`) and the writers
 *     write (`own-keys.ts`, `own-objects.ts`). After each death the files are held against what a log must be (`log-check.ts`);
 *     after each start memory is held against the files (`replay.ts`) and against what was answered; all the time somebody
 *     reads somewhere, and must see only what was written, whole, and never go back.
 *  3. `actTwo`: all faults end. Within bounded time everybody must hold the same (`heal.ts` is the operator who does what the
 *     manual tells him: starts what has ended, repairs a link that stopped, seeds anew what was damaged).
 *
 * A failed check is a `Violation`; an assertion of the server that fails comes through as it is. Both are a failure of the
 * run, and the same seed brings them back.
 */
import type { CreateServer } from '../sim-server.ts';
import { SimWorld } from '../sim-world.ts';
import { type FaultTargets, faultSeconds, injectFaults } from './faults.ts';
import { heal } from './heal.ts';
import { checkLogs, RowLedger } from './log-check.ts';
import { Member, type Role } from './member.ts';
import { drawMix, type FaultKind, hasManyWays, type Mix } from './mix.ts';
import { check } from './violation.ts';

export interface ClusterOptions {
  readonly seed: number;
  readonly create: CreateServer;
  /** Hears the story of the run line by line. */
  readonly onTrace?: (line: string) => void;
  /** Disk calls and packets are part of the story. */
  readonly isTraceDetailed?: boolean;
}

/** Virtual seconds until a server that died is started again, at most. */
const deadSecondsMax = 0.7;
/** Virtual seconds between two readers. */
const readSeconds = 0.1;
/** Virtual seconds between two looks at who is idle: a fraction of what a write takes. */
const workSeconds = 0.002;

/** What happened how often, for the figures. */
export type Counts = Partial<Record<FaultKind | 'writes' | 'reads' | 'starts', number>>;

export class SimCluster implements FaultTargets {
  readonly world: SimWorld;
  readonly mix: Mix;
  readonly members: readonly Member[];
  readonly counts: Counts = {};
  readonly #ledger = new RowLedger();

  constructor(options: ClusterOptions) {
    const { seed, create, onTrace, isTraceDetailed = false } = options;
    const traceOptions = onTrace === undefined ? { traceLinesMax: 0 } : { onTrace };
    this.world = new SimWorld({ seed, isTraceDetailed, ...traceOptions });
    const { world } = this;
    this.mix = drawMix(world.random, seed);
    const { mix } = this;
    if (mix.rates.powerCuts > 0) world.files.trackUnflushed();
    world.trace(`mix ${JSON.stringify(mix)}`);
    this.members = Array.from({ length: mix.size + mix.anonymous }, (_, at) => {
      const [role, follows] = placeOf(mix, at + 1);
      return new Member({ number: at + 1, role, follows, world, mix, create });
    });
    // The others come one by one while the first is at work already.
    for (const member of this.members.slice(1)) {
      member.startAt = world.random.between(0.02, mix.seconds / 2);
    }
  }

  /** The whole run. @throws Violation, AssertionError */
  run(): void {
    this.actOne();
    this.actTwo();
  }

  /** Faults on: safety must hold. */
  actOne(): void {
    const { world, mix } = this;
    const isOver = (): boolean => world.now >= mix.seconds;
    const hasBegun = (): boolean => this.members[0]?.hasSnapshot === true;
    this.#each(faultSeconds, isOver, () => {
      if (hasBegun()) injectFaults(this);
    });
    this.#each(workSeconds, isOver, () => this.#work());
    this.#each(readSeconds, isOver, () => this.#readSomewhere());
    while (!isOver()) world.step();
  }

  /** Does something now and again. */
  #each(seconds: number, isOver: () => boolean, act: () => void): void {
    if (isOver()) return;
    act();
    this.world.timeline.after(seconds * 1e6, () => this.#each(seconds, isOver, act), true);
  }

  /** All healed: the cluster must come together. */
  actTwo(): void {
    this.world.trace('act two: all faults end');
    this.world.network.heal();
    this.world.healDisks();
    for (const { running } of this.members)
      if (running !== undefined) this.world.resume(running.pid);
    if (this.mix.restartsAll) for (const member of this.members) this.crash(member);
    heal(this);
    for (const member of this.members) this.checkFiles(member);
  }

  /** Whoever has ended or is due to start is looked after; whoever is idle writes. */
  #work(): void {
    this.startWhoIsDue();
    for (const member of this.members) {
      if (member.running !== undefined && !member.running.status.isAlive) this.ended(member);
      if (member.write(this.mix.size > 4)) this.#count('writes');
    }
  }

  #readSomewhere(): void {
    const member = this.members[this.world.random.below(this.members.length)];
    if (!member?.isReady) return;
    this.read(member);
    member.keepLogsFor(this.members.filter((other) => other.follows(member)));
  }

  /** Reads everything on one server. What it shows must have been written, whole. */
  read(member: Member): void {
    const { label } = member;
    this.#count('reads');
    member.readT((found) => {
      for (const writer of this.members) {
        for (const keys of [...writer.formerKeys, writer.keys]) keys.checkSeen(found, label, false);
      }
      const isKnown = [...found.keys()].every((key) =>
        this.members.some((writer) =>
          [...writer.formerKeys, writer.keys].some((keys) => keys.owns(key)),
        ),
      );
      check(
        isKnown,
        () => `${label} holds keys that nobody writes: ${[...found.keys()].join(', ')}`,
      );
    });
    member.checkLocal();
  }

  /** Starts whoever has been dead for long enough. */
  startWhoIsDue(): void {
    for (const member of this.members) {
      if (member.running !== undefined || this.world.now < member.startAt) continue;
      const joinFrom = this.joinFrom(member);
      if (joinFrom === 'later') continue;
      this.#count('starts');
      member.start(joinFrom);
    }
  }

  /**
   * Whom a server without files joins. One master registers all of them, and one at a time, because two that choose an id at once
   * choose the same, in the real server as here.
   */
  joinFrom(member: Member): number | undefined | 'later' {
    const [first] = this.members;
    if (member.number === 1) return member.seeding === 0 ? undefined : this.#mostComplete();
    if (member.hasSnapshot) return 1;
    // Whom it follows must have the log from here on: where there is one way only, they come one after the other.
    const isSourceUp =
      hasManyWays(this.mix.topology) || this.members[member.number - 2]?.isReady === true;
    return first?.isReady && isSourceUp && !this.#isSomebodyJoining ? 1 : 'later';
  }

  /** Who seeds the first server when that has lost its files: the others follow it from there, and what it lacks is lost. */
  #mostComplete(): number | 'later' {
    const [best] = this.members
      .filter(({ number, role, isReady }) => number > 1 && role !== 'anonymous' && isReady)
      .sort((one, other) => other.rowCount - one.rowCount);
    return best?.number ?? 'later';
  }

  get #isSomebodyJoining(): boolean {
    return this.members.some((other) => other.running !== undefined && !other.hasSnapshot);
  }

  crash(member: Member): void {
    const { running } = member;
    if (running === undefined) return;
    const { uuid } = running.process.server.status();
    member.kill();
    this.#buried(member, uuid);
  }

  powerCut(): void {
    const running = this.members.flatMap((member) => {
      const { running } = member;
      return running === undefined ? [] : [[member, running.process.server.status().uuid] as const];
    });
    this.world.powerCut();
    for (const [member] of running) member.gone();
    for (const [member, uuid] of running) this.#buried(member, uuid);
  }

  /** A process has ended by itself. */
  ended(member: Member): void {
    const uuid = member.running?.process.server.status().uuid ?? '';
    member.gone();
    this.#buried(member, uuid);
  }

  #buried(member: Member, uuid: string): void {
    member.startAt = this.world.now + this.world.random.between(0, deadSecondsMax);
    const held = this.checkFiles(member);
    if (held !== undefined) member.checkAcknowledged(this.members, uuid, held);
  }

  /** Holds a server's log against what a log must be. */
  checkFiles(member: Member): ReturnType<typeof checkLogs> | undefined {
    if (member.isDamaged) return undefined;
    return checkLogs(member.label, member.readFiles(), this.#ledger);
  }

  mayReseed(member: Member): boolean {
    // Whoever seeds the others keeps its files, and nobody is seeded while somebody joins.
    const isDispensable = member.number !== 1 && hasManyWays(this.mix.topology);
    return isDispensable && member.isReady && !this.#isSomebodyJoining;
  }

  reseed(member: Member): void {
    this.world.trace(`${member.name} is seeded anew`);
    member.reseed();
    member.startAt = this.world.now + 0.05;
  }

  count(what: FaultKind): void {
    this.#count(what);
  }

  #count(what: keyof Counts): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

/** What a member does, and whom it follows. */
function placeOf(mix: Mix, number: number): readonly [Role, readonly number[]] {
  const { size, topology } = mix;
  if (number > size) return ['anonymous', [size]];
  const others = Array.from({ length: size }, (_, at) => at + 1);
  const before = number === 1 ? size : number - 1;
  switch (topology) {
    case 'mesh':
      return ['writer', others];
    case 'ring':
      return ['writer', [before]];
    case 'line':
      return ['writer', others.filter((other) => Math.abs(other - number) === 1)];
    case 'cascade':
      return number === 1 ? ['writer', []] : ['reader', [before]];
    case 'star':
      return number === 1 ? ['writer', []] : ['reader', [1]];
  }
}
