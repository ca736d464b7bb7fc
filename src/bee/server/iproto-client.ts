/**
 * The other end of the binary protocol: what net.box stands on. One connection, many requests under way, answers matched by
 * their sync. No fiber of its own: what arrives is handed out in the turn in which it arrives.
 */
import { awaitCall } from '../base/await.ts';
import { Cond, type Scheduler, type Task } from '../base/fiber.ts';
import type { Uri } from '../base/uri.ts';
import { ClientError, clientError } from '../box/error.ts';
import type { Network, NetworkError } from '../env/index.ts';
import { Channel } from '../replication/channel.ts';
import {
  beginFrame,
  endFrame,
  type Greeting,
  greetingSize,
  parseGreeting,
} from '../wire/iproto.ts';
import { IprotoKey, IprotoType } from '../wire/iproto-constants.ts';
import { decodeErrorBody } from '../wire/iproto-response.ts';
import { MsgpackError, MsgpackReader, MsgpackWriter } from '../wire/msgpack.ts';
import { encodeAuth } from '../wire/requests.ts';
import { makeScramble } from '../wire/scramble.ts';
import { fromWire, serverErrors } from './iproto-errors.ts';
import { decodePacket, type Packet, PacketError } from './iproto-packet.ts';

/** What a client needs of the instance. */
export interface ClientHost {
  readonly scheduler: Scheduler;
  readonly network: Network;
}

/** What came of a request. */
export type ClientAnswer =
  | { readonly ok: true; readonly body: Uint8Array; readonly schemaVersion: number }
  | { readonly ok: false; readonly error: ClientError };

/** A request under way. */
export class PendingRequest {
  readonly sync: number;
  /** Undefined until it is there. */
  answer: ClientAnswer | undefined;
  /** Called for each value that the server pushes before its answer (`db.session.push`); msgpack. */
  onPush: (value: Uint8Array) => void = () => undefined;
  /** Called once, when the answer is there. */
  onAnswer: (answer: ClientAnswer) => void = () => undefined;
  readonly #ready: Cond;

  constructor(sync: number, scheduler: Scheduler) {
    this.sync = sync;
    this.#ready = new Cond(scheduler);
  }

  /** Private to the client. */
  settle(answer: ClientAnswer): void {
    if (this.answer !== undefined) return;
    this.answer = answer;
    this.#ready.broadcast();
    this.onAnswer(answer);
  }

