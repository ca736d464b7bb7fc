/** Nothing leaves before it is written: answers wait for the log, also those of reads and errors that saw unwritten rows. */
import { expect, test } from 'vitest';
import { SimWorld } from '../../src/sim/index.ts';
import { WholeServer } from '../replication/whole-server.ts';
import { frame, str } from './exchanges.ts';
import { RawClient } from './raw-client.ts';

const space = [0x10, 'cd0200'] as const;
const insert = (key: string) =>
  frame(
    [
      [0x00, '02'],
      [0x01, '01'],
    ],
    [space, [0x21, `92${key}${str('x')}`]],
  );
const select = frame(
  [
    [0x00, '01'],
    [0x01, '02'],
  ],
  [space, [0x12, '0a'], [0x14, '02'], [0x20, '90']],
);

function makeServer(seed: number): {
  readonly sim: SimWorld;
  readonly server: WholeServer;
  readonly connect: () => RawClient;
} {
  const sim = new SimWorld({ seed });
  const server = new WholeServer(sim, 'one');
  server.configure({ listen: 3301 });
  server.prepare();
  const { ddl } = server.instance.box;
  server.run(() => ddl.grantUser(['guest', 'read,write', 'universe']));
  return { sim, server, connect: () => new RawClient(sim, 3301) };
}

const type = (answer: Uint8Array): number =>
  new DataView(answer.buffer, answer.byteOffset).getUint32(8);

test('an insert, the read that sees it and the error that it causes are answered when the log holds the row', () => {
  const { sim, server, connect } = makeServer(1);
  const [writer, reader, other] = [connect(), connect(), connect()];
  // A second or so for a write.
  sim.diskFaults.slowness = 3000;
  const { storage } = server.instance;
  const before = storage.writtenVclock.get(1);
  writer.send(insert('01'));
  sim.expectUntil('the row is in memory', () => storage.vclock.get(1) === before + 1);
  reader.send(select);
  other.send(insert('01'));
  let answers = 0;
  while (answers < 3) {
    const written = storage.writtenVclock.get(1);
    sim.step();
    answers = [writer, reader, other].filter((client) => client.inputBytes > 0).length;
    if (answers > 0) expect(written).toBe(before + 1);
  }
  expect(type(writer.frame())).toBe(0);
  expect(Buffer.from(reader.frame()).toString('hex')).toContain('dd00000001');
  expect(type(other.frame())).toBe(0x8003);
});

test('a read that sees nothing unwritten is answered at once', () => {
  const { sim, connect } = makeServer(2);
  const client = connect();
  sim.diskFaults.slowness = 100_000;
  expect(type(client.ask(select))).toBe(0);
});

test('a log that cannot be written: everybody who saw the row hears ER_WAL_IO, and the row is gone', () => {
  const { sim, server, connect } = makeServer(3);
  const [writer, reader] = [connect(), connect()];
  sim.diskFaults.slowness = 3000;
  sim.diskFaults.appendFailure = 1;
  const { storage } = server.instance;
  const before = storage.vclock.get(1);
  writer.send(insert('01'));
  sim.expectUntil('the row is in memory', () => storage.vclock.get(1) === before + 1);
  reader.send(select);
  expect(type(writer.frame(20))).toBe(0x8000 + 40);
  expect(type(reader.frame(20))).toBe(0x8000 + 40);
  sim.diskFaults.appendFailure = 0;
  sim.diskFaults.slowness = 1;
  expect(Buffer.from(reader.ask(select)).toString('hex')).toContain('dd00000000');
  expect(type(writer.ask(insert('01')))).toBe(0);
});

test('more requests than net_msg_max wait their turn, over all connections, and are all answered', () => {
  const { sim, server, connect } = makeServer(4);
  server.configure({ net_msg_max: 2 });
  sim.diskFaults.slowness = 50;
  const clients = [connect(), connect(), connect()];
  for (const [at, client] of clients.entries()) {
    const requests = Array.from({ length: 20 }, (_, key) =>
      insert(`cc${(128 + at * 20 + key).toString(16)}`),
    );
    client.send(Buffer.concat(requests));
  }
  for (const client of clients) {
    const answers = Array.from({ length: 20 }, () => type(client.frame(60)));
    expect(answers).toEqual(Array(20).fill(0));
  }
  const warning = server.log.find((line) => line.includes('net_msg_max limit is reached'));
  expect(warning).toMatch(
    /iproto\/101\/main iproto\.cc:617 W> stopping input on connection fd \d+, aka 127\.0\.0\.1:3301, peer of 127\.0\.0\.1:\d+, net_msg_max limit is reached$/,
  );
});
