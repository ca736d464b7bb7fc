/**
 * What the two ends of a connection through the gateway say to each other, one message in one WebSocket message. Each direction has a
 * window: a sender has at most `windowBytes` on their way that the other side has not `taken`.
 */
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

export type PipeMessage =
  /** The gateway has the connection: its own address there, and the other side's. */
  | { readonly kind: 'accepted'; readonly address: string; readonly peer: string }
  /** Somebody connected to the port that this control connection stands for: go and fetch the connection with this id. */
  | { readonly kind: 'incoming'; readonly id: string }
  /** `taken` bytes of the other direction were handed on since the last message that said so. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array<ArrayBuffer>; readonly taken: number }
  | { readonly kind: 'taken'; readonly bytes: number }
  /** No more bytes will come. */
  | { readonly kind: 'end' };

/** Bytes before the data of a message: its kind and how much was taken. */
const headSize = 5;
const kinds = { data: 0, taken: 1, end: 2, accepted: 3, incoming: 4 } as const;

/** Codes of the WebSocket's close, by which a page learns why it gets no connection. Those from 4000 on are the application's. */
export const PipeClose = {
  /** The token in the address is not the gateway's. */
  wrongToken: 4001,
  /** The gateway was not started with what would allow this. */
  notAllowed: 4003,
  /** The address could not be connected to or listened on; the reason begins with the system's name for it. */
  failed: 4004,
  tooMany: 4009,
  /** Somebody does not keep to the protocol. */
  broken: 4010,
} as const;

export function encodePipeMessage(message: PipeMessage): Uint8Array<ArrayBuffer> {
  switch (message.kind) {
    case 'data':
      return framed(kinds.data, message.taken, message.bytes);
    case 'taken':
      return framed(kinds.taken, message.bytes, nothing);
    case 'end':
      return framed(kinds.end, 0, nothing);
    case 'accepted':
      return framed(kinds.accepted, 0, encodeUtf8(`${message.address}\n${message.peer}`));
    case 'incoming':
      return framed(kinds.incoming, 0, encodeUtf8(message.id));
  }
}

/** @returns undefined for what is none */
export function decodePipeMessage(frame: Uint8Array<ArrayBuffer>): PipeMessage | undefined {
  if (frame.length < headSize) return undefined;
  const taken = new DataView(frame.buffer, frame.byteOffset).getUint32(1);
  const bytes = frame.subarray(headSize);
  switch (frame[0]) {
    case kinds.data:
      return { kind: 'data', bytes, taken };
    case kinds.taken:
      return { kind: 'taken', bytes: taken };
    case kinds.end:
      return { kind: 'end' };
    case kinds.accepted: {
      const [address = '', peer = ''] = decodeUtf8(bytes, 0, bytes.length).split('\n');
      return { kind: 'accepted', address, peer };
    }
    case kinds.incoming:
      return { kind: 'incoming', id: decodeUtf8(bytes, 0, bytes.length) };
    default:
      return undefined;
  }
}

const nothing = new Uint8Array(0);

function framed(kind: number, taken: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(headSize + bytes.length);
  frame[0] = kind;
  new DataView(frame.buffer).setUint32(1, taken);
  frame.set(bytes, headSize);
  return frame;
}
