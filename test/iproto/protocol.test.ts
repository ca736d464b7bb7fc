/** The protocol below the box: what is answered to frames, logins and garbage, byte for byte as the real server answered. */
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/sim/index.ts';
import { Store } from '../replication/small-store.ts';
import { makeWorld, type SmallProcess, type SmallWorld } from '../replication/small-world.ts';
import { exchanges, frame } from './exchanges.ts';
import { RawClient } from './raw-client.ts';
import { testRecordedAnswers } from './recorded-answers.ts';

/** Those that need no data: the small server has none. */
const withoutBox = exchanges.filter(
  ({ name }) =>
    !/^(select (all|one|by|with offset|nothing|in no|with a wrong|with unknown)|insert( a dup| by|$)|replace|update( with| of|$)|upsert$|delete( of|$)|call( of|$| without arg| that| by)|eval( of| by|$)|execute|vote|old vote|.*schema version|join by|fetch|register)/.test(
      name,
    ),
);

function makeServer(
  seed = 1,
): SmallWorld & { readonly server: SmallProcess; readonly connect: () => RawClient } {
  const { sim, start } = makeWorld(seed);
  const store = new Store();
  const users = Object.fromEntries(
    ['u', 'plain', 'bare'].map((name) => [
      name,
      { password: name === 'bare' ? 'none' : 'secret', may: true },
    ]),
  );
  const server = start('one', { store, listen: 3301, users });
  sim.expectUntil('it is up', () => server.process.configured);
  store.uuid = '11111111-1111-4111-8111-111111111111';
  return { sim, start, server, connect: () => new RawClient(sim, 3301) };
}

/** The answer with its schema version set to that of the recording's server, and without the cluster's UUID. */
function comparable(answer: Uint8Array): string {
  const hex = Buffer.from(answer).toString('hex');
  const uuid = Buffer.from('22222222-2222-4222-8222-222222222222').toString('hex');
  return hex
    .replace(/(05ce)000000..(8[0-9a-f])/, '$1--------$2')
    .replace(/(77697468207265706c6963612073657420)([0-9a-f]{72})/g, `$1${uuid}`);
}

describe('recorded answers', () => {
  testRecordedAnswers(withoutBox, makeServer(), comparable);

  test('most of the exchanges are among them', () => {
    expect(withoutBox.length).toBeGreaterThan(35);
  });
});

test('the greeting has the real server’s form', () => {
  const { connect } = makeServer();
  const greeting = new TextDecoder().decode(connect().greeting);
  expect(greeting).toMatch(
    /^Tarantool 2\.6\.0 \(Binary\) 11111111-1111-4111-8111-111111111111 {2}\n[A-Za-z0-9+/]{43}= {19}\n$/,
  );
});

test('each connection has a salt of its own', () => {
  const { connect } = makeServer();
  expect(connect().salt).not.toEqual(connect().salt);
});

const ping = (sync: number) =>
  frame([
    [0x00, '40'],
    [0x01, sync.toString(16).padStart(2, '0')],
  ]);

test('requests that come in one piece, or byte by byte, are all answered', () => {
  const { sim, connect } = makeServer();
  const client = connect();
  const all = Buffer.concat([1, 2, 3, 4, 5].map(ping));
  client.send(all);
  const syncs = [1, 2, 3, 4, 5].map(() => client.frame()[21]);
  expect(syncs).toEqual([1, 2, 3, 4, 5]);
  for (const byte of ping(9)) {
    client.send(Uint8Array.from([byte]));
    sim.runFor(0.01);
  }
  expect(client.frame()[21]).toBe(9);
});

test('a sync of 64 bits comes back whole', () => {
  const { connect } = makeServer();
  const answer = connect().ask(
    frame([
      [0x00, '40'],
      [0x01, 'cffedcba9876543210'],
    ]),
  );
  expect(Buffer.from(answer.subarray(13, 22)).toString('hex')).toBe('cffedcba9876543210');
});

test('a browser that speaks HTTP gets no answer, as from the real server', () => {
  const { connect } = makeServer();
  const client = connect();
  expect(client.ask(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toHaveLength(0);
  expect(client.isClosed).toBe(false);
});

/** With four seeds 100,000 frames in all. */
const framesOfSeed = 25_000;

describe.each([1, 2, 3, 4])('fuzz, seed %i', (seed) => {
  test('frames that are right in part kill nothing and leave nothing open', () => {
    const { sim, server, connect } = makeServer(seed);
    const fibers = server.process.scheduler.fibers.size;
    const random = new SeededRandom(seed);
    const bytes = (most: number) =>
      Uint8Array.from({ length: random.below(most) }, () => random.below(256));
    let client = connect();
    for (let count = 0; count < framesOfSeed; count++) {
      if (client.isClosed) client = connect();
      const { request } = exchanges[random.below(exchanges.length)] ?? { request: ping(1) };
      const broken = request.slice();
      const kind = random.below(4);
      if (kind === 0) client.send(bytes(60));
      else if (kind === 1) {
        // A right length around anything.
        const body = bytes(60);
        client.send(Buffer.concat([Buffer.from([0xce, 0, 0, 0, body.length]), body]));
      } else if (broken.length > 5) {
        for (let flips = random.below(4); flips >= 0; flips--) {
          broken[5 + random.below(broken.length - 5)] = random.below(256);
        }
        client.send(broken);
      }
      if (random.chance(0.05)) {
        client.close();
        client = connect();
      }
      if (random.chance(0.2)) sim.runFor(0.001);
    }
    sim.runFor(5);
    client.close();
    sim.runFor(1);
    expect(server.process.iproto.connectionCount).toBe(0);
    expect(server.process.scheduler.fibers.size).toBe(fibers);
    const answer = connect().ask(ping(7));
    expect(answer[21]).toBe(7);
  });
});
