/**
 * `npm run record`: asks the real server, where it is installed, for everything that tests compare
 * with, and writes it down anew. Then `git diff` shows what has changed: nothing but UUIDs and
 * times, unless a recorder was changed. `npm run record -- yaml` does those whose name has "yaml";
 * `npm run record -- scripts transactions` of the transcripts those whose path has "transactions".
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRealServerInstalled } from '../iproto/real-server.ts';
import { root } from './source-tree.ts';

interface Recording {
  readonly name: string;
  readonly command: readonly string[];
  /** Takes the standard output; recorders without it write their files themselves. */
  readonly output?: string;
  /** Fed to the standard input. */
  readonly input?: string;
  /** It has many files, and takes a part of their paths as its argument. */
  readonly hasManyFiles?: true;
}

const listFunctions = `
  box.cfg{work_dir = require('fio').tempdir(), log = '/dev/null'}
  print(dofile('${join(root, 'test/server/list-functions.lua')}'))
  os.exit(0)`;

const recordings: readonly Recording[] = [
  {
    name: 'yaml: what the console prints',
    command: ['tarantool', 'test/yaml/record.lua', '1', '400'],
    output: 'test/yaml/recorded.jsonl',
  },
  {
    name: 'yaml: what it reads',
    command: ['tarantool', 'test/yaml/record-decode.lua'],
    input: 'test/yaml/recorded.jsonl',
    output: 'test/yaml/decoded.jsonl',
  },
  {
    name: 'lua-lib: calls of the modules',
    command: ['tarantool', 'test/lua-lib/record.lua'],
    output: 'test/lua-lib/recorded.jsonl',
  },
  {
    name: 'scripts: golden transcripts of the console',
    command: [process.execPath, 'test/tools/run-typescript.mjs', 'test/tools/record-scripts.ts'],
    hasManyFiles: true,
  },
  {
    name: 'situations: what several servers answer',
    command: [process.execPath, 'test/tools/run-typescript.mjs', 'test/tools/record-situations.ts'],
    hasManyFiles: true,
  },
  {
    name: 'bootstrap: the system tuples of a fresh server',
    command: [process.execPath, 'test/tools/record-bootstrap.mjs'],
  },
  { name: 'fixtures: files of a real server', command: ['sh', 'test/fixtures/real/record.sh'] },
  {
    name: 'functions: what the real server has for programs',
    command: ['tarantool', '-e', listFunctions],
    output: 'test/server/real-functions.txt',
  },
  {
    name: 'functions: the table of what Bee has of them',
    command: [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      'test/server/functions.test.ts',
    ],
  },
  ...recordTests(),
];

/** Recorders that are written as tests: they compare, or with RECORD set they write. */
function recordTests(): Recording[] {
  return readdirSync(join(root, 'test'))
    .map((area) => `test/${area}/record.test.ts`)
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({
      name: path,
      command: [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', path],
    }));
}

function record(recording: Recording, files: string): boolean {
  const { name, command, input, output, hasManyFiles } = recording;
  console.log(name);
  const [file = '', ...args] = command;
  const { status, stdout } = spawnSync(file, hasManyFiles ? [...args, files] : args, {
    cwd: root,
    input: input === undefined ? '' : readFileSync(join(root, input)),
    // The 32 MiB are eight times the largest recording.
    maxBuffer: 32 * 1024 * 1024,
    env: { ...process.env, RECORD: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.log(`  failed with ${status}\n${String(stdout).slice(-2000)}`);
    return false;
  }
  if (output !== undefined) writeFileSync(join(root, output), stdout);
  return true;
}

if (!isRealServerInstalled) {
  console.log('The real server 2.6.0 is not installed: sudo apt-get install tarantool');
  process.exitCode = 1;
} else {
  const [filter = '', files = ''] = process.argv.slice(2);
  const asked = recordings.filter(({ name }) => name.includes(filter));
  const failed = asked.filter((one) => !record(one, files)).length;
  console.log(failed === 0 ? 'Recorded; see git diff.' : `${failed} recorders failed.`);
  process.exitCode = failed === 0 ? 0 : 1;
}
