// A client that others wrote, the npm package tarantool-driver, talks to Bee on Node as it talks to the real server.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../iproto/real-server.ts';
import { describeReal } from '../real/tarantool.ts';
import { buildBee } from '../tools/build.mjs';
import { root } from '../tools/source-tree.ts';

/** What is used of the package, which has no types. */
interface Driver {
  connect(): Promise<void>;
  disconnect(): void;
  on(event: 'error', hear: (error: Error) => void): void;
  ping(): Promise<boolean>;
  insert(space: string, tuple: unknown[]): Promise<unknown>;
  replace(space: string, tuple: unknown[]): Promise<unknown>;
  update(space: string, index: string, key: unknown[], ops: unknown[]): Promise<unknown>;
  upsert(space: string, ops: unknown[], tuple: unknown[]): Promise<unknown>;
  delete(space: string, index: string, key: unknown[]): Promise<unknown>;
  select(
    space: string,
    index: string,
    limit: number,
    offset: number,
    iterator: string,
    key: unknown[],
  ): Promise<unknown>;
  call(name: string, ...args: unknown[]): Promise<unknown>;
  eval(code: string, ...args: unknown[]): Promise<unknown>;
}

type DriverClass = new (options: Readonly<Record<string, unknown>>) => Driver;
const TarantoolDriver = createRequire(import.meta.url)('tarantool-driver') as DriverClass; // It says so in its README.

const program = `db = rawget(_G, 'box') or db
db.cfg{listen = 'localhost:' .. arg[1]}
db.schema.user.create('u', {password = 'p'})
db.schema.user.grant('u', 'super')
db.schema.space.create('tester')
db.space.tester:create_index('primary')
db.space.tester:create_index('by_name', {parts = {2, 'string'}, unique = false})
function sum(a, b) return a + b, {first = a} end
require('log').info('ready for clients')`;

/** Requests with their answers, in order; an error is what the server said. */
const requests: readonly (readonly [
  name: string,
  ask: (driver: Driver) => Promise<unknown>,
  answer: unknown,
])[] = [
  ['ping', (driver) => driver.ping(), true],
  [
    'insert',
    (driver) => driver.insert('tester', [1, 'one', { a: [1, 2] }]),
    [[1, 'one', { a: [1, 2] }]],
  ],
  [
    'insert again',
    (driver) => driver.insert('tester', [1, 'one']),
    "Duplicate key exists in unique index 'primary' in space 'tester'",
  ],
  [
    'a field of a wrong type',
    (driver) => driver.insert('tester', ['x', 'one']),
    'Tuple field 1 type does not match one required by operation: expected unsigned',
  ],
  ['replace', (driver) => driver.replace('tester', [1, 'uno', 3]), [[1, 'uno', 3]]],
  [
    'select by key',
    (driver) => driver.select('tester', 'primary', 10, 0, 'eq', [1]),
    [[1, 'uno', 3]],
  ],
  ['update', (driver) => driver.update('tester', 'primary', [1], [['+', 2, 4]]), [[1, 'uno', 7]]],
  ['upsert', (driver) => driver.upsert('tester', [['=', 1, 'y']], [2, 'two']), []],
  [
    'select all',
    (driver) => driver.select('tester', 'primary', 10, 0, 'all', []),
    [
      [1, 'uno', 7],
      [2, 'two'],
    ],
  ],
  [
    'select by another index',
    (driver) => driver.select('tester', 'by_name', 1, 1, 'ge', ['a']),
    [[1, 'uno', 7]],
  ],
  ['call', (driver) => driver.call('sum', 1, 2), [[3], [{ first: 1 }]]],
  [
    'call of what is none',
    (driver) => driver.call('nothing'),
    "Procedure 'nothing' is not defined",
  ],
  ['eval', (driver) => driver.eval('return ...', 5, { a: 1 }), [5, { a: 1 }]],
  ['eval that fails', (driver) => driver.eval("error('on purpose')"), 'eval:1: on purpose'],
  ['delete', (driver) => driver.delete('tester', 'primary', [1]), [[1, 'uno', 7]]],
  ['delete of nothing', (driver) => driver.delete('tester', 'primary', [1]), []],
  [
    'hundreds under way',
    (driver) =>
      Promise.all(
        Array.from({ length: 300 }, (_, at) => driver.replace('tester', [at, `row ${at}`])),
      ).then((all) => all.length),
    300,
  ],
];

/** A server of either kind with the program, and what its clients need. */
class Served {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly port: number;

  private constructor(child: ChildProcess, directory: string, port: number) {
    this.#child = child;
    this.#directory = directory;
    this.port = port;
  }

  static async start(command: readonly string[]): Promise<Served> {
    const directory = mkdtempSync(join(tmpdir(), 'bee-driver-'));
    writeFileSync(join(directory, 'serve.lua'), program);
    const port = await freePort();
    const [file = '', ...args] = command;
    const child = spawn(file, [...args, 'serve.lua', String(port)], {
      cwd: directory,
      stdio: 'pipe',
    });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (bytes: Buffer) => {
        log += bytes.toString();
        if (log.includes('ready for clients')) resolve();
      });
      child.once('exit', () => reject(new Error(log)));
    });
    return new Served(child, directory, port);
  }

  driver(password = 'p'): Driver {
    const { port } = this;
    return new TarantoolDriver({
      host: '127.0.0.1',
      port,
      username: 'u',
      password,
      lazyConnect: true,
      retryStrategy: () => false,
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function suite(command: () => readonly string[]): void {
  let served: Served;
  let driver: Driver;
  beforeAll(async () => {
    served = await Served.start(command());
    driver = served.driver();
    await driver.connect();
  }, 60_000);
  afterAll(() => {
    driver.disconnect();
    served.stop();
  });

  test.each(requests)('%s', async (_name, ask, answer) => {
    const outcome = await ask(driver).catch((error: Error) => error.message);
    expect(outcome).toEqual(answer);
  });

  test('a wrong password', async () => {
    const stranger = served.driver('wrong');
    const said: string[] = [];
    stranger.on('error', (error) => said.push(error.message));
    await expect(stranger.connect().then(() => stranger.ping())).rejects.toThrow();
    expect(said).toContain("Incorrect password supplied for user 'u'");
    stranger.disconnect();
  });
}

describe('tarantool-driver and Bee', () => {
  beforeAll(() => buildBee({ ifStale: true }), 60_000);
  suite(() => [process.execPath, join(root, 'dist/bee.js')]);
});

describeReal('tarantool-driver and the real server', () => {
  suite(() => ['tarantool']);
});
