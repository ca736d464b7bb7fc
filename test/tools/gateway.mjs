/** `npm run gateway -- --allow HOST:PORT`: the gateway between a page and real servers, built first when its sources changed. */
import { pathToFileURL } from 'node:url';
import { buildGateway } from './build.mjs';
import { root } from './common.mjs';
import { installPackages } from './install.mjs';

installPackages();
try {
  await buildGateway({ ifStale: true });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const bundle = `${root}/dist/gateway.js`;
process.argv[1] = bundle;
await import(pathToFileURL(bundle).href);
