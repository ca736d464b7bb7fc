/** Nobody guesses a token by its length. */
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PipeClose } from '../../src/bee/wire/pipe-messages.ts';
import { Gateway } from '../../src/gateway/gateway.ts';

const token = 'a-token-of-some-length';

/** How the gateway ends a connection to this path. */
async function closeOf(path: string): Promise<number> {
  const gateway = new Gateway({
    host: '127.0.0.1',
    port: 0,
    token,
    allow: [],
    listen: [],
    origins: [],
    connectionsMax: 10,
    log: () => undefined,
  });
  const address = await gateway.start();
  try {
    const webSocket = new WebSocket(address.replace(token, path));
    return await new Promise((resolve, reject) => {
      webSocket.once('close', resolve);
      webSocket.once('error', reject);
    });
  } finally {
    await gateway.stop();
  }
}

test.each([
  token.replace('a', 'b'),
  token.replace(/h$/, 'H'),
  `${token}x`,
  token.slice(1),
  '',
  '%zz',
])('the token %j is another one', async (other) => {
  expect(await closeOf(`${other}/127.0.0.1:1`)).toBe(PipeClose.wrongToken);
});

test('the right one is taken: what is asked for is refused for another reason', async () => {
  expect(await closeOf(`${token}/127.0.0.1:1`)).toBe(PipeClose.notAllowed);
});
