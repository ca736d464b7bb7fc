/** All the "What If?" questions: each title is a sentence of an answer. */
import { describe, expect, test } from 'vitest';
import { type ConsoleServer, ConsoleWorld } from './console-world.ts';

function masters(seed = 4) {
  const world = new ConsoleWorld(seed);
  const one = world.master();
  const two = world.replica();
  one.cfg(`replication_source = 'localhost:3302'`);
  world.settled(one, two);
  return { world, one, two };
}

describe('What if there are more than two servers with master-master?', () => {
  test.each([3, 5])(
    'On each server, specify the "replication_source" for all the others. (%i servers)',
    (count) => {
      const world = new ConsoleWorld(count);
      const servers = [world.master('s1', 3301)];
      for (let at = 2; at <= count; at++) servers.push(world.replica(`s${at}`, 3300 + at));
      for (const [at, server] of servers.entries()) {
        const others = servers.flatMap((_, other) =>
          other === at ? [] : [`'localhost:${3301 + other}'`],
        );
        server.cfg(`replication_source = {${others.join(', ')}}`);
      }
      for (const [at, server] of servers.entries()) server.insert(at, `by ${at + 1}`);
      world.settled(...servers);
      for (const server of servers) expect(server.value('#db.space.tester:select{}')).toBe(count);
    },
  );

  test('For example, server #3 would have a request: db.cfg{replication_source=uri#1, replication_source=uri#2}.', () => {
    const { world, one, two } = masters();
    const three = world.start('three');
    three.cfg(
      `listen = 3303, replication_source = 'localhost:3301', replication_source = 'localhost:3302'`,
    );
    two.insert(1, 'x');
    world.settled(one, two, three);
    expect(three.link(1, 'upstream')?.status).toBe('follow');
    expect(three.link(2, 'upstream')?.status).toBe('follow');
  });
});

describe('What if a a server should be taken out of the cluster?', () => {
  test(`Run db.cfg{} again specifying a blank replication source: db.cfg{replication_source=''}.`, () => {
    const { world, one, two } = masters();
    two.say(`db.cfg{replication_source=''}`);
    one.insert(1, 'x');
    world.sim.runFor(5);
    expect(two.link(1, 'upstream')).toBeUndefined();
    expect(two.tuples).toEqual([]);
  });
});

describe('What if a server leaves the cluster?', () => {
  test('The other servers carry on.', () => {
    const { world, one, two } = masters();
    const three = world.replica('three', 3303);
    three.kill();
    one.insert(1, 'x');
    two.insert(2, 'y');
    world.settled(one, two);
    expect(one.tuples).toEqual([
      [1, 'x'],
      [2, 'y'],
    ]);
  });

  test('If the wayward server rejoins, it will receive all the updates that the other servers made while it was away.', () => {
    const { world, one, two } = masters();
    two.exit();
    for (let key = 0; key < 50; key++) one.insert(key, 'x');
    one.say('db.space.tester:delete{7}');
    const again = world.replica();
    world.settled(one, again);
    expect(again.tuples).toEqual(one.tuples);
    expect(again.value('#db.space.tester:select{}')).toBe(49);
  });
});

describe('What if two servers both change the same tuple?', () => {
  function changedInTurn(): readonly ConsoleServer[] {
    const { world, one, two } = masters();
    one.insert(1, 'by server#1');
    world.settled(one, two);
    two.say(`db.space.tester:replace{1, 'by server#2'}`);
    world.settled(one, two);
    return [one, two];
  }

  test('The last changer wins.', () => {
    for (const server of changedInTurn()) expect(server.tuples).toEqual([[1, 'by server#2']]);
  });

  test(`In that case server#2's change overrides whatever server#1 did.`, () => {
    const [one] = changedInTurn();
    expect(one?.value('db.space.tester:get{1}[2]')).toBe('by server#2');
  });

  test('In order to keep track of who came last, Bee implements a vector clock.', () => {
    const [one, two] = changedInTurn();
    const vclock = one?.value('setmetatable(db.info.vclock, {__serialize = "map"})');
    expect(two?.value('setmetatable(db.info.vclock, {__serialize = "map"})')).toEqual(vclock);
    expect(one?.value('db.info.vclock[2]')).toBe(1);
  });
});

describe('What if a master disappears and the replica must take over?', () => {
  test('A message will appear on the replica stating that the connection is lost.', () => {
    const { world, one, two } = masters();
    one.kill();
    world.sim.expectUntil('a message', () =>
      /can't read row|unexpected EOF|reset by peer/.test(two.log),
    );
  });

  test(`The replica must now become independent, which can be done by saying db.cfg{replication_source=''}.`, () => {
    const { world, one, two } = masters();
    one.kill();
    world.sim.runFor(1);
    two.say(`db.cfg{replication_source=''}`);
    const seen = two.log.length;
    two.insert(1, 'independent');
    world.sim.runFor(10);
    expect(two.log.length).toBe(seen);
    expect(two.tuples).toEqual([[1, 'independent']]);
  });
});

