// Who may log in.
import { expect, test } from 'vitest';
import { ConsoleWorld } from './console-world.ts';

test('a user whose session privilege was revoked is refused at the door', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  const two = world.start('two');
  world.ask(one, 'db.cfg{listen=3301}', "db.schema.user.create('eve', {password = 'x'})");
  const connect = "return require('net.box').connect('eve:x@localhost:3301').state";
  expect(world.ask(two, connect)).toBe('- active');
  world.ask(one, "db.schema.user.revoke('eve', 'session', 'universe')");
  const refused =
    "c = require('net.box').connect('eve:x@localhost:3301') return c.state, tostring(c.error)";
  expect(world.ask(two, refused)).toBe(
    "- error\n- Session access to universe '' is denied for user 'eve'",
  );
  world.ask(one, "db.schema.user.grant('eve', 'session', 'universe')");
  expect(world.ask(two, connect)).toBe('- active');
  // Without `usage` the login stands, but nothing may be done.
  world.ask(one, "db.schema.user.revoke('eve', 'usage', 'universe')");
  expect(world.ask(two, refused)).toBe(
    "- error\n- Usage access to universe '' is denied for user 'eve'",
  );
});
