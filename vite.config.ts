/**
 * How the page is built and the tests are run. Three doors become one static folder with a relative
 * base: `index.html` (tutorial and playground), `embed.html` (the same in an iframe). It runs from
 * any folder of any static host.
 */
import { existsSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { lessons } from './tutorial/lesson-plugin.ts';

const root = import.meta.dirname;
const pages = ['index.html', 'embed.html'].filter((page) => existsSync(`${root}/${page}`));

/** What only records facts from the real server, `npm run record`: no test. */
const recorders = process.env['RECORD'] === undefined ? ['test/replication/record.test.ts'] : [];

/** Tests that drive a browser. All others run in Node alone. */
const browserTests = ['test/e2e/**/*.test.ts', 'test/**/*.browser.test.ts'];

/**
 * The Lua engine asks `typeof process` to tell Node from a browser and reads one setting from the
 * environment. Told that there is no process, the bundler drops its Node half (fs, child_process,
 * readline-sync) instead of stubbing it. Only the page's bundles see this: under vitest Node loads
 * the engine itself.
 *
 * The engine's modules import each other in circles and work only when `fengari/src/lua.js` comes
 * first; its package claims to be free of side effects, so a bare import of that file would be
 * dropped from the build without the flag here.
 */
function luaEngineWithoutNode(): Plugin {
  return {
    name: 'lua-engine-without-node',
    transform: {
      filter: { id: /\/fengari\/src\/.*\.js$/ },
      handler: (code) => ({
        code: code
          .replaceAll('process.env.FENGARICONF', 'undefined')
          .replaceAll('typeof process', '"undefined"'),
        map: null,
        moduleSideEffects: true,
      }),
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [react(), lessons(), luaEngineWithoutNode()],
  build: {
    target: 'es2023',
    rolldownOptions: { input: pages.map((page) => `${root}/${page}`) },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // kB before compression; size-limit and a test watch what is downloaded.
    chunkSizeWarningLimit: 1200,
    assetsInlineLimit: 0,
  },
  server: { watch: { ignored: ['**/.cache/**', '**/dist/**'] } },
  worker: { format: 'es', plugins: () => [luaEngineWithoutNode()] },
  optimizeDeps: { rolldownOptions: { plugins: [luaEngineWithoutNode()] } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [...browserTests, ...recorders],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: browserTests,
          // One browser at a time, and three pages where a test says that it may share:
          // most of the time they wait, and two cores carry three.
          fileParallelism: false,
          maxConcurrency: 3,
        },
      },
    ],
  },
});
