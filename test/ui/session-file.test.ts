import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fromLinkText,
  packSession,
  type SavedSession,
  SessionError,
  toLinkText,
  unpackSession,
} from '../../src/ui/machine/session-file.ts';

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

const session: SavedSession = {
  content: {
    name: 'Zwei Köche',
    savedAt: 1_795_385_544,
    terminals: [
      {
        number: 1,
        name: 'orders',
        cwd: '/home/user/one',
        transcript: ['\x1b[1m$ \x1b[0mbee', '— done —'],
        shellHistory: ['bee'],
        consoleHistory: ['db.cfg{}', 'a\nb'],
      },
      {
        number: 3,
        name: '',
        cwd: '/home/user',
        transcript: [],
        shellHistory: [],
        consoleHistory: [],
      },
    ],
    servers: [{ terminal: 1, id: 1, cwd: '/home/user/one', command: 'bee', isRunning: true }],
    directories: ['/home', '/home/user', '/home/user/one', '/home/user/empty'],
    modifiedAt: new Map([
      ['/home/user/one', 1_795_385_540.123],
      ['/home/user/one/empty', 0],
      ['/home/user/one/Grüße.lua', 1_700_000_000],
    ]),
    arrangement: 'grid',
    layouts: { 'playground-rows': { cluster: 20, terminals: 80 } },
  },
  files: new Map([
    ['/home/user/one/00000000000000000000.snap', Uint8Array.from({ length: 3000 }, (_, at) => at)],
    ['/home/user/one/empty', bytes()],
    ['/home/user/one/Grüße.lua', bytes(0, 255, 10)],
  ]),
};

test('a session comes back as it was, as a file and as a link', async () => {
  const packed = await packSession(session);
  expect(await unpackSession(packed)).toEqual(session);
  const link = toLinkText(packed);
  expect(link).toMatch(/^[\w-]+$/);
  expect(await unpackSession(fromLinkText(link))).toEqual(session);
});

test('a changed byte is refused, or changes nothing', { timeout: 60_000 }, async () => {
  const packed = await packSession(session);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(packed.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, mask) => {
        const damaged = packed.slice();
        damaged[at] = (damaged[at] ?? 0) ^ mask;
        const outcome = await unpackSession(damaged).catch((error: unknown) => error);
        if (outcome instanceof SessionError) return;
        expect(outcome).toEqual(session);
      },
    ),
    { numRuns: 400, seed: 7 },
  );
});

test('a link that was cut is refused', async () => {
  const link = toLinkText(await packSession(session));
  for (const length of [0, 10, link.length >> 1, link.length - 2]) {
    await expect(
      Promise.resolve().then(() => unpackSession(fromLinkText(link.slice(0, length)))),
    ).rejects.toThrow(SessionError);
  }
});

describe('what is no session says what it is', () => {
  const zip = async (entries: Record<string, string>): Promise<Uint8Array> => {
    const { zipSync, strToU8 } = await import('fflate');
    return zipSync(
      Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)])),
    );
  };

  test.each([
    ['another zip', { 'a.txt': 'a' }, /it has no session\.json/],
    ['another session.json', { 'session.json': '{"format":"x"}' }, /not one of Bee/],
    [
      'a newer format',
      { 'session.json': '{"format":"bee-session","version":2}' },
      /newer Bee \(format 2; this page knows 1\)/,
    ],
    ['no JSON', { 'session.json': 'hello' }, /session\.json cannot be read/],
  ])('%s', async (_, entries, words) => {
    await expect(unpackSession(await zip(entries))).rejects.toThrow(words);
  });

  test('characters that no link has', () => {
    expect(() => fromLinkText('%%%')).toThrow(SessionError);
  });

  test('a path that climbs', async () => {
    const files = new Map([['/home/../etc/x', bytes(1)]]);
    const packed = await packSession({ ...session, files });
    await expect(unpackSession(packed)).rejects.toThrow(
      /a path that is none: "\/home\/\.\.\/etc\/x"/,
    );
  });
});
