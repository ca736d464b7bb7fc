/**
 * Servers in Node and real ones over TCP: how soon a server is there, and how many rows a replica that was away takes in a second, of
 * each kind from each kind. The last of these is the floor: what the real servers do between themselves, in the same run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isRealServerInstalled } from '../iproto/real-server.ts';
import { ConsoleProcess } from '../real/console-process.ts';
import { buildBee } from '../tools/build.mjs';
import type { Report } from './report.ts';

export const host = 'processes';

type Kind = 'bee' | 'real';

const rows = 100_000;
const starts = 9;

export async function run(report: Report): Promise<void> {
  await buildBee({ ifStale: true });
  report.measure({
    name: 'Node alone, started and ended',
    value: startTime(['-e', '0']),
    unit: 'ms',
  });
  report.measure({
    name: 'bee on Node, started and ended',
    value: startTime(['dist/bee.js', '-e', 'os.exit()']),
    unit: 'ms',
    aim: { atMost: 500 },
  });
  const floor = 'caught up over TCP: real from real';
  const pairs: readonly (readonly [Kind, Kind])[] = isRealServerInstalled
    ? [
        ['real', 'real'],
        ['bee', 'bee'],
        ['real', 'bee'],
        ['bee', 'real'],
      ]
    : [['bee', 'bee']];
  for (const [master, replica] of pairs) {
    const name = `caught up over TCP: ${replica} from ${master}`;
    const value = await catchUp(master, replica);
    const aim =
      name === floor || !isRealServerInstalled ? {} : { aim: { atLeast: 0.1, of: floor } };
    report.measure({ name, value, unit: 'rows/s', ...aim });
  }
}

/** Milliseconds that a command takes, the middle one of several. */
function startTime(args: readonly string[]): number {
  const times = Array.from({ length: starts }, () => {
    const begun = performance.now();
    spawnSync(process.execPath, args, { stdio: 'ignore' });
    return performance.now() - begun;
  });
  return times.sort((one, other) => one - other)[Math.floor(starts / 2)] ?? 0;
}

/** Rows a second that a replica takes which comes back to a master that wrote meanwhile. */
async function catchUp(masterKind: Kind, replicaKind: Kind): Promise<number> {
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'bee-bench-')));
  const start = (kind: Kind, at: number): Promise<ConsoleProcess> | ConsoleProcess =>
    kind === 'bee'
      ? ConsoleProcess.bee(directories[at] ?? '')
      : ConsoleProcess.real(directories[at] ?? '');
  const master = await start(masterKind, 0);
  const replica = await start(replicaKind, 1);
  try {
    const port = await freePort();
    await master.do(`db.cfg{listen = ${port}, log_level = 3}`);
    await master.do("db.schema.user.grant('guest', 'replication')");
    await master.do("s = db.schema.space.create('bench') i = s:create_index('primary')");
    await replica.do(`db.cfg{log_level = 3, replication = 'localhost:${port}'}`);
    await replica.do('db.cfg{replication = {}}');
    await master.do(
      `for t = 0, ${rows / 1000 - 1} do db.begin() for n = 1, 1000 do s:insert{t * 1000 + n, 'row'} end db.commit() end`,
    );
    const begun = performance.now();
    await replica.do(`db.cfg{replication = 'localhost:${port}'}`);
    await replica.settles('db.space.bench:count()', `- ${rows}\n`);
    return (rows / (performance.now() - begun)) * 1000;
  } finally {
    await master.end('SIGKILL');
    await replica.end('SIGKILL');
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  }
}
