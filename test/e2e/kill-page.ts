/**
 * The page of `kill.test.ts`: a master and a replica in workers of their own, over IndexedDB and BroadcastChannel, driven
 * through their consoles. A kill is `Worker.terminate()`: no line of the server's runs after it.
 */
import { BrowserSession } from '../../src/browser/session.ts';
import type { InstanceClient } from '../../src/worker/instance-client.ts';
import { launchInstance } from '../../src/worker/launch-instance.ts';
import { patienceMs } from '../support/patience.ts';
import { fileNumber, readXlog } from '../wal/independent-reader.ts';

let nextPid = 1;

/** A server and its console. */
class ConsoleServer {
  readonly directory: string;
  readonly #sessionId: string;
  #client: InstanceClient | undefined;
  /** Answers since the start, one for each prompt but the first. */
  readonly answers: string[] = [];
  readonly log: string[] = [];
  #prompts = 0;
  #output = '';
  crash: string | undefined;

  constructor(sessionId: string, directory: string) {
    this.#sessionId = sessionId;
    this.directory = directory;
  }

  async start(): Promise<void> {
    this.#prompts = 0;
    this.answers.length = 0;
    this.#output = '';
    const options = {
      sessionId: this.#sessionId,
      pid: nextPid++,
      cwd: this.directory,
      home: '/',
      hostname: 'localhost',
      args: [],
      environment: {},
    };
    this.#client = launchInstance(options, {
      onMessage: (message) => {
        if (message.kind === 'output') this.#output += message.text;
        if (message.kind === 'log') this.log.push(message.text);
        if (message.kind !== 'prompt' || message.continuation) return;
        if (this.#prompts++ > 0) this.answers.push(this.#output);
        this.#output = '';
      },
      onCrash: (reason) => {
        this.crash = reason;
      },
    });
    await this.until(() => this.#prompts === 1, 'the first prompt');
  }

  /** Enters a line and does not wait. */
  enter(line: string): void {
    this.#client?.line(line);
  }

  /** Enters a line and waits for its answer, which must not be an error. */
  async type(line: string): Promise<string> {
    const number = this.answers.length;
    this.enter(line);
    await this.until(() => this.answers.length > number, line);
    const answer = this.answers[number] ?? '';
    if (answer.includes('error:')) throw new Error(`${line}: ${answer}\n${this.tail}`);
    return answer;
  }

  /** The number that an expression gives. */
  async number(expression: string): Promise<number> {
    const answer = await this.type(expression);
    const [, found] = /^---\n- (\d+)\n/.exec(answer) ?? [];
    if (found === undefined) throw new Error(`${expression}: ${answer}`);
    return Number(found);
  }

  async kill(): Promise<void> {
    await this.#client?.kill();
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    await until(condition, () => {
      if (this.crash !== undefined) throw new Error(`${this.directory} crashed: ${this.crash}`);
      return `${this.directory}: ${what}: not in time\n${this.tail}`;
    });
  }

  get tail(): string {
    return this.log.slice(-12).join('\n');
  }
}

