/**
 * Installs what is missing, so that `npm start` and `npm test` work on a fresh machine with Node
 * and npm only. Plain Node, no dependency: it runs before anything is installed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, seconds } from './common.mjs';

/** The oldest Node that the build tools run on. */
const oldestNode = [20, 19];

/**
 * Ends the program with a sentence when this Node is too old: the tools would fail with a puzzle
 * instead.
 */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOldEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isOldEnough) return;
  console.error(
    `This needs Node ${oldestNode.join('.')} or later; here is ${process.versions.node}.`,
  );
  process.exit(1);
}

/**
 * What differs between the lock file and what is installed: the name of one package, or undefined.
 * Compares versions, not times: a checkout touches files.
 */
function missingPackage() {
  const installed = `${root}/node_modules/.package-lock.json`;
  if (!existsSync(installed)) return 'node_modules';
  const wanted = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  for (const [path, { version, optional, peer, os, cpu }] of Object.entries(wanted)) {
    // What is for another system, or a peer that nobody asked for, is rightly absent.
    if (path === '' || optional || (peer && present[path] === undefined) || os || cpu) continue;
    if (present[path]?.version !== version || !existsSync(join(root, path))) return path;
  }
  return undefined;
}

/**
 * Installs the npm packages of the lock file when they are not there. Ends the program when that
 * fails.
 */
export function installPackages() {
  requireNode();
  const missing = missingPackage();
  if (missing === undefined) return;
  console.log(`Installing npm packages (${missing} is missing or not the one of the lock file) …`);
  const begun = Date.now();
  // "npm ci" keeps to the lock file; where a registry lacks packages for other systems, which it
  // asks for, too, "npm install" helps.
  for (const command of [['ci'], ['install', '--no-save']]) {
    const { status } = spawnSync(
      'npm',
      [...command, '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    if (status === 0) {
      console.log(`Installed (${seconds(Date.now() - begun)}).`);
      return;
    }
  }
  console.error(
    '\nThe npm packages could not be installed. That needs the npm registry: look at the network, at "npm config get registry", and at the messages above.',
  );
  process.exit(1);
}

/**
 * Where a program is.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The command that gives a package manager its rights: none as root, sudo where it asks for no
 * password.
 */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (findProgram('sudo') === undefined) return undefined;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n']
    : undefined;
}

let isListUpdated = false;

/**
 * Installs Debian packages when a program is missing and this user may.
 * @param {string} program its presence says that nothing has to be done
 * @param {string[]} packages
 * @returns {string | undefined} why the program is still missing, and what to do; undefined when it
 *   is there
 */
export function installProgram(program, packages) {
  if (findProgram(program) !== undefined) return undefined;
  const advice = `install it with: sudo apt-get install ${packages.join(' ')}`;
  const prefix = asRoot();
  if (findProgram('apt-get') === undefined)
    return `${program} is not installed, and there is no apt-get here`;
  if (prefix === undefined) return `${program} is not installed; ${advice}`;
  console.log(`Installing ${packages.join(', ')} …`);
  const begun = Date.now();
  const apt = (...args) => {
    const [file, ...rest] = [...prefix, 'apt-get', '-y', '-qq', ...args];
    execFileSync(file, rest, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      // 10 minutes: a browser is 100 MB, and a mirror may be slow.
      timeout: 600_000,
    });
  };
  try {
    if (!isListUpdated) apt('update');
    isListUpdated = true;
    apt('install', '--no-install-recommends', ...packages);
  } catch (error) {
    return `apt-get could not install ${packages.join(', ')} (${error.message.split('\n')[0]}); ${advice}`;
  }
  console.log(`Installed (${seconds(Date.now() - begun)}).`);
  return findProgram(program) === undefined ? `${program} is still missing; ${advice}` : undefined;
}
