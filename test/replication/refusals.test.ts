/** What keeps a server from joining or following, in the words and with the outcome of the table in the recorded facts (2.4). */
import { expect, test } from 'vitest';
import { Store, uriOf } from './small-store.ts';
import { applierLines, lines, link, makePair, makeWorld, one } from './small-world.ts';

const replicator = { replicator: { password: 'password', may: true } };

test('wrong password of a new replica: db.cfg waits, tries in silence, and goes on when the password is right', () => {
  const { sim, start } = makeWorld(1);
  const users = { replicator: { password: 'other', may: true } };
  const master = start('one', { store: new Store(), listen: 3301, users });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.runFor(40);
  expect(replica.process.configured).toBe(false);
  expect(applierLines(replica.log)).toEqual([
    'I> remote master UUID at 127.0.0.1:3301 running Tarantool 2.6.0',
    'I> failed to authenticate',
    "authentication.cc:96 E> ER_PASSWORD_MISMATCH: Incorrect password supplied for user 'replicator'",
    'I> will retry every 1.00 second',
  ]);
  master.process.users = replicator;
  sim.expectUntil('the replica joined', () => !replica.process.orphan);
});

test('unknown user: waits, and goes on by itself once the user exists', () => {
  const { sim, start } = makeWorld(2);
  const master = start('one', { store: new Store(), listen: 3301, users: {} });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.runFor(10);
  expect(applierLines(replica.log).slice(1)).toEqual([
    'I> failed to authenticate',
    "user.cc:539 E> ER_NO_SUCH_USER: User 'replicator' is not found",
    'I> will retry every 1.00 second',
  ]);
  master.process.users = replicator;
  sim.expectUntil('the replica joined', () => !replica.process.orphan);
});

test('a user without the right to read everything: waits, and goes on after the grant', () => {
  const { sim, start } = makeWorld(3);
  const users = { replicator: { password: 'password', may: false } };
  const master = start('one', { store: new Store(), listen: 3301, users });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.runFor(10);
  expect(applierLines(replica.log).slice(1, 5)).toEqual([
    'I> authenticated',
    "I> can't read row",
    "session.cc:332 E> ER_ACCESS_DENIED: Read access to universe '' is denied for user 'replicator'",
    'I> will retry every 1.00 second',
  ]);
  master.process.users = replicator;
  sim.expectUntil('the replica joined', () => !replica.process.orphan);
});

test('guest without rights is refused by name', () => {
  const { sim, start } = makeWorld(4);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { store: new Store(), sources: ['localhost:3301'] });
  sim.runFor(3);
  expect(applierLines(replica.log)).toContain(
    "session.cc:332 E> ER_ACCESS_DENIED: Read access to universe '' is denied for user 'guest'",
  );
});

test('a right revoked while following: the stream goes on, the next subscription is refused', () => {
  const { sim, master, replica } = makePair(5, { one: new Store(), two: new Store() });
  master.process.users = { replicator: { password: 'password', may: false } };
  master.process.insert(['1', 'after revoke']);
  sim.expectUntil('the row arrives', () => replica.process.data.has('1'));
  const seen = replica.log.length;
  sim.network.drop('one', 'two');
  sim.runFor(5);
  expect(applierLines(replica.log, seen).slice(3, 7)).toEqual([
    'I> authenticated',
    "I> can't join/subscribe",
    "session.cc:332 E> ER_ACCESS_DENIED: Read access to universe '' is denied for user 'replicator'",
    'I> will retry every 1.00 second',
  ]);
});

test('wrong password, db.cfg later: orphan after replication_sync_timeout, with the reason in db.info', () => {
  const settings = { syncTimeout: 3 };
  const { sim, replica } = makePair(6, { one: new Store(), two: new Store() }, { settings });
  const wrong = uriOf('replicator:wrong@localhost:3301');
  let isDone = false;
  replica.process.run(function* () {
    yield* replica.process.replication.configure([wrong]);
    isDone = true;
  });
  sim.expectUntil('db.cfg returns', () => isDone, 10);
  expect(replica.process.orphan).toBe(true);
  expect(lines(replica.log).slice(-2)).toEqual([
    'main/interactive C> failed to synchronize with 1 out of 1 replicas',
    'main/interactive C> entering orphan mode',
  ]);
  expect(link(replica, 1, 'upstream')).toMatchObject({
    status: 'loading',
    peer: 'replicator@localhost:3301',
    message: "Incorrect password supplied for user 'replicator'",
  });
  expect(() => replica.process.insert(['x', 1])).toThrow(/read-only/);
  replica.process.run(() => replica.process.replication.configure([]));
  sim.expectUntil('it is independent', () => !replica.process.orphan);
  expect(link(replica, 1, 'upstream')).toBeUndefined();
});

