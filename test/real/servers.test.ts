// A learner takes what they built to the real server, and brings a real server's data along: whole servers as processes, each
// starting from the directory that the other one left, and following each other over TCP.
import { afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../iproto/real-server.ts';
import { buildBee } from '../tools/build.mjs';
import { ConsoleProcess } from './console-process.ts';
import { describeReal, RealDirectory, runTarantoolctl } from './tarantool.ts';

const running: ConsoleProcess[] = [];
const directories: RealDirectory[] = [];

beforeAll(() => buildBee({ ifStale: true }), 60_000);

afterEach(async () => {
  for (const server of running.splice(0)) await server.end('SIGKILL');
  for (const directory of directories.splice(0)) directory.remove();
});

function newDirectory(): RealDirectory {
  const directory = new RealDirectory();
  directories.push(directory);
  return directory;
}

type Kind = 'bee' | 'real';

async function start(kind: Kind, directory: RealDirectory): Promise<ConsoleProcess> {
  const { path } = directory;
  const server = kind === 'bee' ? ConsoleProcess.bee(path) : await ConsoleProcess.real(path);
  running.push(server);
  return server;
}

/** What one server makes and the other must show: every kind of definition, and rows before and behind a snapshot. */
const making = [
  "s = db.schema.space.create('tester', {format = {{'id', 'unsigned'}, {'name', 'string'}, {name = 'score', type = 'number', is_nullable = true}}})",
  "i = s:create_index('primary', {parts = {1, 'unsigned'}})",
  "i = s:create_index('by_name', {parts = {{2, 'string'}, {1, 'unsigned'}}, unique = false})",
  "i = s:create_index('hash', {type = 'hash', parts = {1, 'unsigned', 2, 'string'}})",
  "q = db.schema.sequence.create('numbers', {start = 100, step = 5})",
  "s2 = db.schema.space.create('numbered')",
  "i = s2:create_index('pk', {sequence = 'numbers'})",
  "l = db.schema.space.create('here', {is_local = true})",
  "i = l:create_index('pk')",
  "t = db.schema.space.create('passing', {temporary = true})",
  "i = t:create_index('pk')",
  "db.schema.user.create('reader', {password = 'secret'})",
  "db.schema.user.grant('reader', 'read', 'space', 'tester')",
  "db.schema.role.create('writers')",
  "db.schema.role.grant('writers', 'write', 'space', 'tester')",
  "db.schema.user.grant('reader', 'writers')",
  "for n = 1, 500 do s:insert{n, 'name ' .. n % 50, n / 4} end",
  "s:insert{1000, 'äöü \\0 zero', db.NULL}",
  's:insert{18446744073709551615ULL, ("long "):rep(100), -0.5}',
  's2:insert{db.NULL, {a = 1, b = {1, 2, 3}}} s2:insert{db.NULL, {}}',
  "l:insert{1, 'only here'} t:insert{1, 'gone at the end'}",
];

/** Behind the snapshot. */
const changing = [
  "s:update({7}, {{'=', 2, 'changed'}, {'+', 3, 0.25}})",
  "s:upsert({7, 'new', 0}, {{'!', 4, 'more'}})",
  "s:upsert({2000, 'upserted', 1}, {{'=', 2, 'never'}})",
  's:delete{8} s:delete{9999}',
  "s:replace{9, 'replaced', 9}",
  "db.begin() s:insert{3000, 'a', 1} s:insert{3001, 'b', 2} l:insert{2, 'mixed'} db.commit()",
  's2:insert{db.NULL, 0x7fffffff}',
];

/** What must answer alike. Text, as both consoles write it. */
const questions = [
  's:count()',
  's:select({}, {limit = 20})',
  "s:select({1000}, {iterator = 'GE'})",
  "s.index.by_name:select{'name 7'}",
  "s.index.hash:get{9, 'replaced'}",
  's:format()',
  'db.space.numbered:select()',
  'db.space.here:select()',
  'db.space.passing:count()',
  'db.space._space:select({512}, {iterator = "GE"})',
  'db.space._index:select({512}, {iterator = "GE"})',
  'db.space._user:select()',
  'db.space._priv:select()',
  'db.space._sequence:select()',
  'db.space._space_sequence:select()',
  'db.space._schema:select{"version"}',
  'db.space._cluster:select()',
  "db.session.su('reader', function() return db.space.tester:count() end)",
  "pcall(db.session.su, 'reader', function() return db.space.here:count() end)",
  'db.info.vclock',
  'db.info.id',
  'db.info.uuid',
];

async function answers(server: ConsoleProcess): Promise<Record<string, string>> {
  await server.do('s = db.space.tester');
  const found: Record<string, string> = {};
  for (const question of questions) found[question] = await server.ask(question);
  // Two errors are alike, too.
  expect(Object.values(found).filter((answer) => answer.startsWith('- error'))).toEqual([]);
  return found;
}

const ways = [
  ['bee', 'real'],
  ['real', 'bee'],
] as const;

const ends = [
  ['a snapshot only', ['db.snapshot()'], 'SIGTERM'],
  ['a snapshot and a log', ['db.snapshot()', ...changing], 'SIGTERM'],
  ['a log that was not closed', ['db.snapshot()', ...changing], 'SIGKILL'],
  ['a log behind the first snapshot', changing, 'SIGTERM'],
] as const;

describeReal('a directory that another server left', () => {
  for (const [writer, reader] of ways) {
    for (const [name, steps, signal] of ends) {
      test(`${name}: ${reader} starts from what ${writer} wrote`, { timeout: 90_000 }, async () => {
        const directory = newDirectory();
        const first = await start(writer, directory);
        await first.do('db.cfg{}');
        for (const statement of [...making, ...steps]) await first.do(statement);
        await first.do('db.space.passing:delete{1}');
        const wanted = await answers(first);
        await first.end(signal);
        const second = await start(reader, directory);
        await second.do('db.cfg{}');
        expect(await answers(second)).toEqual(wanted);
        // It goes on where the other one stopped, in files that the first one reads again.
        await second.do("s:insert{4000, 'by the second', 4}");
        await second.do('db.snapshot()');
        await second.do("s:insert{4001, 'behind its snapshot', 4}");
        const later = await answers(second);
        await second.end(signal);
        const third = await start(writer, directory);
        await third.do('db.cfg{}');
        expect(await answers(third)).toEqual(later);
      });
    }
  }

  test('tarantoolctl reads what Bee wrote, and plays it to a real server', {
    timeout: 60_000,
  }, async () => {
    const directory = newDirectory();
    const bee = await start('bee', directory);
    await bee.do('db.cfg{}');
    for (const statement of [...making, ...changing]) await bee.do(statement);
    const wanted = await answers(bee);
    await bee.end('SIGTERM');
    const logs = [...directory.files().keys()].filter((name) => name.endsWith('.xlog'));
    const shown = runTarantoolctl(directory.path, 'cat', '--space=512', '--format=json', ...logs);
    const lines = shown.output.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(500);
    const port = await freePort();
    const other = await start('real', newDirectory());
    await other.do(`db.cfg{listen = ${port}}`);
    await other.do("db.schema.user.grant('guest', 'super')");
    await other.do("db.schema.space.create('tester')");
    await other.do("db.space.tester:create_index('primary')");
    const played = runTarantoolctl(
      directory.path,
      'play',
      `localhost:${port}`,
      '--space=512',
      ...logs,
    );
    expect(played.status, played.errors).toBe(0);
    await other.do('s = db.space.tester');
    expect(await other.ask('s:count()')).toBe(wanted['s:count()']);
  });
});

describeReal('servers over TCP', () => {
  for (const [first, second] of ways) {
    test(`${second} joins ${first}, follows it, and both write`, { timeout: 90_000 }, async () => {
      const [here, there] = [await freePort(), await freePort()];
      const master = await start(first, newDirectory());
      await master.do(`db.cfg{listen = ${here}, replication_timeout = 0.3}`);
      await master.do("db.schema.user.create('replicator', {password = 'password'})");
      await master.do("db.schema.user.grant('replicator', 'replication')");
      for (const statement of making) await master.do(statement);
      const home = newDirectory();
      let replica = await start(second, home);
      const source = `replicator:password@localhost:${here}`;
      const config = `db.cfg{listen = ${there}, replication_timeout = 0.3, replication = '${source}'}`;
      await replica.do(config);
      const shared = questions.filter((question) => !/here|passing|info/.test(question));
      const compare = async (): Promise<void> => {
        const lsn = /\d+/.exec(await master.ask('db.info.lsn'))?.[0] ?? '';
        await replica.settles(`db.info.vclock[1] == ${lsn}`, '- true\n');
        for (const question of shared) {
          expect(await replica.ask(question), question).toBe(await master.ask(question));
        }
      };
      await replica.do('s = db.space.tester');
      await compare();
      for (const statement of changing) await master.do(statement);
      await compare();
      // The replica is away while the master writes, and comes back.
      await replica.end('SIGKILL');
      await master.do("s:insert{5000, 'while it was away', 5}");
      replica = await start(second, home);
      await replica.do(config);
      await replica.do('s = db.space.tester');
      await compare();
      // Master and master.
      await master.do(`db.cfg{replication = 'replicator:password@localhost:${there}'}`);
      await replica.do("s:insert{6000, 'from the other side', 6}");
      await master.settles('s:get{6000} ~= nil', '- true\n');
      const other = 'db.info.replication[db.info.id % 2 + 1]';
      for (const server of [master, replica]) {
        await server.settles(`${other}.upstream.status`, '- follow\n');
        await server.settles(`${other}.downstream.status`, '- follow\n');
      }
      expect(await replica.end('SIGTERM')).toBe(0);
    });
  }
});
