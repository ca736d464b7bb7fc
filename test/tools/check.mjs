/**
 * `npm run check`: types, format, lint and the house rules, side by side, in seconds. Prints one line for each part and
 * the whole output of those that failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { root, seconds } from './common.mjs';

/** Each part of the source has the globals of its own host only, so each is its own TypeScript project. */
const projects = ['src/bee', 'src', 'src/node', 'test'];

/** Name and command of each part. */
function parts() {
  const typescript = `${root}/node_modules/typescript/bin/tsc`;
  const list = projects
    .filter((project) => existsSync(`${root}/${project}/tsconfig.json`))
    .map((project) => ({
      name: `types of ${project}`,
      command: [process.execPath, typescript, '-p', project, '--pretty', 'false'],
    }));
  list.push({
    name: 'format and lint',
    command: [process.execPath, `${root}/node_modules/@biomejs/biome/bin/biome`, 'check', '.'],
  });
  list.push({
    name: 'house rules',
    command: [
      process.execPath,
      `${root}/node_modules/vitest/vitest.mjs`,
      'run',
      'test/tidy.test.ts',
      '--reporter=dot',
    ],
  });
  return list;
}

/** Runs one part; resolves with its outcome. */
function run({ name, command }) {
  const begun = Date.now();
  return new Promise((done) => {
    const [file, ...args] = command;
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => {
      output += String(error);
      done({ name, passed: false, output, time: Date.now() - begun });
    });
    child.on('close', (code) =>
      done({ name, passed: code === 0, output, time: Date.now() - begun }),
    );
  });
}

const outcomes = await Promise.all(parts().map(run));
for (const { name, passed, time } of outcomes) {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds(time)})`);
}
for (const { name, passed, output } of outcomes) {
  if (!passed) console.log(`\n── ${name}\n${output.trim()}`);
}
const failed = outcomes.filter((outcome) => !outcome.passed).length;
process.exitCode = failed === 0 ? 0 : 1;
