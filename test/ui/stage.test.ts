/** What a lesson finds of the files, and what it is told where nobody can look. */
import { expect, test } from 'vitest';
import type { Found } from '../../src/lesson/index.ts';
import type { FileRequest } from '../../src/shell/file-system.ts';
import type { Outcome } from '../../src/shell/task.ts';
import { findFiles } from '../../src/ui/machine/stage.ts';
import { MemoryFiles } from '../shell/memory-files.ts';

type Answer = (request: FileRequest) => Promise<Outcome<unknown>>;

function memory(): Answer {
  const files = new MemoryFiles();
  files.put('/home/user/one.txt', 'four');
  // A file's request is answered with an outcome.
  return (request) => Promise.resolve(files.answer({ kind: 'file', request }) as Outcome<unknown>);
}

const find = (pattern: string, request: Answer): Promise<Found> =>
  new Promise((done) => findFiles({ request }, '/home/user', pattern, done));

test('finds what the shell would expand a pattern to, and nothing where nothing is', async () => {
  const one = { path: '/home/user/one.txt', kind: 'file', size: 4 };
  expect(await find('~/*', memory())).toEqual({ ok: true, value: [one] });
  expect(await find('~/two', memory())).toEqual({ ok: true, value: [] });
  expect(await find('~/two/*', memory())).toEqual({ ok: true, value: [] });
  expect(await find('~/one.txt/*', memory())).toEqual({ ok: true, value: [] });
});

const error = { code: 'EIO', message: 'the storage of this session was removed' };

test.each(['list', 'stat'])('tells why it cannot look: %s', async (op) => {
  const answer = memory();
  const request: Answer = (asked) =>
    asked.op === op ? Promise.resolve({ ok: false, error }) : answer(asked);
  expect(await find('~/*', request)).toEqual({ ok: false, error: error.message });
});

test('tells what the host threw', async () => {
  const request: Answer = () => Promise.reject(new Error('the session is closed'));
  expect(await find('~/one', request)).toEqual({ ok: false, error: 'the session is closed' });
});
