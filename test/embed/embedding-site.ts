/**
 * A site of somebody else's that embeds Bee: pages under a strict content security policy, on another origin than Bee's host. The
 * host sends nothing that a plain static host would not, but for the CORS header that README asks for.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { patienceMs } from '../support/patience.ts';
import { buildPage } from '../tools/build.mjs';
import { closeChromium, launchChromium } from '../tools/chromium.ts';
import { root } from '../tools/source-tree.ts';
import { serveFolder } from '../tools/static-server.mjs';

/** What README says that an embedding page's policy must allow, and nothing else. */
export function labPolicy(beeOrigin: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${beeOrigin}`,
    `font-src ${beeOrigin}`,
    // A worker's imports count as workers, too.
    `worker-src blob: ${beeOrigin}`,
    "style-src 'self'",
  ].join('; ');
}

export interface EmbeddingPage {
  readonly html: string;
  /** In place of `labPolicy`. */
  readonly policy?: string;
}

export class EmbeddingSite {
  readonly #browser: Browser | undefined;
  readonly #bee: Awaited<ReturnType<typeof serveFolder>>;
  readonly #server: Server;
  readonly #pages = new Map<string, EmbeddingPage>();

  private constructor(browser: Browser | undefined, bee: Awaited<ReturnType<typeof serveFolder>>) {
    this.#browser = browser;
    this.#bee = bee;
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://site');
      const page = this.#pages.get(pathname);
      if (page === undefined) {
        response.writeHead(404).end();
        return;
      }
      const isScript = pathname.endsWith('.js');
      const isSheet = pathname.endsWith('.css');
      const type = isScript ? 'text/javascript' : isSheet ? 'text/css' : 'text/html; charset=utf-8';
      const policy = page.policy ?? labPolicy(this.beeOrigin);
      const headers = { 'content-type': type, 'content-security-policy': policy };
      response.writeHead(200, headers).end(page.html);
    });
  }

  /** @param options without a browser, for tests that bring another one */
  static async start({ hasBrowser = true } = {}): Promise<EmbeddingSite> {
    // Another build than this checkout's can be tested, too.
    const built = process.env['BEE_DIST'];
    if (built === undefined) await buildPage({ ifStale: true });
    const bee = await serveFolder(built ?? `${root}/dist`, {
      base: '/bee/',
      headers: { 'access-control-allow-origin': '*' },
    });
    const site = new EmbeddingSite(hasBrowser ? await launchChromium() : undefined, bee);
    await new Promise<void>((done) => site.#server.listen(0, '127.0.0.1', done));
    return site;
  }

  /** Where Bee is, with a slash at its end. */
  get beeUrl(): string {
    return this.#bee.url;
  }

  get beeOrigin(): string {
    return new URL(this.#bee.url).origin;
  }

  /** Of the embedding pages. */
  get origin(): string {
    // A server that listens on a port has an AddressInfo; a string is for unix sockets only.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * The same pages from another origin, but of the site of Bee's host: the private windows of the tests refuse storage to a frame
   * whose page is another site's.
   */
  get neighbour(): string {
    return this.origin.replace('127.0.0.1', 'localhost');
  }

  /** Serves a text under a path; `.html` is a page, `.js` a script, `.css` a sheet. */
  serve(path: string, page: EmbeddingPage): void {
    this.#pages.set(path, page);
  }

  /** Opens a page with some elements in its body, which loads the loader of `<bee-lab>`. */
  async open(body: string, options: OpenOptions = {}): Promise<EmbeddingVisit> {
    const { path = '/chapter.html', policy, head = '', ...context } = options;
    const html = `<!doctype html><html lang="en"><title>Chapter</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">${head}<script type="module" src="${this.beeUrl}bee-lab.js"></script><main><h1>Chapter</h1>${body}</main>`;
    this.serve(path, policy === undefined ? { html } : { html, policy });
    this.serve('/page.css', { html: options.css ?? 'body { max-width: 900px; margin: auto }' });
    const visit = await this.visit(context);
    await visit.page.goto(`${this.origin}${path}`);
    return visit;
  }

  /** A new reader, with a profile of their own and an empty page. */
  async visit(options: BrowserContextOptions = {}): Promise<EmbeddingVisit> {
    if (this.#browser === undefined) throw new Error('this site was started without a browser');
    const context = await this.#browser.newContext({ reducedMotion: 'reduce', ...options });
    return new EmbeddingVisit(await context.newPage(), context);
  }

  async close(): Promise<void> {
    if (this.#browser !== undefined) await closeChromium(this.#browser);
    await this.#bee.close();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

interface OpenOptions extends BrowserContextOptions {
  readonly path?: string;
  readonly policy?: string;
  readonly head?: string;
  readonly css?: string;
}

/** One reader of an embedding page. */
export class EmbeddingVisit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of, policy violations among it. */
  readonly complaints: string[] = [];
  /** Addresses of all that was loaded. */
  readonly loaded: string[] = [];

  constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
    page.setDefaultTimeout(patienceMs);
    page.on('response', (response) => void this.loaded.push(response.url()));
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      // An icon that a policy forbids, or that is not there, is the page's own affair.
      const isIcon =
        message.text().includes("image 'data:,'") || message.location().url.endsWith('favicon.ico');
      if (message.type() === 'error' && !isIcon) this.complaints.push(message.text());
    });
  }

  runLive(): Promise<void> {
    return this.page.getByRole('button', { name: /^Run live/ }).click();
  }

  /** The rows that a terminal shows. */
  async rows(number: number): Promise<string[]> {
    const terminal = this.page.getByRole('region', { name: `Terminal #${number}`, exact: true });
    const rows = await terminal.locator('.xterm-rows > div').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
  }

  /** Waits until a terminal shows a text, in one row or wrapped over some. */
  async waitForText(number: number, text: string): Promise<void> {
    const bare = text.replaceAll(/\s/g, '');
    await this.until(`"${text}" in Terminal #${number}`, async () =>
      (await this.rows(number)).join('').replaceAll(/\s/g, '').includes(bare),
    );
  }

  /** Waits for a condition by asking again. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await holds())) {
      if (Date.now() > deadline) {
        const rows = await this.rows(1);
        const said = [...rows, ...this.complaints].join('\n');
        throw new Error(`waited in vain for ${what}\n${said}`);
      }
      await this.page.waitForTimeout(50);
    }
  }

  async close(): Promise<void> {
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}
