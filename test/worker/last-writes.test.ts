/** Who wrote a tuple last, over several files, in whatever order they are handed in. */
import { expect, test } from 'vitest';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode } from '../../src/bee/wire/msgpack.ts';
import { encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow } from '../../src/bee/wire/xrow.ts';
import { lastWrites } from '../../src/worker/last-writes.ts';
import { clock, directory, Entry, insertRow, localRow, remoteRow, World } from '../wal/world.ts';

const space = { id: 512, key: [1] };

function makeLogs(): { readonly name: string; readonly bytes: Uint8Array }[] {
  const world = new World();
  const writer = world.writer();
  world.run(() => writer.enable(clock({})));
  const write = (row: ReturnType<typeof insertRow>): void => {
    writer.submit(new Entry([row]));
    world.settle();
  };
  write(insertRow(1, 'first'));
  write(insertRow(2, 'stays'));
  write(localRow(1, 'of another space'));
  world.run(() => writer.rotate());
  write(remoteRow(2, 7, 3, 'of another server'));
  const operations = encode([['=', 2, 'changed']]);
  const body = encodeDml({ spaceId: 512, indexBase: 1, key: encode([1]), tuple: operations });
  write(makeXRow(IprotoType.UPDATE, body));
  const { disk } = world;
  return disk.names(directory).map((name) => ({ name, bytes: disk.read(`${directory}/${name}`) }));
}

test.each(['forwards', 'backwards'] as const)('the newest row of each key, files %s', (order) => {
  const logs = makeLogs();
  const [older, newer] = logs.map(({ name }) => name);
  expect(logs).toHaveLength(2);
  const found = lastWrites(order === 'forwards' ? logs : logs.toReversed(), space);
  expect([...found.keys()].sort()).toEqual(['[1]', '[2]', '[3]']);
  expect(found.get('[1]')).toMatchObject({ origin: 1, lsn: 3, type: 'UPDATE', file: newer });
  expect(found.get('[2]')).toMatchObject({ origin: 1, lsn: 2, type: 'INSERT', file: older });
  expect(found.get('[3]')).toMatchObject({ origin: 2, lsn: 7, type: 'INSERT', file: newer });
});