async function until(condition: () => boolean, what: () => string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(what());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Burns time: a kill between two tasks of the page would always come at the same moments of the server. */
function spin(milliseconds: number): number {
  let spins = 0;
  for (const end = performance.now() + milliseconds; performance.now() < end; ) spins++;
  return spins;
}

/** Draws numbers from a seed (mulberry32). */
function draws(seed: number): (below: number) => number {
  let state = seed * 0x9e3779b9;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Statements of a burst. Each writes rows `first + 1 … first + rows`, all of them or none. */
const bursts: readonly { readonly rows: number; readonly line: (first: number) => string }[] = [
  { rows: 1, line: (first) => `s:insert{${first + 1}, 'one row'}` },
  {
    rows: 3,
    line: (first) =>
      `db.begin() for n = 1, 3 do s:insert{${first} + n, 'a transaction'} end db.commit()`,
  },
  // About 12 kB in one block: no kill may leave a part of it.
  {
    rows: 50,
    line: (first) =>
      `db.begin() for n = 1, 50 do s:insert{${first} + n, ('x'):rep(200)} end db.commit()`,
  },
];

/** Count and a sum over all rows: two servers that agree in it hold the same. */
const digest = `(function() local count, sum = 0, 0
  for _, t in s:pairs() do count = count + 1 sum = (sum * 31 + t[1] * 7 + #t[2]) % 2147483647 end
  return count * 4294967296 + sum end)()`.replaceAll('\n', ' ');

const masterConfig = 'db.cfg{listen=3301, replication_timeout=0.1, log_level=4}';
const replicaConfig =
  "db.cfg{listen=3302, replication_source='localhost:3301', replication_timeout=0.1, log_level=4}";

/** A session with a master, and a replica that follows it. */
class Cluster {
  readonly session: BrowserSession;
  readonly master: ConsoleServer;
  readonly replica: ConsoleServer;
  /** The highest key that may have been written. */
  #keys = 0;

  constructor() {
    this.session = new BrowserSession(`kill-${crypto.randomUUID()}`);
    this.master = new ConsoleServer(this.session.id, '/master');
    this.replica = new ConsoleServer(this.session.id, '/replica');
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    if ((await cluster.session.open()) !== 'open') throw new Error('the session is new');
    for (const directory of ['/master', '/replica', '/joiner']) {
      await cluster.session.files.mkdir(directory);
    }
    const { master } = cluster;
    await master.start();
    await master.type(masterConfig);
    await master.type("db.schema.user.grant('guest', 'read,write,execute', 'universe')");
    await master.type("s = db.schema.space.create('tester')");
    await master.type("i = s:create_index('primary', {})");
    await cluster.#startReplica();
    return cluster;
  }

  async #startMaster(): Promise<void> {
    await this.master.start();
    await this.master.type(masterConfig);
    await this.master.type('s = db.space.tester');
  }

  async #startReplica(): Promise<void> {
    await this.replica.start();
    await this.replica.type(replicaConfig);
    await this.replica.type("s = db.space.tester fiber = require('fiber')");
  }

  /** Kills one of the two in the middle of a burst on the master, and checks everything when it is back. */
  async killInBurst(seed: number): Promise<{ answered: number; there: number }> {
    const draw = draws(seed);
    const { master } = this;
    const victim = draw(3) === 0 ? this.replica : master;
    const burst = bursts[draw(bursts.length)] ?? bursts[0];
    if (burst === undefined) throw new Error('there are bursts');
    // Else every recovery would take longer than the one before.
    if (seed % 10 === 0) await master.type('s:truncate() db.snapshot()');
    const first = this.#keys;
    const lines = 60;
    this.#keys += lines * burst.rows;
    const before = master.answers.length;
    const killAt = 1 + draw(30);
    for (let line = 0; line < lines; line++) master.enter(burst.line(first + line * burst.rows));
    await master.until(() => master.answers.length >= before + killAt, 'some answers');
    spin(draw(100) / 25);
    const killed = victim.kill();
    if (victim === this.replica) {
      await master.until(() => master.answers.length >= before + lines, 'the whole burst');
    }
    const answers = master.answers.slice(before);
    const wrong = answers.find((answer) => answer.includes('error'));
    if (wrong !== undefined) throw new Error(wrong);
    await killed;
    await this.#checkFiles(victim.directory);
    if (victim === master) await this.#startMaster();
    else await this.#startReplica();
    const there = await this.#statementsThere(first, burst.rows, lines);
    await this.#agree();
    return { answered: answers.length, there };
  }

  /** How many statements of a burst are in the master. Throws when one is there in part, or one before it is missing. */
  async #statementsThere(first: number, rows: number, lines: number): Promise<number> {
    const last = first + lines * rows;
    const count = await this.master.number(`s:count({${first}}, 'GT') - s:count({${last}}, 'GT')`);
    if (count % rows !== 0) throw new Error(`a part of a transaction: ${count} rows of ${rows}`);
    const highest =
      count === 0 ? first : await this.master.number(`s:select({${last}}, 'LE')[1][1]`);
    if (highest !== first + count) throw new Error(`${count} rows up to ${highest - first}`);
    return count / rows;
  }

  /** Waits for the replica to have all, and compares. */
  async #agree(): Promise<void> {
    const { master, replica } = this;
    const lsn = await master.number('db.info.lsn');
    await replica.type(`while (db.info.vclock[1] or 0) < ${lsn} do fiber.sleep(0.001) end`);
    const [here, there] = [await master.number(digest), await replica.number(digest)];
    if (here !== there) throw new Error(`master ${here}, replica ${there}`);
  }

  /** Reads every file with the reader that knows the protocol facts alone. */
  async #checkFiles(directory: string): Promise<void> {
    const { files } = this.session;
    const listed = await files.readdir(directory);
    if (!listed.ok) throw new Error(listed.error.message);
    for (const { name } of listed.value) {
      if (!/\.(snap|xlog)$/.test(name)) continue;
      const bytes = await files.readFile(`${directory}/${name}`);
      if (!bytes.ok) throw new Error(bytes.error.message);
      const { vclock } = readXlog(bytes.value);
      if (!name.startsWith(fileNumber(vclock))) throw new Error(`${name} begins at ${vclock}`);
    }
  }

  async #isWriting(directory: string): Promise<boolean> {
    const listed = await this.session.files.readdir(directory);
    return listed.ok && listed.value.some(({ name }) => name.endsWith('.inprogress'));
  }

  /** Kills the master while it writes a snapshot of many rows. */
  async killInSnapshot(seed: number): Promise<{ wasWriting: boolean; snapshots: string[] }> {
    const { master } = this;
    const first = this.#keys;
    this.#keys += 5000;
    await master.type(
      `db.begin() for n = 1, 5000 do s:insert{${first} + n, ('s'):rep(100)} end db.commit()`,
    );
    const count = await master.number('s:count()');
    const draw = draws(seed);
    const before = master.answers.length;
    master.enter('db.snapshot()');
    // From before the file is there until after it has its name.
    const isBegun = draw(2) === 0;
    while (isBegun && master.answers.length === before && !(await this.#isWriting('/master'))) {}
    spin(draw(300));
    await master.kill();
    const wasWriting = await this.#isWriting('/master');
    await this.#checkFiles('/master');
    await this.#startMaster();
    const found = await master.number('s:count()');
    if (found !== count) throw new Error(`${found} rows of ${count}`);
    await this.#agree();
    const listed = await this.session.files.readdir('/master');
    const names = listed.ok ? listed.value.map((entry) => entry.name) : [];
    if (names.some((name) => name.endsWith('.inprogress'))) throw new Error(`left: ${names}`);
    return { wasWriting, snapshots: names.filter((name) => name.endsWith('.snap')) };
  }

  /** Kills a server while it joins, and lets it begin again in the same directory. */
  async killInJoin(seed: number): Promise<{ hadSnapshot: boolean }> {
    const directory = `/joiner/${seed}`;
    await this.session.files.mkdir(directory);
    const joiner = new ConsoleServer(this.session.id, directory);
    const config = "db.cfg{replication_source='localhost:3301', replication_timeout=0.1}";
    await joiner.start();
    joiner.enter(config);
    spin(draws(seed)(800));
    await joiner.kill();
    const listed = await this.session.files.readdir(directory);
    const hadSnapshot = listed.ok && listed.value.some(({ name }) => name.endsWith('.snap'));
    await this.#checkFiles(directory);
    await joiner.start();
    await joiner.type(config);
    await joiner.type("s = db.space.tester fiber = require('fiber')");
    const lsn = await this.master.number('db.info.lsn');
    await joiner.type(`while (db.info.vclock[1] or 0) < ${lsn} do fiber.sleep(0.001) end`);
    const [here, there] = [await this.master.number(digest), await joiner.number(digest)];
    await joiner.kill();
    if (here !== there) throw new Error(`master ${here}, joined ${there}`);
    // An id for each that came to be registered, and no more: 31 is all there are.
    await this.master.type(
      'for _, t in db.space._cluster:pairs() do if t[1] > 2 then db.space._cluster:delete{t[1]} end end',
    );
    return { hadSnapshot };
  }

  async close(): Promise<void> {
    await Promise.all([this.master.kill(), this.replica.kill()]);
    await this.session.destroy();
  }
}

const clusterKills = { start: () => Cluster.start() };

export type Kills = typeof clusterKills;

Object.assign(globalThis, { clusterKills });