describe(`What if it's necessary to know what cluster a server is in?`, () => {
  test('The identification of the cluster is a UUID which is generated when the first master starts for the first time.', () => {
    const { world, one } = masters();
    const uuid = one.value('db.info.cluster.uuid');
    one.exit();
    const again = world.start('one');
    again.cfg('listen = 3301');
    expect(again.value('db.info.cluster.uuid')).toBe(uuid);
  });

  test('This UUID is stored in a tuple of the db.space._cluster system space, and in a tuple of the db.space._schema system space.', () => {
    const { one } = masters();
    // In 2.6.0 `_cluster` holds the servers' UUIDs alone, and `_schema` the cluster's: see the recorded facts.
    expect(one.value(`db.space._schema:get{'cluster'}[2]`)).toBe(one.value('db.info.cluster.uuid'));
    expect(one.value('db.space._cluster:get{1}[2]')).toBe(one.value('db.info.server.uuid'));
  });

  test(`So to see it, say: db.space._schema:select{'cluster'}`, () => {
    const { one } = masters();
    const text = one.say(`db.space._schema:select{'cluster'}`);
    expect(text).toContain(`['cluster', '${one.value('db.info.cluster.uuid')}']`);
  });
});

describe(`What if one of the server's files is corrupted or deleted?`, () => {
  test('Stop the server, destroy all the database files (the ones with extension "snap" or "xlog" or ".inprogress"), restart the server, and catch up with the master by contacting it again (just say db.cfg{...replication_source=...}).', () => {
    const { world, one, two } = masters();
    for (let key = 0; key < 10; key++) one.insert(key, 'x');
    world.settled(one, two);
    two.exit();
    const path = `${two.directory}/00000000000000000000.snap`;
    const bytes = world.sim.files.readFile(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
    world.sim.files.writeFile(path, bytes);
    const broken = world.start('two');
    broken.type(
      `db.cfg{listen = 3302, replication_source = 'localhost:3301', replication_connect_timeout = 2}`,
    );
    expect(broken.spawned.status.exitCode).toBe(1);
    broken.remove('.snap', '.xlog', '.inprogress');
    const again = world.replica();
    world.settled(one, again);
    expect(again.tuples).toEqual(one.tuples);
  });
});

describe('What if replication causes security concerns?', () => {
  function protectedMaster() {
    const world = new ConsoleWorld(9);
    const master = world.start('one');
    master.cfg('listen = 3301');
    master.say(`db.schema.user.create('replicator', {password = 'password'})`);
    master.say(`db.schema.user.grant('replicator', 'replication')`);
    master.say(`db.schema.user.create('nobody', {password = 'password'})`);
    return { world, master };
  }

  test('Prevent unauthorized replication sources by associating a password with every user that has access privileges for the relevant spaces.', () => {
    const { world, master } = protectedMaster();
    for (const [name, login, words] of [
      ['wrong', 'replicator:wrong@', `Incorrect password supplied for user 'replicator'`],
      ['unknown', 'stranger:password@', `User 'stranger' is not found`],
      ['poor', 'nobody:password@', `Read access to universe '' is denied for user 'nobody'`],
    ] as const) {
      const server = world.start(name);
      server.spawned.process.type(
        `db.cfg{replication_source = '${login}localhost:3301', replication_timeout = 0.2, replication_connect_timeout = 1}`,
      );
      world.sim.runFor(3);
      expect(`${server.log}\n${master.log}`, name).toContain(words);
      expect(server.files.filter((file) => file.endsWith('.snap'))).toEqual([]);
      server.kill();
    }
    expect(master.value('#db.space._cluster:select{}')).toBe(1);
  });

  test(`That way, the URI for the "replication_source" parameter will always have to have the long form replication_source='username:password@host:port'.`, () => {
    const { world, master } = protectedMaster();
    const short = world.start('short');
    short.spawned.process.type(
      `db.cfg{replication_source = 'localhost:3301', replication_timeout = 0.2, replication_connect_timeout = 1}`,
    );
    world.sim.runFor(3);
    expect(short.log).toContain(`is denied for user 'guest'`);
    const long = world.start('long');
    long.cfg(`replication_source = 'replicator:password@localhost:3301'`);
    world.settled(master, long);
    expect(long.link(1, 'upstream')?.status).toBe('follow');
  });
});
