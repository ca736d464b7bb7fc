/**
 * A whole cluster under faults, from one seed: servers in a full mesh, each with somebody who writes at its console.
 *
 * How a run goes:
 *  1. `SimCluster` draws its size and its mix of faults from the seed (swarm testing: each run has other ones switched on).
 *  2. `boot` starts the first server, joins the others to it and makes everybody follow everybody.
 *  3. `actOne`: faults come and go while the writers write. Each key belongs to one server and counts up, so that a reader of
 *     any server can say which versions it may hold; pairs of keys are written in one transaction.
 *  4. After each restart the server must hold every version that it had answered, and no torn pair (`#checkOwn`).
 *  5. `actTwo`: all faults end, all servers are restarted; within bounded time all must hold the same, with nothing answered lost.
 *
 * What is not here yet: DDL and users among the workload, re-seeding, damage of files at rest, anonymous and cascading replicas.
 */
import { assert } from '../bee/base/assert.ts';
import type { SeededRandom } from './random.ts';
import { type Answer, type CreateServer, SimServer } from './sim-server.ts';
import { SimWorld, type Spawned } from './sim-world.ts';

export interface ClusterOptions {
  readonly seed: number;
  readonly create: CreateServer;
  /** Virtual seconds of act one. */
  readonly seconds: number;
  readonly traceLinesMax?: number;
}

/** Which faults this run has, and how often: occurrences in a virtual second, all links and servers together. */
interface FaultMix {
  readonly crashes: number;
  readonly pauses: number;
  readonly cuts: number;
  readonly drops: number;
  readonly slowLinks: number;
  readonly failingAppends: number;
  readonly fullDisks: number;
  readonly snapshots: number;
}

/** What is known of one key: the writer counts its versions up. */
interface KeyModel {
  /** The highest version whose write was answered without an error. */
  answered: number;
  /** The highest version that was ever typed. */
  typed: number;
}

interface Node {
  readonly id: number;
  readonly name: string;
  readonly port: number;
  running: Spawned<SimServer> | undefined;
  /** Versions of this server's own keys. */
  readonly keys: Map<number, KeyModel>;
  /** How many answers were looked at. */
  seenAnswers: number;
  nextWriteAt: number;
  /** When it is started again after a crash. */
  restartAt: number;
}

/** Keys of one server; their numbers are `id * keyStride + 0 … keysPerNode - 1`. */
const keysPerNode = 20;
const keyStride = 1000;
/** Act two must end within so many virtual seconds: reconnects come each second, full timeouts take ten. */
const healSeconds = 120;