  /**
   * Waits for the answer.
   * @param timeout seconds
   * @returns undefined when the time was over
   */
  *wait(timeout?: number): Task<ClientAnswer | undefined> {
    while (this.answer === undefined) {
      if (!(yield* this.#ready.wait(timeout))) break;
    }
    return this.answer;
  }
}

export class IprotoClient {
  /** UUID of the server; '' for one that does not tell. */
  readonly peerUuid: string;
  /** `2.6.0`. */
  readonly peerVersion: string;
  readonly salt: Uint8Array;
  /** Of the last answer. */
  schemaVersion = 0;
  /** Why it is over; undefined while it lives. */
  error: ClientError | undefined;
  /** Called once, when the connection is over for whatever reason. */
  onClosed: (error: ClientError) => void = () => undefined;
  readonly #scheduler: Scheduler;
  readonly #channel: Channel;
  readonly #pending = new Map<number, PendingRequest>();
  readonly #writer = new MsgpackWriter();
  #lastSync = 0;

  private constructor(scheduler: Scheduler, channel: Channel, greeting: Greeting) {
    this.#scheduler = scheduler;
    this.#channel = channel;
    this.peerUuid = greeting.uuid;
    this.peerVersion = greeting.version;
    this.salt = greeting.salt;
    channel.onArrival = () => this.#arrived();
    this.#arrived();
  }

  /**
   * Connects, reads the greeting and logs in where the address has a user.
   * @param timeout seconds for each of these steps
   * @throws ClientError ER_NO_CONNECTION, what the login answered; SystemError when the server says nothing
   */
  static *connect(host: ClientHost, uri: Uri, timeout: number): Task<IprotoClient> {
    const channel = yield* openChannel(host, uri);
    try {
      const greeting = parseGreeting(yield* channel.readBytes(greetingSize, timeout));
      return yield* IprotoClient.wrap(host, channel, greeting, uri, timeout);
    } catch (thrown) {
      channel.close();
      throw thrown;
    }
  }

  /** Goes on behind a greeting that was read already; the rest is as with `connect`. The caller closes the channel on failure. */
  static *wrap(
    host: ClientHost,
    channel: Channel,
    greeting: Greeting | undefined,
    uri: Uri,
    timeout: number,
  ): Task<IprotoClient> {
    if (greeting?.protocol !== 'Binary') throw noConnection('Invalid greeting');
    const client = new IprotoClient(host.scheduler, channel, greeting);
    if (uri.login !== undefined) yield* client.logIn(uri.login, uri.password ?? '', timeout);
    return client;
  }

  /** The address that it is connected to. */
  get peerAddress(): string {
    return this.#channel.connection.peerAddress;
  }

  /** Sends a request. @param body a msgpack map, or undefined for none; @param schemaVersion 0 for whatever there is */
  send(type: number, body?: Uint8Array, schemaVersion = 0): PendingRequest {
    const request = new PendingRequest(++this.#lastSync, this.#scheduler);
    if (this.error !== undefined) {
      request.settle({ ok: false, error: this.error });
      return request;
    }
    this.#pending.set(request.sync, request);
    const writer = this.#writer;
    writer.reset();
    const start = beginFrame(writer);
    writer.map(schemaVersion === 0 ? 2 : 3);
    writer.byte(IprotoKey.REQUEST_TYPE);
    writer.uint(type);
    writer.byte(IprotoKey.SYNC);
    writer.uint(request.sync);
    if (schemaVersion !== 0) {
      writer.byte(IprotoKey.SCHEMA_VERSION);
      writer.uint(schemaVersion);
    }
    if (body !== undefined) writer.raw(body);
    endFrame(writer, start);
    this.#channel.send(writer.finish());
    return request;
  }

  /** Sends bytes as they are, for those who want to see what a server makes of them. */
  inject(bytes: Uint8Array): void {
    this.#channel.send(bytes);
  }

  /** Sends a request and waits. @throws ClientError what the server answered, or ER_TIMEOUT */
  *ask(type: number, body?: Uint8Array, timeout?: number): Task<Uint8Array> {
    const request = this.send(type, body);
    const answer = yield* request.wait(timeout);
    if (answer === undefined) {
      this.discard(request);
      throw clientError('TIMEOUT');
    }
    if (!answer.ok) throw answer.error;
    return answer.body;
  }

  /** Becomes another user. @throws ClientError */
  *logIn(user: string, password: string, timeout?: number): Task<void> {
    const scramble = makeScramble(password, this.salt);
    yield* this.ask(IprotoType.AUTH, encodeAuth(user, scramble), timeout);
  }

  /** Nobody waits for this answer any more; it is thrown away when it comes. */
  discard(request: PendingRequest): void {
    this.#pending.delete(request.sync);
  }

  /** Waits until the server takes what was sent: for whoever sends much without waiting for answers. */
  *drained(): Task<void> {
    yield* this.#channel.drained();
  }

  close(): void {
    this.#fail(noConnection('Connection closed'));
  }

  #arrived(): void {
    if (this.error !== undefined) return;
    try {
      for (;;) {
        const frame = this.#channel.takeFrame();
        if (frame === undefined) break;
        this.#answered(decodePacket(frame));
      }
    } catch (thrown) {
      if (!(thrown instanceof MsgpackError) && !(thrown instanceof PacketError)) throw thrown;
      this.#fail(clientError('INVALID_MSGPACK', thrown.message));
      return;
    }
    if (this.#channel.isClosed) this.#fail(noConnection('Peer closed'));
  }

  #answered(packet: Packet): void {
    const request = this.#pending.get(Number(packet.sync));
    if (packet.schemaVersion !== 0) this.schemaVersion = packet.schemaVersion;
    if (request === undefined) return;
    if (packet.type === IprotoType.CHUNK) {
      for (const value of dataOf(packet.body)) request.onPush(value);
      return;
    }
    this.#pending.delete(request.sync);
    const { type, body, schemaVersion } = packet;
    request.settle(
      (type & IprotoType.TYPE_ERROR) === 0
        ? { ok: true, body, schemaVersion }
        : { ok: false, error: fromWire(decodeErrorBody(type, body)) },
    );
  }

  #fail(error: ClientError): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.#channel.close();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) request.settle({ ok: false, error });
    this.onClosed(error);
  }
}

/** The values of an answer's `data`, each as msgpack. @throws MsgpackError */
export function dataOf(body: Uint8Array): Uint8Array[] {
  const reader = new MsgpackReader(body);
  const values: Uint8Array[] = [];
  for (let left = reader.readMapHeader(); left > 0; left--) {
    if (reader.readUint() !== IprotoKey.DATA) {
      reader.skip();
      continue;
    }
    for (let count = reader.readArrayHeader(); count > 0; count--) values.push(reader.readRaw());
  }
  return values;
}

/** Connects, and reads nothing yet. @throws ClientError ER_NO_CONNECTION with the reason */
export function* openChannel(host: ClientHost, uri: Uri): Task<Channel> {
  const port = /^\d+$/.test(uri.service) ? Number(uri.service) : uri.service;
  const name = uri.host === '' ? 'localhost' : uri.host;
  const result = yield* awaitCall<Channel, NetworkError>(
    host.scheduler,
    (done) =>
      host.network.connect(name, port, (outcome) =>
        // The channel must listen before this turn ends, and this fiber may run in a later one.
        done(
          outcome.ok
            ? { ok: true, value: new Channel(host.scheduler, outcome.value, serverErrors) }
            : outcome,
        ),
      ),
    (late) => {
      if (late.ok) late.value.close();
    },
  );
  if (result.ok) return result.value;
  throw noConnection(result.error.message);
}

/** ER_NO_CONNECTION with net.box's own words: `Peer closed`, `Connection closed`, `Connection refused`. */
function noConnection(words: string): ClientError {
  const { code } = clientError('NO_CONNECTION');
  return new ClientError(code, words);
}
