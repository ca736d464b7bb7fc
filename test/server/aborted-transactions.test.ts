// A transaction that was aborted, by a yield or by the log, holds nothing and can write nothing that others see.
import { beforeEach, expect, test } from 'vitest';
import { ConsoleWorld, type Seat } from './console-world.ts';

let world: ConsoleWorld;
let one: Seat;

beforeEach(() => {
  world = new ConsoleWorld();
  one = world.start('one');
  world.ask(
    one,
    'db.cfg{}',
    "s = db.schema.space.create('s')",
    "_ = s:create_index('p')",
    "fiber = require('fiber')",
  );
});

test('what it writes after the yield is taken back at the next one, and others are not touched', () => {
  world.ask(
    one,
    `fiber.create(function()
       db.begin() s:insert{1} fiber.sleep(0.01) pcall(s.insert, s, {2, 'dirty'})
       fiber.sleep(0.3) result = {pcall(db.commit)}
     end)`.replaceAll('\n', ' '),
  );
  world.wait(0.1);
  expect(world.ask(one, 's:select{}')).toBe('- []');
  expect(world.ask(one, "return s:replace{2, 'committed'}")).toBe("- [2, 'committed']");
  world.wait(0.5);
  expect(world.ask(one, 'return result[1], tostring(result[2])')).toBe(
    '- false\n- Transaction has been aborted by a fiber yield',
  );
  expect(world.ask(one, 's:select{}')).toBe("- - [2, 'committed']");
  world.sim.kill(one.pid);
  one = world.start('one');
  world.ask(one, 'db.cfg{}');
  expect(world.ask(one, 'db.space.s:select{}')).toBe("- - [2, 'committed']");
});
