// What the real server says in the recorded conversations: with RECORD set it is written down, else compared.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeReal } from '../real/tarantool.ts';
import { root } from '../tools/source-tree.ts';
import { ConsoleServer, conversations, type Exchange } from './conversations.ts';

const path = join(root, 'test/console/recorded.json');
const isRecording = process.env['RECORD'] !== undefined;

/** Bee's words for the real server's. */
function renamed(text: string): string {
  return text
    .replace('Tarantool manual', 'Bee manual')
    .replace('Tarantool tutorial', 'Bee tutorial')
    .replace('box.session.push', 'db.session.push');
}

describeReal('admin consoles of the real server', () => {
  let server: ConsoleServer;
  const held: Record<string, Exchange[]> = {};
  beforeAll(async () => {
    server = await ConsoleServer.start(['tarantool']);
  });
  afterAll(async () => {
    await server.stop();
    if (isRecording) writeFileSync(path, `${JSON.stringify(held, null, 1)}\n`);
  });

  test.each(conversations)('$name', async (conversation) => {
    const recorded = isRecording
      ? undefined
      : (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Exchange[]>)[conversation.name];
    const exchanges = await server.hold(conversation, recorded);
    held[conversation.name] = exchanges.map(([sent, received]) => [sent, renamed(received)]);
    if (!isRecording) expect(held[conversation.name]).toEqual(recorded);
  });
});
