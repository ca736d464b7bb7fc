// A server that is not there yet: nobody writes to it, and who gives the start up has no half of a server.
import { expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

const readOnly = "Can't modify data because this instance is in read-only mode.";

/** A fiber of the program that tries to make a space every moment while the server starts. */
const early = [
  "fiber = require('fiber')",
  `f = fiber.create(function()
     while true do
       local ok, e = pcall(function() return db.schema.space.create('x') end)
       if ok then made = db.info.status return end
       local last = tostring(e)
       if last:match('read%-only') then refused = last end
       fiber.sleep(0.0005)
     end
   end)`.replaceAll('\n', ' '),
];

test('a program that writes while its server founds a cluster is refused, and the start goes on', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  world.ask(one, ...early);
  expect(world.ask(one, 'db.cfg{listen=3301}')).toBe('');
  world.wait(0.1);
  expect(world.ask(one, 'return refused, made')).toBe(`- ${readOnly}\n- running`);
});

test('a server that joins takes no writes until it runs', () => {
  const world = new ConsoleWorld();
  const [one, two] = [world.start('one'), world.start('two')];
  world.ask(one, 'db.cfg{listen=3301}', "db.schema.user.grant('guest', 'super')");
  world.ask(one, "s = db.schema.space.create('s')", "_ = s:create_index('p')");
  world.ask(one, "for i = 1, 3000 do s:insert{i, ('x'):rep(300)} end", 'db.snapshot()');
  world.ask(one, "for i = 3001, 6000 do s:insert{i, ('x'):rep(300)} end");
  world.ask(two, "fiber = require('fiber') accepted, refused = 0, 0");
  const writes = `f = fiber.create(function() while true do
       local ok, e = pcall(function() return db.space.s:insert{1000000} end)
       if ok then accepted = accepted + 1 made = db.info.status return end
       if tostring(e) == ${JSON.stringify(readOnly)} then refused = refused + 1 end
       fiber.sleep(0.0005) end end)`.replaceAll('\n', ' ');
  world.ask(two, writes, "db.cfg{listen=3302, replication='localhost:3301'}");
  world.wait(0.1);
  expect(world.ask(two, 'return accepted, refused > 0, made, db.info.status')).toBe(
    '- 1\n- true\n- running\n- running',
  );
});

test('members of a cluster that are reached at its founding are in its first snapshot, not rows', () => {
  const world = new ConsoleWorld();
  const sources = "replication={'localhost:3301', 'localhost:3302', 'localhost:3303'}";
  const seats = ['one', 'two', 'three'].map((name) => world.start(name));
  const outcomes = seats.map((seat, at) =>
    world.begin(seat, `db.cfg{listen=${3301 + at}, ${sources}}`),
  );
  world.sim.expectUntil('one runs', () => outcomes[0]?.answer !== undefined, 60);
  world.ask(seats[0] as Seat, "db.schema.user.grant('guest', 'replication')");
  world.sim.expectUntil('all run', () => outcomes.every(({ answer }) => answer !== undefined), 60);
  world.wait(1);
  for (const seat of seats) {
    expect(world.ask(seat, 'return db.space._cluster:count(), db.info.status')).toBe(
      '- 3\n- running',
    );
    // As in the real server: the grant is the first row.
    expect(world.ask(seat, 'return db.info.vclock')).toBe('- {1: 1}');
  }
});

const wrongSource = "replication='localhost:9999', replication_connect_timeout=30";

test.each([
  ['Ctrl-C', (_world: ConsoleWorld, one: Seat) => one.process.server.interrupt(), 'interrupted'],
  ['fiber.cancel', () => undefined, 'fiber is cancelled'],
])('%s during the first db.cfg ends the server, with the reason in its log', (how, act, reason) => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  if (how === 'fiber.cancel') {
    world.ask(
      one,
      "fiber = require('fiber') me = fiber.self()",
      'f = fiber.create(function() fiber.sleep(1) me:cancel() end)',
    );
  }
  one.process.type(`db.cfg{listen=3301, ${wrongSource}}`);
  world.wait(2);
  expect(one.status.isAlive).toBe(how !== 'fiber.cancel');
  act(world, one);
  world.sim.expectUntil('the end', () => !one.status.isAlive, 5);
  expect(one.log.at(-1)).toContain(`can't initialize storage: ${reason}`);
  // Nothing is left behind: the right address starts a server.
  const again = world.start('one');
  expect(world.ask(again, 'db.cfg{listen=3301}', 'return db.info.status')).toBe('- running');
});

test('a trigger on the schema that raises does not end the start; its words are in the log', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  world.ask(one, "db.ctl.on_schema_init(function() error('not today') end)");
  expect(world.ask(one, 'db.cfg{}', 'return db.info.status')).toBe('- running');
  expect(one.log.filter((line) => line.includes('not today'))).toHaveLength(1);
});

test('Ctrl-C while a later db.cfg looks for its sources leaves the server as it was', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  world.ask(
    one,
    'db.cfg{listen=3301}',
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
  );
  const sources = "{'localhost:9998', 'localhost:9999'}, replication_connect_timeout=30";
  const outcome = world.begin(one, `db.cfg{replication=${sources}}`);
  world.wait(2);
  one.process.server.interrupt();
  world.sim.expectUntil('answer', () => outcome.answer !== undefined, 5);
  expect(outcome.answer).toBe('- error: interrupted');
  expect(world.ask(one, 'return db.info.ro, db.info.status, db.cfg.replication')).toBe(
    '- false\n- running\n- null',
  );
  expect(world.ask(one, 'return s:insert{1}')).toBe('- [1]');
  const tries = one.log.filter((line) => line.includes('failed to connect')).length;
  world.wait(5);
  expect(one.log.filter((line) => line.includes('failed to connect')).length).toBe(tries);
});
