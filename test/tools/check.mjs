/**
 * `npm run check`: types, format, lint and the house rules, side by side, in seconds. Prints one
 * line for each part and the whole output of those that failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root, seconds } from './common.mjs';
import { installPackages } from './install.mjs';

/**
 * Each part of the source has the globals of its own host only, so each is its own TypeScript
 * project.
 */
const projects = ['src/bee', 'src', 'src/node', 'src/gateway', 'test'];

/**
 * Name and command of each part. The house rules are a test file like others, so a full test run
 * has them anyway.
 */
function parts(withHouseRules) {
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
  if (withHouseRules) {
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
  }
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

/**
 * Runs all parts and prints how they came out.
 * @param {{ withHouseRules: boolean }} options
 */
export async function runChecks({ withHouseRules }) {
  const outcomes = await Promise.all(parts(withHouseRules).map(run));
  for (const { name, passed, time } of outcomes) {
    console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds(time)})`);
  }
  for (const { name, passed, output } of outcomes) {
    if (!passed) console.log(`\n── ${name}\n${output.trim()}`);
  }
  return outcomes;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installPackages();
  const outcomes = await runChecks({ withHouseRules: true });
  process.exitCode = outcomes.every((outcome) => outcome.passed) ? 0 : 1;
}
