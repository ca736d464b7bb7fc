import type { Vclock } from '../../bee/wal/vclock.ts';
import { type CreateServer, SimServer } from '../sim-server.ts';
import type { SimWorld, Spawned } from '../sim-world.ts';
import { readServerFiles, type ServerFiles } from './log-files.ts';
import type { Mix } from './mix.ts';
import { keyStride, OwnKeys } from './own-keys.ts';
import { OwnObjects } from './own-objects.ts';
import { Replay } from './replay.ts';
import { check, Violation } from './violation.ts';

/** What one member of the cluster does in it. An anonymous one follows, and is in no list. */
export type Role = 'writer' | 'reader' | 'anonymous';

export interface MemberOptions {
  readonly number: number;
  readonly role: Role;
  /** The members that it follows, by number. */
  readonly follows: readonly number[];
  readonly world: SimWorld;
  readonly mix: Mix;
  readonly create: CreateServer;
}

/** Seedings of one member that have keys of their own; more than any run has. */
const seedingsMax = 20;

/** Spaces that the first server makes: what everybody writes into, and what stays where it is written. */
const schemaLines = [
  `db.schema.user.grant('guest', 'read,write,execute', 'universe', nil, {if_not_exists = true})`,
  `db.schema.user.grant('guest', 'replication', nil, nil, {if_not_exists = true})`,
  `db.schema.user.create('replicator', {password = 'password', if_not_exists = true})`,
  `db.schema.user.grant('replicator', 'replication', nil, nil, {if_not_exists = true})`,
  `db.schema.space.create('t', {id = 600, if_not_exists = true}):create_index('primary', {if_not_exists = true})`,
  `db.schema.space.create('l', {id = 601, is_local = true, if_not_exists = true}):create_index('primary', {if_not_exists = true})`,
];

/** A server comes up alone if it must: the others may be down, too. */
const aloneOptions = 'replication_connect_quorum = 0, replication_connect_timeout = 0.5';

export const spaceT = 600;

/**
 * One server of a cluster over its whole life: started, killed, started again, seeded anew, with somebody at its console who
 * writes what `OwnKeys` and `OwnObjects` say and keeps them true.
 */
