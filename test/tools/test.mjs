/**
 * `npm test`: installs what is missing, runs the checks and every test, and ends with one line of
 * numbers.
 *
 * 1. npm packages by the lock file; Chromium, the real server and Sphinx from Debian, where apt-get may be
 *    used. What cannot be installed is said; the suites that need it are then skipped, and listed
 *    by name and count.
 * 2. `npm run check`, then the tests that run in Node, then, one file after the other, those that
 *    drive a browser.
 * 3. Files in which something failed, if they are few, once more and alone. What passes then counts as
 *    passed and is listed by name: it hangs on how busy the machine is, which is worth a look and no
 *    fault of what is tested.
 * 4. The slowest files with their seconds, what was skipped, what failed, and `N passed, N failed[,
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

/** 25 minutes: more than twice what the longer suite takes on two slow cores; whoever needs longer hangs. */
const suiteMinutesMax = 25;
const slowestShown = 10;
/** More files than these do not fail for want of time: something is broken, and said at once. */
const filesPlayedAgainMax = 4;
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
 * What a suite's report says, file by file. A suite that ended without one, or badly although nothing
 * failed, is one failure of its own.
 */
function readReport(project, report, code) {
  const lost = (reason) => ({ project, files: [], failures: [`suite ${project}: ${reason}`] });
  if (!existsSync(report)) return lost(`ended with ${code} and no report`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const files = testResults.map((file) => {
    const named = (status) =>
      file.assertionResults.filter((test) => test.status === status).map((test) => test.fullName);
    const failures = named('failed');
    // A file that could not even be loaded has no tests to count.
    if (file.status === 'failed' && failures.length === 0) {
      failures.push(String(file.message).split('\n')[0]);
    }
    return {
      path: relative(root, file.name),
      time: file.endTime - file.startTime,
      passed: named('passed').length,
      failures,
      skipped: file.assertionResults
        .filter((test) => test.status !== 'passed' && test.status !== 'failed')
        .map((test) => test.fullName),
    };
  });
  const hasFailed = files.some((file) => file.failures.length > 0);
  return code !== 0 && !hasFailed ? lost(`ended with ${code}`) : { project, files, failures: [] };
}

/**
 * Plays the files again in which something failed, if they are few, and puts their second outcome in the
 * place of the first. Returns what failed and then passed, by name.
 */
async function playAgain(suites) {
  const broken = suites.flatMap(({ files }) => files.filter(({ failures }) => failures.length > 0));
  if (broken.length === 0 || broken.length > filesPlayedAgainMax) return [];
  const recovered = [];
  for (const suite of suites) {
    const paths = suite.files.filter((file) => broken.includes(file)).map(({ path }) => path);
    if (paths.length === 0) continue;
    console.log(`\nPlayed again, alone: ${paths.join(', ')}`);
    const second = await runSuite(suite.project, paths);
    // Such a run, of which nothing is known, takes no failure back.
    suite.failures.push(...second.failures);
    suite.files = suite.files.map((first) => {
      const again = second.files.find(({ path }) => path === first.path);
      if (again === undefined || !paths.includes(first.path)) return first;
      const gone = first.failures.filter((name) => !again.failures.includes(name));
      recovered.push(...gone.map((name) => `${first.path} › ${name}`));
      return { ...again, time: first.time + again.time };
    });
  }
  return recovered;
}

function printNames(heading, names) {
  if (names.length > 0) {
    console.log(`\n${heading}:\n${names.map((name) => `  ${name}`).join('\n')}`);
  }
}

function printSlowest(files) {
  console.log('\nSlowest files:');
  for (const { path, time } of [...files]
    .sort((one, other) => other.time - one.time)
    .slice(0, slowestShown)) {
    console.log(`  ${seconds(time).padStart(8)}  ${path}`);
  }
}

/** By file, since one reason skips whole files. */
function printSkipped(files, reasons) {
  const names = files.flatMap(({ skipped }) => skipped);
  if (names.length === 0) return;
  console.log(`\nSkipped, ${names.length} in all:`);
  for (const reason of reasons) console.log(`  because ${reason}`);
  for (const { path, skipped } of files.filter((file) => file.skipped.length > 0)) {
    console.log(`  ${path}: ${skipped.length}`);
    for (const name of skipped) console.log(`    ${name}`);
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

const ownFailures = [];
let checksPassed = 0;
if (filters.length === 0) {
  const checks = await runChecks({ withHouseRules: false });
  checksPassed = checks.filter((check) => check.passed).length;
  const failed = checks.filter((check) => !check.passed);
  ownFailures.push(...failed.map((check) => `check: ${check.name}`));
}
try {
  if (existsSync(`${root}/index.html`)) await buildPage({ ifStale: true });
  await buildBee({ ifStale: true });
} catch (error) {
  console.log(error.message);
  ownFailures.push('npm run build');
}
const suites = [];
for (const project of ['node', 'browser']) suites.push(await runSuite(project, filters));
const recovered = await playAgain(suites);

const files = suites.flatMap((suite) => suite.files);
const failures = [
  ...ownFailures,
  ...suites.flatMap((suite) => suite.failures),
  ...files.flatMap(({ path, failures: names }) => names.map((name) => `${path} › ${name}`)),
];
const passed = files.reduce((sum, file) => sum + file.passed, checksPassed);
const skipped = files.reduce((sum, file) => sum + file.skipped.length, 0);
printSlowest(files);
printSkipped(files, missing);
printNames('Failed at first, passed when played again alone', recovered);
printNames('Failed', failures);
console.log(`\nAll of it took ${seconds(Date.now() - begun)}.`);
console.log(
  `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
