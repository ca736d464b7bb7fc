/**
 * Records what passes between two real servers, by a proxy between them.
 * `RECORD=1 npx vitest run test/replication/record.test.ts` writes `exchange.json`; nothing else runs it.
 */
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'vitest';
import { freePort, startRealServer } from '../iproto/real-server.ts';

interface Piece {
  readonly connection: number;
  readonly from: 'master' | 'replica';
  readonly hex: string;
}

/** Of the 513 system rows of a join the first few are kept: they stand for the others. */
const joinRowsKept = 3;

test.skipIf(!process.env['RECORD'])('records a join, a subscription and a second one', async () => {
  const master = await startRealServer(`
    box.cfg{listen = port, replication_timeout = 0.2, instance_uuid = '11111111-1111-4111-8111-111111111111',
            replicaset_uuid = '22222222-2222-4222-8222-222222222222'}
    box.schema.user.create('replicator', {password = 'password'})
    box.schema.user.grant('replicator', 'replication')
    s = box.schema.space.create('t')
    s:create_index('primary')
    box.schema.space.create('mine', {is_local = true}):create_index('primary')
    s:insert{1, 'one'}
    box.begin() s:insert{2, 'two'} s:insert{3, 'three'} box.commit()
    box.space.mine:insert{1}
    fiber = require('fiber')
    fiber.create(function()
      while box.info.replication[2] == nil or box.info.replication[2].downstream == nil do fiber.sleep(0.01) end
      s:insert{4, 'four'}
      box.begin() s:insert{5, 'five'} s:insert{6, 'six'} box.space.mine:insert{2} box.commit()
      box.space.mine:insert{3}
      s:update({4}, {{'=', 2, 'vier'}})
    end)
    ready()`);
  const port = await freePort();
  const pieces: Piece[] = [];
  let connections = 0;
  const proxy = createServer((client) => {
    const connection = ++connections;
    const upstream = connect(master.port, '127.0.0.1');
    join(client, upstream, (hex) => pieces.push({ connection, from: 'replica', hex }));
    join(upstream, client, (hex) => pieces.push({ connection, from: 'master', hex }));
  });
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
  const options = `replication = 'replicator:password@127.0.0.1:${port}', replication_timeout = 0.2`;
  const follow = `
    box.cfg{${options}, instance_uuid = '33333333-3333-4333-8333-333333333333'}
    fiber = require('fiber')
    while box.space.t:get(4) == nil or box.space.t:get(4)[2] ~= 'vier' do fiber.sleep(0.01) end
    fiber.sleep(0.5)
    box.space.t:insert{100 + box.info.lsn, 'mine'}
    ready()`;
  const replica = await startRealServer(follow);
  await replica.stop('SIGTERM', 'keep');
  const again = await startRealServer(
    `box.cfg{${options}} fiber = require('fiber') fiber.sleep(0.5) ready()`,
    replica.directory,
  );
  await again.stop('SIGTERM');
  await master.stop();
  proxy.close();
  writeFileSync(
    new URL('exchange.json', import.meta.url),
    `${JSON.stringify(frames(pieces), null, 1)}\n`,
  );
});

function join(from: Socket, to: Socket, see: (hex: string) => void): void {
  from.on('data', (bytes) => {
    see(bytes.toString('hex'));
    to.write(bytes);
  });
  from.on('close', () => to.destroy());
  from.on('error', () => to.destroy());
}

/** Cuts the pieces into frames, in the order in which each frame was complete. */
function frames(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  const rest = new Map<string, Buffer>();
  let joinRows = 0;
  for (const { connection, from, hex } of pieces) {
    const name = `${connection}/${from}`;
    const before = rest.get(name);
    let bytes = Buffer.concat([before ?? Buffer.alloc(0), Buffer.from(hex, 'hex')]);
    if (before === undefined && from === 'master') {
      whole.push({ connection, from, hex: bytes.subarray(0, 128).toString('hex') });
      bytes = bytes.subarray(128);
    }
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32BE(1)) {
      const frame = bytes.subarray(0, 5 + bytes.readUInt32BE(1));
      bytes = bytes.subarray(frame.length);
      // A row of the copy has the bare header {type: INSERT}.
      const isJoinRow = frame.subarray(5, 8).toString('hex') === '810002';
      if (!isJoinRow || joinRows++ < joinRowsKept) {
        whole.push({ connection, from, hex: frame.toString('hex') });
      }
    }
    rest.set(name, bytes);
  }
  return whole;
}
