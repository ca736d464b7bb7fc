// Consoles in a network that is no real one, as in the page: a port there, a path of a unix socket there.
import { expect, test } from 'vitest';
import { createServer } from '../../src/bee/index.ts';
import { SimWorld, type Spawned } from '../../src/sim/index.ts';
import { type CreateServer, SimServer } from '../../src/sim/sim-server.ts';

const world = new SimWorld({ seed: 1 });

/** What each server prompted with last. */
const prompts = new Map<string, string>();

function start(directory: string): Spawned<SimServer> {
  const create: CreateServer = (env, host, options) =>
    createServer(
      env,
      {
        ...host,
        prompt: (text, continuation) => {
          prompts.set(directory, text);
          host.prompt(text, continuation);
        },
      },
      options,
    );
  return world.spawn(SimServer.factory(create), { cwd: `/home/user/${directory}` });
}

/** Types a line and gives what it led to. */
function ask({ process }: Spawned<SimServer>, line: string): string {
  const before = process.answers.length;
  process.type(line);
  world.expectUntil(line, () => process.answers.length > before, 60);
  return process.answers.at(-1)?.text ?? '';
}

const [one, two] = [start('one'), start('two')];

test.each(['3399', "'localhost:3398'", "'/tmp/one.sock'", "'unix/:./one.sock'"])(
  'a server listens on %s and another one connects',
  (address) => {
    ask(one, `where = 'at ${address.replaceAll("'", '')}'`);
    expect(ask(one, `s = require('console').listen(${address})`)).toBe('---\n...\n\n');
    // A relative path begins in the server's own directory.
    const target = address.replace('./', '/home/user/one/');
    expect(ask(two, `require('console').connect(${target})`)).toBe('---\n- true\n...\n\n');
    expect(ask(two, 'where')).toBe(`---\n- at ${address.replaceAll("'", '')}\n...\n\n`);
    expect(ask(two, 'db.session.type()')).toBe('---\n- console\n...\n\n');
    expect(ask(two, '\\quit')).toBe('---\n- error: Peer closed\n...\n\n');
    expect(ask(two, 'where')).toBe('---\n- null\n...\n\n');
    ask(one, 's:close()');
    expect(ask(two, `require('console').connect(${target})`)).toContain(
      'Connection is not established',
    );
  },
);

test('the prompt names the other server; when that one dies the console is the own one again', () => {
  const three = start('three');
  ask(three, "s = require('console').listen(3397)");
  ask(two, "require('console').connect('3397')");
  expect(prompts.get('two')).toBe('localhost:3397> ');
  world.kill(three.pid);
  expect(ask(two, '1')).toBe('---\n- error: Peer closed\n...\n\n');
  expect(prompts.get('two')).toBe('bee> ');
});