test('a server of another cluster is not known to the master: orphan at once', () => {
  const { sim, start } = makeWorld(7);
  const master = start('one', { store: new Store(), listen: 3301 });
  const other = start('two', { store: new Store(), listen: 3302 });
  sim.expectUntil('both are up', () => master.process.configured && other.process.configured);
  const seen = other.log.length;
  other.process.run(() => other.process.replication.configure([uriOf(one)]));
  sim.runFor(2);
  expect(lines(other.log, seen).slice(-5)).toEqual([
    "main/applier/replicator@localhost:3301 I> can't join/subscribe",
    'main/applier/replicator@localhost:3301 box.cc:2014 E> ER_UNKNOWN_REPLICA: Replica UUID is not registered with replica set UUID',
    'main/applier/replicator@localhost:3301 I> will retry every 1.00 second',
    'main/interactive C> failed to synchronize with 1 out of 1 replicas',
    'main/interactive C> entering orphan mode',
  ]);
  expect(other.process.isReadOnly()).toBe(true);
});

test('a server of another cluster that the master knows finds the mismatch itself', () => {
  const { sim, start } = makeWorld(8);
  const store = new Store();
  const master = start('one', { store: new Store(), listen: 3301 });
  const other = start('two', { store, listen: 3302 });
  sim.expectUntil('both are up', () => master.process.configured && other.process.configured);
  master.process.run(() => master.process.registerReplica(store.uuid));
  sim.runFor(0.1);
  const seen = other.log.length;
  other.process.run(() => other.process.replication.configure([uriOf(one)]));
  sim.runFor(2);
  expect(applierLines(other.log, seen)).toEqual([
    'I> remote master UUID at 127.0.0.1:3301 running Tarantool 2.6.0',
    'I> authenticated',
    "I> can't join/subscribe",
    'applier.cc:1055 E> ER_REPLICASET_UUID_MISMATCH: Replica set UUID mismatch: expected UUID, got UUID',
  ]);
  expect(other.process.orphan).toBe(true);
  // The master notices only that nobody reads: it says so and keeps the reason.
  expect(link(master, 2, 'downstream')?.['status']).toBe('stopped');
});

test('no master for a new replica: the process ends with 1 after replication_connect_timeout', () => {
  const { sim, start } = makeWorld(9);
  const settings = { connectTimeout: 4 };
  const replica = start('two', { store: new Store(), sources: [one], settings });
  sim.expectUntil('it gave up', () => !replica.status.isAlive, 10);
  expect(replica.status.exitCode).toBe(1);
  const failed = 'I> failed to connect to localhost:3301: Connection refused';
  expect(applierLines(replica.log)).toEqual([
    "I> can't connect to master",
    expect.stringMatching(
      /^coio.cc:108 !> SystemError connect, called on fd \d+, aka PEER: Connection refused$/,
    ),
    'I> will retry every 1.00 second',
    failed,
    failed,
    failed,
  ]);
  expect(lines(replica.log).slice(-3)).toEqual([
    'main/interactive C> failed to connect to 1 out of 1 replicas',
    "main/interactive replication.cc:729 E> ER_CFG: Incorrect value for option 'replication': failed to connect to one or more replicas",
    "main/interactive F> can't initialize storage: Incorrect value for option 'replication': failed to connect to one or more replicas",
  ]);
});

test('no master for a known replica: it starts as an orphan and becomes whole when the master comes', () => {
  const stores = { one: new Store(), two: new Store() };
  const settings = { connectTimeout: 4 };
  const { sim, start, master, replica } = makePair(10, stores, { settings });
  master.process.exit();
  replica.process.exit();
  sim.runFor(0.1);
  const again = start('two', { store: stores.two, listen: 3302, sources: [one], settings });
  sim.expectUntil(
    'db.cfg is through',
    () => again.log.some((line) => line.includes('entering orphan')),
    10,
  );
  expect(again.process.isReadOnly()).toBe(true);
  start('one', { store: stores.one, listen: 3301 });
  sim.expectUntil('it left orphan mode', () => !again.process.orphan, 10);
  expect(lines(again.log).slice(-2)).toEqual([
    'main/applier/replicator@localhost:3301 I> remote vclock {1: 1} local vclock {1: 1}',
    'main/applierw/replicator@localhost:3301 C> leaving orphan mode',
  ]);
});

