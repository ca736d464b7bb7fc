/** Peers that send garbage, oversize frames, rows that cannot be, or nothing at all: what is said, and that nothing stays. */
import { describe, expect, test } from 'vitest';
import type { Connection, Env } from '../../src/bee/env/index.ts';
import { masterFrame, vclockFrame } from '../../src/bee/replication/frames.ts';
import { frameBytesMax } from '../../src/bee/replication/limits.ts';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { makeGreeting, writeXRowFrame } from '../../src/bee/wire/iproto.ts';
import { IprotoType } from '../../src/bee/wire/iproto-constants.ts';
import { encode, MsgpackWriter } from '../../src/bee/wire/msgpack.ts';
import { encodeBallot, encodeSubscribeAnswer } from '../../src/bee/wire/replication-requests.ts';
import { encodeDml } from '../../src/bee/wire/requests.ts';
import { makeXRow, type XRow } from '../../src/bee/wire/xrow.ts';
import { SeededRandom, type SimWorld } from '../../src/sim/index.ts';
import { frame, str } from '../iproto/exchanges.ts';
import { RawClient } from '../iproto/raw-client.ts';
import { Store, uriOf } from './small-store.ts';
import {
  applierLines,
  lines,
  link,
  makePair,
  makeWorld,
  type SmallProcess,
} from './small-world.ts';

const masterUuid = '99999999-9999-4999-8999-999999999999';

/** Answers VOTE, then SUBSCRIBE, then sends what the test wants. */
function startMaster(
  sim: SimWorld,
  clusterUuid: () => string,
  stream: (connection: Connection) => void,
): void {
  const serve = (connection: Connection): void => {
    connection.send(makeGreeting('2.6.0', masterUuid, new Uint8Array(32)));
    let requests = 0;
    connection.onEvent = (event) => {
      if (event.kind !== 'data') return;
      requests++;
      const empty = new Vclock().entries();
      if (requests === 1) {
        const ballot = { isReadOnly: false, isLoading: false, vclock: empty, gcVclock: empty };
        connection.send(masterFrame(0, 0, 0, encodeBallot(ballot)));
      } else if (requests === 2) {
        connection.send(masterFrame(7, 0, 0, encodeSubscribeAnswer(clusterUuid(), empty)));
        stream(connection);
      }
    };
  };
  sim.spawn(
    (env: Env) => {
      env.network.listen('0.0.0.0', 3309, serve, () => undefined);
      return { turn: () => 'idle' };
    },
    { cwd: '/home/user/hostile' },
  );
}

/** A server that follows the hostile master. */
function follow(
  seed: number,
  stream: (connection: Connection) => void,
): { sim: SimWorld; server: SmallProcess; seen: number } {
  const { sim, start } = makeWorld(seed);
  const server = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('it is up', () => server.process.configured);
  startMaster(sim, () => server.process.clusterUuid() ?? '', stream);
  const seen = server.log.length;
  server.process.run(() => server.process.replication.configure([uriOf('localhost:3309')]));
  sim.runFor(8);
  return { sim, server, seen };
}

const row = (lsn: number, changes: Partial<XRow> = {}): Uint8Array => {
  const writer = new MsgpackWriter();
  const body = encodeDml({ spaceId: 512, tuple: encode([`row ${lsn}`, 1]) });
  writeXRowFrame(writer, {
    ...makeXRow(IprotoType.INSERT, body),
    replicaId: 7,
    lsn,
    tsn: lsn,
    timestamp: 1,
    ...changes,
  });
  return writer.finish();
};

test('bytes that are no frame stop the applier', () => {
  const { server, seen } = follow(81, (connection) =>
    connection.send(new TextEncoder().encode('«rows»')),
  );
  expect(applierLines(server.log, seen).slice(-2)).toEqual([
    "I> can't read row",
    'xrow.c:142 E> ER_INVALID_MSGPACK: Invalid MsgPack - packet length',
  ]);
  expect(server.process.orphan).toBe(true);
});

test('a frame beyond the limit stops the applier before anything of it is kept', () => {
  const length = frameBytesMax + 1;
  const head = Uint8Array.from([0xce, length >>> 24, length >>> 16, length >>> 8, length]);
  const { server, seen } = follow(82, (connection) => connection.send(head));
  expect(applierLines(server.log, seen).at(-1)).toContain('too big packet size in the header');
});

test('a row whose transaction does not begin with it is refused, and those before it stay', () => {
  const { server, seen } = follow(83, (connection) => {
    connection.send(row(1));
    connection.send(row(3, { tsn: 2 }));
  });
  expect(applierLines(server.log, seen).at(-1)).toBe(
    'applier.cc:741 E> ER_PROTOCOL: Transaction id must be equal to LSN of the first row in the transaction.',
  );
  expect([...server.process.data.keys()]).toEqual(['row 1']);
});

test('rows of another transaction in the middle of one are refused, and nothing of it is applied', () => {
  const { server, seen } = follow(84, (connection) => {
    connection.send(row(1, { isCommit: false }));
    connection.send(row(2, { tsn: 2 }));
  });
  expect(applierLines(server.log, seen).at(-1)).toBe(
    'applier.cc:747 E> ER_UNSUPPORTED: replication does not support interleaving transactions',
  );
  expect(server.process.data.size).toBe(0);
});

