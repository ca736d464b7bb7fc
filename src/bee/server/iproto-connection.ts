import type { Fiber, Task } from '../base/fiber.ts';
import { ClientError } from '../box/error.ts';
import type { Session } from '../box/session.ts';
import type { Connection } from '../env/index.ts';
import { Channel } from '../replication/channel.ts';
import { isServerError, logError, type ServerError } from '../replication/error.ts';
import { makeGreeting, saltSize } from '../wire/iproto.ts';
import { IprotoType } from '../wire/iproto-constants.ts';
import { writeDataResponse, writeErrorResponse } from '../wire/iproto-response.ts';
import { MsgpackError, MsgpackWriter } from '../wire/msgpack.ts';
import { invalidMsgpack, serverErrors, toWire } from './iproto-errors.ts';
import { decodePacket, emptyPacket, type Packet, PacketError } from './iproto-packet.ts';
import { answerRequest, decodeRequest, type Request } from './iproto-request.ts';
import type { IprotoServer } from './iproto-server.ts';
import { unsentAnswerBytesMax } from './limits.ts';

/** What greetings say of this server: peers choose their protocol by it. */
const protocolVersion = '2.6.0';

/** The name under which the real server's network thread logs. */
export const iprotoOrigin = 'iproto/101/main';

/** Bytes of a frame's length in front of it. */
const lengthBytes = 5;

/** One client: its session, its requests under way, its answers on their way. */
export class IprotoConnection {
  readonly session: Session;
  readonly salt: Uint8Array;
  readonly #server: IprotoServer;
  readonly #channel: Channel;
  readonly #answers = new MsgpackWriter();
  #requests = 0;
  /** Not to be read now: the greeting is not out, or a request of replication has the connection. */
  #isHeld = true;
  #isOver = false;

  constructor(server: IprotoServer, connection: Connection) {
    const { host } = server;
    this.#server = server;
    this.#channel = new Channel(host.scheduler, connection, serverErrors);
    this.session = host.openSession(connection);
    this.session.push = (value, sync) => this.#push(value, sync);
    this.salt = host.random.bytes(saltSize);
    this.#channel.onArrival = () => this.#arrived();
    this.#channel.onDrained = () => this.read();
    this.#spawn(() => this.#greet());
  }

  /** Starts a fiber for each whole request that has come, as far as limits allow. */
  read(): void {
    while (!this.#isHeld && !this.#isOver && !this.#isClogged) {
      if (!this.#server.begin(this)) return;
      let frame: Uint8Array | undefined;
      try {
        frame = this.#channel.takeFrame();
      } catch (thrown) {
        this.#server.end();
        if (!(thrown instanceof MsgpackError)) throw thrown;
        this.#refuse(invalidMsgpack(thrown.message, ['iproto.cc', 826]));
        return;
      }
      if (frame === undefined) {
        this.#server.end();
        return;
      }
      this.#begin(frame);
    }
  }

  /** Sends a value to the client before the answer to a request. @param value msgpack */
  #push(value: Uint8Array, sync: number | bigint): void {
    const version = this.#server.host.box.schema.version;
    writeDataResponse(this.#answers, sync, version, [value], IprotoType.CHUNK);
    this.#server.flushLater(this);
  }

  /** Sends the answers that have gathered. */
  flush(): void {
    if (this.#answers.length === 0) return;
    this.#server.totals.sentBytes += this.#answers.length;
    this.#channel.send(this.#answers.finish());
    this.#answers.reset();
  }

  close(): void {
    this.#channel.close();
    this.#ended();
  }

  /** `fd 17, aka 127.0.0.1:3301, peer of 127.0.0.1:34680`. */
  get description(): string {
    return this.#channel.description;
  }

  /** The client does not take what it asked for. */
  get #isClogged(): boolean {
    return this.#channel.unsentBytes + this.#answers.length > unsentAnswerBytesMax;
  }

  #arrived(): void {
    this.read();
    if (this.#channel.isClosed && !this.#isHeld) this.#ended();
  }

  #spawn(body: () => Task<void>, sync: number | bigint = 0): Fiber {
    this.#requests++;
    return this.#server.host.spawn('main', this.session, sync, () => this.#counted(body));
  }