test('joining through a read-only master ends the process, and the master says why', () => {
  const { sim, start } = makeWorld(11);
  const master = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  master.process.isReadOnlyNow = true;
  const replica = start('two', { store: new Store(), sources: [one] });
  sim.expectUntil('it gave up', () => !replica.status.isAlive);
  const text = "ER_READONLY: Can't modify data because this instance is in read-only mode.";
  expect(lines(master.log).at(-1)).toBe(`main/main box.cc:152 E> ${text}`);
  expect(lines(replica.log).slice(-4)).toEqual([
    "main/applier/replicator@localhost:3301 I> can't read row",
    `main/applier/replicator@localhost:3301 box.cc:152 E> ${text}`,
    `main/interactive box.cc:152 E> ${text}`,
    "main/interactive F> can't initialize storage: Can't modify data because this instance is in read-only mode.",
  ]);
});

test('two sources that are one server are refused, and the old sources stay', () => {
  const { sim, replica } = makePair(12, { one: new Store(), two: new Store() });
  let error: unknown;
  replica.process.run(function* () {
    try {
      yield* replica.process.replication.configure([
        uriOf(one),
        uriOf('replicator:password@127.0.0.1:3301'),
      ]);
    } catch (thrown) {
      error = thrown;
    }
  });
  sim.expectUntil('db.cfg refused', () => error !== undefined);
  expect(String(error)).toContain(
    "Incorrect value for option 'replication': duplicate connection to the same replica",
  );
  expect(link(replica, 1, 'upstream')?.['status']).toBe('follow');
});

test('a copied directory: the same UUID a second time is refused, and tried again until the first one leaves', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, start, replica } = makePair(13, stores);
  const copy = start('three', { store: stores.two, sources: [one] });
  sim.runFor(5);
  expect(applierLines(copy.log).slice(2, 5)).toEqual([
    "I> can't join/subscribe",
    "box.cc:2023 E> ER_CFG: Incorrect value for option 'replication': duplicate connection with the same replica UUID",
    'I> will retry every 1.00 second',
  ]);
  expect(copy.process.orphan).toBe(true);
  replica.process.exit();
  sim.expectUntil('its place is free', () => !copy.process.orphan);
});

test('a server that names itself is in sync with itself and shows no upstream', () => {
  const { sim, start } = makeWorld(14);
  const server = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('it is up', () => server.process.configured);
  const seen = server.log.length;
  server.process.run(() => server.process.replication.configure([uriOf(one)]));
  sim.runFor(3);
  expect(lines(server.log, seen)).toEqual([
    'main/interactive I> connecting to 1 replicas',
    'main/applier/replicator@localhost:3301 I> remote master UUID at 127.0.0.1:3301 running Tarantool 2.6.0',
    'main/interactive I> connected to 1 replicas',
    'main/interactive I> synchronizing with 1 replicas',
    'main/applier/replicator@localhost:3301 C> leaving orphan mode',
    'main/interactive I> replica set sync complete',
    'main/interactive C> leaving orphan mode',
  ]);
  expect(link(server, 1, 'upstream')).toBeUndefined();
});

test('a host that nobody knows and a port where something else answers: orphan, with the words for each', () => {
  const settings = { connectTimeout: 2 };
  const { sim, start } = makeWorld(15);
  const server = start('one', { store: new Store(), listen: 3301, settings });
  sim.expectUntil('it is up', () => server.process.configured);
  sim.spawn(
    (env) => {
      env.network.listen(
        '0.0.0.0',
        3399,
        (connection) => {
          connection.send(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'.padEnd(200)));
        },
        () => undefined,
      );
      return { turn: () => 'idle' };
    },
    { cwd: '/home/user/other' },
  );
  let seen = server.log.length;
  server.process.run(() =>
    server.process.replication.configure([uriOf('no.such.host.invalid:3301')]),
  );
  sim.runFor(4);
  expect(lines(server.log, seen)).toContain(
    'main/applier/no.such.host.invalid:3301 coio_task.c:419 !> SystemError getaddrinfo: Name or service not known: Input/output error',
  );
  expect(server.process.orphan).toBe(true);
  seen = server.log.length;
  server.process.run(() => server.process.replication.configure([uriOf('localhost:3399')]));
  sim.runFor(1);
  const others = lines(server.log, seen).filter(
    (line) => line.includes('3399') || !line.includes('applier'),
  );
  expect(others.slice(1, 5)).toEqual([
    'main/applier/localhost:3399 applier.cc:404 E> ER_PROTOCOL: Invalid greeting',
    "main/applier/localhost:3399 I> can't connect to master",
    'main/applier/localhost:3399 applier.cc:404 E> ER_PROTOCOL: Invalid greeting',
    'main/interactive C> failed to connect to 1 out of 1 replicas',
  ]);
  expect(server.process.orphan).toBe(true);
});
