/** The hands-on tutorial, step by step, in one world: each title is the sentence that stands under the step. */
import { expect, test } from 'vitest';
import { type ConsoleServer, ConsoleWorld } from './console-world.ts';

const world = new ConsoleWorld(8);
const select = (key: number): string => `db.space.tester:select({${key}},{iterator='GE'})`;
let one: ConsoleServer;
let two: ConsoleServer;
let clusterScreen = '';

test('The result is that a new cluster is set up, and the UUID is displayed.', () => {
  one = world.start('bee_test_node_1');
  one.say('db.cfg{listen=3301}');
  one.say(`db.schema.user.create('replicator', {password = 'password'})`);
  // The manual's two rights, and the one that 2.6.0 asks for beside them.
  one.say(`db.schema.user.grant('replicator','read,write','universe')`);
  clusterScreen = one.say(`db.space._cluster:select({0},{iterator='GE'})`);
  expect(clusterScreen).toContain(String(one.value('db.info.server.uuid')));
});

test('The result is that a replica is set up.', () => {
  two = world.start('bee_test_node_2');
  two.say(`db.cfg{listen=3302, replication_source='replicator:password@localhost:3301'}`);
  world.settled(one, two);
  expect(two.link(1, 'upstream')?.status).toBe('follow');
});

test('Messages appear on Terminal #1 confirming that the replica has connected and that the WAL contents have been shipped to the replica.', () => {
  expect(one.log).toMatch(/joining replica .* at fd/);
  expect(one.log).toContain('initial data sent.');
  expect(one.log).toContain('final data sent.');
  expect(one.log).toMatch(/subscribed replica .* at fd/);
});

test('Messages appear on Terminal #2 showing that replication is starting.', () => {
  expect(two.log).toContain('connecting to 1 replicas');
  expect(two.log).toContain('bootstrapping replica from');
  expect(two.log).toContain('initial data received');
});

test('Also on Terminal#2 the _cluster UUID value is displayed, and it is the same as the _cluster UUID value that was displayed on Terminal #1, because both servers are in the same cluster.', () => {
  const screen = two.say(`db.space._cluster:select({0},{iterator='GE'})`);
  const [, uuid = 'none'] = /\[1, '([^']+)'\]/.exec(clusterScreen) ?? [];
  expect(screen).toContain(`[1, '${uuid}']`);
});

test('The creation and insertion were successful on Terminal #1.', () => {
  one.say(`s = db.schema.space.create('tester')`);
  one.say(`i = s:create_index('primary', {})`);
  expect(one.say(`s:insert{1,'Tuple inserted on Terminal #1'}`)).toContain(
    `[1, 'Tuple inserted on Terminal #1']`,
  );
});

test('Nothing has happened on Terminal #2.', () => {
  const { output } = two.spawned.process;
  world.settled(one, two);
  expect(two.spawned.process.output).toBe(output);
});

test('The selection and insertion were successful on Terminal #2.', () => {
  two.say('s = db.space.tester');
  expect(two.say(`s:select({1},{iterator='GE'})`)).toContain('Tuple inserted on Terminal #1');
  expect(two.say(`s:insert{2,'Tuple inserted on Terminal #2'}`)).toContain('Terminal #2');
});

test('Nothing has happened on Terminal #1.', () => {
  world.sim.runFor(2);
  expect(one.value('#db.space.tester:select{}')).toBe(1);
});

test('Messages appear on Terminal #2 announcing that fact.', () => {
  one.exit();
  world.sim.expectUntil('a message', () => two.log.includes(`can't read row`));
});

test('The "ls -l" commands show that both servers have made snapshots, which have the same size because they both contain the same tuples.', () => {
  const name = '00000000000000000000.snap';
  expect(two.bytesOf(name).length).toBe(one.bytesOf(name).length);
});

test('Terminal #2 has done a select and an insert, even though Terminal #1 is down.', () => {
  expect(two.say(select(0))).toContain('Tuple inserted on Terminal #2');
  expect(two.say(`db.space.tester:insert{3,'Another'}`)).toContain(`[3, 'Another']`);
});

test('The master has reconnected to the cluster, and has NOT found what the replica wrote while the master was away.', () => {
  one = world.start('bee_test_node_1');
  one.say('db.cfg{listen=3301}');
  world.sim.runFor(3);
  expect(one.say(select(0))).not.toContain('Another');
  expect(one.link(2, 'downstream')?.status).toBe('follow');
});

test('That is not a surprise -- the replica has not been asked to act as a replication source.', () => {
  expect(one.link(2, 'upstream')).toBeUndefined();
});

test('This shows that the two servers are once again in synch, and that each server sees what the other server wrote.', () => {
  one.say(`db.cfg{replication_source='replicator:password@localhost:3302'}`);
  world.settled(one, two);
  expect(one.tuples).toEqual([
    [1, 'Tuple inserted on Terminal #1'],
    [2, 'Tuple inserted on Terminal #2'],
    [3, 'Another'],
  ]);
  expect(two.tuples).toEqual(one.tuples);
});
