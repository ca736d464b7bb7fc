/**
 * A server with everything but a database: the real fibers, replication and binary protocol over a store of a few lines, so that
 * their behaviour is seen without that of box and wal. A row is INSERT [key, value] into one space; `_cluster` and the
 * cluster's UUID are rows too. The store outlives the process, as files would.
 */
import { Cond, Scheduler, type Task } from '../../src/bee/base/fiber.ts';
import { accessDenied, clientError } from '../../src/bee/box/error.ts';
import { Session } from '../../src/bee/box/session.ts';
import type { Env } from '../../src/bee/env/index.ts';
import { isServerError, logError, type ServerError } from '../../src/bee/replication/error.ts';
import type {
  ApplyFailure,
  CopySource,
  LogConsumer,
  LogSource,
  ReplicationHost,
} from '../../src/bee/replication/host.ts';
import { Replication } from '../../src/bee/replication/replication.ts';
import { serverErrors } from '../../src/bee/server/iproto-errors.ts';
import type { IprotoHost } from '../../src/bee/server/iproto-host.ts';
import { IprotoServer } from '../../src/bee/server/iproto-server.ts';
import { Log } from '../../src/bee/server/log.ts';
import { type InstanceEvent, turnEnv } from '../../src/bee/server/turn-env.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { decode, encode } from '../../src/bee/wire/msgpack.ts';
import { decodeDml, encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow, type XRow } from '../../src/bee/wire/xrow.ts';
import type { Process, ProcessHost } from '../../src/sim/index.ts';
import { credentialsFor, loginBox, userNames } from './small-login.ts';
import {
  clusterSpace,
  dataSpace,
  openStoreCopy,
  openStoreLog,
  row,
  type SmallOptions,
  schemaSpace,
  uriOf,
} from './small-store.ts';

const everybody = { replicator: { password: 'password', may: true } };

export class SmallServer implements Process, ReplicationHost, IprotoHost {
  readonly scheduler: Scheduler;
  readonly clock: Env['clock'];
  readonly network: Env['network'];
  readonly random: Env['random'];
  readonly log: Log['write'];
  readonly written: Cond;
  readonly errors = serverErrors;
  readonly productName = 'Tarantool';
  readonly replication: Replication;
  readonly iproto: IprotoServer;
  readonly options: SmallOptions;
  readonly data = new Map<string, unknown>();
  readonly consumers = new Set<LogConsumer>();
  /** Up to which of this server's rows each member has acknowledged. */
  readonly acknowledgements = new Map<number, number>();
  users: NonNullable<SmallOptions['users']>;
  isReadOnlyNow: boolean;
  orphan = true;
  configured = false;
  /** Why db.cfg failed, if it did. */
  failure: ServerError | undefined;
  /** Set to make the next write to the log fail. */
  isDiskBroken = false;
  readonly #env: Env;
  readonly #process: ProcessHost;
  readonly #inbox: InstanceEvent[] = [];
  #clusterUuid: string | undefined;
  readonly #vclock = new Vclock();
  readonly #written = new Vclock();
  #unwritten: { readonly rows: readonly XRow[]; readonly undo: () => void }[] = [];
  #isWriting = false;

