import type { Env } from '../../src/bee/env/index.ts';
import type { SimWorld } from '../../src/sim/index.ts';
import type { Bench } from '../contract/host.ts';

/** A contract bench over a simulated world. */
export function simBench(world: SimWorld): Bench {
  let count = 0;
  return {
    process: () => {
      const host: { env?: Env } = {};
      const spawned = world.spawn(
        (env) => {
          host.env = env;
          return { turn: () => 'idle' };
        },
        { cwd: '/', name: `p${count++}` },
      );
      if (host.env === undefined) throw new Error('spawn runs the factory at once');
      return Promise.resolve({
        disk: host.env.disk,
        network: host.env.network,
        kill: () => Promise.resolve(world.kill(spawned.pid)),
      });
    },
    until: (condition, what) => {
      world.expectUntil(what ?? 'a condition', condition, 600);
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  };
}
