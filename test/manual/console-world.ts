/** Servers with somebody at each console, in a simulated world: what the manual's readers have before them. */
import { createServer } from '../../src/bee/index.ts';
import { SimServer, SimWorld, type Spawned } from '../../src/sim/index.ts';

/** Options that the manual's reader does not type, so that no test waits for the real timeouts. */
const hurry = 'replication_timeout = 0.2, replication_connect_timeout = 2';

export class ConsoleWorld {
  readonly sim: SimWorld;

  constructor(seed = 1) {
    this.sim = new SimWorld({ seed });
  }

  /** A shell in a directory of its own, with the server's prompt in it. */
  start(name: string): ConsoleServer {
    const cwd = `/home/user/${name}`;
    return new ConsoleServer(
      this.sim,
      this.sim.spawn(SimServer.factory(createServer), { cwd }),
      cwd,
    );
  }

  /** A master as in the quick start, with space `tester`. */
  master(name = 'one', port = 3301): ConsoleServer {
    const server = this.start(name);
    server.cfg(`listen = ${port}`);
    server.say(`db.schema.user.grant('guest', 'read,write,execute', 'universe')`);
    server.say(`db.schema.space.create('tester'):create_index('primary')`);
    return server;
  }

  /** A replica of one master, caught up. */
  replica(name = 'two', port = 3302, source = 3301): ConsoleServer {
    const server = this.start(name);
    server.cfg(`listen = ${port}, replication_source = 'localhost:${source}'`);
    return server;
  }

  /** Waits until all hold the same. */
  settled(...servers: readonly ConsoleServer[]): void {
    const states = (): readonly string[] => servers.map((server) => server.vclock);
    this.sim.expectUntil('all hold the same', () => new Set(states()).size === 1, 30);
    // What is in memory is in the log a moment later.
    this.sim.runFor(0.05);
  }
}

export class ConsoleServer {
  readonly sim: SimWorld;
  readonly spawned: Spawned<SimServer>;
  readonly directory: string;

  constructor(sim: SimWorld, spawned: Spawned<SimServer>, directory: string) {
    this.sim = sim;
    this.spawned = spawned;
    this.directory = directory;
  }

  /** Types a line and returns what is printed until the next prompt. */
  type(line: string): string {
    const { process, status } = this.spawned;
    let text: string | undefined;
    process.type(line, (answer) => {
      text = answer.text;
    });
    this.sim.expectUntil(`${line} is answered`, () => text !== undefined || !status.isAlive, 400);
    return text ?? process.output;
  }

  /** Types a line that must not fail. */
  say(line: string): string {
    const text = this.type(line);
    if (text.includes('- error: ')) throw new Error(`${line}: ${text}`);
    return text;
  }

  cfg(options: string): string {
    return this.say(`db.cfg{${options}, ${hurry}}`);
  }

  /** What an expression is, as plain data. */
  value(code: string): unknown {
    let found: { readonly value: unknown } | undefined;
    this.spawned.process.server.probe(code, (result) => {
      if (!result.ok) throw new Error(`${code}: ${result.error}`);
      found = result;
    });
    this.sim.expectUntil(`${code} is known`, () => found !== undefined);
    return found?.value;
  }

  insert(...tuple: readonly (string | number)[]): void {
    this.say(`db.space.tester:insert{${tuple.map((field) => JSON.stringify(field)).join(', ')}}`);
  }

  /** Tuples of `tester`; none where there is no such space. */
  get tuples(): unknown {
    return this.value(
      'db.space.tester and setmetatable(db.space.tester:select{}, {__serialize = "seq"})',
    );
  }

  /** State without local rows. */
  get vclock(): string {
    const { vclock } = this.spawned.process.server.status();
    return JSON.stringify(Object.entries(vclock).filter(([id]) => id !== '0'));
  }

  /** How the server sees another one: `upstream` or `downstream` of its entry. */
  link(id: number, half: 'upstream' | 'downstream') {
    const peers = this.spawned.process.server.status().replication;
    return peers.find((peer) => peer.id === id)?.[half];
  }

  get log(): string {
    return this.spawned.log.join('\n');
  }

  /** Names of its files. */
  get files(): readonly string[] {
    const listed = this.sim.files.list(this.directory);
    return listed.ok ? listed.value.map(({ name }) => name) : [];
  }

  bytesOf(name: string): Uint8Array<ArrayBuffer> {
    return this.sim.files.readFile(`${this.directory}/${name}`);
  }

  /** `rm`: every file whose name ends so. */
  remove(...endings: readonly string[]): void {
    for (const name of this.files) {
      if (endings.some((ending) => name.endsWith(ending))) {
        this.sim.files.unlink(`${this.directory}/${name}`);
      }
    }
  }

  exit(): void {
    this.spawned.process.type('os.exit()');
    this.sim.expectUntil('it exits', () => !this.spawned.status.isAlive);
  }

  kill(): void {
    this.sim.kill(this.spawned.pid);
  }
}
