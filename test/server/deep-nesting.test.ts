// Values nested deeper than a stack can follow: whoever sent or asked for them gets an error, and the server goes on.
import { expect, test } from 'vitest';
import { frame, str } from '../iproto/exchanges.ts';
import { RawClient } from '../iproto/raw-client.ts';
import { ConsoleWorld } from './console-world.ts';

const nested = 'local t = {} for i = 1, 20000 do t = {t} end';

test.each([
  ['the prompt', `${nested} return t`],
  ['yaml', `${nested} return require('yaml').encode(t)`],
  ['json', `${nested} return require('json').encode(t)`],
  ['deepcopy', `${nested} return #table.deepcopy(t)`],
  ['a tuple', `${nested} return db.tuple.new(t)`],
  ['json that is read', "return require('json').decode(('['):rep(100000))"],
  ['yaml that is read', "return require('yaml').decode(('['):rep(100000))"],
  ['msgpack that is read', "return require('msgpack').decode(('\\x91'):rep(100000) .. '\\x01')"],
])('%s', (_what, line) => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  world.ask(one, 'db.cfg{}');
  const answer = world.ask(one, line);
  expect(answer).not.toMatch(/RangeError|Maximum call stack|internal error/);
  expect(world.ask(one, '1 + 1')).toBe('- 2');
});

test('arguments of a CALL', () => {
  const world = new ConsoleWorld();
  const one = world.start('one');
  world.ask(one, "db.cfg{listen=3301} db.schema.user.grant('guest', 'super')");
  world.ask(one, 'function f() return 1 end');
  const client = new RawClient(world.sim, 3301);
  const call = (args: string): Uint8Array =>
    frame(
      [
        [0x00, '0a'],
        [0x01, '01'],
      ],
      [
        [0x22, str('f')],
        [0x21, args],
      ],
    );
  const isError = (answer: Uint8Array): boolean =>
    new DataView(answer.buffer, answer.byteOffset).getUint32(8) >= 0x8000;
  expect(isError(client.ask(call(`${'91'.repeat(100_000)}01`)))).toBe(true);
  expect(isError(client.ask(call('9101')))).toBe(false);
  expect(world.ask(one, '1 + 1')).toBe('- 2');
});
