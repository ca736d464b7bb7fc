/**
 * `npm run bench`: runs `test/bench/*.bench.ts`, in Node or in real Chromium as each asks, and
 * prints one table. `test/bench/report.ts` says how a bench is written. A bench is bundled and
 * minified as the product is before it is measured.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, loadConfigFromFile, type Rolldown } from 'vite';
import { judge, type Measure, type Report, table } from '../bench/report.ts';
import { Site } from '../e2e/tutorial-page.ts';
import { type Site as Files, hasChromium, launchProfile, StaticServer } from './chromium.ts';
import { root } from './source-tree.ts';

const folder = join(root, 'test/bench');
const scratch = join(root, '.cache/bench', String(process.pid));

interface Bench {
  readonly name: string;
  readonly path: string;
  readonly host: string;
}

function findBenches(filter: string): Bench[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.bench.ts') && file.includes(filter))
    .sort()
    .map((file) => {
      const path = join(folder, file);
      const [, host = 'node'] =
        /export const host = '(\w+)'/.exec(readFileSync(path, 'utf8')) ?? [];
      return { name: file.replace('.bench.ts', ''), path, host };
    });
}

async function runInNode(bench: Bench, report: Report): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      ssr: bench.path,
      outDir: scratch,
      emptyOutDir: false,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: `${bench.name}.mjs` } },
    },
  });
  const module: { run: (report: Report) => Promise<void> } = await import(
    /* @vite-ignore */ pathToFileURL(join(scratch, `${bench.name}.mjs`)).href
  );
  await module.run(report);
}

/** A bench that looks at the built page from outside, as a reader does. */
async function runOnPage(bench: Bench, report: Report): Promise<void> {
  const module: { run: (report: Report, site: Site) => Promise<void> } = await import(
    /* @vite-ignore */ bench.path
  );
  const site = await Site.start();
  try {
    await module.run(report, site);
  } finally {
    await site.close();
  }
}

/** A bench of whole servers as processes: it runs as it stands, so that it finds what they are built from. */
async function runWithProcesses(bench: Bench, report: Report): Promise<void> {
  const module: { run: (report: Report) => Promise<void> } = await import(
    /* @vite-ignore */ bench.path
  );
  await module.run(report);
}

const runners: Readonly<Record<string, (bench: Bench, report: Report) => Promise<void>>> = {
  node: runInNode,
  processes: runWithProcesses,
  chromium: runInChromium,
  page: runOnPage,
};

async function runInChromium(bench: Bench, report: Report): Promise<void> {
  const entry = join(scratch, `${bench.name}-page.ts`);
  writeFileSync(
    entry,
    `import { run } from ${JSON.stringify(bench.path)};
     const measure = (one) => window.benchMeasure(one);
     run({ measure }).then(() => window.benchDone(), (error) => window.benchDone(error.stack ?? String(error)));`,
  );
  const server = await StaticServer.start(await pageOf(entry));
  const browser = await launchProfile();
  try {
    const page = await browser.context.newPage();
    page.on('console', (message) => console.error(`${bench.name}: ${message.text()}`));
    page.on('pageerror', (error) => console.error(`${bench.name}: ${error.message}`));
    await page.exposeFunction('benchMeasure', (measure: Measure) => report.measure(measure));
    const done = new Promise<string | undefined>((resolve) => {
      void page.exposeFunction('benchDone', resolve).then(() => page.goto(`${server.url}/`));
    });
    const error = await done;
    if (error !== undefined) throw new Error(error);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Bundles a page with the project's own configuration, into memory. */
async function pageOf(entry: string): Promise<Files> {
  const loaded = await loadConfigFromFile(
    { command: 'build', mode: 'production' },
    join(root, 'vite.config.ts'),
  );
  const config = loaded?.config ?? {};
  const output = await build({
    ...config,
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: { ...config.build, write: false, rolldownOptions: { input: { page: entry } } },
  });
  // Without `watch` the result is never a watcher.
  const results = (Array.isArray(output) ? output : [output]) as readonly Rolldown.RolldownOutput[];
  const site = new Map<string, string | Uint8Array>();
  for (const file of results.flatMap((result) => result.output)) {
    site.set(`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source);
    if (file.type === 'chunk' && file.isEntry) {
      const html = `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/${file.fileName}"></script>`;
      site.set('/index.html', html);
    }
  }
  return site;
}

const measures: (Measure & { readonly bench: string })[] = [];
let failures = 0;
mkdirSync(scratch, { recursive: true });
for (const bench of findBenches(process.argv[2] ?? '')) {
  if (!['node', 'processes'].includes(bench.host) && !hasChromium) {
    console.log(`${bench.name}: skipped, Chromium is not installed`);
    continue;
  }
  const begun = performance.now();
  const report: Report = {
    measure: (measure) => void measures.push({ ...measure, bench: bench.name }),
  };
  try {
    await (runners[bench.host] ?? runInNode)(bench, report);
  } catch (error) {
    failures++;
    console.log(`${bench.name}: failed: ${error instanceof Error ? error.stack : String(error)}`);
  }
  console.error(`${bench.name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
rmSync(scratch, { recursive: true, force: true });
const lines = judge(measures);
console.log(`\n${table(lines)}\n`);
const missed = lines.filter((line) => line.isMet === false).length;
console.log(`${lines.length} measures, ${missed} aims missed, ${failures} benches failed`);
process.exitCode = failures === 0 ? 0 : 1;
