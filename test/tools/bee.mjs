/** `npm run bee`: a Bee server in this terminal, built first when its sources changed. */
import { pathToFileURL } from 'node:url';
import { buildBee } from './build.mjs';
import { root } from './common.mjs';
import { installPackages } from './install.mjs';

installPackages();
await buildBee({ ifStale: true });
const bundle = `${root}/dist/bee.js`;
process.argv[1] = bundle;
await import(pathToFileURL(bundle).href);
