/**
 * `console.connect`: the statements of a console go to another server. To its admin console as text, or to its binary port, where
 * `console.eval` is asked to run them.
 */
import type { Task } from '../../base/fiber.ts';
import { parseUri, type Uri, withoutToken } from '../../base/uri.ts';
import { ClientError, clientError } from '../../box/error.ts';
import type { Channel } from '../../replication/channel.ts';
import { dataOf, IprotoClient, openChannel } from '../../server/iproto-client.ts';
import { resolvePath } from '../../server/path.ts';
import { greetingSize, parseGreeting } from '../../wire/iproto.ts';
import { IprotoType } from '../../wire/iproto-constants.ts';
import { MsgpackWriter } from '../../wire/msgpack.ts';
import { MsgpackReader } from '../../wire/msgpack-reader.ts';
import { encodeCall } from '../../wire/requests.ts';
import { type Completions, pathBefore } from '../completion.ts';
import { parseOutput } from '../console-commands.ts';
import { decodeTo } from '../conversions.ts';
import { parseUriParts } from '../lib/uri.ts';
import { type Consoles, type RemoteConsole, type Repl, wireDelimiter } from '../repl.ts';
import type { LuaRuntime } from '../runtime.ts';
import { builtinError, stringText } from '../vm/host.ts';
import { LuaError, nilObject, Slot, Tag, text, utf8 } from '../vm/value.ts';

/** Seconds for each step of connecting when the caller gives none. */
const connectSeconds = 10;
/** Seconds for a Tab: a server that was paused does not answer. */
const completionSeconds = 1;
const usage = 'Usage: console.connect("[login:password@][host:]port")';

/**
 * Connects the console that the running fiber serves.
 * @param timeout seconds
 * @throws LuaError, ClientError when there is no such server, or it does not let us in
 */
export function* connectConsole(
  runtime: LuaRuntime,
  uri: string | undefined,
  timeout = connectSeconds,
): Task<void> {
  const { consoles, instance } = runtime;
  const repl = consoles.current;
  if (repl === undefined) {
    throw builtinError('box/console', 769, 'console.connect() need existing console');
  }
  const { target, address } = targetOf(uri, instance.storage.workDirectory);
  const clientHost = { scheduler: instance.scheduler, network: instance.env.network };
  const channel = yield* reach(runtime, target);
  let remote: RemoteConsole;
  try {
    const greeting = parseGreeting(yield* channel.readBytes(greetingSize, timeout));
    if (greeting === undefined) throw clientError('NO_CONNECTION');
    if (greeting.protocol === 'Lua console') {
      remote = yield* TextConsole.open(consoles, repl, channel, address);
    } else {
      const client = yield* IprotoClient.wrap(clientHost, channel, greeting, target, timeout);
      remote = new BinaryConsole(client, address, consoles);
    }
    // Whoever may not run statements there hears it now.
    yield* remote.evaluate(utf8('return true'));
  } catch (thrown) {
    channel.close();
    throw thrown;
  }
  repl.remote = remote;
  instance.log.write('I', `connected to ${address}`);
}

/** Where to connect, and how the prompt names it. @throws LuaError when it is no address */
function targetOf(text: string | undefined, directory: string): { target: Uri; address: string } {
  const behindGateway = text === undefined ? undefined : parseUri(text);
  if (behindGateway?.service === '') {
    return { target: behindGateway, address: withoutToken(behindGateway.host) };
  }
  const parts = text === undefined ? undefined : parseUriParts(text);
  if (parts?.service === undefined) throw builtinError('box/console', 777, usage);
  const { login, password, host = 'localhost' } = parts;
  const address = `${host}:${parts.service}`;
  if (host !== 'unix/') {
    return { target: { login, password, host, service: parts.service }, address };
  }
  const service = resolvePath(directory, parts.service);
  return { target: { login, password, host: '', service }, address };
}

/** As the real server, it says why in the log alone; but for a gateway, which the real server does not know. */
function* reach({ instance }: LuaRuntime, target: Uri): Task<Channel> {
  const { scheduler, env, log } = instance;
  try {
    return yield* openChannel({ scheduler, network: env.network }, target);
  } catch (thrown) {
    if (!(thrown instanceof ClientError)) throw thrown;
    if (target.service === '') throw thrown;
    log.write('V', thrown.message);
    throw clientError('NO_CONNECTION');
  }
}

/** Another server's admin console. */
class TextConsole implements RemoteConsole {
  readonly address: string;
  error: string | undefined;
  readonly #consoles: Consoles;
  readonly #repl: Repl;
  readonly #channel: Channel;
  #format: 'yaml' | 'lua';

  private constructor(consoles: Consoles, repl: Repl, channel: Channel, address: string) {
    this.#consoles = consoles;
    this.#repl = repl;
    this.#channel = channel;
    this.address = address;
    this.#format = consoles.output.fmt;
  }

