/**
 * `npm test`: installs what is missing, runs the checks and every test, and ends with one line of
 * numbers.
 *
 * 1. npm packages by the lock file; Chromium, the real server and Sphinx from Debian, where apt-get may be
 *    used. What cannot be installed is said; the suites that need it are then skipped, and listed
 *    by name and count.
 * 2. `npm run check`, then the tests that run in Node, then, one file after the other, those that
 *    drive a browser.
 * 3. The slowest files with their seconds, what was skipped, what failed, and `N passed, N failed[,
 *    N skipped]`.
 *
 * Arguments are handed to vitest: `npm test -- test/wal` runs some files only, and no checks.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { buildBee, buildPage } from './build.mjs';
import { runChecks } from './check.mjs';
import { root, seconds } from './common.mjs';
import { installPackages, installProgram } from './install.mjs';

/** 15 minutes: five times what a suite takes on two slow cores; whoever needs longer hangs. */
const suiteMinutesMax = 15;
const slowestShown = 10;
const reports = `${root}/.cache/test`;

/** Runs one vitest project to its end; its report is the truth about it. */
async function runSuite(project, filters) {
  const begun = Date.now();
  const report = `${reports}/${project}.json`;
  rmSync(report, { force: true });
  const args = [
    `${root}/node_modules/vitest/vitest.mjs`,
    'run',
    `--project=${project}`,
    '--passWithNoTests',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ];
  const code = await new Promise((done) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      detached: true,
    });
    const kill = setTimeout(() => {
      console.log(
        `The suite "${project}" took more than ${suiteMinutesMax} minutes and was ended.`,
      );
      // The whole group: browsers and workers of the suite go with it.
      process.kill(-child.pid, 'SIGKILL');
    }, suiteMinutesMax * 60_000);
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => {
        process.kill(-child.pid, 'SIGKILL');
        process.exit(1);
      });
    }
    child.on('close', (status) => {
      clearTimeout(kill);
      done(status);
    });
  });
  console.log(`\nsuite ${project}: ${seconds(Date.now() - begun)}`);
  return readReport(project, report, code);
}

/**
 * Sums up a report. A suite that ended without one, or badly although nothing failed, is one
 * failure.
 */
function readReport(project, report, code) {
  const lost = (reason) => ({
    passed: 0,
    failures: [`suite ${project}: ${reason}`],
    skipped: [],
    files: [],
  });
  if (!existsSync(report)) return lost(`ended with ${code} and no report`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const outcome = { passed: 0, failures: [], skipped: [], files: [] };
  for (const file of testResults) {
    const path = relative(root, file.name);
    outcome.files.push({ path, time: file.endTime - file.startTime });
    for (const test of file.assertionResults) {
      if (test.status === 'passed') outcome.passed++;
      else if (test.status === 'failed') outcome.failures.push(`${path} › ${test.fullName}`);
      else outcome.skipped.push({ path, name: test.fullName });
    }
    // A file that could not even be loaded has no tests to count.
    if (
      file.status === 'failed' &&
      !file.assertionResults.some((test) => test.status === 'failed')
    ) {
      outcome.failures.push(`${path}: ${String(file.message).split('\n')[0]}`);
    }
  }
  if (code !== 0 && outcome.failures.length === 0) return lost(`ended with ${code}`);
  return outcome;
}

function printSlowest(files) {
  console.log('\nSlowest files:');
  for (const { path, time } of [...files]
    .sort((one, other) => other.time - one.time)
    .slice(0, slowestShown)) {
    console.log(`  ${seconds(time).padStart(8)}  ${path}`);
  }
}

function printSkipped(skipped, reasons) {
  if (skipped.length === 0) return;
  console.log(`\nSkipped, ${skipped.length} in all:`);
  for (const reason of reasons) console.log(`  because ${reason}`);
  const files = new Map();
  for (const { path, name } of skipped) files.set(path, [...(files.get(path) ?? []), name]);
  for (const [path, names] of files) {
    console.log(`  ${path}: ${names.length}`);
    for (const name of names) console.log(`    ${name}`);
  }
}

const begun = Date.now();
const filters = process.argv.slice(2);
installPackages();
const missing = [
  installProgram('chromium', ['chromium', 'fonts-dejavu-core']),
  installProgram('tarantool', ['tarantool']),
  installProgram('sphinx-build', ['python3-sphinx']),
].filter((reason) => reason !== undefined);
for (const reason of missing) console.log(`Note: ${reason}.`);
mkdirSync(reports, { recursive: true });

const outcomes = [];
if (filters.length === 0) {
  const checks = await runChecks({ withHouseRules: false });
  outcomes.push({
    passed: checks.filter((check) => check.passed).length,
    failures: checks.filter((check) => !check.passed).map((check) => `check: ${check.name}`),
    skipped: [],
    files: [],
  });
}
try {
  if (existsSync(`${root}/index.html`)) await buildPage({ ifStale: true });
  await buildBee({ ifStale: true });
} catch (error) {
  console.log(error.message);
  outcomes.push({ passed: 0, failures: ['npm run build'], skipped: [], files: [] });
}
outcomes.push(await runSuite('node', filters));
outcomes.push(await runSuite('browser', filters));

printSlowest(outcomes.flatMap((outcome) => outcome.files));
const skipped = outcomes.flatMap((outcome) => outcome.skipped);
printSkipped(skipped, missing);
const failures = outcomes.flatMap((outcome) => outcome.failures);
if (failures.length > 0)
  console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}`);
const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
console.log(`\nAll of it took ${seconds(Date.now() - begun)}.`);
console.log(
  `${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
