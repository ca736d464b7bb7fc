/**
 * `npm run build`: makes the static folder `dist`, and in it `bee.js`, the server for a terminal of
 * Node. With `--if-stale` only what is older than its sources. Other scripts import the functions.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, seconds } from './common.mjs';
import { installPackages } from './install.mjs';

const dist = `${root}/dist`;
const config = 'vite.config.ts';
/** What is in the static folder beside the page, and not of it. */
const programs = ['bee.js', 'gateway.js'];

/** The newest change below a path, in milliseconds; 0 when there is nothing. */
function newestIn(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestIn(join(path, name))),
    stat.mtimeMs,
  );
}

/**
 * Builds one thing unless it is asked to skip what is fresh. The time of the build's begin stands
 * on a stamp file.
 */
async function buildOne({ name, output, inputs, ifStale, make }) {
  const stamp = `${root}/.cache/built-${name}`;
  const builtAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const isFresh =
    existsSync(output) && inputs.every((input) => newestIn(join(root, input)) < builtAt);
  if (ifStale && isFresh) return;
  const begun = Date.now();
  // A test that builds says 'test' there, and libraries would come in their slow, talkative form.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await make();
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
  mkdirSync(`${root}/.cache`, { recursive: true });
  writeFileSync(stamp, '');
  console.error(`Built ${output.slice(root.length + 1)} (${seconds(Date.now() - begun)}).`);
}

/**
 * Builds the page.
 * @param {{ ifStale?: boolean }} options
 */
export async function buildPage({ ifStale = false } = {}) {
  await buildOne({
    name: 'page',
    output: `${dist}/index.html`,
    inputs: ['src', 'tutorial', 'public', 'index.html', 'embed.html', config, 'package-lock.json'],
    ifStale,
    make: async () => {
      const { build } = await import('vite');
      for (const name of existsSync(dist) ? readdirSync(dist) : []) {
        if (!programs.includes(name)) rmSync(join(dist, name), { recursive: true });
      }
      await build({
        root,
        configFile: `${root}/${config}`,
        logLevel: 'warn',
        build: { emptyOutDir: false },
      });
    },
  });
}

/**
 * Builds the server for Node into one file; packages stay in node_modules.
 * @param {{ ifStale?: boolean }} options
 */
export async function buildBee({ ifStale = false } = {}) {
  await buildProgram('bee', 'node', ['src/bee', 'src/node', 'src/shell'], ifStale);
}

/**
 * Builds the gateway between a page and real servers.
 * @param {{ ifStale?: boolean }} options
 */
export async function buildGateway({ ifStale = false } = {}) {
  await buildProgram('gateway', 'gateway', ['src/bee', 'src/gateway'], ifStale);
}

async function buildProgram(name, folder, sources, ifStale) {
  await buildOne({
    name,
    output: `${dist}/${name}.js`,
    inputs: [...sources, config, 'package-lock.json'],
    ifStale,
    make: async () => {
      const { build } = await import('vite');
      await build({
        root,
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        // The engine is prepared while it is loaded (src/bee/lua/vm/prepare.ts): left outside, all of it would
        // be loaded before the first line of the bundle.
        ssr: { noExternal: ['fengari'] },
        build: {
          ssr: `${root}/src/${folder}/main.ts`,
          outDir: dist,
          emptyOutDir: false,
          target: 'node20',
          minify: false,
          rolldownOptions: { output: { entryFileNames: `${name}.js`, codeSplitting: false } },
        },
      });
    },
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const ifStale = process.argv.includes('--if-stale');
  installPackages();
  try {
    if (!process.argv.includes('--bee')) await buildPage({ ifStale });
    await buildBee({ ifStale });
    await buildGateway({ ifStale });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
