import { describe, expect, test } from 'vitest';
import { writeSnapshot } from '../../src/bee/wal/snapshot-writer.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { readXlog } from './independent-reader.ts';
import { pathOf, snapshotRows } from './node-files.ts';
import { clock, directory, Entry, insertRow, uuid, World } from './world.ts';

test('a snapshot holds every tuple, numbered, with one time for all', () => {
  const world = new World();
  world.run(() => writeSnapshot(world.env, world.snapshots, clock({ 0: 2, 1: 7 }), snapshotRows));
  const file = readXlog(world.disk.read(pathOf('9.snap')));
  expect(file).toMatchObject({
    type: 'SNAP',
    instance: uuid,
    vclock: '{0: 2, 1: 7}',
    previousVclock: undefined,
    hasEof: true,
  });
  const body = (space: number, tuple: unknown) =>
    new Map<number, unknown>([
      [0x10, space],
      [0x21, tuple],
    ]);
  expect(file.blocks).toEqual([
    [
      { type: 2, timestamp: world.now, body: body(272, ['max_id', 511]) },
      { type: 2, lsn: 1, timestamp: world.now, body: body(512, [0, 'from the snapshot']) },
      { type: 2, groupId: 1, lsn: 2, timestamp: world.now, body: body(513, ['local']) },
    ],
  ]);
  expect(world.lines).toEqual([
    "I> saving snapshot `./00000000000000000009.snap.inprogress'",
    'I> done',
  ]);
});

test('it has its name only when it is complete, and then is on the device', () => {
  const world = new World();
  const rows = Array.from({ length: 400 }, (_, id) => ({
    spaceId: 512,
    groupId: 0,
    tuple: encode([id, 'x'.repeat(5000)]),
  }));
  let isDone = false;
  world.start(function* () {
    yield* writeSnapshot(world.env, world.snapshots, clock({ 1: 7 }), rows);
    isDone = true;
  });
  const seen = new Set<string>();
  world.until(() => {
    for (const name of world.disk.names(directory)) seen.add(name);
    return isDone;
  });
  const name = '00000000000000000007.snap';
  expect([...seen]).toEqual([`${name}.inprogress`, name]);
  const file = readXlog(world.disk.read(`${directory}/${name}`));
  expect(file.blocks.flat()).toHaveLength(400);
  // A block ends with the row that brings it to 128 KiB, header included.
  expect(file.blocks.slice(0, -1).every((block) => block.length === 27)).toBe(true);
  const appends = world.disk.calls.filter((call) => call.startsWith('append'));
  expect(appends).toHaveLength(2);
  expect(appends.at(-1)).toMatch(/^append strict/);
});

test('other fibers run while it writes', () => {
  const world = new World();
  const rows = Array.from({ length: 1000 }, (_, id) => ({
    spaceId: 512,
    groupId: 0,
    tuple: encode([id, 'x'.repeat(5000)]),
  }));
  let turns = 0;
  let isDone = false;
  world.start(function* () {
    while (!isDone) {
      turns++;
      yield* world.env.scheduler.reschedule();
    }
  });
  world.run(function* () {
    yield* writeSnapshot(world.env, world.snapshots, clock({ 1: 7 }), rows);
    isDone = true;
  });
  expect(turns).toBeGreaterThan(4);
});

test('a snapshot of a state that there is one of does nothing', () => {
  const world = new World();
  world.run(() => writeSnapshot(world.env, world.snapshots, clock({ 1: 7 }), snapshotRows));
  world.disk.calls.length = 0;
  world.run(() => writeSnapshot(world.env, world.snapshots, clock({ 1: 7 }), []));
  expect(world.disk.calls).toEqual([]);
});

test('it says how far it is', () => {
  const world = new World();
  const tuple = encode([1]);
  const rows = Array.from({ length: 200_000 }, () => ({ spaceId: 512, groupId: 0, tuple }));
  world.run(() => writeSnapshot(world.env, world.snapshots, clock({}), rows));
  expect(world.lines.slice(1, 3)).toEqual(['C> 0.1M rows written', 'C> 0.2M rows written']);
});

