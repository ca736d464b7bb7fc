// Three servers, each following both others: two real ones and a Bee, and two Bees and a real one. Restarts of each kind, and leaving
// and coming back.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../iproto/real-server.ts';
import { buildBee } from '../tools/build.mjs';
import { ConsoleProcess } from './console-process.ts';
import { describeReal, RealDirectory } from './tarantool.ts';

type Kind = 'bee' | 'real';

const running: ConsoleProcess[] = [];
const directories: RealDirectory[] = [];

beforeAll(() => buildBee({ ifStale: true }), 60_000);

afterEach(async () => {
  for (const server of running.splice(0)) await server.end('SIGKILL');
  for (const directory of directories.splice(0)) directory.remove();
});

/** One place in the ring: a directory and a port that outlive the process. */
class Member {
  readonly kind: Kind;
  readonly port: number;
  directory = newDirectory();
  server: ConsoleProcess | undefined;

  constructor(kind: Kind, port: number) {
    this.kind = kind;
    this.port = port;
  }

  get process(): ConsoleProcess {
    if (this.server === undefined) throw new Error('it is not running');
    return this.server;
  }

  /** Starts it with all of the ring as its sources. */
  async start(sources: readonly Member[]): Promise<void> {
    const { path } = this.directory;
    this.server = this.kind === 'bee' ? ConsoleProcess.bee(path) : await ConsoleProcess.real(path);
    running.push(this.server);
    const uris = sources.map(({ port }) => `'replicator:password@localhost:${port}'`);
    const replication = uris.length === 0 ? '' : `, replication = {${uris.join(', ')}}`;
    // Asked for fewer: who starts first must not wait for who starts later.
    await this.process.do(
      `db.cfg{listen = ${this.port}, replication_timeout = 0.3, replication_connect_quorum = 0, replication_connect_timeout = 5${replication}}`,
    );
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.process.end(signal);
    running.splice(running.indexOf(this.process), 1);
    this.server = undefined;
  }
}

function newDirectory(): RealDirectory {
  const directory = new RealDirectory();
  directories.push(directory);
  return directory;
}

/** Starts three servers, the first alone, the others as its replicas, and then everybody follows everybody. */
async function ring(kinds: readonly [Kind, Kind, Kind]): Promise<[Member, Member, Member]> {
  const made = [];
  for (const kind of kinds) made.push(new Member(kind, await freePort()));
  const [first, second, third] = made;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  const members: [Member, Member, Member] = [first, second, third];
  await first.start([]);
  await first.process.do("db.schema.user.create('replicator', {password = 'password'})");
  await first.process.do("db.schema.user.grant('replicator', 'replication')");
  await first.process.do("db.schema.space.create('tester')");
  await first.process.do("i = db.space.tester:create_index('primary', {parts = {1, 'string'}})");
  await second.start([first]);
  await follow(first, [second]);
  await third.start([first, second]);
  await registered(members);
  for (const member of members) await follow(member, members);
  return members;
}

/**
 * All know each other by the rows of `_cluster`. A server that has just joined has no log of what it joined with: who lacks a row of
 * that, and asks the new server for it, gets an XlogGapError and stops, in the real server as in ours.
 */
async function registered(members: readonly Member[]): Promise<void> {
  for (const { process } of members) {
    await process.settles('db.space._cluster:count()', `- ${members.length}\n`);
  }
}

async function follow(member: Member, members: readonly Member[]): Promise<void> {
  const uris = members.map(({ port }) => `'replicator:password@localhost:${port}'`);
  await member.process.do(`db.cfg{replication = {${uris.join(', ')}}}`);
}

let rows = 0;

/** Everybody writes rows of keys of its own, one alone and two in a transaction; all must come to have all. */
async function write(members: readonly Member[]): Promise<void> {
  for (const { process } of members) {
    rows += 3;
    await process.do(`db.space.tester:insert{'single ${rows}', ${rows}}`);
    await process.do(
      `db.begin() db.space.tester:insert{'one ${rows}'} db.space.tester:insert{'two ${rows}', {a = ${rows}}} db.commit()`,
    );
  }
}

async function converge(members: readonly Member[]): Promise<void> {
  const all = 'db.space.tester:select({}, {limit = 1000})';
  const [first, ...others] = members;
  if (first === undefined) throw new Error('nobody');
  await first.process.settles('db.space.tester:count()', `- ${rows}\n`);
  const wanted = await first.process.ask(all);
  for (const { process } of others) await process.settles(all, wanted);
}

/** Both sides of each link say that it is whole, name each other alike, and have the same vclock. */
async function agree(members: readonly Member[]): Promise<void> {
  const ids = new Map<Member, number>();
  const uuids = new Map<Member, string>();
  for (const member of members) {
    ids.set(member, Number(/\d+/.exec(await member.process.ask('db.info.id'))?.[0]));
    uuids.set(member, await member.process.ask('db.info.uuid'));
  }
  for (const member of members) {
    for (const other of members.filter((each) => each !== member)) {
      const peer = `db.info.replication[${ids.get(other)}]`;
      await member.process.settles(`${peer}.upstream.status`, '- follow\n');
      await member.process.settles(`${peer}.downstream.status`, '- follow\n');
      expect(await member.process.ask(`${peer}.uuid`)).toBe(uuids.get(other));
    }
  }
  // The component of rows that are one server's own is nobody else's business.
  const clock =
    'local v = table.deepcopy(db.info.vclock) v[0] = nil return setmetatable(v, {__serialize = "map"})';
  const wanted = (await members[0]?.process.ask(clock)) ?? '';
  for (const { process } of members) {
    await process.settles(clock, wanted);
    // What the others acknowledged is what there is.
    for (const other of members) {
      const peer = `db.info.replication[${ids.get(other)}].lsn`;
      await process.settles(`${peer} == db.info.vclock[${ids.get(other)}]`, '- true\n');
    }
  }
}

describeReal('a ring of three', () => {
  describe.each([
    ['two real ones and a Bee', ['real', 'bee', 'real']],
    ['two Bees and a real one', ['bee', 'real', 'bee']],
  ] as const)('%s', (_name, kinds) => {
    test('all write, each is restarted in each way, all have everything', {
      timeout: 180_000,
    }, async () => {
      rows = 0;
      const members = await ring(kinds);
      await write(members);
      await converge(members);
      await agree(members);
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        for (const member of members) {
          await member.end(signal);
          await write(members.filter((other) => other !== member));
          await member.start(members);
          await write(members);
          await converge(members);
        }
        await agree(members);
      }
    });

    test('one leaves for good, its place is taken by a new one', { timeout: 180_000 }, async () => {
      rows = 0;
      const members = await ring(kinds);
      const [first, , third] = members;
      await write(members);
      await converge(members);
      const idOf = async (member: Member): Promise<string> =>
        /\d+/.exec(await member.process.ask('db.info.id'))?.[0] ?? '';
      const gone = await idOf(third);
      await third.end('SIGTERM');
      const left = members.filter((member) => member !== third);
      for (const member of left) await follow(member, left);
      await first.process.do(`db.space._cluster:delete{${gone}}`);
      for (const { process } of left) {
        await process.settles(`db.info.replication[${gone}] == nil`, '- true\n');
      }
      // In a directory of its own: another server, which gets the free id.
      third.directory = newDirectory();
      await third.start(left);
      expect(await idOf(third)).toBe(gone);
      await registered(members);
      for (const member of left) await follow(member, members);
      await follow(third, members);
      await write(members);
      await converge(members);
      await agree(members);
    });
  });
});
