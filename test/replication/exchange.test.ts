/**
 * The recorded exchange between two real servers, with ours in the place of the master: what the real replica sent is sent to
 * it, and what it answers must be what the real master answered, byte for byte (times aside where they are ours).
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Vclock } from '../../src/bee/wal/vclock.ts';
import { decodeXRowPacket, type XRow } from '../../src/bee/wire/xrow.ts';
import { RawClient } from '../iproto/raw-client.ts';
import { Store } from './small-store.ts';
import { makeWorld } from './small-world.ts';

interface Piece {
  readonly connection: number;
  readonly from: 'master' | 'replica';
  readonly hex: string;
}

const pieces: readonly Piece[] = JSON.parse(
  readFileSync(new URL('exchange.json', import.meta.url), 'utf8'),
);
const said = (connection: number, from: Piece['from']): string[] =>
  pieces
    .filter((piece) => piece.connection === connection && piece.from === from)
    .map(({ hex }) => hex);
const rowOf = (hex: string): XRow => decodeXRowPacket(Buffer.from(hex, 'hex').subarray(5));
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** Header key 4 with its double: the time of a row or a heartbeat. */
const withoutTime = (hex: string): string =>
  hex.replace(/04cb41da[0-9a-f]{12}/, '04cb----------------');
/** Schema version of a client's answer. */
const withoutVersion = (hex: string): string => hex.replace(/05ce[0-9a-f]{8}/, '05ce--------');
const hexOf = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

const uuids = {
  master: '11111111-1111-4111-8111-111111111111',
  cluster: '22222222-2222-4222-8222-222222222222',
};

test('vote, login, join, subscription, heartbeats: as the real master', () => {
  const [, vote = '', , ok = '', ...copyRows] = said(1, 'master');
  const replica = said(1, 'replica');
  const rows = copyRows.slice(0, 3);
  const [stop = '', registration = '', end = '', subscribed = '', heartbeat = '', ...live] =
    copyRows.slice(3);
  const { sim, start } = makeWorld(1);
  const store = new Store();
  store.uuid = uuids.master;
  const first = rowOf(rows[0] ?? '');
  store.snapshot = { vclock: new Vclock([[1, 14]]), rows: [first, ...rows.slice(1).map(rowOf)] };
  const master = start('one', { store, listen: 3301 });
  sim.expectUntil('it is up', () => master.process.configured);
  // Its own registration was before the rows that the recording keeps.
  master.process.adopt(1, uuids.master);
  expect(master.process.clusterUuid()).toBe(uuids.cluster);

  const client = new RawClient(sim, 3301);
  expect(withoutVersion(hexOf(client.ask(bytes(replica[0] ?? ''))))).toBe(withoutVersion(vote));
  expect(withoutVersion(hexOf(client.logIn('replicator', 'password')))).toContain('80');
  const join = replica[2] ?? '';
  expect(hexOf(client.ask(bytes(join)))).toBe(ok);
  for (const row of rows) expect(hexOf(client.frame())).toBe(row);
  expect(hexOf(client.frame())).toBe(stop);
  expect(withoutTime(hexOf(client.frame()))).toBe(withoutTime(registration));
  expect(hexOf(client.frame())).toBe(end);
  expect(hexOf(client.ask(bytes(replica[3] ?? '')))).toBe(subscribed);
  expect(withoutTime(hexOf(client.frame()))).toBe(withoutTime(heartbeat));
  expect(live.length).toBeGreaterThan(4);
});

test('rows of a log, transactions and NOPs among them, leave as they stood there', () => {
  const live = said(1, 'master').filter((hex) => (rowOrNothing(hex)?.lsn ?? 0) >= 15);
  const { sim, start } = makeWorld(2);
  const store = new Store();
  store.uuid = uuids.master;
  const copy = said(1, 'master').slice(4, 7).map(rowOf);
  store.snapshot = { vclock: new Vclock([[1, 14]]), rows: copy };
  store.log = live.map(rowOf);
  store.logBegin = new Vclock([[1, 14]]);
  const master = start('one', { store, listen: 3301 });
  sim.expectUntil('it is up', () => master.process.configured);
  master.process.adopt(1, uuids.master);
  const client = new RawClient(sim, 3301);
  client.logIn('replicator', 'password');
  // The replica knows the registration, and what it made itself it does not want.
  client.ask(bytes(said(1, 'replica')[3] ?? ''));
  const wanted = live.filter((hex) => rowOf(hex).lsn > 15);
  expect(wanted.length).toBe(5);
  for (const hex of wanted) expect(hexOf(client.frame())).toBe(hex);
  expect(withoutTime(hexOf(client.frame()))).toBe('ce0000000f830000020104cb----------------');
});

function rowOrNothing(hex: string): XRow | undefined {
  try {
    return rowOf(hex);
  } catch {
    return undefined;
  }
}