export class Member {
  readonly number: number;
  readonly name: string;
  readonly role: Role;
  running: Spawned<SimServer> | undefined;
  /** `db.cfg` was answered and what it came back with was checked: it may be written to and read. */
  isReady = false;
  /** A byte of its files was changed: it may refuse to start, and then it must be seeded anew. */
  isDamaged = false;
  /** Ends of lives since it was ready last. */
  failedStarts = 0;
  seeding = 0;
  /** Its next start asks its sources whether they still have the log that it needs, instead of coming up alone. */
  waitsForSources = false;
  nextWriteAt = 0;
  startAt = 0;
  keys: OwnKeys;
  objects: OwnObjects;
  readonly formerKeys: OwnKeys[] = [];
  /** Its ids in the cluster before its seedings; rows of these are written by nobody any more. */
  readonly formerIds: number[] = [];
  readonly #options: MemberOptions;
  #localVersion = 0;
  #keepsLogs = true;
  #id = 0;
  /** Since it was seeded. */
  #hasBeenReady = false;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.number = options.number;
    this.name = `n${options.number}`;
    this.role = options.role;
    [this.keys, this.objects] = this.#newWork();
  }

  /** Names what was read: after a seeding it is another server. */
  get label(): string {
    return `${this.name}/${this.seeding + 1}`;
  }

  get directory(): string {
    return `/${this.name}`;
  }

  get isIdle(): boolean {
    return this.isReady && this.running?.process.isAnswered === true;
  }

  get hasSnapshot(): boolean {
    for (const [path] of this.#options.world.files.files(this.directory)) {
      if (path.endsWith('.snap')) return true;
    }
    return false;
  }

  readFiles(): ServerFiles {
    return readServerFiles(this.#options.world.files, this.directory);
  }

  /** `{'guest@localhost:3301', …}`. */
  get sources(): string {
    return sourcesOf(this.#options.mix, this.#options.follows);
  }

  /**
   * Starts the process. What it comes up with is checked before anybody else writes to it.
   * @param joinFrom the member that an empty server joins; undefined for one that founds the cluster
   */
  start(joinFrom: number | undefined): void {
    const { world, mix, create } = this.#options;
    this.isReady = false;
    this.#keepsLogs = true;
    this.failedStarts++;
    const running = world.spawn(SimServer.factory(create), { cwd: this.directory });
    this.running = running;
    const files = this.readFiles();
    const isNew = files.snapshots.length === 0;
    // Until it was up once it may have no id yet, and only one master gives ids.
    const isUnborn = joinFrom !== undefined && !this.#hasBeenReady;
    const sources = isUnborn ? sourcesOf(mix, [joinFrom]) : this.sources;
    const isFounder = isNew && joinFrom === undefined;
    this.say(this.#configuration(isFounder ? undefined : sources, isNew || isUnborn), (text) => {
      if (isRefused(text)) return;
      const replay = isNew || this.isDamaged ? undefined : new Replay(files);
      this.#checkStart(replay, () => {
        if (joinFrom === undefined) for (const line of schemaLines) this.say(line);
        // From now on it works alone if it must, and follows whom it should, whether they are up yet or not.
        if (isNew || isUnborn || this.waitsForSources) this.say(`db.cfg{${aloneOptions}}`);
        if (isFounder || sources !== this.sources) {
          this.say(`db.cfg{replication_source = ${this.sources}}`);
        }
        this.#hasBeenReady = true;
        this.#id = running.process.server.status().id;
        this.isReady = true;
        this.failedStarts = 0;
        this.waitsForSources = false;
      });
    });
  }

  /** Options of the first `db.cfg`. */
  #configuration(sources: string | undefined, needsOthers: boolean): string {
    const { mix } = this.#options;
    const options = [
      `listen = ${portOf(this.number)}`,
      `replication_timeout = ${mix.replicationTimeout}`,
      `wal_max_size = ${mix.walMaxSize}`,
      `wal_mode = '${mix.walMode}'`,
      // No snapshot before all its followers have said what they need: see `keepLogsFor`.
      'checkpoint_interval = 0',
      `checkpoint_count = ${mix.checkpointCount}`,
    ];
    if (sources !== undefined) options.push(`replication_source = ${sources}`);
    if (this.role === 'anonymous') options.push('replication_anon = true', 'read_only = true');
    if (needsOthers || this.waitsForSources) options.push('replication_connect_timeout = 5');
    else options.push(aloneOptions);
    return `db.cfg{${options.join(', ')}}`;
  }

  /** Recovery brought back what was answered, and just what the files hold. */
  #checkStart(replay: Replay | undefined, then: () => void): void {
    this.readT((found) => {
      const hasOwn = !this.isDamaged;
      this.keys.checkSeen(found, this.label, hasOwn);
      if (replay !== undefined) this.#checkReplay(replay, found);
      this.ask(this.objects.question, (answer) => {
        // The value is plain JSON of the question's table.
        if (hasOwn) this.objects.checkOwn(answer as Record<string, boolean>, this.label);
        then();
      });
    });
  }

  /** Nobody else writes the own keys: here log and memory must agree to the letter. */
  #checkReplay(replay: Replay, found: ReadonlyMap<number, number>): void {
    const logged = [...replay.contents(spaceT).values()]
      .map(([key, version]) => [Number(key), Number(version)] as const)
      .filter(([key]) => this.keys.owns(key));
    const own = [...found].filter(([key]) => this.keys.owns(key));
    const texts = [logged, own].map((rows) => JSON.stringify(rows.sort(([a], [b]) => a - b)));
    check(texts[0] === texts[1], () => {
      return `${this.label} recovered ${texts[1]} of its keys, its files hold ${texts[0]}`;
    });
  }

  /** Types the next statement of the workload when its time has come. @returns whether it did */
  write(isSlow: boolean): boolean {
    const { world, mix } = this.#options;
    if (this.role !== 'writer' || !this.isIdle || world.now < this.nextWriteAt) return false;
    const { random } = world;
    this.nextWriteAt = world.now + random.between(0, isSlow ? 0.1 : 0.02);
    const kind = random.below(40);
    if (kind === 0) {
      if (!this.#keepsLogs) this.say('db.snapshot()');
    } else if (kind === 1) this.say(this.#localWrite());
    else {
      const { line, settle } =
        kind < 5
          ? this.objects.statement()
          : this.keys.statement(mix.laterStatements, () => this.#localWrite());
      const before = this.lsnOf(this.#id);
      this.say(line, (text) => {
        if (!isRefused(text)) settle('written');
        // The answer may have shown rows of others that could not be written: an error, though the own ones are in the log.
        else settle(this.lsnOf(this.#id) === before ? 'refused' : 'unknown');
      });
    }
    return true;
  }

  #localWrite(): string {
    return `db.space.l:replace{${this.number}, ${++this.#localVersion}}`;
  }

  /**
   * Lets snapshots be made, and so old logs be removed, as soon as each follower has subscribed: from then on the server keeps
   * what they need. Before that nobody but the operator does ("It is therefore necessary to keep WAL files on the master host as long as there are
   * replicas that haven't applied them yet"), and a snapshot right after a restart would remove them, as on the real server.
   */
  keepLogsFor(followers: readonly Member[]): void {
    const process = this.running?.process;
    if (!this.#keepsLogs || !this.isIdle || process === undefined) return;
    const peers = process.server.status().replication;
    const known = new Set(peers.filter(({ downstream }) => downstream).map(({ uuid }) => uuid));
    const isKnown = ({ running }: Member): boolean =>
      known.has(running?.process.server.status().uuid ?? '');
    if (!followers.every((follower) => follower.role !== 'anonymous' && isKnown(follower))) return;
    this.#keepsLogs = false;
    this.say(`db.cfg{checkpoint_interval = ${this.#options.mix.checkpointInterval}}`);
  }

  /** How many others it follows. */
  get sourceCount(): number {
    return this.#options.follows.filter((number) => number !== this.number).length;
  }

  follows(other: Member): boolean {
    return other !== this && this.#options.follows.includes(other.number);
  }

  /** Types a line; the answer comes if the server lives to give it. */
  say(line: string, answered: (text: string) => void = () => undefined): void {
    const { world } = this.#options;
    this.running?.process.type(line, ({ text }) => {
      world.trace(`${this.name}> ${line}\n${text.trimEnd()}`);
      this.#afterTurn(() => answered(text));
    });
  }

  /** Evaluates an expression unseen, again and again until the answer is durable. */
  ask(code: string, answered: (value: unknown) => void): void {
    this.running?.process.server.probe(code, (result) => {
      this.#afterTurn(() => {
        if (result.ok) {
          answered(result.value);
          return;
        }
        // Rows that it could have seen were taken back: what it saw must not leave the server.
        check(result.error.includes('Failed to write to disk'), () => {
          return `${this.label} answers ${code} with ${result.error}`;
        });
        this.ask(code, answered);
      });
    });
  }

  /** Goes on when the server's turn is over: a check that fails is no error of the server. Nobody goes on with a dead one. */
  #afterTurn(then: () => void): void {
    const { running } = this;
    this.#options.world.timeline.after(0, () => {
      if (running === this.running && running?.status.isAlive) then();
    });
  }

  /** Versions of all keys in space `t`; nothing where there is no such space yet. */
  readT(answered: (found: ReadonlyMap<number, number>) => void): void {
    this.ask(`db.space.t == nil and {} or db.space.t:select{}`, (value) => {
      // An empty Lua table comes as an object.
      const tuples = Array.isArray(value) ? (value as [number, number][]) : [];
      answered(new Map(tuples.map(([key, version]) => [key, version])));
    });
  }

  /** What the local space holds must have been written here. */
  checkLocal(): void {
    this.ask(`db.space.l == nil and {} or db.space.l:select{}`, (value) => {
      // Tuples of two numbers; an empty Lua table comes as an object.
      const tuples = Array.isArray(value) ? (value as [number, number][]) : [];
      const isOwn = tuples.every(
        ([number, version]) => number === this.number && version <= this.#localVersion,
      );
      check(isOwn, () => `${this.label} holds ${JSON.stringify(tuples)} in its local space`);
    });
  }

  /** kill -9. */
  kill(): void {
    if (this.running === undefined) return;
    this.#options.world.kill(this.running.pid);
    this.gone();
  }

  /** The process is no more. */
  gone(): void {
    this.running = undefined;
    this.isReady = false;
  }

  /** Deletes all files: the next start joins, under a new UUID, with keys of its own. */
  reseed(): void {
    const { files } = this.#options.world;
    this.kill();
    for (const [path] of [...files.files(this.directory)]) files.unlink(path);
    this.keys.isAbandoned = true;
    this.formerKeys.push(this.keys);
    if (this.#id !== 0) this.formerIds.push(this.#id);
    this.#id = 0;
    this.isDamaged = false;
    this.#hasBeenReady = false;
    this.failedStarts = 0;
    this.seeding++;
    if (this.seeding >= seedingsMax) {
      throw new Violation('liveness', `${this.name} was seeded anew ${this.seeding} times`);
    }
    [this.keys, this.objects] = this.#newWork();
  }

  /** State of memory, without local rows; undefined while there is none. */
  get vclock(): string | undefined {
    const vclock = this.running?.process.server.status().vclock;
    if (vclock === undefined) return undefined;
    const entries = Object.entries(vclock).filter(([id]) => id !== '0');
    return entries.map(([id, lsn]) => `${id}: ${lsn}`).join(', ');
  }

  /** Rows of all servers that it has, without local ones. */
  get rowCount(): number {
    const vclock = Object.entries(this.running?.process.server.status().vclock ?? {});
    return vclock.reduce((count, [id, lsn]) => count + (id === '0' ? 0 : lsn), 0);
  }

  /** Number of the last row that it has of a server; 0 while it does not run. */
  lsnOf(id: number): number {
    return this.running?.process.server.status().vclock[id] ?? 0;
  }

  /** No master may think that this server holds more than its files do. */
  checkAcknowledged(masters: readonly Member[], uuid: string, held: Vclock): void {
    for (const master of masters) {
      if (master === this || master.running === undefined) continue;
      const peers = master.running.process.server.status().replication;
      const vclock = peers.find((peer) => peer.uuid === uuid)?.downstream?.vclock ?? {};
      for (const [id, lsn] of Object.entries(vclock)) {
        check(id === '0' || lsn <= held.get(Number(id)), () => {
          return `${master.name} was told that ${this.label} holds {${id}: ${lsn}}, its files end at ${held}`;
        });
      }
    }
  }

  #newWork(): [OwnKeys, OwnObjects] {
    const { random } = this.#options.world;
    const number = this.number * seedingsMax + this.seeding;
    const hasUsers = this.number === 1 && this.seeding === 0;
    return [new OwnKeys(number * keyStride, random), new OwnObjects(number, hasUsers, random)];
  }
}

function sourcesOf(mix: Mix, numbers: readonly number[]): string {
  const login = mix.hasPasswords ? 'replicator:password@' : '';
  return `{${numbers.map((number) => `'${login}localhost:${portOf(number)}'`).join(', ')}}`;
}

export function portOf(number: number): number {
  return 3300 + number;
}

/** An error in an answer stands under this key. */
function isRefused(text: string): boolean {
  return text.includes('- error: ');
}
