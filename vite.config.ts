/**
 * How the page is built and the tests are run. Three doors become one static folder with a relative
 * base: `index.html` (tutorial and playground), `embed.html` (the same in an iframe), `bee-lab.js`
 * (the same in a page of somebody else's). It runs from any folder of any static host.
 */
import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { lessons } from './tutorial/lesson-plugin.ts';

const root = import.meta.dirname;
const pages = ['index.html', 'embed.html'].filter((page) => existsSync(`${root}/${page}`));

/** The loader of `<bee-lab>`: pages elsewhere name it, so its name must not change with its content. */
const loader = 'bee-lab';
/** What it loads when a reader asks for it. */
const lazyPart = 'mount-lab';

/** What only records facts from the real server, `npm run record`: no test. */
const recorders = process.env['RECORD'] === undefined ? ['test/replication/record.test.ts'] : [];

/** Tests that drive a browser. All others run in Node alone. */
const browserTests = [
  'test/e2e/**/*.test.ts',
  'test/browser/{chromium,instance,trouble}.test.ts',
  'test/**/*.browser.test.ts',
];

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

/**
 * Writes into the loader what its button loads, and how much that is: what is imported, a server's worker, two fonts, each as
 * small as a host that compresses sends it. So the loader is one file, which imports nothing before it is asked to.
 */
function completeLoader(): Plugin {
  const gzipped = (body: string | Uint8Array): number => gzipSync(body, { level: 9 }).length;
  return {
    name: 'complete-loader',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const chunks = files.filter((file) => file.type === 'chunk');
      const script = chunks.find((chunk) => chunk.fileName === `${loader}.js`);
      const lab = chunks.find((chunk) => chunk.name === lazyPart && chunk.isEntry);
      if (script === undefined || lab === undefined) return;
      const loaded = new Set([lab]);
      // A set also hands out what is added while one walks it.
      for (const { imports } of loaded) {
        for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk);
      }
      const worker = files.flatMap((file) =>
        file.type === 'asset' && file.fileName.includes('instance-worker') ? [file.source] : [],
      );
      const fonts = ['plex-sans', 'jetbrains-mono'].map((name) =>
        readFileSync(`${root}/public/fonts/${name}.woff2`),
      );
      const bodies = [...[...loaded].map(({ code }) => code), ...worker, ...fonts];
      const bytes = bodies.reduce((sum, body) => sum + gzipped(body), 0);
      const words = {
        __BEE_LAB_SIZE__: `${Math.ceil(bytes / 10_000) * 10} kB`,
        __BEE_LAB_MODULE__: lab.fileName,
        // Written as `import`, Vite would wrap it into a helper that is a second file.
        __BEE_LAB_IMPORT__: 'import',
      };
      for (const [place, word] of Object.entries(words)) {
        if (!script.code.includes(place)) this.error(`${loader}.ts has no place for ${place}`);
        script.code = script.code.replace(place, word);
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [react(), lessons(), luaEngineWithoutNode(), completeLoader()],
  build: {
    target: 'es2023',
    // The first with `light-dark()`: made of variables for older ones, it could not follow an element's own theme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    rolldownOptions: {
      // The loader asks the lab for its function; without this an entry exports nothing.
      preserveEntrySignatures: 'exports-only',
      input: {
        ...Object.fromEntries(pages.map((page) => [page.replace('.html', ''), `${root}/${page}`])),
        [loader]: `${root}/src/embed/${loader}.ts`,
        [lazyPart]: `${root}/src/ui/embed/${lazyPart}.tsx`,
      },
      output: {
        entryFileNames: ({ name }) => (name === loader ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
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
          // Waits have limits of their own, which say what was waited for; these end only what hangs.
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
