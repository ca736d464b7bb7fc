// `bee` as a command: what a pipe, a script and a shell can rely on.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildBee } from '../tools/build.mjs';
import { root } from '../tools/source-tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'bee-command-'));

beforeAll(() => buildBee({ ifStale: true }), 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly output: string;
  readonly log: string;
  readonly code: number | null;
}

/** Runs the command to its end. @param onLog sees the log as it grows */
function bee(
  args: readonly string[],
  input: string,
  onLog: (log: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'dist/bee.js'), ...args], {
      cwd: directory,
      stdio: 'pipe',
    });
    let [output, log] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
    child.stderr.on('data', (bytes: Buffer) => {
      log += bytes.toString();
      onLog(log, (signal) => child.kill(signal));
    });
    child.on('close', (code) => resolve({ output, log, code }));
    child.stdin.end(input);
  });
}

test('a pipe is answered statement by statement, and by nothing else', async () => {
  const { output, log, code } = await bee(
    [],
    `return 1, 'two'\ndb.cfg{}\nfor i = 1, 2 do\n  print(i)\nend\nx =\nerror('on purpose')\nreturn {3}`,
  );
  expect(output.replaceAll('---\n', '').split('...\n')).toEqual([
    '- 1\n- two\n',
    '',
    '1\n2\n',
    `- error: '[string "x =..."]:2: on purpose'\n`,
    '- - 3\n',
    '',
  ]);
  expect(code).toBe(0);
  expect(log).toContain('ready to accept requests');
  expect(readdirSync(directory).sort()).toEqual([
    '00000000000000000000.snap',
    '00000000000000000000.xlog',
  ]);
});

test('end of input comes after everything that was entered has run', async () => {
  const statements = Array.from({ length: 3000 }, (_unused, n) => `return ${n}\n`).join('');
  const { output } = await bee([], `${statements}require('fiber').sleep(0.05) return 'last'\n`);
  expect(output.split('...\n')).toHaveLength(3002);
  expect(output.endsWith('---\n- last\n...\n')).toBe(true);
});

test('a file gets its arguments, and -i leaves the console behind it', async () => {
  writeFileSync(join(directory, 'file.lua'), 'print(arg[0], arg[1], ...)\nfrom_file = 42\n');
  const ran = await bee(['-i', 'file.lua', 'one', '-x'], 'return from_file\n');
  expect(ran.output).toBe('file.lua\tone\tone\t-x\n---\n- 42\n...\n');
  expect((await bee(['file.lua', 'one'], 'return from_file\n')).output).toBe(
    'file.lua\tone\tone\n',
  );
});

test.each([
  [['-e', 'print(1) os.exit(3)'], '', '1\n', 3],
  [['-e', 'print(1)', '-e', 'print(2)'], '', '1\n2\n', 0],
  [['-'], 'print(5)\nprint(6)', '5\n6\n', 0],
  [[], 'os.exit(7)\nreturn 1\n', '', 7],
  [['--', 'file.lua'], '', 'file.lua\n', 0],
])('bee %j with %j', async (args, input, output, code) => {
  writeFileSync(join(directory, 'file.lua'), 'print(arg[0])\n');
  const ran = await bee(args, input);
  expect({ output: ran.output.replace(/\t.*/, ''), code: ran.code }).toEqual({ output, code });
});

test.each([
  ['error("on purpose")', 1, /on purpose/],
  ['this is no Lua', 1, /file\.lua:1:/],
])('a program that fails says so and ends with 1: %s', async (program, code, problem) => {
  writeFileSync(join(directory, 'file.lua'), program);
  const ran = await bee(['file.lua'], '');
  expect(ran.code).toBe(code);
  expect(ran.output + ran.log).toMatch(problem);
});

test('a file that is missing, an option that is unknown', async () => {
  expect((await bee(['missing.lua'], '')).code).toBe(1);
  expect((await bee(['-z'], '')).code).toBe(64);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a server in order', async (signal) => {
  writeFileSync(join(directory, 'serve.lua'), `db.cfg{}\nrequire('log').info('serving')\n`);
  const ran = await bee(['serve.lua'], '', (log, kill) => {
    if (log.includes('serving')) kill(signal);
  });
  expect(ran.code).toBe(0);
  const again = await bee([], 'db.cfg{}\n');
  expect(again.log).not.toContain("wasn't correctly closed");
});
