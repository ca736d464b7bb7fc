/** Files that a reader brings are judged before anything is written: what they are, and what is wrong with them. */
import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import type { LogReader } from '../../src/ui/machine/host.ts';
import { judge, unpack } from '../../src/ui/machine/upload.ts';
import { XlogParts } from '../../src/worker/xlog-parts.ts';

/** Reads at once what a worker reads in the page. */
const reader: Pick<LogReader, 'open'> = {
  open: ({ name, bytes }) => {
    try {
      return Promise.resolve({ ok: true, summary: new XlogParts(bytes, name).summary });
    } catch (error) {
      return Promise.resolve({ ok: false, error: String(error) });
    }
  },
};

const file = (path: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(`test/fixtures/real/${path}`));
const snapshot = '00000000000000000022.snap';
const log = '00000000000000000000.xlog';

/** One verdict as text: the warnings of what is taken, the reason of what is not. */
async function verdictOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Only `open` is used.
  const [verdict] = await judge([{ name, bytes }], reader as LogReader);
  if (verdict === undefined) return 'no verdict';
  return verdict.kind === 'taken' ? `taken ${verdict.warnings.join('; ')}`.trim() : verdict.why;
}

test('whole files are taken, one of a killed server with a word', async () => {
  expect(await verdictOf(snapshot, file(`orderly/${snapshot}`))).toBe('taken');
  expect(await verdictOf(log, file(`orderly/${log}`))).toBe('taken');
  const killed = await verdictOf(log, file(`killed/${log}`));
  expect(killed).toBe('taken not closed in order: its server was killed');
});

test('a damaged one is taken, with the place', async () => {
  const bytes = file(`orderly/${snapshot}`);
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  expect(await verdictOf(snapshot, bytes)).toMatch(
    /^taken damaged at offset \d+: tx checksum mismatch: [0-9a-f]{8} is written, the bytes give [0-9a-f]{8}$/,
  );
});

describe('refused, with the reason', () => {
  const good = file(`orderly/${snapshot}`);
  test.each([
    ['00000000000000000021.snap', good, "its header's vclock makes it 22, its name says 21"],
    [
      '22.snap',
      good,
      'its name must be a number of 20 digits and .snap or .xlog, as a server names it',
    ],
    ['00000000000000000022.xlog', good, 'its first line says SNAP, not XLOG'],
    ['notes.txt', good, 'only .snap and .xlog files can be brought here'],
    ['00000000000000000000.vylog', good, 'it belongs to vinyl, an engine that Bee does not have'],
    [
      '00000000000000000022.snap.inprogress',
      good,
      'it is a file that its server did not finish; a server does not read it either',
    ],
    [snapshot, new Uint8Array(3), /^it has no header of a \.snap or \.xlog: /],
  ])('%s', async (name, bytes, why) => {
    const found = await verdictOf(name, bytes);
    if (typeof why === 'string') expect(found).toBe(why);
    else expect(found).toMatch(why);
  });

  test('a second one of the same name', async () => {
    const twice = [good, good].map((bytes) => ({ name: snapshot, bytes }));
    const verdicts = await judge(twice, reader as LogReader);
    expect(verdicts.map(({ kind }) => kind)).toEqual(['taken', 'refused']);
  });
});

test('a zip brings its files by their bare names, and what is no zip is refused', async () => {
  const zip = zipSync({ 'dir/a.snap': new Uint8Array([1]), '__MACOSX/x': new Uint8Array(1) });
  const chosen = [
    { name: 'all.zip', bytes: new Uint8Array(zip) },
    { name: 'no.zip', bytes: new Uint8Array([1, 2, 3]) },
    { name: 'b.xlog', bytes: new Uint8Array([2]) },
  ];
  const { files, refused } = await unpack(chosen);
  expect(files.map(({ name, bytes }) => [name, ...bytes])).toEqual([
    ['a.snap', 1],
    ['b.xlog', 2],
  ]);
  expect(refused).toMatchObject([{ kind: 'refused', name: 'no.zip' }]);
});
