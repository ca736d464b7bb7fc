// The files that Bee writes are the real server's: its own tools read them, and it starts from them.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { SnapshotRow } from '../../src/bee/wal/snapshot-writer.ts';
import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { decodeDml, encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import type { MemoryDisk } from '../wal/memory-disk.ts';
import { MemoryDisk as Memory } from '../wal/memory-disk.ts';
import { directory, Entry, insertRow, localRow, World } from '../wal/world.ts';
import { describeReal, RealDirectory, runTarantool, runTarantoolctl } from './tarantool.ts';

const fixtures = new URL('../fixtures/real/orderly/', import.meta.url);
const realSnapshot = '00000000000000000022.snap';

let real: RealDirectory | undefined;
afterEach(() => {
  real?.remove();
  real = undefined;
});

/** Files of a Bee that was started from a real snapshot: a snapshot of the same tuples, and a log. */
function beeFiles(closed: boolean): MemoryDisk {
  const source = new World(new Memory());
  source.disk.write(`${directory}/${realSnapshot}`, readFileSync(new URL(realSnapshot, fixtures)));
  const { rows, recovery } = source.recover();
  const tuples: SnapshotRow[] = rows.map((row) => {
    const { spaceId, tuple } = decodeDml(row.type, row.body);
    return { spaceId, groupId: row.groupId, tuple: tuple ?? new Uint8Array(0) };
  });
  const bee = new World();
  bee.snapshots.instanceUuid = source.snapshots.instanceUuid;
  bee.logs.instanceUuid = source.snapshots.instanceUuid;
  const writer = bee.writer();
  bee.run(function* () {
    yield* writeSnapshot(bee.env, bee.snapshots, recovery.vclock, tuples);
    yield* writer.enable(recovery.vclock);
  });
  const submit = (...rowsOf: ReturnType<typeof insertRow>[]) => {
    writer.submit(new Entry(rowsOf));
    bee.settle();
  };
  submit(insertRow(1000, 'one row'));
  submit(
    insertRow(1001, 'several'),
    localRow(1001),
    insertRow(1002, 'rows'),
    localRow(1002),
    makeXRow(12),
  );
  for (let id = 2000; id < 2300; id++) writer.submit(new Entry([insertRow(id, 'y'.repeat(900))]));
  bee.settle();
  const update = encodeDml({
    spaceId: 512,
    indexBase: 1,
    key: encode([1000]),
    tuple: encode([['=', 2, 'changed']]),
  });
  submit(makeXRow(4, update));
  bee.run(() => writer.rotate());
  submit(insertRow(3000, 'in the next file'));
  if (closed) bee.run(() => writer.close());
  return bee.disk;
}

function filesOf(disk: MemoryDisk): [string, Uint8Array][] {
  return disk.names(directory).map((name) => [name, disk.read(`${directory}/${name}`)]);
}

/** Tuples of the recorded snapshot: the system's and those of `orderly.lua`. */
const snapshotTuples = 530;

/** A script that starts the server and prints what it holds, one line each. */
const show = `
box.cfg{log = 'server.log'}
local space = box.space.t
print(space:count(), box.space.loc:count())
print(space:get(1000)[2], space:get(1002)[2], space:get(2299)[2]:len(), space:get(3000)[2])
print(box.info.vclock[1], box.info.vclock[0])
os.exit()
`;

describeReal('files that Bee wrote', () => {
  test.each([
    ['closed in order', true],
    ['of a Bee that was killed', false],
  ])('the real server starts from files %s', (_name, closed) => {
    real = new RealDirectory(filesOf(beeFiles(closed)));
    const { output, errors } = runTarantool(real.path, show);
    expect(errors).toBe('');
    expect(output.split('\n')).toEqual([
      '312\t7',
      'changed\trows\t900\tin the next file',
      '323\t7',
      '',
    ]);
    const log = new TextDecoder().decode(real.files().get('server.log'));
    expect(log.includes("wasn't correctly closed")).toBe(!closed);
    expect(log).not.toMatch(/ [E!F]> /);
  });

  test('tarantoolctl reads them', () => {
    const disk = beeFiles(true);
    real = new RealDirectory(filesOf(disk));
    const xlog = disk.names(directory).find((name) => name.endsWith('.xlog')) ?? '';
    const { output } = runTarantoolctl(real.path, 'cat', '--show-system', '--format=json', xlog);
    const lines = output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(300);
    expect(lines[0].BODY).toEqual({ space_id: 512, tuple: [1000, 'one row'] });
    expect(lines[0].HEADER).toMatchObject({ type: 'INSERT', replica_id: 1, lsn: 18 });
    const snap = disk.names(directory).find((name) => name.endsWith('.snap')) ?? '';
    const shown = runTarantoolctl(real.path, 'cat', '--show-system', '--format=json', snap);
    expect(shown.output.split('\n').filter((line) => line.startsWith('{'))).toHaveLength(
      snapshotTuples,
    );
  });

  test('its xlog module reads every row of them', () => {
    const disk = beeFiles(true);
    real = new RealDirectory(filesOf(disk));
    const { output } = runTarantool(
      real.path,
      `
      local rows, bytes = 0, 0
      for _, name in ipairs(require('fio').listdir('.')) do
        if name:match('[.]xlog$') or name:match('[.]snap$') then
          for _, row in require('xlog').pairs(name) do
            rows = rows + 1
            if row.BODY and row.BODY.tuple and type(row.BODY.tuple[2]) == 'string' then
              bytes = bytes + row.BODY.tuple[2]:len()
            end
          end
        end
      end
      print(rows, bytes > 270000)
      os.exit()`,
    );
    // One row, then five (the last of them a NOP behind a local row), three hundred, an update, one in the next file.
    expect(output).toBe(`${snapshotTuples + 1 + 5 + 300 + 1 + 1}\ttrue\n`);
  });
});

describeReal('files that the real server wrote', () => {
  test('Bee starts from them and goes on, and the real server goes on behind Bee', () => {
    real = new RealDirectory();
    const first = runTarantool(
      real.path,
      `box.cfg{log = 'server.log'}
      local space = box.schema.space.create('t')
      space:create_index('pk')
      box.begin() for id = 1, 1000 do space:insert{id, ('z'):rep(id % 300)} end box.commit()
      box.snapshot()
      for id = 1001, 1010 do space:insert{id, 'by the real server'} end
      os.exit()`,
    );
    expect(first.status).toBe(0);
    const world = new World(new Memory());
    for (const [name, bytes] of real.files()) {
      if (/\.(snap|xlog)$/.test(name)) world.disk.write(`${directory}/${name}`, bytes);
    }
    const { rows, recovery } = world.recover();
    const inserted = rows.filter((row) => decodeDml(row.type, row.body).spaceId === 512);
    expect(inserted).toHaveLength(1010);
    const writer = world.writer();
    world.run(() => writer.enable(recovery.vclock));
    writer.submit(new Entry([insertRow(1011, 'by Bee')]));
    world.run(() => writer.close());
    real.remove();
    real = new RealDirectory(filesOf(world.disk));
    const last = runTarantool(
      real.path,
      `box.cfg{log = 'server.log'}
      box.space.t:insert{1012, 'by the real server again'}
      print(box.space.t:count(), box.space.t:get(1011)[2], box.info.lsn == ${recovery.vclock.get(1) + 2})
      os.exit()`,
    );
    expect(last.output).toBe('1012\tby Bee\ttrue\n');
  });
});
