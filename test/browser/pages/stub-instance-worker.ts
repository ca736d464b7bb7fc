/** A server of a few lines, for tests of the worker and its client before and beside the real one. */
import type { Env, OpenFile } from '../../../src/bee/env/index.ts';
import type { Server, ServerHost } from '../../../src/bee/index.ts';
import { serveInstance } from '../../../src/worker/serve-instance.ts';

class StubServer implements Server {
  readonly #env: Env;
  readonly #host: ServerHost;
  readonly #inbox: (() => void)[] = [];
  /** What each turn does until it is interrupted. */
  #loop: (() => void) | undefined;

  constructor(env: Env, host: ServerHost) {
    this.#env = env;
    this.#host = host;
    host.prompt('stub> ', false);
  }

  turn(): 'idle' | 'more' {
    for (const event of this.#inbox.splice(0)) event();
    this.#loop?.();
    return this.#loop === undefined ? 'idle' : 'more';
  }

  line(text: string): void {
    this.#post(() => this.#run(text));
  }

  interrupt(): void {
    this.#post(() => {
      this.#loop = undefined;
      this.#host.output('interrupted\n');
      this.#host.prompt('stub> ', false);
    });
  }

  terminate(): void {
    this.endOfInput();
  }

  endOfInput(): void {
    this.#post(() => this.#host.exit(0));
  }

  complete(text: string, cursor: number, done: (from: number, words: readonly string[]) => void) {
    done(cursor - 1, [`${text}!`]);
  }

  probe(code: string, done: Parameters<Server['probe']>[1]): void {
    this.#post(() => done({ ok: true, value: code }));
  }

  status(): ReturnType<Server['status']> {
    return {
      pid: this.#env.process.pid,
      uuid: '',
      clusterUuid: '',
      id: 0,
      status: 'unconfigured',
      isReadOnly: false,
      listen: '',
      vclock: {},
      replication: [],
      rowsWritten: 0,
    };
  }

  #post(event: () => void): void {
    this.#inbox.push(event);
    this.#host.wake();
  }

  #run(text: string): void {
    const [command = '', argument = ''] = text.split(' ');
    if (command === 'echo') {
      this.#env.log.line('echoing', 'I');
      this.#host.output(`${argument}\n`);
      this.#host.output('done\n');
      this.#host.prompt('stub> ', false);
    }
    if (command === 'spin') this.#loop = () => undefined;
    if (command === 'print') this.#loop = () => this.#host.output('x'.repeat(10_000));
    if (command === 'throw') throw new Error('thrown on purpose');
    if (command === 'reject') void Promise.reject(new Error('rejected on purpose'));
    if (command === 'close') close();
    if (command === 'write') this.#write(argument);
  }

  /** Takes the lock that a server holds on its directory; then appends records for ever and says how many were reported. */
  #write(path: string): void {
    let written = 0;
    const append = (file: OpenFile): void => {
      const size = 1 + ((written * 7919) % 5000);
      const record = new Uint8Array(size).fill(written & 0xff);
      file.append(record, written % 7 === 0 ? 'strict' : 'relaxed', (result) =>
        this.#post(() => {
          if (!result.ok) throw new Error(result.error.message);
          written++;
          this.#host.output(`${written}\n`);
          append(file);
        }),
      );
    };
    const { disk } = this.#env;
    disk.lock('/', (locked) => {
      if (!locked.ok) {
        // Held by one that is about to be killed.
        this.#write(path);
        return;
      }
      disk.open(path, 'append', (result) => {
        if (!result.ok) throw new Error(result.error.message);
        this.#post(() => this.#host.output(`begins at ${result.value.size}\n`));
        append(result.value);
      });
    });
  }
}

serveInstance((env, host) => new StubServer(env, host));
