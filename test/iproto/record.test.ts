/**
 * Records what the real server answers. `RECORD=1 npx vitest run test/iproto/record.test.ts` writes `exchanges.json`;
 * without it the file is compared with what the server says now.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { exchanges, frame, setUp, str } from './exchanges.ts';
import { isRealServerInstalled, startRealServer } from './real-server.ts';

const file = new URL('exchanges.json', import.meta.url);

test.skipIf(!isRealServerInstalled)('the recorded answers are the real server’s', async () => {
  const server = await startRealServer(`${setUp}\nready()`);
  try {
    const answers: Record<string, string> = {};
    for (const exchange of exchanges) {
      const client = await Client.connect(server.port);
      const salt = Buffer.from(client.greeting.subarray(64, 108).toString(), 'base64');
      if (exchange.as !== 'guest') {
        await client.ask(login(exchange.as, 'secret', salt));
      }
      answers[exchange.name] = (await client.ask(exchange.request)).toString('hex');
      client.end();
    }
    if (process.env['RECORD']) writeFileSync(file, `${JSON.stringify(answers, null, 1)}\n`);
    expect(answers).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  } finally {
    await server.stop();
  }
});

function login(user: string, password: string, salt: Buffer): Uint8Array {
  const sha1 = (...parts: Buffer[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const once = sha1(Buffer.from(password));
  const mask = sha1(salt.subarray(0, 20), sha1(once));
  const scramble = once.map((byte, at) => byte ^ (mask[at] ?? 0));
  return frame(
    [
      [0x00, '07'],
      [0x01, '01'],
    ],
    [
      [0x23, str(user)],
      [0x21, `92${str('chap-sha1')}b4${Buffer.from(scramble).toString('hex')}`],
    ],
  );
}

class Client {
  readonly #socket: Socket;
  greeting: Buffer = Buffer.alloc(0);
  #input: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#input = Buffer.concat([this.#input, bytes]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  static async connect(port: number): Promise<Client> {
    const client = new Client(connect(port, '127.0.0.1'));
    client.greeting = await client.#take(() => 128);
    return client;
  }

  /** Sends bytes and waits for one frame, or for the end of the connection. */
  ask(bytes: Uint8Array): Promise<Buffer> {
    this.#socket.write(bytes);
    return this.#take((input) => (input.length < 5 ? 5 : 5 + input.readUInt32BE(1)));
  }

  end(): void {
    this.#socket.destroy();
  }

  async #take(size: (input: Buffer) => number): Promise<Buffer> {
    while (this.#input.length < size(this.#input) || this.#input.length < 5) {
      if (this.#closed) return this.#input;
      let isLate = false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          isLate = true;
          resolve();
        }, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (isLate) return Buffer.from('no answer');
    }
    const taken = this.#input.subarray(0, size(this.#input));
    this.#input = this.#input.subarray(taken.length);
    return taken;
  }
}
