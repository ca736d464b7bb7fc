import { awaitCall } from '../base/await.ts';
import { Cond, type Fiber, FiberCancelled, type Task } from '../base/fiber.ts';
import { formatUri, type Uri } from '../base/uri.ts';
import type { NetworkError } from '../env/index.ts';
import { type Greeting, greetingSize, parseGreeting } from '../wire/iproto.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { MsgpackError } from '../wire/msgpack.ts';
import type { Ballot } from '../wire/replication-requests.ts';
import { decodeBallot } from '../wire/replication-requests.ts';
import { encodeAuth } from '../wire/requests.ts';
import { makeScramble } from '../wire/scramble.ts';
import { decodeXRowPacket, type XRow } from '../wire/xrow.ts';
import { connectError, FailureLog, stateAfter } from './applier-failure.ts';
import { fetchSnapshot, finishJoin, join, register } from './applier-join.ts';
import { subscribe } from './applier-stream.ts';
import { Channel } from './channel.ts';
import { isServerError, logError, type ServerError } from './error.ts';
import { rowError, send } from './frames.ts';
import type { ReplicationHost } from './host.ts';
import { disconnectTimeout, type ReplicationSettings } from './settings.ts';

/** The words of `db.info.replication[n].upstream.status`. */
export type ApplierState =
  | 'off'
  | 'connect'
  | 'connected'
  | 'auth'
  | 'ready'
  | 'initial_join'
  | 'final_join'
  | 'joined'
  | 'fetch_snapshot'
  | 'fetched_snapshot'
  | 'register'
  | 'registered'
  | 'sync'
  | 'follow'
  | 'loading'
  | 'disconnected'
  | 'stopped';

/** 'copy': the copy is not complete, begin again; 'log': the first snapshot is there, the registration may be missing. */
export type JoinStage = 'none' | 'copy' | 'log';

/** What the appliers of one instance share. */
export interface ApplierGroup {
  readonly host: ReplicationHost;
  readonly settings: ReplicationSettings;
  /** Id of this instance in `_cluster`; 0 while it has none. */
  readonly instanceId: number;
  /** True while a copy is being received for an instance that has files of its own already. */
  readonly isRebootstrap: boolean;
  /** How far a join has come; until it is 'none' again this instance's own id may still change. */
  joinStage: JoinStage;
  /** Counts transactions that any applier applied: each of them acknowledges to its own master. */
  applied: number;
}

/** Told of each new state. Returns true when the applier is to wait there for `resume`. May throw a ServerError. */
export type ApplierListener = (applier: Applier) => boolean;

/**
 * Follows one master: a fiber that connects, asks who is there (VOTE), logs in, joins when the instance is new, subscribes and
 * then applies what comes, until it is stopped. What breaks the connection is tried again each `replication_timeout`; what
 * says that this server and that one do not fit together ends it, with the reason kept for `db.info`.
 */
export class Applier {
  readonly group: ApplierGroup;
  readonly uri: Uri;
  /** The source without its password: its name in logs and `db.info`. */
  readonly name: string;
  state: ApplierState = 'off';
  /** Of the master that answered last. */
  uuid: string | undefined;
  peerAddress = '';
  ballot: Ballot | undefined;
  /** Seconds between a row's making there and its arrival here. */
  lag = 0;
  /** Monotonic time of the last sign of life. */
  lastRowTime: number;
  /** What went wrong last; forgotten when a master answers again. */
  error: ServerError | undefined;
  readonly listeners = new Set<ApplierListener>();
  /** Set while its fiber exists, alive or ended. */
  fiber: Fiber | undefined;
  channel: Channel | undefined;
  /** The fiber that sends acknowledgements. */
  writer: Fiber | undefined;
  #version = '';
  #isPaused = false;
  readonly #failures: FailureLog;
  #rollbackError: ServerError | undefined;
  readonly #resumed: Cond;

  constructor(group: ApplierGroup, uri: Uri) {
    this.group = group;
    this.uri = uri;
    this.name = formatUri(uri, false);
    this.lastRowTime = group.host.clock.monotonic();
    this.#resumed = new Cond(group.host.scheduler);
    this.#failures = new FailureLog(group.host, uri, group.settings);
  }