test('a row of a server that cannot be is refused', () => {
  const { server, seen } = follow(85, (connection) => connection.send(row(1, { replicaId: 32 })));
  // The frame is refused before anybody looks for that server.
  expect(applierLines(server.log, seen).at(-1)).toBe(
    'xrow.c:142 E> ER_INVALID_MSGPACK: Invalid MsgPack - packet header',
  );
});

test('rows that were applied before are passed by, whatever they hold now', () => {
  const { server } = follow(86, (connection) => {
    connection.send(row(5));
    connection.send(row(5, { body: encodeDml({ spaceId: 512, tuple: encode(['other', 1]) }) }));
    connection.send(row(4));
    connection.send(row(6));
    setHeartbeats(connection);
  });
  expect([...server.process.data.keys()]).toEqual(['row 5', 'row 6']);
  expect(server.process.vclock().get(7)).toBe(6);
});

/** Keeps the link alive a while, so that the end of the scene is not its timeout. */
function setHeartbeats(connection: Connection): void {
  connection.send(masterFrame(7, 1, 0));
}

test('a master that says nothing any more is given up', () => {
  const { server, seen } = follow(87, () => undefined);
  expect(applierLines(server.log, seen)).toContain(
    'coio.cc:340 !> SystemError timed out: Connection timed out',
  );
});

test('a server that accepts and says nothing at all is given up', () => {
  const { sim, start } = makeWorld(88);
  const server = start('one', { store: new Store(), listen: 3301 });
  sim.expectUntil('it is up', () => server.process.configured);
  sim.spawn(
    (env) => {
      env.network.listen(
        '0.0.0.0',
        3309,
        () => undefined,
        () => undefined,
      );
      return { turn: () => 'idle' };
    },
    { cwd: '/home/user/mute' },
  );
  const seen = server.log.length;
  server.process.run(() => server.process.replication.configure([uriOf('localhost:3309')]));
  sim.runFor(6);
  expect(applierLines(server.log, seen).slice(0, 2)).toEqual([
    "I> can't connect to master",
    'coio.cc:340 !> SystemError timed out: Connection timed out',
  ]);
});

test('a replica that acknowledges with garbage is told so and let go', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, master, replica } = makePair(89, stores);
  replica.process.exit();
  sim.runFor(0.5);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  const subscribe = frame(
    [[0x00, '42']],
    [
      [0x24, str(stores.two.uuid)],
      [0x26, '80'],
    ],
  );
  client.ask(subscribe);
  const seen = master.log.length;
  client.send(frame([[0x00, '00']], '9101'));
  sim.runFor(0.5);
  expect(lines(master.log, seen)).toEqual([
    'relay/PEER/101/main xrow.c:1430 E> ER_INVALID_MSGPACK: Invalid MsgPack - request body',
    'relay/PEER/101/main C> exiting the relay loop',
  ]);
  expect(client.isClosed).toBe(true);
  expect(link(master, 2, 'downstream')).toMatchObject({ status: 'stopped' });
});

test('a client that acknowledges rows that there are not changes nothing for others', () => {
  const stores = { one: new Store(), two: new Store() };
  const { sim, master, replica } = makePair(90, stores);
  replica.process.exit();
  sim.runFor(0.5);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  client.ask(
    frame(
      [[0x00, '42']],
      [
        [0x24, str(stores.two.uuid)],
        [0x26, '80'],
      ],
    ),
  );
  client.send(
    vclockFrame(
      new Vclock([
        [1, 1000000],
        [31, 5],
      ]),
    ),
  );
  sim.runFor(0.2);
  master.process.insert(['1', 'x']);
  sim.runFor(0.2);
  expect(master.process.vclock().toString()).toBe('{1: 2}');
  expect(client.frame()).not.toHaveLength(0);
});

describe.each([91, 92, 93, 94])('fuzz, seed %i', (seed) => {
  test('a stream of rows damaged at random never leaves half a transaction', () => {
    const random = new SeededRandom(seed);
    let lsn = 0;
    const { server } = follow(seed, (connection) => {
      for (let count = 0; count < 400; count++) {
        const size = 1 + random.below(4);
        const tsn = lsn + 1;
        for (let at = 1; at <= size; at++) {
          lsn++;
          const bytes = row(lsn, {
            tsn,
            isCommit: at === size,
            body: encodeDml({ spaceId: 512, tuple: encode([`${tsn} ${at} of ${size}`, 1]) }),
          });
          if (count > 50 && random.chance(0.02))
            bytes[random.below(bytes.length)] = random.below(256);
          connection.send(bytes);
        }
      }
    });
    const whole = new Map<string, number>();
    for (const key of server.process.data.keys()) {
      const [tsn = ''] = String(key).split(' ');
      whole.set(tsn, (whole.get(tsn) ?? 0) + 1);
    }
    for (const [key] of server.process.data) {
      const parts = /^(\d+) \d+ of (\d+)$/.exec(String(key));
      if (parts?.[1] !== undefined) expect(whole.get(parts[1])).toBe(Number(parts[2]));
    }
    expect(whole.size).toBeGreaterThan(49);
    server.process.run(() => server.process.replication.configure([]));
  });
});
