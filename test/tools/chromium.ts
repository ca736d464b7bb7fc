/**
 * Real Chromium for tests: launches Debian's browser (or the one in BEE_CHROMIUM) through playwright-core, and serves
 * built pages from memory on a port of its own.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build, loadConfigFromFile, type Rolldown } from 'vite';

/** Where Debian puts it; another browser can be named by the environment. */
export const chromiumPath = process.env['BEE_CHROMIUM'] ?? '/usr/bin/chromium';

/** False where the browser is missing; tests that need it are then skipped by name. */
export const hasChromium = existsSync(chromiumPath);

/** Quiet flags: nothing but what the page asks for goes over the network, and no sandbox, since tests may run as root. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Launches the browser; the caller closes it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

/** Where pictures of pages go whose test failed. */
const failuresFolder = resolve(import.meta.dirname, '../../.cache/test/failures');
const messagesShown = 10;

/**
 * Closes the browser of a file's tests. Tests close their pages at their end, so one that is still open belongs to a
 * test that failed: what it shows and complained of is printed, and its picture kept.
 */
export async function closeChromium(browser: Browser): Promise<void> {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    await describePage(page).catch((error: unknown) =>
      console.error(`a page that a failed test left open does not answer: ${error}`),
    );
  }
  await browser.close();
}

async function describePage(page: Page): Promise<void> {
  const picture = join(failuresFolder, `${process.pid}-${Date.now()}.png`);
  await page.screenshot({ path: picture, timeout: 5_000 });
  // As it is laid out: one reads it, nothing compares it.
  // biome-ignore lint/performance/useDomNodeTextContent: see above
  const text = await page.locator('body').innerText({ timeout: 5_000 });
  const messages = (await page.consoleMessages()).map((one) => `${one.type()}: ${one.text()}`);
  const errors = (await page.pageErrors()).map((error) => error.stack ?? error.message);
  console.error(
    [
      `Left open by a test that failed: ${page.url()}, picture in ${picture}`,
      text.replaceAll(/\n\s*\n/g, '\n'),
      ...[...messages, ...errors].slice(-messagesShown),
    ].join('\n'),
  );
}

/** A browser with a profile of its own on disk. */
export interface Profile {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

/**
 * Launches the browser with a fresh profile on disk. What `launchChromium().newContext()` gives is a private window: its
 * IndexedDB lives in memory, is faster than a reader's, and knows no difference between relaxed and strict.
 * @param preferences what the reader has set in this browser, as its `Preferences` file holds it
 */
export async function launchProfile(preferences: object = {}): Promise<Profile> {
  const directory = await mkdtemp(join(tmpdir(), 'bee-chromium-'));
  await mkdir(join(directory, 'Default'));
  await writeFile(join(directory, 'Default/Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(directory, {
    executablePath: chromiumPath,
    args: flags,
  });
  const close = async (): Promise<void> => {
    await context.close();
    // A browser that was just closed may still write.
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

/** Files by path, `/index.html` among them. */
export type Site = ReadonlyMap<string, string | Uint8Array>;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/**
 * Bundles a page whose one script is the given module, workers included, with the project's Vite.
 * @param entry path of the module, from the repository's root
 */
export async function buildPage(entry: string): Promise<Site> {
  // A page with a server in it needs the project's plugin for the Lua engine.
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' });
  const output = await build({
    configFile: false,
    logLevel: 'warn',
    root: resolve('.'),
    plugins: loaded?.config.plugins ?? [],
    publicDir: false,
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      target: 'es2023',
      rolldownOptions: { input: { page: resolve(entry) } },
    },
    worker: loaded?.config.worker ?? { format: 'es' },
  });
  const results = (Array.isArray(output) ? output : [output]) as readonly Rolldown.RolldownOutput[];
  const site = new Map<string, string | Uint8Array>();
  let script = '';
  for (const file of results.flatMap((result) => result.output)) {
    const isScript = file.type === 'chunk';
    if (isScript && file.isEntry) script = file.fileName;
    site.set(`/${file.fileName}`, isScript ? file.code : file.source);
  }
  site.set(
    '/index.html',
    `<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="/${script}"></script>`,
  );
  return site;
}

/** Serves files from memory on a free port of the loopback interface. */
export class StaticServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(site: Site): Promise<StaticServer> {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const body = site.get(path.endsWith('/') ? `${path}index.html` : path);
      if (body === undefined) {
        response.writeHead(404).end();
        return;
      }
      const type = contentTypes[extname(path)] ?? 'text/html; charset=utf-8';
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new StaticServer(server);
  }

  /** Address of the site, without a slash at its end. */
  get url(): string {
    // A server that listens on a port has an AddressInfo; a string is for unix sockets only.
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

/** A browser, a server and a fresh profile with one page that runs the module. */
export interface TestPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a page that runs the module, and prints what it reports to the console. */
export async function openTestPage(entry: string): Promise<TestPage> {
  const server = await StaticServer.start(await buildPage(entry));
  const { context, close: closeProfile } = await launchProfile();
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error.stack ?? error.message}`));
  page.on('console', (message) => console.log(`page: ${message.text()}`));
  await page.goto(`${server.url}/index.html`);
  const close = async (): Promise<void> => {
    await closeProfile();
    await server.close();
  };
  return { page, context, url: server.url, close };
}