export class SimCluster {
  readonly world: SimWorld;
  readonly #random: SeededRandom;
  readonly #options: ClusterOptions;
  readonly #nodes: Node[];
  readonly #mix: FaultMix;
  /** How often each kind of thing happened, for the report. */
  readonly counts: Record<string, number> = {};

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.world = new SimWorld({
      seed: options.seed,
      traceLinesMax: options.traceLinesMax ?? 400,
    });
    this.#random = this.world.random;
    const size = 2 + this.#random.below(3);
    this.#nodes = Array.from({ length: size }, (_, at) => ({
      id: at + 1,
      name: `n${at + 1}`,
      port: 3301 + at,
      running: undefined,
      keys: new Map(),
      seenAnswers: 0,
      nextWriteAt: 0,
      restartAt: 0,
    }));
    const draw = (most: number): number =>
      this.#random.chance(0.5) ? this.#random.between(0, most) : 0;
    this.#mix = {
      crashes: draw(0.5),
      pauses: draw(0.3),
      cuts: draw(0.5),
      drops: draw(1),
      slowLinks: draw(0.5),
      failingAppends: draw(0.5),
      fullDisks: draw(0.2),
      snapshots: draw(0.5),
    };
  }

  /** The whole run. Throws with seed and trace when something does not hold. */
  run(): void {
    this.boot();
    this.actOne();
    this.actTwo();
  }

  boot(): void {
    const [first, ...others] = this.#nodes;
    assert(first !== undefined, 'a cluster has servers');
    this.#start(first, `db.cfg{listen=${first.port}}`);
    this.#say(
      first,
      `db.schema.user.grant('guest', 'read,write,execute,create,drop', 'universe')`,
      `db.schema.user.grant('guest', 'replication')`,
      `db.schema.space.create('t'):create_index('primary')`,
    );
    for (const node of others) {
      this.#start(
        node,
        `db.cfg{listen=${node.port}, replication_source='localhost:${first.port}'}`,
      );
      this.#settled(node);
    }
    for (const node of this.#nodes)
      this.#say(node, `db.cfg{replication_source=${this.#sources()}}`);
  }

  /** Faults on: safety must hold. */
  actOne(): void {
    const end = this.world.now + this.#options.seconds;
    let nextFaultAt = this.world.now;
    while (this.world.now < end) {
      for (const node of this.#nodes) {
        if (node.running !== undefined) this.#write(node);
        else if (this.world.now >= node.restartAt) this.#restart(node);
      }
      if (this.world.now >= nextFaultAt) {
        this.#inject();
        nextFaultAt = this.world.now + 0.02;
        // The world may have nothing to do until then.
        this.world.timeline.after(20_000, () => undefined, true);
      }
      this.world.step();
    }
  }

  /** All healed: the cluster must come together. */
  actTwo(): void {
    this.world.trace('act two');
    Object.assign(this.world.diskFaults, {
      appendFailure: 0,
      capacityBytes: Number.POSITIVE_INFINITY,
      slowness: 1,
    });
    this.world.network.heal();
    for (const node of this.#nodes) this.#crash(node);
    for (const node of this.#nodes) this.#restart(node);
    for (const node of this.#nodes) this.#settled(node);
    const vclocks = (): string[] => this.#nodes.map((node) => this.#vclock(node));
    this.world.expectUntil(
      'all servers have the same vclock',
      () => new Set(vclocks()).size === 1,
      healSeconds,
    );
    const contents = this.#nodes.map((node) => this.#contents(node));
    for (const [at, found] of contents.entries()) {
      this.#check(JSON.stringify([...found]) === JSON.stringify([...(contents[0] ?? [])]), () => {
        return `server ${at + 1} holds ${JSON.stringify([...found])}, server 1 ${JSON.stringify([...(contents[0] ?? [])])}`;
      });
      for (const node of this.#nodes) this.#checkOwn(node, found, `on server ${at + 1}`);
    }
  }

  #start(node: Node, configuration: string): void {
    node.running = this.world.spawn(SimServer.factory(this.#options.create), {
      cwd: `/${node.name}`,
    });
    node.seenAnswers = 0;
    node.running.process.type(configuration);
  }

  #restart(node: Node): void {
    const source = `replication_source=${this.#sources()}`;
    // Quorum 0: a server must come up alone, for the others may be down, too.
    this.#start(node, `db.cfg{listen=${node.port}, ${source}, replication_connect_quorum=0}`);
    this.#say(node);
    this.#checkOwn(node, this.#contents(node), 'after its restart');
  }

  #crash(node: Node): void {
    if (node.running === undefined) return;
    this.#collect(node);
    this.world.kill(node.running.pid);
    node.running = undefined;
  }

  #sources(): string {
    return `{${this.#nodes.map((node) => `'localhost:${node.port}'`).join(', ')}}`;
  }

  /** One more line at the console now and then: a key, or two in a transaction. */
  #write(node: Node): void {
    const process = node.running?.process;
    if (process === undefined || this.world.now < node.nextWriteAt || !process.isAnswered) return;
    this.#collect(node);
    node.nextWriteAt = this.world.now + this.#random.between(0, 0.05);
    const at = this.#random.below(keysPerNode / 2);
    const key = node.id * keyStride + at;
    if (at % 2 === 0) {
      process.type(`return db.space.t:replace{${this.#bump(node, key)}}`);
      return;
    }
    const pair = key + keysPerNode / 2;
    const [one, other] = [this.#bump(node, key), this.#bump(node, pair)];
    process.type(`db.begin() db.space.t:replace{${one}} db.space.t:replace{${other}} db.commit()`);
  }

  /** The next version of a key, as the text of a tuple. */
  #bump(node: Node, key: number): string {
    const model = node.keys.get(key) ?? { answered: 0, typed: 0 };
    node.keys.set(key, model);
    model.typed++;
    return `${key}, ${model.typed}`;
  }

  /** Takes note of the answers that came. */
  #collect(node: Node): void {
    const answers = node.running?.process.answers ?? [];
    for (const answer of answers.slice(node.seenAnswers)) this.#note(node, answer);
    node.seenAnswers = answers.length;
  }

  #note(node: Node, { line, text }: Answer): void {
    if (!line.includes('replace')) return;
    this.#count(text.includes('error:') ? 'writes refused' : 'writes answered');
    if (text.includes('error:')) return;
    for (const [, key, version] of line.matchAll(/replace\{(\d+), (\d+)\}/g)) {
      const model = node.keys.get(Number(key));
      if (model !== undefined) model.answered = Math.max(model.answered, Number(version));
    }
  }

  /** What a server holds of a node's keys must lie between what was answered and what was typed, pairs alike. */
  #checkOwn(node: Node, contents: ReadonlyMap<number, number>, where: string): void {
    for (const [key, { answered, typed }] of node.keys) {
      const version = contents.get(key) ?? 0;
      this.#check(version >= answered && version <= typed, () => {
        return `key ${key} of ${node.name} ${where}: ${version}, answered ${answered}, typed ${typed}`;
      });
      const pair = key + keysPerNode / 2;
      const isFirst = key % keyStride < keysPerNode / 2 && node.keys.has(pair);
      this.#check(!isFirst || version === (contents.get(pair) ?? 0), () => {
        return `pair ${key}, ${pair} ${where}: ${version} and ${contents.get(pair)}`;
      });
    }
  }

  #inject(): void {
    const mix = this.#mix;
    const happens = (perSecond: number): boolean => this.#random.chance(perSecond * 0.02);
    const node = this.#nodes[this.#random.below(this.#nodes.length)];
    const other = this.#nodes[this.#random.below(this.#nodes.length)];
    if (node === undefined || other === undefined) return;
    if (happens(mix.crashes) && node.running !== undefined) {
      this.#count('crashes');
      this.#crash(node);
      node.restartAt = this.world.now + this.#random.between(0, 2);
    }
    const pid = node.running?.pid;
    if (happens(mix.pauses) && pid !== undefined) {
      this.#count('pauses');
      this.world.pause(pid);
      this.#later(3, () => this.world.resume(pid));
    }
    if (node !== other) this.#injectLink(node, other, happens);
    if (happens(mix.failingAppends)) {
      this.#count('failing appends');
      this.world.diskFaults.appendFailure = 0.3;
      this.#later(0.5, () => Object.assign(this.world.diskFaults, { appendFailure: 0 }));
    }
    if (happens(mix.fullDisks)) {
      this.#count('full disks');
      this.world.diskFaults.capacityBytes = this.world.files.totalBytes + 500;
      this.#later(1, () =>
        Object.assign(this.world.diskFaults, { capacityBytes: Number.POSITIVE_INFINITY }),
      );
    }
    if (happens(mix.snapshots) && node.running?.process.isAnswered) {
      this.#count('snapshots');
      node.running.process.type('db.snapshot()');
    }
  }

  #injectLink(node: Node, other: Node, happens: (perSecond: number) => boolean): void {
    const { network } = this.world;
    const heal = (): void => network.healLink(node.name, other.name);
    if (happens(this.#mix.cuts)) {
      this.#count('cuts');
      network.cut(node.name, other.name, this.#random.chance(0.3) ? 'one-way' : 'both');
      this.#later(6, heal);
    }
    if (happens(this.#mix.slowLinks)) {
      this.#count('slow links');
      network.delay(node.name, other.name, this.#random.between(0, 0.5));
      this.#later(3, heal);
    }
    if (happens(this.#mix.drops)) {
      this.#count('drops');
      network.drop(node.name, other.name);
    }
  }

  /** Ends a fault within so many seconds. */
  #later(withinSeconds: number, run: () => void): void {
    this.world.timeline.after(this.#random.between(0.01, withinSeconds) * 1e6, run, true);
  }

  /** Types lines and waits for their answers; each must be without an error. */
  #say(node: Node, ...lines: readonly string[]): void {
    const process = node.running?.process;
    assert(process !== undefined, `${node.name} runs`);
    for (const line of lines) process.type(line);
    this.world.expectUntil(`${node.name} answers ${lines.join('; ')}`, () => process.isAnswered);
    const refused = process.answers.find(({ text }) => text.includes('error:'));
    this.#check(refused === undefined, () => `${node.name}: ${refused?.line}: ${refused?.text}`);
  }

  #settled(node: Node): void {
    const isRunning = (): boolean => node.running?.process.server.status().status === 'running';
    this.world.expectUntil(`${node.name} runs`, isRunning, healSeconds);
  }

  #vclock(node: Node): string {
    return JSON.stringify(node.running?.process.server.status().vclock);
  }

  /** Every key of a server with its version. */
  #contents(node: Node): ReadonlyMap<number, number> {
    const server = node.running?.process.server;
    assert(server !== undefined, `${node.name} runs`);
    let found: unknown;
    server.probe('db.space.t:select{}', (result) => {
      this.#check(result.ok, () => `${node.name}: ${JSON.stringify(result)}`);
      found = result.ok ? result.value : [];
    });
    this.world.expectUntil(`${node.name} answers a probe`, () => found !== undefined);
    // The probe's value is plain JSON: a list of tuples of two numbers.
    return new Map((found as [number, number][]).map(([key, version]) => [key, version]));
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #check(condition: boolean, what: () => string): void {
    if (condition) return;
    const mix = JSON.stringify(this.#mix);
    assert(false, `${what()}\n${mix}\n${this.world.traceText()}`);
  }
}
