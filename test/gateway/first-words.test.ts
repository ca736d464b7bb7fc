/** What a server says first is not lost, however closely it follows the news of the connection. */
import { afterEach, expect, test, vi } from 'vitest';
import type { ConnectionEvent } from '../../src/bee/env/index.ts';
import { encodePipeMessage, type PipeMessage } from '../../src/bee/wire/pipe-messages.ts';
import { GatewayNetwork } from '../../src/browser/gateway-network.ts';

/** A WebSocket whose messages are told by the test. */
class ToldWebSocket {
  static readonly made: ToldWebSocket[] = [];
  binaryType = '';
  onopen: () => void = () => undefined;
  onmessage: (event: { data: ArrayBuffer }) => void = () => undefined;
  onclose: () => void = () => undefined;

  constructor() {
    ToldWebSocket.made.push(this);
  }

  send(): void {}

  close(): void {}

  tell(message: PipeMessage): void {
    this.onmessage({ data: encodePipeMessage(message).buffer });
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a greeting that is there with the connection', () => {
  vi.stubGlobal('WebSocket', ToldWebSocket);
  const nowhere = {
    listen: () => expect.unreachable('it goes out of the page'),
    connect: () => expect.unreachable('it goes out of the page'),
  };
  const network = new GatewayNetwork(nowhere, { line: () => undefined });
  const events: ConnectionEvent[] = [];
  network.connect('ws://gateway:1/token/127.0.0.1:3301', '', (result) => {
    if (result.ok) result.value.onEvent = (event) => events.push(event);
  });
  const [webSocket] = ToldWebSocket.made;
  webSocket?.onopen();
  // Two events of the browser, with no turn of the page between them.
  webSocket?.tell({ kind: 'accepted', address: '127.0.0.1:5', peer: '127.0.0.1:3301' });
  webSocket?.tell({ kind: 'data', bytes: new Uint8Array([1, 2, 3]), taken: 0 });
  expect(events).toEqual([{ kind: 'data', bytes: new Uint8Array([1, 2, 3]) }]);
  network.close();
});
