/**
 * One running instance. The walk of a statement:
 *
 * 1. The host's ports call back; `turn-env.ts` makes each callback an event and `post`s it; the host is woken.
 * 2. `turn()` empties the inbox and runs every ready fiber until it parks. A statement changes memory at once and hands its
 *    rows to the log writer, which numbers and queues them (`box/txn.ts`, `wal/log-writer.ts`).
 * 3. At the end of the turn the queued rows go to the disk in one append.
 * 4. A later turn hears that they are written: only then do `durable()` callers answer and relays send (DESIGN D2).
 *
 * What the real server does and Bee does not: threads (iproto, wal and relays are fibers of one thread here), coredumps,
 * daemonising, process titles.
 */
import { Cond, type Fiber, Scheduler, type Task } from '../base/fiber.ts';
import { parseUri } from '../base/uri.ts';
import { Box } from '../box/box.ts';
import { ClientError } from '../box/error.ts';
import { lostRowsError } from '../box/transactions.ts';
import type { Env } from '../env/index.ts';
import { isServerError, logError } from '../replication/error.ts';
import { Replication } from '../replication/replication.ts';
import { logWalError, WalError } from '../wal/wal-error.ts';
import { boot } from './boot.ts';
import { Checkpoints } from './checkpoints.ts';
import { Config } from './config.ts';
import type { OptionValue } from './config-options.ts';
import { Confirmations } from './confirmations.ts';
import { type FiberContext, FiberContexts } from './fiber-context.ts';
import type { NetworkCounts, ServerHost, ServerOptions } from './host.ts';
import { InstanceIprotoHost } from './instance-iproto-host.ts';
import type { ProcedureEvaluator, SessionTriggers } from './iproto-host.ts';
import { IprotoServer } from './iproto-server.ts';
import { turnSecondsMax } from './limits.ts';
import { Log } from './log.ts';
import { LogFile } from './log-file.ts';
import { reconfigure } from './reconfigure.ts';
import { InstanceReplicationHost } from './replication-host.ts';
import { Storage } from './storage.ts';
import { type InstanceEvent, turnEnv } from './turn-env.ts';

/** The real server's version, which Bee's files and wire carry so that real peers take them. */
export const serverVersion = '2.6.0-0-g47aa4e01e';

/** What the Lua layer gives the instance. */
export interface LuaLayer {
  readonly evaluator: ProcedureEvaluator;
  readonly triggers: SessionTriggers;
  /** Runs `db.ctl.on_shutdown` triggers. */
  onShutdown(): Task<void>;
  /** What an error of the language says; undefined for any other. */
  describe(error: unknown): string | undefined;
}

export type InstanceState = 'unconfigured' | 'loading' | 'running';

export class Instance {
  readonly env: Env;
  readonly host: ServerHost;
  readonly options: ServerOptions;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly config = new Config();
  readonly box: Box;
  readonly contexts: FiberContexts;
  readonly storage: Storage;
  readonly replication: Replication;
  readonly iproto: IprotoServer;
  readonly checkpoints: Checkpoints;
  readonly confirmations: Confirmations;
  /** Signalled when the server becomes writable or read-only (`db.ctl.wait_rw`). */
  readonly stateChanged: Cond;
  /** Set by the Lua layer before the first turn. */
  lua: LuaLayer | undefined;
  state: InstanceState = 'unconfigured';
  /** Not in sync with its sources, and so read-only. */
  isOrphan = false;
  readonly #logFile: LogFile;
  readonly #startedAt: number;
  readonly #inbox: InstanceEvent[] = [];
  #turnBegan = 0;
  #exitCode: number | undefined;
  #isExiting = false;
  /** One `db.cfg` at a time, as in the real server. */
  #isConfiguring = false;
  readonly #configured: Cond;

