/** Small servers in a simulated world, and what tests ask of them. */
import type { ReplicationInfo } from '../../src/bee/replication/info.ts';
import { SimWorld, type Spawned } from '../../src/sim/index.ts';
import { SmallServer } from './small-server.ts';
import type { SmallOptions } from './small-store.ts';

export const one = 'replicator:password@localhost:3301';
export const two = 'replicator:password@localhost:3302';
export const three = 'replicator:password@localhost:3303';

export type SmallProcess = Spawned<SmallServer>;

export interface SmallWorld {
  readonly sim: SimWorld;
  readonly start: (name: string, options: SmallOptions) => SmallProcess;
}

export function makeWorld(seed: number): SmallWorld {
  const sim = new SimWorld({ seed });
  const start = (name: string, options: SmallOptions): SmallProcess =>
    sim.spawn((env, host) => new SmallServer(env, host, options), { cwd: `/home/user/${name}` });
  return { sim, start };
}

/** A master and its replica, in sync. Both listen (3301, 3302), the replica follows. */
export function makePair(
  seed: number,
  stores: { readonly one: SmallOptions['store']; readonly two: SmallOptions['store'] },
  options: Partial<SmallOptions> = {},
): SmallWorld & { readonly master: SmallProcess; readonly replica: SmallProcess } {
  const { sim, start } = makeWorld(seed);
  const master = start('one', { ...options, store: stores.one, listen: 3301 });
  sim.expectUntil('the master is up', () => master.process.configured);
  const replica = start('two', { ...options, store: stores.two, listen: 3302, sources: [one] });
  sim.expectUntil('the replica is in sync', () => !replica.process.orphan);
  sim.runFor(0.1);
  return { sim, start, master, replica };
}

/** Log lines without time, pid, fiber numbers, ports and UUIDs. */
export function lines(log: readonly string[], from = 0): string[] {
  return log.slice(from).map((line) =>
    line
      .replace(/^\S+ \S+ \[\d+\] /, '')
      .replace(/main\/\d+\//, 'main/')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replace(/127\.0\.0\.1:3\d{4}/g, 'PEER'),
  );
}

/** What the applier of the first source logged, without its name. */
export function applierLines(log: readonly string[], from = 0): string[] {
  return lines(log, from).flatMap((line) => {
    const match = /^main\/applier\/\S+ (.*)$/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

type Link = Readonly<Record<string, unknown>> | undefined;

/** One half of an entry of `db.info.replication`, as an object. */
export function link(server: SmallProcess, id: number, half: 'upstream' | 'downstream'): Link {
  const replica = server.process.replication.info().get(id);
  if (!(replica instanceof Map)) return undefined;
  const found: ReplicationInfo | undefined = replica.get(half);
  return found instanceof Map ? Object.fromEntries(found) : undefined;
}
