/**
 * A host for tests of the page alone: files in memory, and a "server" that knows a few answers by heart. It shows what the
 * page makes of each message; what servers really say is tried elsewhere, on real ones.
 */
import type { InstanceHandle, SessionHost } from '../../src/ui/machine/host.ts';
import type { InstanceEvents } from '../../src/worker/instance-client.ts';
import type { InstanceStatus, ProbeResult, StartOptions } from '../../src/worker/messages.ts';
import { MemoryFiles } from '../shell/memory-files.ts';

const cluster: FakeServer[] = [];

/** Takes the place of `createBrowserHost`. */
export function createBrowserHost(sessionId: string): SessionHost {
  const files = new MemoryFiles();
  files.now = Date.now() / 1000;
  return {
    sessionId,
    open: () => {
      const asked = new URLSearchParams(location.search).get('problem');
      if (asked === 'storage') throw new Error('SecurityError: The operation is insecure.');
      return Promise.resolve(asked === 'held' ? 'held' : 'open');
    },
    takeOver: () => Promise.resolve(),
    onTakenOver: () => {},
    onWatched: () => {},
    onLost: () => {},
    tell: () => {},
    watch: () => () => {},
    request: (request) => {
      // `MemoryFiles` answers every file request with an outcome.
      const outcome = files.answer({ kind: 'file', request }) as { ok: true; value: unknown };
      return Promise.resolve(outcome);
    },
    decodeLog: (path) => Promise.resolve({ ok: true, value: `rows of ${path}\n` }),
    openLogReader: () => ({
      open: () => Promise.resolve({ ok: false, error: 'no reader here' }),
      parts: () => Promise.resolve([]),
      find: () => Promise.resolve(0),
      close: () => {},
    }),
    damage: () => Promise.resolve({ ok: true, value: undefined }),
    isLocked: () => Promise.resolve({ ok: true, value: false }),
    launch: (options, events) => new FakeServer(options, events),
    faults: { cut: () => {}, delay: () => {}, heal: () => {}, drop: () => {}, fillDisk: () => {} },
    warmUp: () => {},
    close: () => {},
    destroy: () => Promise.resolve(),
  };
}

const rows: string[] = [];

class FakeServer implements InstanceHandle {
  readonly #options: StartOptions;
  readonly #events: InstanceEvents;
  #source = 0;
  #id = 0;
  #port = 0;
  #lsn = 0;
  #seen = 0;
  #isDead = false;