  constructor(env: Env, host: ServerHost, options: ServerOptions) {
    this.env = turnEnv(env, (event) => this.post(event));
    this.host = host;
    this.options = options;
    this.#startedAt = env.clock.monotonic();
    // The scheduler is needed by the box and the box by the contexts: their hook is looked up when it is called.
    this.scheduler = new Scheduler({
      timer: (seconds, fire) => this.env.clock.timer(seconds, fire),
      onSwitch: (fiber) => this.contexts.onSwitch(fiber),
      onReady: () => host.wake(),
      onCrash: (fiber, error) => this.#fiberCrashed(fiber, error),
      firstId: firstFiberId,
    });
    this.stateChanged = new Cond(this.scheduler);
    this.confirmations = new Confirmations(this);
    this.#configured = new Cond(this.scheduler);
    this.#logFile = new LogFile(this.env, this.scheduler);
    this.log = new Log({ ...env, log: this.#logFile }, this.scheduler);
    this.storage = new Storage(this);
    this.box = new Box({
      journal: this.storage.journal,
      log: this.log.write,
      isReadOnly: () => this.isReadOnly,
      instanceId: () => this.storage.id,
      synchroQuorum: () => this.config.number('replication_synchro_quorum'),
      limboChanged: () => this.confirmations.changed(),
      panic: (message) => this.#panic(message),
      localTime: () => this.log.localTime(),
    });
    this.contexts = new FiberContexts(this.box);
    this.contexts.attach(this.scheduler);
    this.replication = new Replication(new InstanceReplicationHost(this));
    this.iproto = new IprotoServer(new InstanceIprotoHost(this));
    this.checkpoints = new Checkpoints(this);
    this.box.hooks.checkClusterChange = (id) => this.replication.checkId(id);
    this.box.hooks.onClusterChange = (id, uuid) => this.replication.clusterChanged(id, uuid);
    this.box.hooks.onClusterUuid = (uuid) => {
      this.storage.clusterUuid = uuid;
      this.log.write('I', `cluster uuid ${uuid}`);
    };
  }

  get isConfigured(): boolean {
    return this.state === 'running';
  }

  /** True when users may not write: by `read_only`, because the server is an orphan, or because it is not there yet or has no id. */
  get isReadOnly(): boolean {
    if (this.config.flag('read_only') || this.isOrphan) return true;
    return (
      this.state === 'loading' || (this.state === 'running' && this.replication.isUnregistered)
    );
  }

  /** `db.info.status`. */
  get status(): string {
    return this.state === 'running' && this.isOrphan ? 'orphan' : this.state;
  }

  /** Seconds since the process began. */
  get uptime(): number {
    return this.env.clock.monotonic() - this.#startedAt;
  }

  /** Where it listens, as `db.info.listen` shows it; undefined when it does not. */
  resetNetworkCounts(): void {
    Object.assign(this.iproto.totals, {
      connections: 0,
      requests: 0,
      sentBytes: 0,
      receivedBytes: 0,
    });
  }

  /** What went over the binary protocol since the last reset, and what is open now. */
  networkCounts(): NetworkCounts {
    const { totals, connectionCount, requestCount } = this.iproto;
    const { sentBytes, receivedBytes } = totals;
    return {
      sentBytes,
      receivedBytes,
      connections: { total: totals.connections, current: connectionCount },
      requests: { total: totals.requests, current: requestCount },
    };
  }

  get listenAddress(): string | undefined {
    return this.iproto.address;
  }

  /**
   * `db.cfg`: the first call starts the server, later ones change options.
   * @param given options under either generation's names; undefined asks for the default
   * @param onAccepted called when the options are found right, before they are acted upon
   * @throws ClientError naming what was wrong; nothing of a wrong call is put in force
   */
  *configure(
    given: ReadonlyMap<string, OptionValue | undefined>,
    onAccepted?: () => void,
  ): Task<void> {
    while (this.#isConfiguring) yield* this.#configured.wait();
    this.#isConfiguring = true;
    try {
      const changes = this.config.prepare(given, this.state !== 'unconfigured');
      onAccepted?.();
      if (this.state === 'unconfigured') yield* boot(this, changes);
      else yield* reconfigure(this, changes);
    } finally {
      this.#isConfiguring = false;
      this.#configured.signal();
    }
  }

  /** Listens where the option `listen` says. @throws ClientError when the port is taken */
  *listen(): Task<void> {
    const listen = this.config.text('listen');
    yield* this.iproto.listen(listen === '' ? undefined : parseUri(listen));
  }

  /** Lets log lines go to the file that the option `log` names. @throws ClientError when it cannot be opened */
  *openLogFile(): Task<void> {
    yield* this.#logFile.open(this.config.text('log'), this.storage.workDirectory);
  }

  /** A random UUID, version 4. */
  newUuid(): string {
    const bytes = this.env.random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** `db.snapshot()`. @throws ClientError */
  *checkpoint(): Task<void> {
    yield* this.storage.checkpoint();
  }

  /** Writes an error into the log as the real server does. */
  logError(error: Error): void {
    if (error instanceof WalError) logWalError(this.log.write, error);
    else if (isServerError(error)) logError(this.log.write, error);
    else this.log.write('E', error.message);
  }

  /** Puts an event into the inbox and asks the host for a turn. */
  post(event: InstanceEvent): void {
    if (this.#exitCode !== undefined) return;
    this.#inbox.push(event);
    this.host.wake();
  }

  /** Empties the inbox, runs the ready fibers, appends what they queued. */
  turn(): 'idle' | 'more' {
    if (this.#exitCode !== undefined) return 'idle';
    this.#turnBegan = this.env.clock.monotonic();
    for (const event of this.#inbox.splice(0)) event.deliver();
    const hasMore = this.scheduler.run(() => !this.isTurnOver);
    this.storage.flush();
    return (hasMore || this.#inbox.length > 0) && this.#exitCode === undefined ? 'more' : 'idle';
  }

  /** True when this turn has run so long that the host's event loop should have a look. */
  get isTurnOver(): boolean {
    return this.env.clock.monotonic() - this.#turnBegan > turnSecondsMax;
  }

  /** Starts a fiber with a context of its own; an open transaction ends with it. */
  spawn(name: string, context: FiberContext, body: (fiber: Fiber) => Task<void>): Fiber {
    const box = this.box;
    return this.scheduler.spawn(
      name,
      function* (fiber) {
        try {
          yield* body(fiber);
        } finally {
          box.onFiberStop(context);
        }
      },
      context,
    );
  }

  /** True when the running fiber should take `commitPoint` before it goes on after a commit. */
  get wantsCommitPoint(): boolean {
    const { unconfirmed } = this.contexts.current;
    return (
      unconfirmed !== undefined ||
      this.scheduler.hasReady ||
      this.storage.wantsPause ||
      this.isTurnOver
    );
  }

  /**
   * The yield point after a commit (DESIGN D2): others run, or, when too much is unwritten or `wal_mode` is 'fsync', the
   * log is waited for.
   * @throws ClientError ER_WAL_IO when the rows could not be written
   */
  *commitPoint(): Task<void> {
    yield* this.confirmations.wait();
    if (this.storage.wantsPause) return yield* this.durable();
    yield* this.scheduler.reschedule();
    const context = this.contexts.current;
    if (context.hasLostRows) throw lostRowsError(context);
  }

  /**
   * Returns when everything that the running fiber can have seen is written: nothing leaves the instance before.
   * @throws ClientError ER_WAL_IO when some of it was not written and has been rolled back, or rows that this fiber committed
   *   were since it was last told
   */
  *durable(): Task<void> {
    yield* this.confirmations.wait();
    const isWritten = yield* this.storage.written();
    const context = this.contexts.current;
    if (!isWritten || context.hasLostRows) throw lostRowsError(context);
  }

  /**
   * Returns when the rows that a fiber committed are written, for what it prints, logs and asks other servers on the way. Others' rows
   * are not waited for: a fiber that has committed nothing must neither suspend nor fail there, as it does not in the real server.
   * @param context whose rows; the running fiber's by default
   * @throws ClientError ER_WAL_IO when rows that the fiber committed are lost
   */
  *settled(context = this.contexts.current): Task<void> {
    if (context === this.contexts.current) yield* this.confirmations.wait();
    if (context.unwrittenCommits > 0) yield* this.storage.written();
    if (context.hasLostRows) throw lostRowsError(context);
  }

  #panic(message: string): void {
    this.log.write('F', message);
    this.stop(1);
  }

  /** Closes everything in order and ends the process (`os.exit`). Never returns to the fiber that calls it. */
  *exit(code: number): Task<never> {
    if (!this.#isExiting) {
      this.#isExiting = true;
      // Whoever asked may be cancelled or hurried by another exit meanwhile: a fiber of its own does it.
      this.scheduler.spawn('exit', () => this.#close(code));
    }
    const { current } = this.scheduler;
    if (current !== undefined) current.isCancellable = false;
    // Parked for ever: the instance takes no further turn.
    while (true) yield* this.scheduler.park();
  }

  *#close(code: number): Task<void> {
    try {
      if (this.lua !== undefined) yield* this.lua.onShutdown();
      this.checkpoints.stop();
      this.iproto.close();
      yield* this.replication.stop();
      yield* this.storage.close();
      yield* this.#logFile.close();
    } finally {
      this.stop(code);
    }
  }

  /** Ends the process now, with whatever is on disk. */
  stop(code: number): void {
    if (this.#exitCode !== undefined) return;
    this.#exitCode = code;
    this.host.exit(code);
  }

  #fiberCrashed(fiber: Fiber, error: unknown): void {
    const isKnown = error instanceof ClientError || error instanceof WalError;
    // Anything else is a bug: nothing catches it below the host, which stops the instance and says so.
    if (!isKnown) throw error;
    this.log.write('E', error.message, { origin: `main/${fiber.id}/${fiber.name}` });
  }
}

/** The interactive console's fiber is 103 in the real server; 101 and 102 serve its event loop. */
const firstFiberId = 103;
