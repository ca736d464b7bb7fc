/**
 * Servers as a reader has them: two workers over IndexedDB and BroadcastChannel, driven through their consoles. Every time is
 * from the line entered to the prompt that follows, so it holds the durability of the answer.
 */

import { BrowserSession } from '../../src/browser/session.ts';
import type { InstanceClient } from '../../src/worker/instance-client.ts';
import { launchInstance } from '../../src/worker/launch-instance.ts';
import { BarePuts, typical } from './floors.bench.ts';
import type { Report } from './report.ts';

export const host = 'chromium';

const sessionId = `bench-${crypto.randomUUID()}`;
const rows = 100_000;
const typedRounds = 300;
/** Rounds before those that count: the reader's first insert pays for compiling, too, but is not the typical one. */
const warmUpRounds = 100;
const replicatedInserts = 100;

export async function run(report: Report): Promise<void> {
  const session = new BrowserSession(sessionId);
  await session.open();
  for (const name of ['master', 'replica']) {
    await session.files.mkdir(`/home/user/${name}`, { parents: true });
  }
  const master = new BenchServer('master', 1);
  report.measure({ name: 'worker started, first prompt', value: await master.start(), unit: 'ms' });
  const cfg = await master.type('db.cfg{listen=3301, log_level=3}');
  report.measure({ name: 'first db.cfg of an empty directory', value: cfg, unit: 'ms' });
  await master.type("db.schema.user.grant('guest','read,write,execute','universe')");
  await master.type("s = db.schema.space.create('bench')");
  await master.type("i = s:create_index('primary', {})");

  await typedInserts(report, master);
  await master.type('s:truncate()');
  const loop = await master.type(`for n=1,${rows} do s:insert{n, 'row'} end`);
  report.measure({
    name: 'Lua loop of 100,000 autocommit inserts, durable',
    value: (rows / loop) * 1000,
    unit: 'rows/s',
    aim: { atLeast: 50_000 },
  });
  const gets = await master.type(`for n=1,${rows} do s:get{n} end`);
  report.measure({
    name: 'Lua loop of 100,000 gets',
    value: (rows / gets) * 1000,
    unit: 'calls/s',
  });
  const snapshot = await master.type('db.snapshot()');
  report.measure({
    name: 'snapshot of 100,000 rows',
    value: snapshot / 1000,
    unit: 's',
    aim: { atMost: 1 },
  });

  await replication(report, master);
  await master.type('s:truncate()');
  await master.type('db.snapshot()');
  await master.type(`for n=1,${rows} do s:insert{n, 'row'} end`);
  await master.kill();
  const again = new BenchServer('master', 3);
  await again.start();
  const recovery = await again.type('db.cfg{log_level=3}');
  report.measure({
    name: 'recovery of 100,000 rows from the log',
    value: recovery / 1000,
    unit: 's',
    aim: { atMost: 1 },
  });
  await again.expect('db.space.bench:count()', String(rows));
  await again.kill();
  await session.destroy();
}

/** A bare put of the page and a typed insert by turns: what slows the machine down slows both. */
async function typedInserts(report: Report, master: BenchServer): Promise<void> {
  const floor = await BarePuts.open();
  const puts: number[] = [];
  const inserts: number[] = [];
  const reads: number[] = [];
  for (let at = 1; at <= warmUpRounds + typedRounds; at++) {
    puts.push(await floor.put());
    inserts.push(await master.type(`s:insert{${at}, 'typed'}`));
    reads.push(await master.type(`s:get{${at}}`));
  }
  floor.close();
  const bare = 'one IndexedDB transaction, one put, by turns with the insert';
  report.measure({ name: bare, value: typical(puts.slice(warmUpRounds)), unit: 'ms' });
  report.measure({ name: 'one typed get', value: typical(reads.slice(warmUpRounds)), unit: 'ms' });
  report.measure({
    name: 'one typed insert, durable',
    value: typical(inserts.slice(warmUpRounds)),
    unit: 'ms',
    aim: { atMost: 2, of: bare },
  });
}

async function replication(report: Report, master: BenchServer): Promise<void> {
  const replica = new BenchServer('replica', 2);
  await replica.start();
  await replica.type("db.cfg{log_level=3, replication_source='localhost:3301'}");
  await replica.expect('db.space.bench:count()', String(rows));
  await replica.type("fiber = require('fiber')");
  const seen: number[] = [];
  for (let at = 1; at <= replicatedInserts; at++) {
    const key = 2 * rows + at;
    const visible = replica.type(
      `while db.space.bench:get{${key}} == nil do fiber.sleep(0.0002) end`,
    );
    await replica.isBusy();
    const begun = performance.now();
    void master.type(`s:insert{${key}, 'seen'}`);
    await visible;
    seen.push(performance.now() - begun);
  }
  seen.sort((one, other) => one - other);
  report.measure({
    name: 'insert on the master to visible on the replica, p50',
    value: seen[Math.floor(seen.length / 2)] ?? Number.NaN,
    unit: 'ms',
    aim: { atMost: 3 },
  });
  const last = 5 * rows;
  const caught = replica.type(`while db.space.bench:get{${last}} == nil do fiber.sleep(0.001) end`);
  const begun = performance.now();
  await master.type(`for n=${last - rows + 1},${last} do s:insert{n, 'row'} end`);
  await caught;
  report.measure({
    name: 'stream of 100,000 rows, written there and visible here',
    value: (rows / (performance.now() - begun)) * 1000,
    unit: 'rows/s',
    aim: { atLeast: 50_000 },
  });
  await replica.kill();
}

/** A server and its console. */
class BenchServer {
  readonly #name: string;
  readonly #pid: number;
  #client: InstanceClient | undefined;
  #prompted: (() => void) | undefined;
  #output = '';

  constructor(name: string, pid: number) {
    this.#name = name;
    this.#pid = pid;
  }

  /** @returns ms until the first prompt */
  async start(): Promise<number> {
    const begun = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#prompted = resolve;
      this.#client = launchInstance(
        {
          sessionId,
          pid: this.#pid,
          cwd: `/home/user/${this.#name}`,
          home: '/home/user',
          hostname: 'bench',
          args: [],
          environment: {},
        },
        {
          onMessage: (message) => {
            if (message.kind === 'prompt' && !message.continuation) this.#prompted?.();
            if (message.kind === 'output') this.#output += message.text;
            if (message.kind === 'log') console.log(`${this.#name}: ${message.text}`);
          },
          onCrash: (reason) => reject(new Error(`${this.#name} crashed: ${reason}`)),
        },
      );
    });
    return performance.now() - begun;
  }

  /** @returns ms until the next prompt */
  async type(line: string): Promise<number> {
    this.#output = '';
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      this.#prompted = resolve;
      this.#client?.line(line);
    });
    const elapsed = performance.now() - begun;
    if (this.#output.includes('error:')) throw new Error(`${line}: ${this.#output}`);
    return elapsed;
  }

  async expect(line: string, value: string): Promise<void> {
    await this.type(line);
    if (!this.#output.includes(`- ${value}\n`)) {
      throw new Error(`${this.#name}: ${line} gave ${this.#output}, not ${value}`);
    }
  }

  /** Resolves when the server has taken the line: a probe passes behind it. */
  async isBusy(): Promise<void> {
    await this.#client?.probe('true');
  }

  async kill(): Promise<void> {
    await this.#client?.kill();
  }
}
