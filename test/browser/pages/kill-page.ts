/** The page of `kill.test.ts`: two real servers in workers, one of them killed in the middle of a burst of writes. */
import { BrowserSession } from '../../../src/browser/session.ts';
import type { InstanceClient } from '../../../src/worker/instance-client.ts';
import { launchInstance } from '../../../src/worker/launch-instance.ts';
import type { FromInstance } from '../../../src/worker/messages.ts';

let nextPid = 3001;

/** A server with somebody at its console. */
class Server {
  readonly client: InstanceClient;
  /** Text of each answer, in the order of the lines. */
  readonly answers: string[] = [];
  problem: string | undefined;
  #prompts = 0;
  #lines = 0;
  #text = '';

  constructor(sessionId: string, cwd: string) {
    this.client = launchInstance(
      {
        sessionId,
        pid: nextPid++,
        cwd,
        home: '/',
        hostname: 'localhost',
        args: [],
        environment: {},
      },
      {
        onMessage: (message) => this.#hear(message),
        onCrash: (reason) => {
          this.problem = reason;
        },
      },
    );
  }

  /** Types lines one after the other and waits until all are answered. */
  async say(...lines: string[]): Promise<string> {
    await this.until(() => this.#prompts > 0, 'a prompt');
    for (const line of lines) {
      this.type(line);
      await this.until(() => this.answers.length === this.#lines, line);
    }
    const answer = this.answers.at(-1) ?? '';
    if (answer.includes('error:')) throw new Error(`${lines.at(-1)}: ${answer}`);
    return answer;
  }

  /** Types a line without waiting. The console takes the next when it has answered. */
  type(line: string): void {
    this.#lines++;
    this.client.line(line);
  }

  async ask(code: string): Promise<unknown> {
    const result = await this.client.probe(code);
    if (!result.ok) throw new Error(`${code}: ${result.error}`);
    return result.value;
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!condition()) {
      if (this.problem !== undefined) throw new Error(this.problem);
      if (performance.now() > deadline) throw new Error(`${what}: not in time; ${this.#text}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #hear(message: FromInstance): void {
    if (message.kind === 'output') this.#text += message.text;
    if (message.kind !== 'prompt' || message.continuation) return;
    if (this.#prompts++ > 0) this.answers.push(this.#text);
    this.#text = '';
  }
}

let session: BrowserSession | undefined;
let master: Server | undefined;
let replica: Server | undefined;
/** Keys whose insert was answered, in the order in which they were typed. */
let answered = 0;
let typed = 0;

const running = (server: Server | undefined): Server => {
  if (server === undefined) throw new Error('not started');
  return server;
};

const kills = {
  async begin() {
    session = new BrowserSession(`kill-${crypto.randomUUID()}`);
    await session.open();
    await session.files.mkdir('/master');
    await session.files.mkdir('/replica');
    master = new Server(session.id, '/master');
    await master.say(
      'db.cfg{listen=3301}',
      "db.schema.user.create('replicator', {password='password'})",
      "db.schema.user.grant('replicator', 'replication')",
      "s = db.schema.space.create('tester')",
      "s:create_index('primary', {})",
    );
    replica = new Server(session.id, '/replica');
    await replica.say(
      "db.cfg{listen=3302, replication_timeout=0.1, replication_source='replicator:password@localhost:3301'}",
    );
  },

  /** Kills the master while it answers inserts, starts it again, and looks at both. */
  async kill(seed: number) {
    const victim = running(master);
    const before = victim.answers.length;
    // Single inserts, as a person types them, and now and then a loop of 50.
    const sizes: number[] = [];
    for (let line = 0; line < 60; line++) {
      const size = (line + seed) % 5 === 0 ? 50 : 1;
      sizes.push(size);
      const from = typed + 1;
      typed += size;
      victim.type(
        size === 1
          ? `db.space.tester:insert{${from}, 'row ${from}'}`
          : `for i = ${from}, ${typed} do db.space.tester:insert{i, 'row ' .. i} end`,
      );
    }
    const killAfter = before + 1 + ((seed * 7) % 55);
    await victim.until(() => victim.answers.length >= killAfter, 'some answers');
    const end = performance.now() + ((seed * 37) % 100) / 100;
    let spins = 0;
    while (performance.now() < end) spins++;
    victim.client.kill();
    const burst = victim.answers.slice(before);
    const refused = burst.find((answer) => answer.includes('error:'));
    if (refused !== undefined) throw new Error(refused);
    const answeredNow = sizes.slice(0, burst.length).reduce((sum, size) => sum + size, 0);
    answered = typed - sizes.reduce((sum, size) => sum + size, 0) + answeredNow;

    master = new Server(running(replica) && (session?.id ?? ''), '/master');
    await master.say('db.cfg{listen=3301}');
    const count = Number(await master.ask('db.space.tester:len()'));
    const last = Number(await master.ask('db.space.tester.index.primary:max()[1]'));
    // Whoever follows can only have what the master still has.
    const follower = running(replica);
    const lsn = Number(await master.ask('db.info.vclock[1]'));
    let behind = '';
    const deadline = performance.now() + 15_000;
    while (behind !== 'none') {
      const found = Number(await follower.ask('db.info.vclock[1]'));
      behind = found === lsn ? 'none' : `${found} of ${lsn}`;
      if (performance.now() > deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const copied = Number(await follower.ask('db.space.tester:len()'));
    const result = { spins, answered, typed, count, last, behind, copied };
    // The next round goes on from what is there.
    typed = last;
    return result;
  },

  /** Both servers' rows, compared. */
  async compare() {
    const sum = `(function() local n, s = 0, 0 for _, t in db.space.tester:pairs() do
      n = n + 1 s = (s * 31 + t[1] + #t[2]) % 1000003 end return n .. ' ' .. s end)()`;
    const found = [await running(master).ask(sum), await running(replica).ask(sum)];
    running(master).client.kill();
    running(replica).client.kill();
    await session?.destroy();
    return found;
  },
};

export type Kills = typeof kills;

Object.assign(globalThis, { kills });
