/** A client that sends whatever bytes it is told to: what a peer that knows the protocol badly, or too well, does. */
import type { Connection, Env } from '../../src/bee/env/index.ts';
import { decodeBase64 } from '../../src/bee/wire/base64.ts';
import { greetingSize } from '../../src/bee/wire/iproto.ts';
import { makeScramble } from '../../src/bee/wire/scramble.ts';
import type { Process, SimWorld } from '../../src/sim/index.ts';
import { frame, str } from './exchanges.ts';

class RawProcess implements Process {
  connection: Connection | undefined;
  input: Uint8Array = new Uint8Array();
  isClosed = false;

  constructor(env: Env, port: number) {
    env.network.connect('localhost', port, (result) => {
      if (!result.ok) {
        this.isClosed = true;
        return;
      }
      this.connection = result.value;
      result.value.onEvent = (event) => {
        if (event.kind === 'closed') this.isClosed = true;
        if (event.kind !== 'data') return;
        const joined = new Uint8Array(this.input.length + event.bytes.length);
        joined.set(this.input);
        joined.set(event.bytes, this.input.length);
        this.input = joined;
      };
    });
  }

  turn(): 'idle' {
    return 'idle';
  }
}

export class RawClient {
  readonly #sim: SimWorld;
  readonly #process: RawProcess;
  readonly #pid: number;
  readonly greeting: Uint8Array;

  constructor(sim: SimWorld, port: number) {
    this.#sim = sim;
    const { process, pid } = sim.spawn((env) => new RawProcess(env, port), {
      cwd: '/home/user/raw',
    });
    this.#process = process;
    this.#pid = pid;
    sim.runUntil(() => process.input.length >= greetingSize || process.isClosed, 5);
    this.greeting = this.#take(greetingSize);
  }

  get salt(): Uint8Array {
    return decodeBase64(new TextDecoder().decode(this.greeting.subarray(64, 108)));
  }

  get isClosed(): boolean {
    return this.#process.isClosed;
  }

  /** What has arrived and was not taken. */
  get inputBytes(): number {
    return this.#process.input.length;
  }

  get address(): string {
    return this.#process.connection?.localAddress ?? '';
  }

  send(bytes: Uint8Array): void {
    this.#process.connection?.send(bytes);
  }

  /** Sends bytes and waits for one frame, for the end of the connection, or for a second of silence. */
  ask(bytes: Uint8Array): Uint8Array {
    this.send(bytes);
    return this.frame();
  }

  /** The next frame, length included; what there is when the connection ended or nothing came. */
  frame(withinSeconds = 1): Uint8Array {
    const isWhole = (): boolean => {
      const { input } = this.#process;
      return input.length >= 5 && input.length >= 5 + length(input);
    };
    this.#sim.runUntil(() => isWhole() || this.#process.isClosed, withinSeconds);
    return this.#take(isWhole() ? 5 + length(this.#process.input) : this.#process.input.length);
  }

  logIn(user: string, password: string): Uint8Array {
    const scramble = makeScramble(password, this.salt);
    const hex = Buffer.from(scramble).toString('hex');
    return this.ask(
      frame(
        [
          [0x00, '07'],
          [0x01, '01'],
        ],
        [
          [0x23, str(user)],
          [0x21, `92${str('chap-sha1')}b4${hex}`],
        ],
      ),
    );
  }

  close(): void {
    this.#process.connection?.close();
    this.#sim.runFor(0.01);
    this.#sim.kill(this.#pid);
  }

  #take(count: number): Uint8Array {
    const taken = this.#process.input.slice(0, count);
    this.#process.input = this.#process.input.slice(count);
    return taken;
  }
}

function length(input: Uint8Array): number {
  return new DataView(input.buffer, input.byteOffset).getUint32(1);
}