  start(): void {
    const { host } = this.group;
    const body = (): Task<void> => this.#run();
    this.fiber = host.scheduler.start(`applier/${this.name}`, body, host.applierContext());
  }

  /** Ends the fiber and waits for its end. */
  *stop(): Task<void> {
    const { fiber } = this;
    if (fiber === undefined) return;
    const { scheduler } = this.group.host;
    scheduler.cancel(fiber);
    yield* scheduler.join(fiber);
    this.fiber = undefined;
    this.#change('off');
  }

  /** Lets a fiber go on that waits where a listener told it to. */
  resume(): void {
    this.#isPaused = false;
    this.#resumed.signal();
  }

  /**
   * Lets the applier go on and waits until it has come to a state; it waits there in turn.
   * @throws ServerError what ended it before
   */
  *resumeTo(state: ApplierState): Task<void> {
    const arrived = new Cond(this.group.host.scheduler);
    let hasArrived = false;
    const listener: ApplierListener = () => {
      hasArrived = this.state === state;
      const isOver = this.state === 'off' || this.state === 'stopped';
      if (hasArrived || isOver) arrived.signal();
      return hasArrived;
    };
    this.listeners.add(listener);
    try {
      this.resume();
      while (!hasArrived && this.state !== 'off' && this.state !== 'stopped') yield* arrived.wait();
    } finally {
      this.listeners.delete(listener);
    }
    if (!hasArrived && this.error !== undefined) throw this.error;
  }

  /** Rows that this instance had taken could not be written: the applier stops with that reason. */
  rollBack(error: ServerError): void {
    // A joiner writes the rows of the log behind its copy, too, and must not go on behind a gap.
    const takesRows =
      this.writer !== undefined || this.state === 'final_join' || this.state === 'register';
    if (this.fiber === undefined || !takesRows) return;
    this.#rollbackError = error;
    this.group.host.scheduler.cancel(this.fiber);
  }

  /** Enters a state; waits there when somebody wants it to. Runs in the applier's own fiber. */
  *enter(state: ApplierState): Task<void> {
    const { scheduler } = this.group.host;
    const mustWait = this.#change(state);
    scheduler.testCancel();
    if (!mustWait) return;
    this.#isPaused = true;
    while (this.#isPaused) yield* this.#resumed.wait();
  }

  /** Enters a state from another fiber, where nobody can make it wait. */
  enterNow(state: ApplierState): void {
    this.#change(state);
  }

  /** Subscribed: what goes wrong from now on is news again. */
  forgetLoggedError(): void {
    this.#failures.forget();
  }

  /** The connection of a state in which there is one. */
  get stream(): Channel {
    const { channel } = this;
    if (channel === undefined)
      throw this.group.host.errors.typed('SocketError', 'not connected', 0, ['', 0]);
    return channel;
  }

  /** Reads a frame and takes it apart; one that holds an error is thrown. */
  *read(timeout: number | undefined): Task<XRow> {
    const row = decodeXRowPacket(yield* this.stream.readFrame(timeout));
    this.lastRowTime = this.group.host.clock.monotonic();
    const error = rowError(this.group.host.errors, row);
    if (error !== undefined) throw error;
    return row;
  }

  *#run(): Task<void> {
    const { host, settings } = this.group;
    for (;;) {
      try {
        yield* this.#follow();
      } catch (thrown) {
        if (thrown instanceof FiberCancelled) {
          this.error = this.#rollbackError ?? this.error;
          this.#disconnect(this.#rollbackError === undefined ? 'off' : 'stopped');
          return;
        }
        if (!this.#failed(this.#serverError(thrown))) return;
      }
      yield* host.scheduler.sleep(settings.timeout);
    }
  }

  *#follow(): Task<void> {
    const { group } = this;
    const { host, settings } = group;
    yield* this.#connect();
    const isCopyMissing = group.joinStage === 'copy' || group.isRebootstrap;
    if (host.clusterUuid() === undefined || isCopyMissing) {
      yield* settings.isAnonymous ? fetchSnapshot(this) : join(this);
    }
    if (group.instanceId === 0 && !settings.isAnonymous) yield* register(this);
    if (group.joinStage === 'log') yield* finishJoin(this);
    yield* subscribe(this);
  }

