import { Cond, type Scheduler, type Task } from '../base/fiber.ts';
import type { Connection } from '../env/index.ts';
import { windowBytes } from '../env/index.ts';
import { FrameReader } from '../wire/iproto.ts';
import { Errno, type ErrorFactory, type ServerError, type SourcePlace } from './error.ts';
import { frameBytesMax, inputBytesMax, lineBytesMax } from './limits.ts';

/**
 * A connection as fibers see it: whole frames in, bytes out, each direction bounded. What has arrived and was not read
 * is at most `inputBytesMax` and one piece of the network; what was sent and not taken is at most the network's
 * window and one batch, as long as senders use `write` or `drained`.
 */
export class Channel {
  readonly connection: Connection;
  readonly #errors: ErrorFactory;
  readonly #input = new FrameReader(frameBytesMax);
  readonly #arrived: Cond;
  readonly #drained: Cond;
  #isPaused = false;
  #isClosed = false;
  #isClosing = false;
  #unsentBytes = 0;
  /** Called when something arrives or the connection ends, for a reader that is no fiber. */
  onArrival: () => void = () => undefined;
  /** Called when the other side has taken most of what was sent. */
  onDrained: () => void = () => undefined;

  constructor(scheduler: Scheduler, connection: Connection, errors: ErrorFactory) {
    this.connection = connection;
    this.#errors = errors;
    this.#arrived = new Cond(scheduler);
    this.#drained = new Cond(scheduler);
    connection.onEvent = (event) => {
      switch (event.kind) {
        case 'data':
          this.#input.push(event.bytes);
          this.#pauseWhenFull();
          break;
        case 'drained':
          this.#unsentBytes = 0;
          this.#drained.broadcast();
          this.onDrained();
          return;
        case 'closed':
          this.#isClosed = true;
          this.#drained.broadcast();
          break;
      }
      this.#arrived.broadcast();
      this.onArrival();
    };
  }

  /** True when the connection has ended, whoever ended it. Frames that came before may still be read. */
  get isClosed(): boolean {
    return this.#isClosed || this.#isClosing;
  }

  /** `fd 17, aka 127.0.0.1:3301, peer of 127.0.0.1:34680`. */
  get description(): string {
    const { fd, localAddress, peerAddress } = this.connection;
    return `fd ${fd}, aka ${localAddress}, peer of ${peerAddress}`;
  }

  /** The next whole frame without its length, when there is one. @throws MsgpackError when the bytes are no frame */
  takeFrame(): Uint8Array | undefined {
    const frame = this.#input.next();
    this.#resumeWhenEmpty(frame === undefined);
    return frame;
  }

  /**
   * Waits for the next frame.
   * @param timeout seconds of silence after which it gives up; undefined waits for ever
   * @throws ServerError the peer closed (errno EPIPE) or was silent (ETIMEDOUT); MsgpackError
   */
  *readFrame(timeout?: number): Task<Uint8Array> {
    return yield* this.#read(() => this.#input.next(), timeout, ['coio.cc', 378]);
  }

  /** Waits for so many bytes that are no frame: the greeting. Same errors. */
  *readBytes(count: number, timeout?: number): Task<Uint8Array> {
    return yield* this.#read(() => this.#input.takeRaw(count), timeout, ['coio.cc', 358]);
  }

  /**
   * Waits for bytes that end in one of some endings: a line. Bytes that arrived before the peer closed are still read.
   * @returns them, their ending included; undefined when the peer closed without one, or `lineBytesMax` came without one
   */
  *readThrough(endings: readonly Uint8Array[]): Task<Uint8Array | undefined> {
    for (;;) {
      const taken = this.#input.takeThrough(endings);
      this.#resumeWhenEmpty(taken === undefined);
      if (taken !== undefined || this.isClosed) return taken;
      if (this.#input.buffered > lineBytesMax) return undefined;
      yield* this.#arrived.wait();
    }
  }

  /** Sends without waiting. @returns bytes that the other side has not taken yet */
  send(bytes: Uint8Array): number {
    if (this.isClosed) return 0;
    this.#unsentBytes = this.connection.send(bytes);
    return this.#unsentBytes;
  }

  /**
   * Sends, and waits until the other side has room for more.
   * @param timeout seconds that the other side may take nothing
   * @throws ServerError when the connection ends meanwhile, or the time is over
   */
  *write(bytes: Uint8Array, timeout?: number): Task<void> {
    this.send(bytes);
    yield* this.drained(timeout);
  }

  /** Waits until less than a window is unsent. Same errors. */
  *drained(timeout?: number): Task<void> {
    while (!this.isClosed && this.isFull) {
      if (!(yield* this.#drained.wait(timeout))) throw this.timedOut();
    }
    if (this.isClosed) throw this.#brokenPipe();
  }

  /** Bytes sent and not taken yet, as known after the last `send`. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  get isFull(): boolean {
    return this.#unsentBytes > windowBytes;
  }

  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.connection.close();
    this.#arrived.broadcast();
    this.#drained.broadcast();
  }

  *#read(
    take: () => Uint8Array | undefined,
    timeout: number | undefined,
    place: SourcePlace,
  ): Task<Uint8Array> {
    for (;;) {
      const taken = take();
      this.#resumeWhenEmpty(taken === undefined);
      if (taken !== undefined) return taken;
      if (this.isClosed) throw this.endOfInput(place);
      // A piece of a frame counts as a sign of life, so that a slow link does not time out in the middle of a large one.
      if (!(yield* this.#arrived.wait(timeout))) throw this.timedOut();
    }
  }

  /** What reading from a connection that ended says. A killed peer looks the same as one that closed, as with TCP's FIN. */
  endOfInput(place: SourcePlace = ['coio.cc', 378]): ServerError {
    const text = `unexpected EOF when reading from socket, called on ${this.description}`;
    return this.#errors.typed('SocketError', text, Errno.EPIPE, place);
  }

  /** What waiting too long for the peer says. */
  timedOut(): ServerError {
    return this.#errors.typed('TimedOut', 'timed out', Errno.ETIMEDOUT, ['coio.cc', 340]);
  }

  #brokenPipe(): ServerError {
    const { fd, localAddress } = this.connection;
    const text = `writev(2), called on fd ${fd}, aka ${localAddress}`;
    return this.#errors.typed('SocketError', text, Errno.EPIPE, ['sio.c', 268]);
  }

  #pauseWhenFull(): void {
    if (this.#isPaused || this.#input.buffered < inputBytesMax) return;
    this.#isPaused = true;
    this.connection.pause(true);
  }

  /** @param isShort what is here is less than one frame: it needs more, however large it is already */
  #resumeWhenEmpty(isShort: boolean): void {
    // At half, so that the two sides do not change places at every frame.
    if (!this.#isPaused || (!isShort && this.#input.buffered > inputBytesMax / 2)) return;
    this.#isPaused = false;
    this.connection.pause(false);
  }
}
