/**
 * `console.listen`: an admin console on a port or on the path of a unix socket. Whoever connects acts as admin and speaks the real
 * server's text protocol: a greeting of 128 bytes, then a statement a line, each answered by a text.
 *
 * What the real server does and Bee does not: a last line without its end is evaluated there, one letter short; here it is no statement.
 */
import { awaitCall } from '../../base/await.ts';
import { type Fiber, FiberCancelled, type Task } from '../../base/fiber.ts';
import type { Connection, Listener, NetworkError } from '../../env/index.ts';
import { Channel } from '../../replication/channel.ts';
import { isServerError } from '../../replication/error.ts';
import { serverErrors } from '../../server/iproto-errors.ts';
import { resolvePath } from '../../server/path.ts';
import { makeGreetingLines } from '../../wire/iproto.ts';
import { parseUriParts } from '../lib/uri.ts';
import { Repl } from '../repl.ts';
import type { LuaRuntime } from '../runtime.ts';
import { builtinError } from '../vm/host.ts';
import { text, utf8 } from '../vm/value.ts';

/** Where an admin console listens when nothing is said. */
const defaultPath = '/tmp/bee-console.sock';

/** A listening console. */
export interface ConsoleListener {
  readonly fd: number;
  /** 'unix/' for a path. */
  readonly host: string;
  readonly service: string;
  readonly isOpen: boolean;
  close(): void;
}

/**
 * Listens.
 * @param uri undefined for the default path
 * @throws LuaError with the real server's words when it is no address, or cannot be had
 */
export function* listenConsole(
  runtime: LuaRuntime,
  uri: string | undefined,
): Task<ConsoleListener> {
  const parts = uri === undefined ? { host: 'unix/', service: defaultPath } : parseUriParts(uri);
  if (parts?.service === undefined) {
    throw builtinError('box/console', 857, 'Usage: console.listen("[host:]port")');
  }
  const { instance } = runtime;
  const { scheduler, env, storage } = instance;
  const { service } = parts;
  const isPath = parts.host === 'unix/';
  const port = isPath ? resolvePath(storage.workDirectory, service) : Number(service);
  const host = parts.host ?? '0.0.0.0';
  const server = new Server(runtime, host, service);
  const result = yield* awaitCall<Listener, NetworkError>(scheduler, (done) =>
    // A client may come before this fiber hears that the port is open.
    env.network.listen(host, port, (connection) => server.accept(connection), done),
  );
  if (!result.ok) {
    const where = `${parts.host ?? 'nil'}:${service}`;
    const why = `failed to create server ${where}: ${result.error.message}`;
    throw builtinError('box/console', 865, why);
  }
  server.open(result.value);
  return server;
}

class Server implements ConsoleListener {
  readonly host: string;
  readonly service: string;
  isOpen = true;
  readonly #runtime: LuaRuntime;
  #listener: Listener | undefined;
  #fiber: Fiber | undefined;

  constructor(runtime: LuaRuntime, host: string, service: string) {
    this.#runtime = runtime;
    this.host = host;
    this.service = service;
  }

  get fd(): number {
    return this.#listener?.fd ?? -1;
  }

  /** The port is open. */
  open(listener: Listener): void {
    this.#listener = listener;
    const { scheduler } = this.#runtime.instance;
    // The fiber is what a program leaves running that does nothing but serve its console.
    this.#fiber = scheduler.spawn(`console/${this.host}:${this.service}`, () => this.#run());
  }

  accept(connection: Connection): void {
    const { instance } = this.#runtime;
    const channel = new Channel(instance.scheduler, connection, serverErrors);
    const isPath = this.host === 'unix/';
    const peer = isPath ? 'unix/:(socket)' : connection.peerAddress;
    const session = instance.contexts.makeSession('console');
    session.fd = connection.fd;
    session.peer = peer;
    const name = `console/${isPath ? 'unix/:' : peer}`;
    instance.spawn(name, instance.contexts.make(session), () => this.#serve(channel));
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#listener?.close();
    if (this.#fiber !== undefined) this.#runtime.instance.scheduler.wakeup(this.#fiber);
  }

  *#run(): Task<void> {
    const { log, scheduler } = this.#runtime.instance;
    log.write('I', 'started');
    while (this.isOpen) yield* scheduler.park();
    log.write('I', 'stopped');
  }

  /** One client, from greeting to end. What breaks its connection concerns nobody else. */
  *#serve(channel: Channel): Task<void> {
    const { triggers, instance } = this.#runtime;
    try {
      if (triggers.onConnect !== undefined) yield* triggers.onConnect();
      if (triggers.onAuth !== undefined) yield* triggers.onAuth('admin', true);
      yield* this.#converse(channel);
      if (triggers.onDisconnect !== undefined) yield* triggers.onDisconnect();
    } catch (thrown) {
      const isOwn = thrown instanceof FiberCancelled || !isServerError(thrown);
      if (isOwn) throw thrown;
      if (!channel.isClosed) instance.logError(thrown);
    } finally {
      channel.close();
    }
  }

  *#converse(channel: Channel): Task<void> {
    const greeting = [`Tarantool 2.6.0 (Lua console)`, `type 'help' for interactive help`] as const;
    yield* channel.write(makeGreetingLines(...greeting));
    const repl = new Repl((pushed) => channel.send(utf8(pushed)));
    yield* this.#runtime.consoles.serve(
      repl,
      () => readStatement(channel, repl),
      (answer) => channel.write(utf8(answer)),
    );
  }
}

/** A statement ends with the delimiter and a line feed or a carriage return: clients are nc, telnet, other servers. */
function* readStatement(channel: Channel, repl: Repl): Task<Uint8Array | undefined> {
  const { delimiter } = repl;
  const line = yield* channel.readThrough([utf8(`${delimiter}\n`), utf8(`${delimiter}\r`)]);
  if (line === undefined || text(line) === '~.\n') return undefined;
  return line.subarray(0, line.length - utf8(delimiter).length - 1);
}
