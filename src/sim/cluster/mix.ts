import { SeededRandom } from '../random.ts';
import { type LaterStatement, laterStatementKinds } from './own-keys.ts';

/** Kinds of faults, each with how often it happens at most in a virtual second, all servers and links together. */
const faultRates = {
  /** kill -9: what was not reported written may be lost, an append may be torn. */
  crashes: 2,
  /** `os.exit()` and a start again. */
  restarts: 0.6,
  /** SIGSTOP for a while. */
  pauses: 1,
  /** What travels waits; a third of them in one direction only, half open. */
  cuts: 2,
  slowLinks: 1,
  /** Connections end at once. */
  drops: 2,
  failingAppends: 1,
  failingNames: 0.4,
  slowDisks: 1,
  fullDisks: 0.6,
  /** A byte of a closed file is changed. */
  flippedBytes: 0.3,
  /** All files are deleted, and the server joins again. */
  reseeds: 0.3,
  /** `replication_source` is taken away and given back, `read_only` comes and goes. */
  reconfigurations: 1,
  /** A server's wall clock jumps. */
  clockJumps: 0.3,
} as const;

/** Kinds that were added later: drawn apart, so that seeds from before them play as they did. */
const laterRates = {
  /** All machines lose their power at once: only where each answer waits for the device is nothing of it lost. */
  powerCuts: 1,
} as const;

export type FaultKind = keyof typeof faultRates | keyof typeof laterRates;
// The keys of a constant are its type's.
const firstKinds = Object.keys(faultRates) as readonly (keyof typeof faultRates)[];
const laterKinds = Object.keys(laterRates) as readonly (keyof typeof laterRates)[]; // likewise
export const faultKinds: readonly FaultKind[] = [...firstKinds, ...laterKinds];

/** Who follows whom. */
export type Topology =
  /** Everybody follows everybody, itself included, as a list that is the same everywhere would have it. */
  | 'mesh'
  /** Each follows the one before it. */
  | 'ring'
  /** Each follows its two neighbours. */
  | 'line'
  /** Each follows the one before it, only the first writes: a replica of a replica. */
  | 'cascade'
  /** All follow the first, and only that writes. */
  | 'star';

/**
 * What one run is made of, drawn from its seed (swarm testing: each run has other things switched on, so that rare things
 * meet; Groce et al., "Swarm Testing", ISSTA 2012).
 */
export interface Mix {
  readonly size: number;
  readonly topology: Topology;
  /** Followers of the last server that are in no list, behind the others. */
  readonly anonymous: number;
  /** Virtual seconds with faults. */
  readonly seconds: number;
  readonly rates: Readonly<Record<FaultKind, number>>;
  readonly replicationTimeout: number;
  readonly walMaxSize: number;
  readonly walMode: 'write' | 'fsync';
  readonly checkpointInterval: number;
  readonly checkpointCount: number;
  /** Sources with user and password, else guest. */
  readonly hasPasswords: boolean;
  /** At the end all servers are restarted; else those that run must find together by themselves. */
  readonly restartsAll: boolean;
  /** Kinds of statements besides those that every writer types. */
  readonly laterStatements: readonly LaterStatement[];
}

const topologies = [
  'mesh',
  'mesh',
  'mesh',
  'ring',
  'line',
  'cascade',
  'star',
] as const satisfies Topology[];

/** Faults that may cost a server its log. Where rows have one way only, nobody could give its followers what they lack. */
const logLosses = ['fullDisks', 'flippedBytes', 'reseeds'] as const satisfies FaultKind[];

/** True where everybody follows the first server directly, whatever becomes of the others. */
export function hasManyWays(topology: Topology): boolean {
  return topology === 'mesh' || topology === 'star';
}

/** @param seed for what was added later; see `laterRates` */
export function drawMix(random: SeededRandom, seed: number): Mix {
  const size = random.pick([2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7]);
  const anonymous = size < 7 && random.chance(0.15) ? 1 : 0;
  // One entry for each kind.
  const rates = Object.fromEntries(
    firstKinds.map((kind) => [
      kind,
      random.chance(0.4) ? random.between(0, 1.5 * faultRates[kind]) : 0,
    ]),
  ) as Record<keyof typeof faultRates, number>; // made of all kinds
  const topology = random.pick([...topologies]);
  if (!hasManyWays(topology)) for (const kind of logLosses) rates[kind] = 0;
  const mix = {
    size: size - (size > 2 ? anonymous : 0),
    anonymous,
    topology,
    seconds: random.pick([0.7, 1, 1, 2]),
    replicationTimeout: random.pick([0.1, 0.3, 1]),
    walMaxSize: random.pick([2 ** 28, 2 ** 28, 1000, 3000]),
    walMode: random.pick<Mix['walMode']>(['write', 'write', 'write', 'fsync']),
    checkpointInterval: random.pick([0, 0, 0.5]),
    checkpointCount: random.pick([1, 2, 2]),
    hasPasswords: random.chance(0.3),
    restartsAll: random.chance(0.4),
  };
  const later = new SeededRandom(seed + laterOffset);
  const losesPower = mix.walMode === 'fsync' && later.chance(0.5);
  const powerCuts = losesPower ? later.between(0, 1.5 * laterRates.powerCuts) : 0;
  const laterStatements = laterStatementKinds.filter(() => later.chance(0.2));
  return { ...mix, rates: { ...rates, powerCuts }, laterStatements };
}

/** Beyond all seeds that anybody plays. */
const laterOffset = 2 ** 40;
