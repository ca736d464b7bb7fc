/**
 * The engine without a page: single operations at growing sizes beside the native server, where that is installed, and what a
 * tuple takes in memory.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { SmallBox } from '../box/small-box.ts';
import { isRealServerInstalled } from '../iproto/real-server.ts';
import { buildBee } from '../tools/build.mjs';
import type { Report } from './report.ts';

export const host = 'processes';

const root = join(import.meta.dirname, '../..');
/** Each run fills a million rows: a minute is three times what a busy machine was seen to need. */
const runMillisMax = 180_000;
const sizes = [1000, 10_000, 100_000, 1_000_000];

export async function run(report: Report): Promise<void> {
  await buildBee({ ifStale: true });
  const native = isRealServerInstalled ? play('tarantool', []) : undefined;
  const own = play(process.execPath, [join(root, 'dist/bee.js')]);
  for (const [name, value] of native ?? []) measure(report, 'native: ', name, value);
  for (const [name, value] of own) measure(report, '', name, value);
  report.measure({
    name: 'memory of a small tuple with two indexes',
    value: bytesPerTuple(),
    unit: 'bytes',
    aim: { atMost: 200 },
  });
}

/** The figures that engine.lua prints, by what and how many rows. */
function play(command: string, args: readonly string[]): Map<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'bee-bench-'));
  try {
    const output = execFileSync(command, [...args, join(import.meta.dirname, 'engine.lua')], {
      cwd: directory,
      encoding: 'utf8',
      timeout: runMillisMax,
    });
    const figures = new Map<string, number>();
    for (const [, name = '', value] of output.matchAll(/^(\w+ \d+) ([\d.e+-]+)$/gm)) {
      figures.set(name, Number(value));
    }
    return figures;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const words: Readonly<Record<string, string>> = {
  get: 'a get at',
  select: 'a one-row select at',
  replace: 'a replace with two indexes at',
};

function measure(report: Report, side: string, name: string, value: number): void {
  const [what = '', rows = ''] = name.split(' ');
  const at = `${Number(rows).toLocaleString('en')} rows`;
  if (what === 'fill') {
    report.measure({
      name: `${side}inserts in transactions of 1,000 up to ${at}`,
      value,
      unit: 'rows/s',
      // The smaller fills are over before a clock can tell.
      ...(side === '' && Number(rows) >= 100_000 && { aim: { atLeast: 100_000 } }),
    });
  } else if (what === 'select10000') {
    report.measure({
      name: `${side}select of 10,000 tuples`,
      value,
      unit: 'ms',
      ...(side === '' && { aim: { atMost: 20 } }),
    });
  } else {
    // A tree of a million rows is twice as high as one of a thousand: the operation may take three times as long, not a thousand times.
    const isLargest = side === '' && Number(rows) === sizes.at(-1);
    const isRead = side === '' && Number(rows) === 100_000 && what !== 'replace';
    report.measure({
      name: `${side}${words[what] ?? what} ${at}`,
      value: value / 1000,
      unit: 'ms',
      ...(isRead && { aim: { atMost: 0.005 } }),
      ...(isLargest && { aim: { atMost: 4, of: `${words[what] ?? what} 1,000 rows` } }),
    });
  }
}

/** Heap and buffers that so many tuples and their two trees take, divided by their number. */
function bytesPerTuple(): number {
  const count = 200_000;
  setFlagsFromString('--expose-gc');
  // The flag gives new contexts the function.
  const collect = runInNewContext('gc') as () => void;
  const small = new SmallBox();
  const id = small.space('t', {}, { pk: {}, sk: { parts: [2, 'unsigned'], unique: false } });
  const used = (): number => {
    small.rows.length = 0;
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  for (let n = 1; n <= count; n++) {
    small.box.insert(id, encode([n, n % 1000, 'row']));
    if (n % 1000 === 0) small.rows.length = 0;
  }
  return (used() - before) / count;
}
