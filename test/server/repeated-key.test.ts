/** "db.cfg{replication_source=uri#1, replication_source=uri#2}": how the manual names two sources. */
import { expect, it } from 'vitest';
import { LuaRuntime } from '../../src/bee/lua/runtime.ts';
import { utf8 } from '../../src/bee/lua/vm/value.ts';
import { Instance } from '../../src/bee/server/instance.ts';
import { SimWorld } from '../../src/sim/index.ts';

/** Evaluates statements on a fresh server, one after the other. */
function evaluate(statements: readonly string[]): Instance {
  const sim = new SimWorld({ seed: 1 });
  const { process: instance } = sim.spawn(
    (env, host) =>
      new Instance(
        env,
        { ...host, output: () => undefined, prompt: () => undefined },
        { args: [], isInteractive: false },
      ),
    { cwd: '/home/user/one' },
  );
  const { consoles } = new LuaRuntime(instance);
  const { contexts } = instance;
  let isDone = false;
  instance.spawn('console', contexts.make(contexts.makeSession('console')), function* () {
    for (const statement of statements) yield* consoles.evaluate(utf8(statement));
    isDone = true;
  });
  sim.expectUntil('the statements are through', () => isDone, 600);
  return instance;
}

const first = 'localhost:3301';
const second = 'localhost:3302';

it.each([
  [`db.cfg{replication_source='${first}', replication_source='${second}'}`, [first, second]],
  [`db.cfg{replication='${first}', replication='${second}'}`, [first, second]],
  [`db.cfg{replication_source={'${first}', '${second}'}}`, [first, second]],
  [`db.cfg{replication_source='${first}'}`, [first]],
])('%s', (statement, sources) => {
  const instance = evaluate(['db.cfg{replication_connect_timeout=0.5}', statement]);
  expect(instance.config.sources).toEqual(sources);
});
