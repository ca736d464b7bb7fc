/** "`wal_mode='fsync'` waits for a strict transaction at each commit": what was answered then outlives the machine's power. */
import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from '../replication/whole-server.ts';

/** Each file holds some rows only: most cuts come near the beginning of one. */
const options = { listen: 3301, wal_mode: 'fsync', wal_max_size: 300 };

describe.each(Array.from({ length: 8 }, (_, at) => at + 1))('seed %i', (seed) => {
  it('keeps every answered row over cuts of the power', () => {
    const sim = new SimWorld({ seed, powerLoss: true });
    let server = new WholeServer(sim, 'one');
    server.configure(options);
    server.prepare();
    let key = 0;
    for (let cut = 0; cut < 10; cut++) {
      for (let left = sim.random.below(8); left >= 0; left--) server.insert(512, key++);
      sim.powerCut();
      server = new WholeServer(sim, 'one');
      server.configure(options);
      expect(server.select(512)).toEqual(Array.from({ length: key }, (_, at) => [at]));
    }
  });
});