  *#counted(body: () => Task<void>): Task<void> {
    try {
      yield* body();
    } finally {
      this.#requests--;
      this.#forgetWhenIdle();
    }
  }

  *#greet(): Task<void> {
    const { host } = this.#server;
    const greeting = makeGreeting(protocolVersion, host.instanceUuid(), this.salt);
    try {
      if (host.triggers.onConnect !== undefined) yield* host.triggers.onConnect();
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown;
      this.#channel.send(greeting);
      this.#refuse(thrown);
      return;
    }
    this.#channel.send(greeting);
    this.#isHeld = false;
    this.#arrived();
  }

  /** Serves one frame in a fiber of its own. The server has given it a place. */
  #begin(frame: Uint8Array): void {
    const { totals } = this.#server;
    totals.requests++;
    totals.receivedBytes += frame.length + lengthBytes;
    const packet = emptyPacket();
    const decoded = this.#decode(frame, packet);
    const isReplication = decoded === 'replication';
    if (isReplication) this.#isHeld = true;
    this.#spawn(
      () => this.#placed(isReplication ? this.#replicate(packet) : this.#answer(packet, decoded)),
      packet.sync,
    );
  }

  /** Takes a frame apart. What is wrong with it is logged, as by the real server's network thread. */
  #decode(frame: Uint8Array, packet: Packet): Request | ClientError | 'replication' {
    let error: ClientError;
    try {
      decodePacket(frame, packet);
      return replicationTypes.has(packet.type) ? 'replication' : decodeRequest(packet);
    } catch (thrown) {
      if (thrown instanceof PacketError) {
        error = invalidMsgpack(thrown.message, ['xrow.c', thrown.line]);
      } else if (thrown instanceof ClientError) {
        error = thrown;
      } else {
        throw thrown;
      }
    }
    logError(this.#server.host.log, error, iprotoOrigin);
    return error;
  }

  *#placed(body: Task<void>): Task<void> {
    try {
      yield* body;
    } finally {
      this.#server.end();
    }
  }

  *#answer(packet: Packet, decoded: Request | ClientError): Task<void> {
    const { host } = this.#server;
    let answer: Uint8Array;
    try {
      if (decoded instanceof ClientError) throw decoded;
      answer = yield* answerRequest(host, this, packet, decoded);
      // Also an error may tell of rows that are not written yet ("Duplicate key exists"): it waits for them too.
      yield* host.durable();
    } catch (thrown) {
      answer = yield* this.#errorAnswer(packet, thrown);
    }
    this.#answers.raw(answer);
    this.#server.flushLater(this);
  }

  *#errorAnswer(packet: Packet, thrown: unknown): Task<Uint8Array> {
    if (!(thrown instanceof ClientError)) throw thrown;
    let error = thrown;
    try {
      yield* this.#server.host.durable();
    } catch (failure) {
      if (!(failure instanceof ClientError)) throw failure;
      error = failure;
    }
    return this.#errorFrame(packet.sync, error);
  }

  /** JOIN, SUBSCRIBE, …: the connection belongs to replication until it is through. */
  *#replicate(packet: Packet): Task<void> {
    const { type, sync, body } = packet;
    this.flush();
    try {
      yield* this.#server.host.replication.serve(this.#channel, { type, sync, body });
    } catch (thrown) {
      if (!isServerError(thrown)) throw thrown;
      // Nobody is there to be told that the connection broke.
      if (thrown.type !== 'SocketError') this.#channel.send(this.#errorFrame(sync, thrown));
    }
    if (type === IprotoType.SUBSCRIBE || this.#channel.isClosed) {
      this.close();
      return;
    }
    this.#isHeld = false;
    this.read();
  }

  /** What is no frame cannot be followed by one: the error is told as far as possible, and the connection ends. */
  #refuse(error: ClientError): void {
    this.flush();
    this.#channel.send(this.#errorFrame(0, error));
    logError(this.#server.host.log, error, iprotoOrigin);
    this.close();
  }

  #errorFrame(sync: number | bigint, error: ServerError): Uint8Array {
    const writer = new MsgpackWriter();
    writeErrorResponse(writer, sync, this.#server.host.box.schema.version, toWire(error));
    return writer.finish();
  }

  #ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#channel.close();
    const { onDisconnect } = this.#server.host.triggers;
    if (onDisconnect !== undefined) this.#spawn(() => onDisconnect());
    this.#forgetWhenIdle();
  }

  #forgetWhenIdle(): void {
    if (this.#isOver && this.#requests === 0) this.#server.forget(this);
  }
}

const replicationTypes: ReadonlySet<number> = new Set([
  IprotoType.JOIN,
  IprotoType.SUBSCRIBE,
  IprotoType.FETCH_SNAPSHOT,
  IprotoType.REGISTER,
]);