  constructor(env: Env, process: ProcessHost, options: SmallOptions) {
    this.#env = turnEnv(env, (event) => {
      this.#inbox.push(event);
      process.wake();
    });
    this.#process = process;
    this.options = options;
    this.users = options.users ?? everybody;
    this.isReadOnlyNow = options.isReadOnly ?? false;
    this.clock = this.#env.clock;
    this.network = this.#env.network;
    this.random = env.random;
    this.scheduler = new Scheduler({
      timer: (seconds, fire) => this.#env.clock.timer(seconds, fire),
      onSwitch: () => undefined,
      onReady: () => process.wake(),
      onCrash: (_fiber, error) => {
        throw error;
      },
      firstId: 103,
    });
    const log = new Log(env, this.scheduler);
    log.isConfigured = true;
    this.log = log.write;
    this.written = new Cond(this.scheduler);
    this.replication = new Replication(this);
    Object.assign(this.replication.settings, options.settings);
    this.iproto = new IprotoServer(this);
    this.scheduler.spawn('interactive', () => this.#start());
  }

  turn(): 'idle' | 'more' {
    for (const event of this.#inbox.splice(0)) event.deliver();
    const hasMore = this.scheduler.run(() => true);
    this.#write();
    return hasMore ? 'more' : 'idle';
  }

  /** Runs a task in a fiber, as a statement at the console would. */
  run(body: () => Task<void>): void {
    this.scheduler.spawn('interactive', body);
    this.#process.wake();
  }

  exit(): void {
    this.#process.exit(0);
  }

  /** Inserts rows as one transaction of this server. */
  insert(...pairs: readonly (readonly [string, unknown])[]): void {
    if (this.isReadOnly()) throw clientError('READONLY');
    this.#commit(pairs.map(([key, value]) => row(dataSpace, [key, value])));
  }

  /** Puts a member into `_cluster` as if it had been there from the beginning. */
  adopt(id: number, uuid: string): void {
    this.#members.set(id, uuid);
    this.replication.clusterChanged(id, uuid);
  }

  deleteMember(id: number): void {
    this.replication.checkId(id);
    const body = encodeDml({ spaceId: clusterSpace, key: encode([id]) });
    this.#commit([makeXRow(IprotoType.DELETE, body)]);
  }

  /** Makes a snapshot, and with `keepLog` false forgets the log behind it, whoever needs it. */
  checkpoint(keepLog = true): void {
    const { store } = this.options;
    store.snapshot = { vclock: this.#written.copy(), rows: this.#image() };
    if (keepLog) return;
    store.log = [];
    store.logBegin = this.#written.copy();
  }

  /** Members of the cluster as `_cluster` shows them. */
  get members(): readonly (readonly [number, string])[] {
    return [...this.#members].sort(([one], [other]) => one - other);
  }

  // The first db.cfg, as the instance does it.

  *#start(): Task<void> {
    try {
      yield* this.#configure();
    } catch (thrown) {
      if (!isServerError(thrown)) throw thrown;
      this.failure = thrown;
      logError(this.log, thrown);
      this.log('F', `can't initialize storage: ${thrown.message}`);
      this.#process.exit(1);
    }
  }

  *#configure(): Task<void> {
    const { store, sources = [], listen } = this.options;
    const { replication } = this;
    const uris = sources.map(uriOf);
    let isFounder = false;
    if (store.snapshot === undefined) {
      store.uuid = this.#newUuid();
      if (listen !== undefined) yield* this.iproto.listen(uriOf(String(listen)));
      yield* replication.connect(uris, true);
      const leader = replication.findLeader();
      if (leader === undefined) {
        isFounder = true;
        this.#found(replication.connectedUuids());
      } else {
        yield* replication.bootstrapFrom(leader, false);
      }
    } else {
      this.#readVclock();
      if (listen !== undefined) yield* this.iproto.listen(uriOf(String(listen)));
      yield* replication.connect(uris, false);
      const leader = replication.findRejoinLeader();
      if (leader === undefined) {
        this.#recover();
      } else {
        this.log('C', 'replica is too old, initiating rebootstrap');
        yield* replication.bootstrapFrom(leader, true);
      }
    }
    replication.follow();
    this.configured = true;
    this.log('I', 'ready to accept requests');
    if (isFounder) this.orphan = false;
    else yield* replication.synchronize();
  }

  #found(uuids: readonly string[]): void {
    const others = uuids.filter((uuid) => uuid !== this.options.store.uuid);
    for (const [at, uuid] of [this.options.store.uuid, ...others].entries()) {
      this.#apply(row(clusterSpace, [at + 1, uuid]));
    }
    this.#apply(row(schemaSpace, ['cluster', this.#newUuid()]));
    this.checkpoint();
  }

  #readVclock(): void {
    const { store } = this.options;
    this.#vclock.assign(store.snapshot?.vclock ?? new Vclock());
    for (const { replicaId, lsn } of store.log) {
      if (lsn > this.#vclock.get(replicaId)) this.#vclock.follow(replicaId, lsn);
    }
    this.#written.assign(this.#vclock);
  }

  #recover(): void {
    const { snapshot, log } = this.options.store;
    for (const one of snapshot?.rows ?? []) this.#apply(one);
    const vclock = snapshot?.vclock ?? new Vclock();
    for (const one of log) if (one.lsn > vclock.get(one.replicaId)) this.#apply(one);
  }

  // ReplicationHost: state

  instanceUuid = (): string => this.options.store.uuid;
  clusterUuid = (): string | undefined => this.#clusterUuid;
  isConfigured = (): boolean => this.configured;
  isReadOnlyOption = (): boolean => this.isReadOnlyNow;
  isReadOnly = (): boolean => this.isReadOnlyNow || this.orphan;
  isOrphan = (): boolean => this.orphan;
  isWalDisabled = (): boolean => false;
  vclock = (): Vclock => this.#vclock;
  writtenVclock = (): Vclock => this.#written;
  gcVclock = (): Vclock => this.options.store.logBegin;
  applierContext = (): unknown => ({ isAdmin: true });
  lastSnapshotVclock = (): Vclock => this.options.store.snapshot?.vclock ?? new Vclock();

  setOrphan(isOrphan: boolean): void {
    this.orphan = isOrphan;
  }

  // ReplicationHost: rows in

  applyTransaction(rows: readonly XRow[]): ApplyFailure | undefined {
    const undo: (() => void)[] = [];
    for (const [at, one] of rows.entries()) {
      try {
        undo.push(this.#apply(one));
      } catch (thrown) {
        for (const back of undo.reverse()) back();
        if (!isServerError(thrown)) throw thrown;
        return { error: thrown, at };
      }
    }
    this.#queue(rows, () => {
      for (const back of undo.reverse()) back();
    });
    return undefined;
  }

  *commitPoint(): Task<void> {
    yield* this.scheduler.reschedule();
  }

  *durable(): Task<void> {
    const target = this.#vclock.copy();
    while (!this.#written.covers(target)) yield* this.scheduler.park(0.0005);
  }

  describeRow(one: XRow): string {
    const { spaceId, tuple } = decodeDml(0, one.body);
    const text = JSON.stringify(tuple === undefined ? [] : decode(tuple)).replaceAll(',', ', ');
    return `{type: 'INSERT', replica_id: ${one.replicaId}, lsn: ${one.lsn}, space_id: ${spaceId}, index_id: 0, tuple: ${text}}`;
  }

  *beginJoin(vclock: Vclock): Task<void> {
    this.data.clear();
    for (const [id] of this.members) this.replication.clusterChanged(id, undefined);
    this.#members.clear();
    this.#clusterUuid = undefined;
    this.#vclock.assign(vclock);
    this.#written.assign(vclock);
  }

  applyCopyRow(one: XRow): void {
    this.#apply(one);
  }

  *endCopy(): Task<void> {}

  applyUnlogged(one: XRow): void {
    if (one.lsn <= this.#vclock.get(one.replicaId)) return;
    this.#apply(one);
    this.#vclock.follow(one.replicaId, one.lsn);
    this.#written.follow(one.replicaId, one.lsn);
  }

  *writeFirstSnapshot(): Task<void> {
    yield* this.scheduler.sleep(0.002);
    this.checkpoint(false);
    this.log('I', `saving snapshot ${this.#written.signature}`, { origin: 'snapshot/101/main' });
  }

  // ReplicationHost: rows out

  openCopy(): Task<CopySource> {
    return openStoreCopy(this.options.store, this.scheduler);
  }

  openMemory(): Task<CopySource> {
    return this.openCopy();
  }

  openLog(vclock: Vclock, origin: string): LogSource {
    this.log('I', "recover from `./log'", { origin });
    return openStoreLog(this.options.store, vclock, this.written);
  }

  registerConsumer(_name: string, vclock: Vclock): LogConsumer {
    const position = vclock.copy();
    const consumer: LogConsumer = {
      vclock: position,
      advance: (to) => position.assign(to),
      release: () => this.consumers.delete(consumer),
    };
    this.consumers.add(consumer);
    return consumer;
  }

  acknowledged(replicaId: number, lsn: number): void {
    this.acknowledgements.set(replicaId, lsn);
  }

  *registerReplica(uuid: string): Task<void> {
    let id = 1;
    while (this.#members.has(id)) id++;
    this.#commit([row(clusterSpace, [id, uuid])]);
    yield* this.durable();
  }

  checkAccess(what: 'read universe' | 'write cluster'): void {
    const session = this.#sessionOf(this.scheduler.current?.context);
    const user = userNames.get(session?.credentials) ?? 'guest';
    if (this.users[user]?.may) return;
    throw what === 'read universe'
      ? accessDenied('Read', 'universe', '', user).at('session.cc', 332)
      : accessDenied('Write', 'space', '_cluster', user).at('space.c', 91);
  }

  // IprotoHost

  readonly triggers: IprotoHost['triggers'] = {
    onConnect: undefined,
    onDisconnect: undefined,
    onAuth: undefined,
  };
  readonly evaluator: IprotoHost['evaluator'] = {
    *call() {
      throw clientError('NO_SUCH_PROC', 'f');
    },
    *eval() {
      throw clientError('NO_SUCH_PROC', 'f');
    },
  };
  netMsgMax = (): number => 768;
  openSession = (): Session => new Session(1, 'binary', credentialsFor('guest'));
  spawn: IprotoHost['spawn'] = (name, session, _sync, body) =>
    this.scheduler.spawn(name, body, session);

  readonly box = loginBox(() => this.users);

  // The store

  readonly #members = new Map<number, string>();

  /** Takes a row into memory. @returns what takes it back */
  #apply(one: XRow): () => void {
    if (one.type === IprotoType.NOP) return () => undefined;
    const { spaceId, tuple, key } = decodeDml(0, one.body);
    if (one.type === IprotoType.DELETE) {
      const [id] = decode(key ?? new Uint8Array()) as [number];
      this.replication.checkId(id);
      this.#members.delete(id);
      this.replication.clusterChanged(id, undefined);
      return () => undefined;
    }
    const [name, value] = decode(tuple ?? new Uint8Array()) as [never, never];
    if (spaceId === schemaSpace) {
      if (name === 'cluster') this.#clusterUuid = value;
    } else if (one.type !== IprotoType.INSERT) {
      return () => undefined;
    } else if (spaceId === clusterSpace) {
      this.#members.set(name, value);
      this.replication.clusterChanged(name, value);
    } else {
      if (this.data.has(name)) {
        throw clientError('TUPLE_FOUND', 'primary', 'tester').at('memtx_tree.c', 577);
      }
      this.data.set(name, value);
      return () => this.data.delete(name);
    }
    return () => undefined;
  }

  #image(): XRow[] {
    const uuid = this.#clusterUuid ?? '';
    return [
      row(schemaSpace, ['cluster', uuid]),
      ...this.members.map((member) => row(clusterSpace, [...member])),
      ...[...this.data].map(([key, value]) => row(dataSpace, [key, value])),
    ];
  }

  #commit(rows: readonly XRow[]): void {
    const id = this.replication.instanceId;
    const tsn = this.#vclock.get(id) + 1;
    for (const [at, one] of rows.entries()) {
      one.replicaId = id;
      one.lsn = tsn + at;
      one.tsn = tsn;
      one.timestamp = this.clock.now();
      one.isCommit = at === rows.length - 1;
    }
    const failure = this.applyTransaction(rows);
    if (failure !== undefined) throw failure.error;
    this.#process.wake();
  }

  #queue(rows: readonly XRow[], undo: () => void): void {
    for (const { replicaId, lsn } of rows) this.#vclock.follow(replicaId, lsn);
    this.#unwritten.push({ rows, undo });
  }

  /** One write at a time, all that has gathered in one, as the log writer does. */
  #write(): void {
    if (this.#isWriting || this.#unwritten.length === 0) return;
    this.#isWriting = true;
    const batch = this.#unwritten;
    this.#unwritten = [];
    this.clock.timer(this.options.writeSeconds ?? 0.001, () => {
      this.#isWriting = false;
      if (this.isDiskBroken) {
        for (const { undo } of [...batch, ...this.#unwritten].reverse()) undo();
        this.#unwritten = [];
        this.#vclock.assign(this.#written);
        this.replication.rolledBack(clientError('WAL_IO').at('applier.cc', 801));
        return;
      }
      for (const { rows } of batch) {
        this.options.store.log.push(...rows);
        for (const { replicaId, lsn } of rows) this.#written.follow(replicaId, lsn);
      }
      this.written.broadcast();
      this.#write();
    });
  }

  #sessionOf(context: unknown): Session | undefined {
    return context instanceof Session ? context : undefined;
  }

  #newUuid(): string {
    const hex = Buffer.from(this.random.bytes(16)).toString('hex');
    return [8, 4, 4, 4, 12]
      .map((length, at) =>
        hex.slice([0, 8, 12, 16, 20][at], ([0, 8, 12, 16, 20][at] ?? 0) + length),
      )
      .join('-');
  }
}
