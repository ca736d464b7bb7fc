// `bee` as a command: what a pipe, a script and a shell can rely on.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeReal } from '../real/tarantool.ts';
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

/** How a command line ends that goes wrong, in the real command's words. */
const failures: readonly {
  readonly args: readonly string[];
  readonly code: number;
  readonly output?: string;
  readonly log?: string;
}[] = [
  {
    args: ['missing.lua'],
    code: 2,
    output: "Can't open script missing.lua: No such file or directory\n",
  },
  {
    args: ['-e', 'print(1)', 'missing.lua'],
    code: 2,
    output: "Can't open script missing.lua: No such file or directory\n",
  },
  {
    args: ['raises.lua'],
    code: 1,
    log: 'LuajitError: raises.lua:1: on purpose\nfatal error, exiting the event loop\n',
  },
  {
    args: ['wrong.lua'],
    code: 1,
    log: "LuajitError: wrong.lua:1: '=' expected near 'is'\nfatal error, exiting the event loop\n",
  },
  {
    args: ['database.lua'],
    code: 1,
    log: "ER_NO_SUCH_SPACE: Space 'x' does not exist\nfatal error, exiting the event loop\n",
  },
  { args: ['-z'], code: 64, log: "bee: invalid option -- 'z'\n" },
  { args: ['--nope'], code: 64, log: "bee: unrecognized option '--nope'\n" },
  { args: ['-e'], code: 64, log: "bee: option requires an argument -- 'e'\n" },
  { args: ['-e', 'os.exit(false)'], code: 0 },
];

function writeFailing(directoryOf: string): void {
  writeFileSync(join(directoryOf, 'raises.lua'), 'error("on purpose")');
  writeFileSync(join(directoryOf, 'wrong.lua'), 'this is no Lua');
  const program = "db = rawget(_G, 'box') or db\ndb.error(db.error.NO_SUCH_SPACE, 'x')";
  writeFileSync(join(directoryOf, 'database.lua'), program);
}

test.each(failures)('$args fails in so many words', async ({ args, code, output, log }) => {
  writeFailing(directory);
  expect(await bee(args, '')).toEqual({ code, output: output ?? '', log: log ?? '' });
});

describeReal('the real command', () => {
  test.each(failures)('$args fails in the same words', ({ args, code, output, log }) => {
    writeFailing(directory);
    const ran = spawnSync('tarantool', args, { cwd: directory, encoding: 'utf8', input: '' });
    const words = ran.stderr.replace('tarantool: ', 'bee: ');
    expect({ code: ran.status, output: ran.stdout, log: words }).toEqual({
      code,
      output: output ?? '',
      log: log ?? '',
    });
  });
});

test('a program that fails in a running server says so in the log, with time and place', async () => {
  const ran = await bee(['-e', "db.cfg{} error('afterwards')"], '');
  expect(ran.code).toBe(1);
  expect(ran.log).toMatch(
    /main utils\.c:1005 E> LuajitError: -e:1: afterwards\n.*main F> fatal error/,
  );
});

test('-l gives a library a global name, arg tells the command', async () => {
  const ran = await bee(['-l', 'fiber', '-e', 'print(type(fiber.sleep), arg[0], arg[1])'], '');
  expect(ran.output).toBe('function\tbee\tnil\n');
  const script = await bee(['-', 'one'], 'print(arg[-1]:match("bee.js$"), arg[0], arg[1], ...)');
  expect(script.output).toBe('bee.js\t-\tone\tone\n');
});

test('the environment is there', async () => {
  const ran = await bee(['-e', "print(os.getenv('HOME'), os.getenv('BEE_NOT_THERE'))"], '');
  expect(ran.output).toBe(`${process.env['HOME']}\tnil\n`);
});

test('SIGTERM ends also a server whose program never ends', async () => {
  const ran = await bee(
    ['-e', "db.cfg{} require('log').info('busy') while true do end"],
    '',
    (log, kill) => {
      if (log.includes('busy')) kill('SIGTERM');
    },
  );
  expect(ran.code).toBe(0);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a server in order', async (signal) => {
  // A row, so that there is a log to be closed.
  const program = `db.cfg{} db.space._schema:replace{'served', 1} require('log').info('serving')`;
  writeFileSync(join(directory, 'serve.lua'), program);
  const ran = await bee(['serve.lua'], '', (log, kill) => {
    if (log.includes('serving')) kill(signal);
  });
  expect(ran.code).toBe(0);
  const again = await bee([], 'db.cfg{}\n');
  expect(again.log).toContain('ready to accept requests');
  expect(again.log).not.toContain("wasn't correctly closed");
});