test.each(['open', 'append', 'close', 'rename'])('a %s that fails leaves no file', (failing) => {
  const world = new World();
  world.disk.fault = (call) => (call.startsWith(failing) ? 'ENOSPC' : undefined);
  expect(() =>
    world.run(() => writeSnapshot(world.env, world.snapshots, clock({}), snapshotRows)),
  ).toThrow(/failed to|can't rename/);
  expect(world.disk.names(directory)).toEqual([]);
  expect(world.snapshots.files).toEqual([]);
});

describe('checkpoints and what they make superfluous', () => {
  const view = () => ({ rows: () => [], close: () => {} });

  function running(count = 2) {
    const world = new World();
    const writer = world.writer();
    const collector = world.collector(writer);
    world.run(function* () {
      yield* writer.enable(clock({}));
      yield* collector.checkpoint(view);
    });
    collector.checkpointCount = count;
    let id = 0;
    const write = (rows: number) => {
      for (let row = 0; row < rows; row++) writer.submit(new Entry([insertRow(++id)]));
      world.settle();
    };
    const checkpoint = () => world.run(() => collector.checkpoint(view));
    const names = () => world.disk.names(directory).map((name) => name.replace(/^0+(?=\d)/, ''));
    return { world, writer, collector, write, checkpoint, names };
  }

  test('a replica that acknowledges while a checkpoint removes files does not make the collecting fiber spin', () => {
    const { world, collector, write, names } = running(1);
    let count = 0;
    const collect = collector.collect.bind(collector);
    collector.collect = () => {
      // The fiber must not ask again and again without letting anybody else run.
      if (count++ > 100) throw new Error('the collecting fiber spins');
      return collect();
    };
    const fiber = world.start(() => collector.run());
    const consumer = collector.register('replica', clock({}));
    write(5);
    collector.advance(consumer, clock({ 1: 5 }));
    world.settle();
    const checkpoint = world.start(() => collector.checkpoint(view));
    while (checkpoint.status !== 'dead') {
      // What `advance` does for each acknowledgement.
      collector.schedule();
      world.turn();
    }
    world.settle();
    expect(fiber.status).not.toBe('dead');
    expect(names()).toEqual(['5.snap']);
  });

  test('the third snapshot makes the first one go, with the logs before the second', () => {
    const { world, write, checkpoint, names } = running();
    write(5);
    checkpoint();
    write(5);
    world.lines.length = 0;
    checkpoint();
    expect(names()).toEqual(['5.snap', '5.xlog', '10.snap']);
    expect(world.lines).toEqual([
      "I> saving snapshot `./00000000000000000010.snap.inprogress'",
      'I> done',
      'I> removed ./00000000000000000000.snap',
      'I> removed ./00000000000000000000.xlog',
    ]);
    write(1);
    expect(names()).toEqual(['5.snap', '5.xlog', '10.snap', '10.xlog']);
  });

  test('a replica keeps the logs that it has not seen', () => {
    const { world, collector, write, checkpoint, names } = running(1);
    write(5);
    const consumer = collector.register('replica a', clock({ 1: 3 }));
    checkpoint();
    write(5);
    checkpoint();
    expect(names()).toEqual(['0.xlog', '5.xlog', '10.snap']);
    expect(collector.vclock.toString()).toBe('{1: 3}');
    world.start(() => collector.run());
    collector.advance(consumer, clock({ 1: 7 }));
    world.settle();
    expect(names()).toEqual(['5.xlog', '10.snap']);
    // News that is older than what is known.
    collector.advance(consumer, clock({ 1: 4 }));
    expect(consumer.vclock.toString()).toBe('{1: 7}');
    collector.unregister(consumer);
    world.settle();
    expect(names()).toEqual(['10.snap']);
    expect(collector.vclock.toString()).toBe('{1: 10}');
  });

  test('a snapshot that is being read stays until it is not', () => {
    const { world, collector, write, checkpoint, names } = running(1);
    world.start(() => collector.run());
    const first = collector.lastCheckpoint;
    const release = first === undefined ? undefined : collector.reference(first, 'join');
    write(5);
    checkpoint();
    expect(names()).toEqual(['0.snap', '0.xlog', '5.snap']);
    release?.();
    world.settle();
    expect(names()).toEqual(['5.snap']);
  });

  test('nothing goes before the number of snapshots is known', () => {
    const { collector, write, checkpoint, names } = running();
    collector.checkpointCount = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 4; round++) {
      write(1);
      checkpoint();
    }
    expect(names().filter((name) => name.endsWith('.snap'))).toHaveLength(5);
  });

  test('without rows since the last one there is nothing to write', () => {
    const { world, checkpoint, names } = running();
    world.lines.length = 0;
    checkpoint();
    expect(world.lines).toEqual([]);
    expect(names()).toEqual(['0.snap']);
  });

  test('what is written since the last one is counted, what came while it was written included', () => {
    const { world, writer, collector, write, checkpoint } = running();
    write(5);
    const bytes = writer.bytesSinceCheckpoint;
    expect(bytes).toBeGreaterThan(0);
    checkpoint();
    expect(writer.bytesSinceCheckpoint).toBe(0);
    write(1);
    const before = writer.bytesSinceCheckpoint;
    const fiber = world.start(() => collector.checkpoint(view));
    while (!world.lines.at(-1)?.startsWith('I> saving')) world.turn();
    write(1);
    world.until(() => fiber.status === 'dead');
    // Each file begins with a header, so the two rows weigh the same.
    expect(writer.bytesSinceCheckpoint).toBe(before);
  });

  test('two at a time are refused', () => {
    const { world, collector, writer } = running();
    writer.submit(new Entry([insertRow(1)]));
    world.start(function* () {
      yield* collector.checkpoint(view);
    });
    world.env.scheduler.run(() => true);
    expect(() => world.run(() => collector.checkpoint(view))).toThrow(
      'Snapshot is already in progress',
    );
    world.settle();
    expect(collector.isCheckpointInProgress).toBe(false);
  });

  test('one whose rows could not be written does not happen, and the next one does', () => {
    const { world, collector, writer, names } = running();
    world.disk.fault = (call) => (call.startsWith('append') ? 'EIO' : undefined);
    writer.submit(new Entry([insertRow(1)]));
    let isClosed = false;
    expect(() =>
      world.run(() =>
        collector.checkpoint(() => ({
          rows: () => [],
          close: () => {
            isClosed = true;
          },
        })),
      ),
    ).toThrow("Can't start a checkpoint while in cascading rollback");
    expect(isClosed).toBe(true);
    world.disk.fault = () => undefined;
    writer.submit(new Entry([insertRow(1)]));
    world.run(() => collector.checkpoint(view));
    expect(names()).toEqual(['0.snap', '0.xlog', '1.snap']);
  });

  test('a full disk makes the consumers go whose logs had to go', () => {
    const { world, collector } = running();
    const behind = collector.register('replica behind', clock({ 1: 3 }));
    const ahead = collector.register('replica ahead', clock({ 1: 9 }));
    collector.spaceFreed(clock({ 0: 2, 1: 5 }));
    expect([behind.isActive, ahead.isActive]).toEqual([false, true]);
    expect(world.lines.at(-1)).toBe('C> deactivated WAL consumer replica behind at {1: 3}');
  });

  test('a consumer that had to go holds no file any more', () => {
    const { collector, write, checkpoint, names } = running(1);
    const behind = collector.register('replica behind', clock({ 1: 3 }));
    write(5);
    collector.spaceFreed(clock({ 1: 4 }));
    expect(behind.isActive).toBe(false);
    checkpoint();
    expect(names()).toEqual(['5.snap']);
    expect(collector.vclock.toString()).toBe('{1: 5}');
  });

  test('a start from files takes up the snapshots that are there', () => {
    const { world, write, checkpoint } = running();
    write(5);
    checkpoint();
    const again = new World(world.disk.copy());
    const { scan } = again.recover();
    const collector = again.collector(again.writer());
    collector.begin(scan.gcVclock);
    expect(collector.checkpoints.map((one) => one.vclock.toString())).toEqual(['{}', '{1: 5}']);
    expect(collector.vclock.toString()).toBe('{1: 5}');
  });
});
