/**
 * Runs a TypeScript file in Node, which does not read TypeScript itself before version 22: `node
 * run-typescript.mjs FILE.ts ARG …`. For tools; what is measured or shipped is bundled instead
 * (`build.mjs`).
 */
import { resolve } from 'node:path';
import { root } from './common.mjs';
import { installPackages } from './install.mjs';

const [, , entry, ...args] = process.argv;
if (entry === undefined) {
  console.error('run-typescript.mjs FILE.ts [ARG …]');
  process.exit(2);
}
installPackages();
const { runnerImport } = await import('vite');
process.argv = [process.argv[0] ?? 'node', resolve(entry), ...args];
await runnerImport(resolve(entry), {
  root,
  configFile: `${root}/vite.config.ts`,
  logLevel: 'error',
});