  *#connect(): Task<void> {
    const { host, settings } = this.group;
    const silence = disconnectTimeout(settings);
    yield* this.enter('connect');
    const channel = yield* this.#open();
    this.channel = channel;
    this.peerAddress = channel.connection.peerAddress;
    const greeting = this.#greeting(yield* channel.readBytes(greetingSize, silence));
    this.lastRowTime = host.clock.monotonic();
    if (this.#version !== greeting.version) {
      const [version] = greeting.version.split('-');
      const where = `${greeting.uuid} at ${this.peerAddress}`;
      host.log('I', `remote master ${where} running ${host.productName} ${version}`);
    }
    this.uuid = greeting.uuid;
    this.#version = greeting.version;
    this.error = undefined;
    yield* this.#vote(silence);
    yield* this.enter('connected');
    if (this.uuid === host.instanceUuid()) {
      throw host.errors.client('CONNECTION_TO_SELF', [], ['applier.cc', 452]);
    }
    if (this.uri.login !== undefined) {
      yield* this.enter('auth');
      const scramble = makeScramble(this.uri.password ?? '', greeting.salt);
      send(channel, IprotoType.AUTH, encodeAuth(this.uri.login, scramble));
      yield* this.read(silence);
      host.log('I', 'authenticated');
    }
    yield* this.enter('ready');
  }

  /** Asks the master for its ballot; one that does not know the question is taken as it is. */
  *#vote(silence: number): Task<void> {
    send(this.stream, IprotoType.VOTE);
    try {
      const row = yield* this.read(silence);
      this.ballot = decodeBallot(row.body);
    } catch (thrown) {
      if (!isServerError(thrown) || thrown.codeName !== 'ER_UNKNOWN_REQUEST_TYPE') throw thrown;
    }
  }

  #greeting(bytes: Uint8Array): Greeting {
    const { host } = this.group;
    const greeting = parseGreeting(bytes);
    if (greeting?.protocol === 'Binary') return greeting;
    const [text, line] =
      greeting === undefined
        ? (['Invalid greeting', 404] as const)
        : (['Unsupported protocol for replication', 407] as const);
    const error = host.errors.client('PROTOCOL', [text], ['applier.cc', line]);
    // The real server logs this one where it is raised, before it says what it was doing.
    logError(host.log, error);
    throw error;
  }

  *#open(): Task<Channel> {
    const { host } = this.group;
    const { scheduler, network, errors } = host;
    const { host: name, service } = this.uri;
    const port = /^\d+$/.test(service) ? Number(service) : service;
    const result = yield* awaitCall<Channel, NetworkError>(
      scheduler,
      (done) =>
        network.connect(name === '' ? 'localhost' : name, port, (outcome) =>
          // The channel must listen before this turn ends, and this fiber may run in a later one.
          done(
            outcome.ok
              ? { ok: true, value: new Channel(scheduler, outcome.value, errors) }
              : outcome,
          ),
        ),
      (late) => {
        if (late.ok) late.value.close();
      },
    );
    if (result.ok) return result.value;
    throw connectError(host, result.error);
  }

  #change(state: ApplierState): boolean {
    this.state = state;
    let mustWait = false;
    for (const listener of [...this.listeners]) mustWait = listener(this) || mustWait;
    return mustWait;
  }

  /** Logs an error, enters the state that follows from it, and says whether to try again. */
  #failed(error: ServerError): boolean {
    const next = stateAfter(error, this.uuid === this.group.host.instanceUuid());
    this.error = error;
    if (next !== 'off') this.#failures.log(this.state, error);
    this.#disconnect(next);
    return next === 'loading' || next === 'disconnected';
  }

  #disconnect(state: ApplierState): void {
    this.#change(state);
    if (this.writer !== undefined) this.group.host.scheduler.cancel(this.writer);
    this.writer = undefined;
    this.channel?.close();
    this.channel = undefined;
  }

  /** Garbage from the peer is its error; everything else that is no server's error is a bug. */
  #serverError(thrown: unknown): ServerError {
    if (isServerError(thrown)) return this.group.host.errors.placed(thrown);
    if (!(thrown instanceof MsgpackError)) throw thrown;
    return this.group.host.errors.client('INVALID_MSGPACK', [thrown.message], ['xrow.c', 142]);
  }
}
