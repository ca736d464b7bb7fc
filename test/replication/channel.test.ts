/** A connection as fibers see it: input is bounded for a reader that is slow, and flows again when it has read. */
import { expect, test } from 'vitest';
import { Scheduler } from '../../src/bee/base/fiber.ts';
import type { Connection, ConnectionEvent } from '../../src/bee/env/index.ts';
import { Channel } from '../../src/bee/replication/channel.ts';
import { inputBytesMax } from '../../src/bee/replication/limits.ts';
import { serverErrors } from '../../src/bee/server/iproto-errors.ts';
import { MsgpackWriter } from '../../src/bee/wire/msgpack.ts';

/** One end of a connection, by hand: what the channel asks of it, and what it is told. */
function makeChannel(): {
  readonly channel: Channel;
  readonly asked: string[];
  readonly tell: (event: ConnectionEvent) => void;
} {
  const asked: string[] = [];
  const connection: Connection = {
    fd: 7,
    localAddress: 'here',
    peerAddress: 'there',
    onEvent: () => undefined,
    send: (bytes) => bytes.length,
    pause: (isPaused) => asked.push(isPaused ? 'pause' : 'resume'),
    close: () => asked.push('close'),
  };
  const scheduler = new Scheduler({
    timer: () => () => undefined,
    onSwitch: () => undefined,
    onReady: () => undefined,
    onCrash: (_fiber, error) => {
      throw error;
    },
    firstId: 101,
  });
  const channel = new Channel(scheduler, connection, serverErrors);
  return { channel, asked, tell: (event) => connection.onEvent(event) };
}

function frameOf(size: number): Uint8Array {
  const writer = new MsgpackWriter();
  writer.fixedUint32(size);
  writer.raw(new Uint8Array(size));
  return writer.finish();
}

test('input that nobody reads is stopped at its bound, and flows again when half of it is read', () => {
  const { channel, asked, tell } = makeChannel();
  const bytes = frameOf(inputBytesMax / 8);
  for (let count = 1; count <= 7; count++) tell({ kind: 'data', bytes });
  expect(asked).toEqual([]);
  // What was on its way when the word went out still comes, and is said no second time.
  for (let count = 8; count <= 9; count++) tell({ kind: 'data', bytes });
  expect(asked).toEqual(['pause']);
  for (let count = 1; count <= 4; count++) expect(channel.takeFrame()).toBeDefined();
  expect(asked).toEqual(['pause']);
  channel.takeFrame();
  channel.takeFrame();
  expect(asked).toEqual(['pause', 'resume']);
  while (channel.takeFrame() !== undefined);
  expect(asked).toEqual(['pause', 'resume']);
  for (let count = 1; count <= 8; count++) tell({ kind: 'data', bytes });
  expect(asked).toEqual(['pause', 'resume', 'pause']);
});

test('a frame larger than the bound comes in all the same: its reader asks for more', () => {
  const { channel, asked, tell } = makeChannel();
  const whole = frameOf(2 * inputBytesMax);
  tell({ kind: 'data', bytes: whole.subarray(0, inputBytesMax + 100) });
  expect(asked).toEqual(['pause']);
  expect(channel.takeFrame()).toBeUndefined();
  expect(asked).toEqual(['pause', 'resume']);
  tell({ kind: 'data', bytes: whole.subarray(inputBytesMax + 100) });
  expect(channel.takeFrame()).toHaveLength(2 * inputBytesMax);
});

test('nothing is sent into a connection that is over, and it is closed once', () => {
  const { channel, asked, tell } = makeChannel();
  expect(channel.send(new Uint8Array(3))).toBe(3);
  tell({ kind: 'closed', error: undefined });
  expect(channel.isClosed).toBe(true);
  expect(channel.send(new Uint8Array(3))).toBe(0);
  channel.close();
  channel.close();
  expect(asked).toEqual(['close']);
});
