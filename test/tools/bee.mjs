/**
 * `npm run -s bee -- [FILE.lua]`: a Bee server in this terminal, built first when its sources changed.
 * The way to it is short, because a server is started often: nothing is loaded that a fresh bundle does not need.
 */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildBee } from './build.mjs';
import { root } from './common.mjs';
import { installPackages } from './install.mjs';

installPackages();
try {
  await buildBee({ ifStale: true });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const bundle = `${root}/dist/bee.js`;
process.argv[1] = bundle;
// npm runs its scripts in the package's directory; the server's files belong where the command was given (npm --prefix).
const origin = process.env.npm_lifecycle_event === 'bee' ? process.env.INIT_CWD : undefined;
if (origin !== undefined && relative(root, origin).startsWith('..')) process.chdir(origin);
await import(pathToFileURL(bundle).href);
