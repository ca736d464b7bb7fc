import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { windowBytes } from '../bee/env/index.ts';
import {
  decodePipeMessage,
  encodePipeMessage,
  PipeClose,
  type PipeMessage,
} from '../bee/wire/pipe-messages.ts';

/** Bytes in one message at most: a page's turn stays short, and the cost of a message does not show. */
const frameBytesMax = 128 * 1024;
/** A page is told what was taken after so many bytes, or so long. */
const takenBytesStep = windowBytes / 16;
const takenDelayMs = 10;

/**
 * One connection: a WebSocket to a page on one side, a TCP socket on the other. Neither is read faster than the other takes: a page
 * may have `windowBytes` on their way that TCP has not taken, and TCP is not read while as much is on its way to the page.
 */
export class Pipe {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  /** Sent to the page and not taken by it. At most `windowBytes` and one piece of TCP. */
  #inFlightBytes = 0;
  /** Received from the page and not taken by TCP. A page that keeps to its window never has more than that here. */
  #unwrittenBytes = 0;
  /** Taken by TCP, and the page was not told. */
  #untoldBytes = 0;
  #tellTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param onEnd called once, when both sides are done */
  constructor(webSocket: WebSocket, socket: Socket, onEnd: () => void) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.setNoDelay(true);
    webSocket.on('message', (data: Buffer<ArrayBuffer>) => this.#hear(data));
    webSocket.on('close', () => this.#pageLeft());
    socket.on('data', (bytes: Buffer<ArrayBuffer>) => this.#toPage(bytes));
    socket.on('close', () => this.#socketLeft());
    // What broke is followed by 'close', and a page cannot do anything with more than that.
    socket.on('error', () => undefined);
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    this.#tell({
      kind: 'accepted',
      address: `${localAddress}:${localPort}`,
      peer: `${remoteAddress}:${remotePort}`,
    });
  }

  #hear(frame: Buffer<ArrayBuffer>): void {
    const message = decodePipeMessage(frame);
    if (message === undefined) this.#break('this is no message of a page');
    else if (message.kind === 'data') {
      this.#taken(message.taken);
      this.#toSocket(message.bytes);
    } else if (message.kind === 'taken') this.#taken(message.bytes);
    else if (message.kind === 'end') this.#socket.end();
    else this.#break('only the gateway says this');
  }

  #toSocket(bytes: Uint8Array): void {
    this.#unwrittenBytes += bytes.length;
    if (this.#unwrittenBytes > windowBytes) {
      this.#break(`more than ${windowBytes} bytes were sent and not taken`);
      return;
    }
    this.#socket.write(bytes, () => {
      this.#unwrittenBytes -= bytes.length;
      this.#untoldBytes += bytes.length;
      if (this.#untoldBytes >= takenBytesStep) this.#tellTaken();
      else this.#tellTimer ??= setTimeout(() => this.#tellTaken(), takenDelayMs);
    });
  }

  #tellTaken(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    if (this.#untoldBytes === 0) return;
    this.#tell({ kind: 'taken', bytes: this.#untoldBytes });
    this.#untoldBytes = 0;
  }

  #toPage(bytes: Buffer<ArrayBuffer>): void {
    this.#inFlightBytes += bytes.length;
    for (let at = 0; at < bytes.length; at += frameBytesMax) {
      const piece = bytes.subarray(at, at + frameBytesMax);
      this.#tell({ kind: 'data', bytes: piece, taken: this.#untoldBytes });
      this.#untoldBytes = 0;
    }
    if (this.#inFlightBytes >= windowBytes) this.#socket.pause();
  }

  #taken(bytes: number): void {
    if (bytes > this.#inFlightBytes) {
      this.#break('more was taken than was sent');
      return;
    }
    this.#inFlightBytes -= bytes;
    if (this.#inFlightBytes < windowBytes) this.#socket.resume();
  }

  #tell(message: PipeMessage): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) {
      this.#webSocket.send(encodePipeMessage(message));
    }
  }

  #break(why: string): void {
    this.#webSocket.close(PipeClose.broken, why);
    this.#socket.destroy();
  }

  /** A page that was closed or killed: its kernel would close the socket in order. */
  #pageLeft(): void {
    clearTimeout(this.#tellTimer);
    this.#socket.end();
    // What still comes is read and dropped, else the other side could not end.
    this.#socket.resume();
    this.#finish();
  }

  #socketLeft(): void {
    this.#tell({ kind: 'end' });
    this.#webSocket.close(1000);
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
  }
}
