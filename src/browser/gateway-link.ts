import { decodePipeMessage, encodePipeMessage, PipeClose } from '../bee/wire/pipe-messages.ts';
import type { ConnectionLink, ConnectionMessage } from './browser-connection.ts';

/** Why a WebSocket to a gateway is over. */
export interface GatewayEnd {
  /** It was never open: nobody answers there, or something else than a gateway. */
  readonly wasOpen: boolean;
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket to a gateway as what a connection posts its messages on. */
export class GatewayLink implements ConnectionLink {
  receive: (message: ConnectionMessage) => void = () => undefined;
  /** The gateway has the connection, or listens. */
  onAccepted: (address: string, peer: string) => void = () => undefined;
  /** Somebody connected to the port that the gateway listens on. */
  onIncoming: (id: string) => void = () => undefined;
  /** The gateway, or the way to it, ended the link. Not called after `close`. */
  onEnd: (end: GatewayEnd) => void = () => undefined;
  readonly #webSocket: WebSocket;
  #wasOpen = false;

  constructor(url: string) {
    this.#webSocket = new WebSocket(url);
    this.#webSocket.binaryType = 'arraybuffer';
    this.#webSocket.onopen = () => {
      this.#wasOpen = true;
    };
    this.#webSocket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#hear(data);
    // A close with its reason follows.
    this.#webSocket.onerror = () => undefined;
    this.#webSocket.onclose = ({ code, reason }) =>
      this.onEnd({ wasOpen: this.#wasOpen, code, reason });
  }

  post(message: ConnectionMessage): void {
    // The connection never posts 'accepted' here: only a listener's side says that, and the gateway is one.
    if (message.kind !== 'accepted') this.#webSocket.send(encodePipeMessage(message));
  }

  close(): void {
    this.onEnd = () => undefined;
    this.onIncoming = () => undefined;
    this.#webSocket.close(1000);
  }

  #hear(data: ArrayBuffer | string): void {
    const message = typeof data === 'string' ? undefined : decodePipeMessage(new Uint8Array(data));
    if (message === undefined) {
      this.#webSocket.close(PipeClose.broken, 'this is no message of a gateway');
      return;
    }
    switch (message.kind) {
      case 'accepted':
        this.onAccepted(message.address, message.peer);
        return;
      case 'incoming':
        this.onIncoming(message.id);
        return;
      default:
        this.receive(message);
    }
  }
}
