// `require('console').listen` and `.connect` of Bee on Node's sockets, held against what the real server said.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildBee } from '../tools/build.mjs';
import { root } from '../tools/source-tree.ts';
import { ConsoleClient, ConsoleServer, conversations, type Exchange } from './conversations.ts';

const recorded = JSON.parse(
  readFileSync(join(root, 'test/console/recorded.json'), 'utf8'),
) as Record<string, Exchange[]>;

let server: ConsoleServer;
beforeAll(async () => {
  await buildBee({ ifStale: true });
  server = await ConsoleServer.start([process.execPath, join(root, 'dist/bee.js')]);
}, 60_000);
afterAll(() => server.stop());

describe('an admin console on a socket answers as the real server', () => {
  test.each(conversations)('$name', async (conversation) => {
    const expected = recorded[conversation.name];
    expect(expected).toBeDefined();
    expect(await server.hold(conversation, expected)).toEqual(expected);
  });
});

const greetingEnd = 'help                               \n';
const answerEnd = '...\n';

async function client(): Promise<ConsoleClient> {
  const opened = await ConsoleClient.open({ path: join(server.directory, 'one.sock') });
  await opened.readThrough(greetingEnd);
  return opened;
}

test('clients do not wait for each other, and each has its own delimiter and output', async () => {
  const [one, other] = [await client(), await client()];
  one.send("require('console').delimiter('!')\n");
  await one.readThrough(answerEnd);
  other.send('\\set output lua\n');
  expect(await other.readThrough(';')).toBe('true;');
  one.send("require('fiber').sleep(60)!\n");
  other.send('{1}\n');
  expect(await other.readThrough(';')).toBe('{1};');
  const third = await client();
  third.send('1\n');
  expect(await third.readThrough(answerEnd)).toBe('---\n- 1\n...\n');
  for (const each of [one, other, third]) each.close();
});

test('an answer larger than the network takes at once arrives whole', async () => {
  const asking = await client();
  asking.send("('x'):rep(5000000)\n");
  expect((await asking.readThrough(answerEnd)).length).toBeGreaterThan(5_000_000);
  asking.close();
});

test('bytes that are no UTF-8 reach the program as they are', async () => {
  const asking = await client();
  asking.send("#'ä', ('ä'):byte(1, -1)\n");
  expect(await asking.readThrough(answerEnd)).toBe('---\n- 2\n- 195\n- 164\n...\n');
  asking.close();
});

test('a closed console takes no one in and leaves no socket behind', async () => {
  const asking = await client();
  asking.send("s = require('console').listen('unix/:./closing.sock')\n");
  await asking.readThrough(answerEnd);
  const path = join(server.directory, 'closing.sock');
  expect(existsSync(path)).toBe(true);
  asking.send('s:close()\n');
  await asking.readThrough(answerEnd);
  expect(existsSync(path)).toBe(false);
  await expect(ConsoleClient.open({ path })).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  asking.close();
});