  /** Has the other console answer in this one's format, and end statements where nothing else can. */
  static *open(
    consoles: Consoles,
    repl: Repl,
    channel: Channel,
    address: string,
  ): Task<TextConsole> {
    const remote = new TextConsole(consoles, repl, channel, address);
    const { fmt, opts } = consoles.output;
    const format = opts === undefined ? fmt : `${fmt},${opts}`;
    for (const line of [
      `\\set output ${format}\n`,
      `require("console").delimiter("${wireDelimiter}")\n`,
    ]) {
      yield* channel.write(utf8(line));
      if ((yield* remote.#readAnswer()) === undefined) throw remote.#broken();
    }
    return remote;
  }

  get isActive(): boolean {
    return this.error === undefined;
  }

  *evaluate(statement: Uint8Array): Task<string> {
    this.#expectFormat(text(statement));
    const end = utf8(`${wireDelimiter}\n`);
    const message = new Uint8Array(statement.length + end.length);
    message.set(statement);
    message.set(end, statement.length);
    if (!this.#channel.isClosed) yield* this.#channel.write(message);
    for (;;) {
      const answer = yield* this.#readAnswer();
      if (answer === undefined) throw this.#broken();
      if (!answer.startsWith(pushMarks[this.#format])) return answer;
      this.#repl.print(answer);
    }
  }

  /** Its answers have no names: one that came late would be taken for a statement's. */
  *complete(_line: string, cursor: number): Task<Completions> {
    return { from: cursor, words: [] };
  }

  close(): void {
    this.#channel.close();
  }

  /** A command that changes the answers' form changes what ends them, its own answer included. */
  #expectFormat(statement: string): void {
    const [, value] = /^\\\s*(?:set|s)\s+(?:output|o)\s+(\S+)\s*$/.exec(statement) ?? [];
    const format = value === undefined ? undefined : parseOutput(value);
    if (typeof format === 'object') this.#format = format.fmt;
  }

  *#readAnswer(): Task<string | undefined> {
    const end = this.#format === 'yaml' ? '\n...\n' : this.#consoles.luaEnd;
    const answer = yield* this.#channel.readThrough([utf8(end)]);
    return answer === undefined ? undefined : text(answer);
  }

  #broken(): LuaError {
    this.error = 'Peer closed';
    return new LuaError(this.error, 'none');
  }
}

/** What marks a pushed value among answers. */
const pushMarks = { yaml: '%TAG !push! ', lua: '-- Push' } as const;

/** Another server's binary port. What a statement pushes there is not shown, as with the real server. */
class BinaryConsole implements RemoteConsole {
  readonly address: string;
  readonly #client: IprotoClient;
  readonly #consoles: Consoles;

  constructor(client: IprotoClient, address: string, consoles: Consoles) {
    this.#client = client;
    this.#consoles = consoles;
    this.address = address;
  }

  get isActive(): boolean {
    return this.#client.error === undefined;
  }

  get error(): string | undefined {
    return this.#client.error?.message;
  }

  *evaluate(statement: Uint8Array): Task<string> {
    const args = new MsgpackWriter();
    args.array(1);
    args.str(statement);
    const code = 'return require("console").eval(...)';
    const body = encodeCall(IprotoType.EVAL, code, args.finish());
    const answer = yield* this.#client.send(IprotoType.EVAL, body).wait();
    if (answer === undefined) throw clientError('TIMEOUT');
    if (!answer.ok) throw answer.error;
    const [first] = dataOf(answer.body);
    const result = first === undefined ? nilObject : decoded(first);
    // What is no text has no answer: `\quit`, of which the other server's console module makes nothing.
    return stringText(result) ?? this.#consoles.answer({ ok: false, error: result });
  }

  *complete(line: string, cursor: number): Task<Completions> {
    const path = pathBefore(line, cursor);
    const nothing = { from: cursor, words: [] };
    const args = new MsgpackWriter();
    args.array(3);
    args.str(utf8(path));
    args.uint(0);
    args.uint(path.length);
    const code = 'return require("console").completion_handler(...)';
    const body = encodeCall(IprotoType.EVAL, code, args.finish());
    const [first] = dataOf(yield* this.#client.ask(IprotoType.EVAL, body, completionSeconds));
    if (first === undefined) return nothing;
    const found = new MsgpackReader(first).readValue();
    if (!Array.isArray(found)) return nothing;
    // The first one is what the others have in common; each has all of the path.
    const name = /\w*$/.exec(path)?.[0] ?? '';
    const others = found.slice(1).filter((one) => typeof one === 'string');
    const words = others.map((one) => one.slice(path.length - name.length));
    return { from: cursor - name.length, words };
  }

  close(): void {
    this.#client.close();
  }
}

function decoded(bytes: Uint8Array): Slot {
  const slot = new Slot(Tag.NIL, null);
  decodeTo(bytes, 0, slot);
  return slot;
}