  constructor(options: StartOptions, events: InstanceEvents) {
    this.#options = options;
    this.#events = events;
    cluster.push(this);
    this.#later(() => {
      this.#say("Bee 2.6.0\ntype 'help' for interactive help\n");
      this.#prompt();
      this.#status();
    });
  }

  line(text: string): void {
    this.#later(() => this.#line(text.trim()));
  }

  interrupt(): void {
    this.#answer("- error: 'C-c'\n");
  }

  end(): void {
    this.#exit(0);
  }

  pause(): void {}

  complete(text: string): Promise<{ from: number; words: string[] }> {
    const words = ['db.cfg', 'db.info', 'db.space.'].filter((word) => word.startsWith(text));
    return Promise.resolve({ from: 0, words });
  }

  probe(code: string): Promise<ProbeResult> {
    const value = code === 'db.cfg.listen' ? String(this.#port) : this.#port > 0;
    return Promise.resolve({ ok: true, value });
  }

  kill(): Promise<void> {
    this.#isDead = true;
    cluster.splice(cluster.indexOf(this), 1);
    for (const other of cluster) other.#status();
    return Promise.resolve();
  }

  #line(line: string): void {
    if (line === 'os.exit()') {
      this.#exit(0);
    } else if (line.startsWith('db.cfg')) {
      this.#port = Number(/listen=(\d+)/.exec(line)?.[1] ?? this.#port);
      this.#source = Number(/localhost:(\d+)/.exec(line)?.[1] ?? 0);
      this.#id = this.#port - 3300;
      this.#log('I', 'main/103/interactive', 'instance uuid 90c911be-7061-40c6-b480-5a3c66590e98');
      this.#log('I', 'iproto/101/main', `binary: bound to 0.0.0.0:${this.#port}`);
      this.#log('I', 'main/103/interactive', 'initializing an empty data directory');
      this.#log('I', 'main/103/interactive', 'ready to accept requests');
      this.#lsn = 6;
      this.#seen = rows.length;
      this.#answer('');
      for (const server of cluster) server.#status();
    } else if (line.includes('insert')) {
      rows.push(`[${/\{(.*)\}/.exec(line)?.[1] ?? ''}]`);
      this.#lsn++;
      this.#seen = rows.length;
      this.#answer(`- ${rows.at(-1)}\n`);
      for (const server of cluster) {
        server.#seen = rows.length;
        server.#later(() => server.#status());
      }
    } else if (line.includes('select')) {
      this.#answer(`- - ${rows.join('\n  - ') || '[]'}\n`);
    } else if (line.startsWith('while')) {
      // Runs until it is interrupted.
    } else if (line.startsWith('x.')) {
      this.#answer(
        "- error: '[string \"return x.y\"]:1: attempt to index global ''x'' (a nil value)'\n",
      );
    } else if (line === 'late') {
      this.#answer('');
      setTimeout(() => this.#log('I', 'main/116/main', 'late news'), 300);
    } else if (line === 'flood') {
      for (let at = 0; at < 5; at++)
        this.#log('E', 'main/110/applier', 'SystemError failed to connect');
      this.#log('W', 'main/110/applier', 'will retry every 1.00 second');
      this.#answer('');
    } else {
      this.#answer(line === '' ? '' : '- 1\n');
    }
  }

  #status(): void {
    const masters = cluster.filter((one) => one.#port === this.#source && this.#source > 0);
    const others = [...new Set([...masters, ...cluster])].filter(
      (one) => one !== this && one.#id > 0,
    );
    const status: InstanceStatus = {
      pid: this.#options.pid,
      uuid: `uuid-${this.#id}`,
      clusterUuid: 'cluster',
      id: this.#id,
      status: this.#id === 0 ? 'unconfigured' : 'running',
      isReadOnly: false,
      listen: this.#port === 0 ? '' : String(this.#port),
      vclock:
        this.#id === 0 ? {} : { 1: 6 + this.#seen, ...(this.#id > 1 ? { [this.#id]: 2 } : {}) },
      replication: [
        ...others.map((one) => ({
          id: one.#id,
          uuid: `uuid-${one.#id}`,
          lsn: 1,
          upstream: masters.includes(one)
            ? {
                status: 'follow',
                peer: `replicator@localhost:${this.#source}`,
                lag: 0.001,
                idle: 0.2,
                message: undefined,
                vclock: undefined,
              }
            : undefined,
          downstream: undefined,
        })),
        ...(masters.length === 0 && this.#source > 0
          ? [
              {
                id: this.#source - 3300,
                uuid: `uuid-${this.#source - 3300}`,
                lsn: 1,
                upstream: {
                  status: 'disconnected',
                  peer: `replicator@localhost:${this.#source}`,
                  lag: undefined,
                  idle: 3,
                  message: 'connect to localhost:3301: Connection refused',
                  vclock: undefined,
                },
                downstream: undefined,
              },
            ]
          : []),
      ],
      rowsWritten: this.#lsn,
    };
    this.#events.onMessage({ kind: 'status', status });
  }

  #answer(yaml: string): void {
    this.#say(`---\n${yaml}...\n\n`);
    this.#prompt();
  }

  #prompt(): void {
    this.#events.onMessage({ kind: 'prompt', text: 'bee> ', continuation: false });
  }

  #say(text: string): void {
    this.#events.onMessage({ kind: 'output', text });
  }

  #log(level: string, origin: string, words: string): void {
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    const text = `${time} [${this.#options.pid}] ${origin} ${level}> ${words}`;
    this.#events.onMessage({ kind: 'log', text, level });
  }

  #exit(code: number): void {
    void this.kill();
    this.#isDead = false;
    this.#later(() => this.#events.onMessage({ kind: 'exit', code }));
  }

  #later(act: () => void): void {
    setTimeout(() => {
      if (!this.#isDead) act();
    }, 1);
  }
}
