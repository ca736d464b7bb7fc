/**
 * Two servers as processes, on a real directory and real TCP: one is away while the other writes, and comes back. What that costs
 * the master is what the operating system says of its process.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readXlogBytes } from '../../src/bee/wal/xlog-bytes.ts';
import { freePort } from '../iproto/real-server.ts';
import { ConsoleProcess } from '../real/console-process.ts';
import { buildBee } from '../tools/build.mjs';

interface CatchUp {
  /** Rows that the master wrote while the replica caught up: the last ones come from memory. */
  readonly rowsMeanwhile: number;
  readonly catchUpSeconds: number;
  readonly catchUpRowsPerSecond: number;
  /** Resident bytes, the most at any look. */
  readonly servingBytesMax: number;
  readonly replicaBytesMax: number;
}

export interface FarBehind extends CatchUp {
  /** Rows that the replica lacked when it came back. */
  readonly rows: number;
  readonly logFiles: number;
  readonly logBytes: number;
  readonly writeRowsPerSecond: number;
  /** Resident bytes of the master: before the first row, and when all were written and nobody followed. */
  readonly emptyBytes: number;
  readonly writtenBytes: number;
}

/** Keys that all rows replace: what is behind is log, not data. */
const keys = 1000;
const rowsPerTransaction = 1000;
/** Rows of one typed line: less than the console's patience on a busy machine. */
const rowsPerLine = 50_000;
/** Seconds between two looks. */
const lookSeconds = 0.2;

/** `wal_max_size`: ten million rows are twenty files of this size. */
const manyFilesBytes = 32 * 2 ** 20;

const loader = [
  'function load(first, last)',
  `for begun = first, last, ${rowsPerTransaction} do`,
  'db.begin()',
  `for row = begun, math.min(begun + ${rowsPerTransaction - 1}, last) do`,
  `db.space.t:replace{row % ${keys}, row, 'twenty bytes of text'}`,
  'end',
  'db.commit()',
  'end end',
].join(' ');

/**
 * Lets a replica fall so many rows behind and come back while the master goes on writing.
 * @param walMaxSize bytes after which both begin another log file
 * @throws Error when a row is missing, comes twice, or the two servers differ in the end
 */
export async function farBehind(rows: number, walMaxSize = manyFilesBytes): Promise<FarBehind> {
  await buildBee({ ifStale: true });
  const directory = mkdtempSync(join(tmpdir(), 'bee-behind-'));
  const running: ConsoleProcess[] = [];
  const start = async (name: string): Promise<ConsoleProcess> => {
    mkdirSync(join(directory, name), { recursive: true });
    const server = ConsoleProcess.bee(join(directory, name));
    running.push(server);
    await server.ask('nil');
    return server;
  };
  try {
    const [port, master] = [await freePort(), await start('master')];
    await master.do(`db.cfg{listen = ${port}, wal_max_size = ${walMaxSize}, log_level = 3}`);
    await master.do(`db.schema.user.grant('guest', 'replication')`);
    await master.do(`db.schema.space.create('t'):create_index('primary')`);
    await master.do(loader);
    const follow = `db.cfg{replication_source = 'localhost:${port}', wal_max_size = ${walMaxSize}, log_level = 3}`;
    const early = await start('replica');
    await early.do(follow);
    await early.end('SIGTERM');
    const emptyBytes = residentBytes(await pidOf(master));

    const writing = performance.now();
    for (let first = 1; first <= rows; first += rowsPerLine) {
      await master.do(`load(${first}, ${Math.min(rows, first + rowsPerLine - 1)})`);
    }
    const writeRowsPerSecond = rows / secondsSince(writing);
    const writtenBytes = residentBytes(await pidOf(master));

    const replica = await start('replica');
    // It comes up at once, and is asked how far it is instead of waiting for the end.
    await replica.do(follow.replace('{', '{replication_connect_quorum = 0, '));
    const caught = await catchUp(master, replica, rows);
    await expectSame(master, replica);
    await replica.end('SIGTERM');
    const log = expectWholeLog(join(directory, 'replica'));
    return { rows, writeRowsPerSecond, emptyBytes, writtenBytes, ...caught, ...log };
  } finally {
    for (const server of running) if (server.isRunning) await server.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Looks again and again how far the replica is; the master writes a transaction at each look. */
async function catchUp(
  master: ConsoleProcess,
  replica: ConsoleProcess,
  rows: number,
): Promise<CatchUp> {
  const pids = [await pidOf(master), await pidOf(replica)] as const;
  const begun = performance.now();
  let [rowsMeanwhile, servingBytesMax, replicaBytesMax] = [0, 0, 0];
  for (;;) {
    const aim = await lsnOf(master);
    if ((await lsnOf(replica)) >= aim) break;
    servingBytesMax = Math.max(servingBytesMax, residentBytes(pids[0]));
    replicaBytesMax = Math.max(replicaBytesMax, residentBytes(pids[1]));
    const first = rows + rowsMeanwhile + 1;
    await master.do(`load(${first}, ${first + rowsPerTransaction - 1})`);
    rowsMeanwhile += rowsPerTransaction;
    await new Promise((done) => setTimeout(done, lookSeconds * 1000));
  }
  const catchUpSeconds = secondsSince(begun);
  const catchUpRowsPerSecond = (rows + rowsMeanwhile) / catchUpSeconds;
  return { rowsMeanwhile, catchUpSeconds, catchUpRowsPerSecond, servingBytesMax, replicaBytesMax };
}

async function expectSame(master: ConsoleProcess, replica: ConsoleProcess): Promise<void> {
  const contents = 'db.space.t:select{}';
  const [wanted, found] = [await master.ask(contents), await replica.ask(contents)];
  if (wanted !== found) throw new Error('the replica has caught up and holds something else');
}

/** Each row of the master stands in the replica's log once, in order, from the first after the copy that it joined with. */
function expectWholeLog(directory: string): { logFiles: number; logBytes: number } {
  const names = readdirSync(directory).filter((name) => name.endsWith('.xlog'));
  let lsn: number | undefined;
  let logBytes = 0;
  for (const name of names.sort()) {
    const bytes = readFileSync(join(directory, name));
    logBytes += bytes.length;
    const { vclock, blocks, damage } = readXlogBytes(name, bytes);
    if (damage !== undefined) throw new Error(`${name}: ${damage}`);
    lsn ??= vclock.get(1);
    for (const row of blocks.flat()) {
      if (row.replicaId !== 1) continue;
      if (row.lsn !== lsn + 1) throw new Error(`${name}: row ${row.lsn} follows row ${lsn}`);
      lsn = row.lsn;
    }
  }
  return { logFiles: names.length, logBytes };
}

function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;
}

async function pidOf(server: ConsoleProcess): Promise<number> {
  return numberIn(await server.ask('db.info.pid'));
}

/** Number of the last row of the master that a server has. */
async function lsnOf(server: ConsoleProcess): Promise<number> {
  return numberIn(await server.ask('db.info.vclock[1]'));
}

function numberIn(answer: string): number {
  const found = Number(/^- (\d+)\n$/.exec(answer)?.[1]);
  if (Number.isNaN(found)) throw new Error(`no number: ${answer}`);
  return found;
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}
