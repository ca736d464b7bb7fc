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
    expect(world.ask(seat, 'return db.space._cluster:count(), db.info.status')).toBe('- 3\n- running');
    // As in the real server: the grant is the first row.
    expect(world.ask(seat, 'return db.info.vclock')).toBe('- {1: 1}');
  }
});
