import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';
import { root } from '../tools/source-tree.ts';
import type { Mutation } from './mutations.ts';

/**
 * Bundles the simulator with the server into one file, as `npm run build` bundles the server.
 * @param mutation a bug to build in; see `mutations.ts`
 * @returns the file's path
 */
export async function bundleSimulator(mutation?: Mutation): Promise<string> {
  const name = mutation === undefined ? 'sim' : `sim-${mutation.name.replaceAll(' ', '-')}`;
  if (!process.listeners('exit').includes(removeBundles)) process.once('exit', removeBundles);
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: mutation === undefined ? [] : [mutated(mutation)],
    ssr: { noExternal: ['fengari'] },
    build: {
      ssr: join(root, 'test/sim/seed-runner.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs`, codeSplitting: false } },
    },
  });
  return join(folder, `${name}.mjs`);
}

const folder = join(root, '.cache/sim', String(process.pid));

/** Three megabytes a bundle: nobody wants those of last week. */
function removeBundles(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Changes one place of one source file while it is bundled. The place must be there, and once: a moved one is an error. */
function mutated({ name, file, find, replace }: Mutation): Plugin {
  return {
    name: 'mutation',
    enforce: 'pre',
    transform: {
      filter: { id: new RegExp(`/${file.replaceAll('.', '\\.')}$`) },
      handler(code) {
        const count = code.split(find).length - 1;
        if (count !== 1) throw new Error(`${name}: ${file} holds its place ${count} times`);
        return { code: code.replace(find, () => replace), map: null };
      },
    },
  };
}
