// Who connects to a console in the moment in which it begins to listen is served: test players and init systems do.
import { expect, test } from 'vitest';
import type { Connection } from '../../src/bee/env/index.ts';
import { LuaWorld } from './lua-world.ts';

test('a client that connects before the program hears that its console listens gets the greeting', () => {
  const world = new LuaWorld();
  const { network } = world.instance.env;
  let greeting = '';
  let isConnected = false;
  const take = (connection: Connection): void => {
    isConnected = true;
    connection.onEvent = (event) => {
      if (event.kind === 'data') greeting += new TextDecoder().decode(event.bytes);
    };
  };
  const { listen } = network;
  network.listen = (host, port, accept, done) => {
    listen.call(network, host, port, accept, (opened) => {
      network.connect(host, port, (result) => {
        if (result.ok) take(result.value);
        // Only now does the program hear of its port: the client was connected by then.
        done(opened);
      });
    });
  };
  world.answer("require('console').listen('/tmp/early.sock')");
  world.sim.runFor(1);
  expect(isConnected).toBe(true);
  expect(greeting).toContain('Lua console');
});
