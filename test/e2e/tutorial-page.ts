/**
 * The built page in real Chromium, as a reader has it: served from a sub-path of a static host
 * under a strict content security policy, found by what a screen reader finds.
 */
import type { Browser, BrowserContext, Locator, Page, Response } from 'playwright-core';
import { patienceMs } from '../support/patience.ts';
import { buildPage } from '../tools/build.mjs';
import { closeChromium, launchChromium } from '../tools/chromium.ts';
import { root } from '../tools/source-tree.ts';
import { serveFolder } from '../tools/static-server.mjs';

/** No inline script or style, no eval, nothing from elsewhere: what README promises. */
export const strictPolicy = "default-src 'self'";

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  /** What stands after the `#` of the address. */
  readonly route?: string;
  readonly colorScheme?: 'light' | 'dark';
  /** Whether run buttons let one watch how they type; most tests have no eyes. */
  readonly isTypingShown?: boolean;
  /** The page inside the folder; `index.html` when absent. */
  readonly file?: string;
  /** Sees everything that the page loads. */
  readonly onResponse?: (response: Response) => void;
}

/** A running static host with a browser. */
export class Site {
  readonly #browser: Browser;
  readonly #server: Awaited<ReturnType<typeof serveFolder>>;

  private constructor(browser: Browser, server: Awaited<ReturnType<typeof serveFolder>>) {
    this.#browser = browser;
    this.#server = server;
  }

  /** @param policy what the host's headers allow; the strictest that README promises when absent */
  static async start(policy = strictPolicy): Promise<Site> {
    // Another build than this checkout's can be tested, too.
    const built = process.env['BEE_DIST'];
    if (built === undefined) await buildPage({ ifStale: true });
    const server = await serveFolder(built ?? `${root}/dist`, {
      base: '/some/folder/',
      headers: { 'content-security-policy': policy },
    });
    return new Site(await launchChromium(), server);
  }

  get url(): string {
    return this.#server.url;
  }

  /** Opens the page as a new reader, with a profile of its own. */
  async open(options: PageOptions = {}): Promise<TutorialPage> {
    const { width = 1500, height = 950, route = '/tutorial/hands-on', colorScheme } = options;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: colorScheme ?? 'light',
      reducedMotion: options.isTypingShown === true ? 'no-preference' : 'reduce',
    });
    const page = await context.newPage();
    const tutorial = new TutorialPage(page, context);
    if (options.onResponse !== undefined) page.on('response', options.onResponse);
    await page.goto(`${this.#server.url}${options.file ?? ''}#${route}`);
    return tutorial;
  }

  async close(): Promise<void> {
    await closeChromium(this.#browser);
    await this.#server.close();
  }
}

export class TutorialPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of; empty at the end of every test. */
  readonly complaints: string[] = [];

  constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.context = context;
    page.setDefaultTimeout(patienceMs);
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  get lesson(): Locator {
    return this.page.getByRole('region', { name: 'Lesson' });
  }

  terminal(number: number): Locator {
    return this.page.getByRole('region', { name: `Terminal #${number}`, exact: true });
  }

  /** Waits until every terminal shows its prompt. */
  async ready(terminals = 2): Promise<void> {
    for (let number = 1; number <= terminals; number++) await this.waitForPrompt(number);
  }

  /** What a terminal has shown, unwrapped: by its menu's "Copy everything". */
  async transcript(number: number): Promise<string[]> {
    await this.page.evaluate(() => {
      const taken = { text: '' };
      Object.assign(window, { taken });
      Object.defineProperty(navigator, 'clipboard', {
        configurable: true,
        value: {
          writeText: (text: string) => {
            taken.text = text;
            return Promise.resolve();
          },
        },
      });
    });
    await this.terminal(number)
      .getByRole('button', { name: `Terminal #${number} menu` })
      .click();
    await this.page.getByRole('menuitem', { name: /^Copy everything/ }).click();
    const text = await this.page.evaluate(() => {
      // Set by the lines above.
      return (window as unknown as { taken: { text: string } }).taken.text;
    });
    return text === '' ? [] : text.split('\n');
  }

  /** The rows in sight. */
  async rows(number: number): Promise<string[]> {
    const rows = await this.terminal(number).locator('.xterm-rows > div').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
  }

  /** Waits until a terminal asks for a line. */
  async waitForPrompt(number: number, prompt = /^(?:\$|bee>| +>)$/): Promise<void> {
    await this.until(`a prompt in Terminal #${number}`, async () => {
      const rows = await this.rows(number);
      return prompt.test(rows.findLast((row) => row !== '') ?? '');
    });
  }

  /** Types a line on the keyboard, and waits for the next prompt. */
  async type(number: number, line: string): Promise<void> {
    await this.terminal(number).getByRole('textbox').focus();
    await this.enter(number, line);
  }

  /**
   * Types a statement at a server's prompt.
   * @returns its answer: the lines between the last `---` and its `...`, wherever log lines came since
   */
  async ask(number: number, statement: string): Promise<string> {
    await this.type(number, statement);
    const lines = await this.transcript(number);
    const from = lines.lastIndexOf('---') + 1;
    return lines.slice(from, lines.indexOf('...', from)).join('\n');
  }

  /** Types into what has the focus, which is a terminal; enters the line when the screen shows it. */
  async enter(number: number, line: string): Promise<void> {
    await this.page.keyboard.type(line);
    const bare = (text: string) => text.replaceAll(/\s/g, '');
    await this.until(`the line ${line}`, async () =>
      bare((await this.rows(number)).join('')).endsWith(bare(line)),
    );
    await this.page.keyboard.press('Enter');
    await this.waitForPrompt(number);
  }

  /** Waits for a condition by asking again; there is no event for most of what a screen shows. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await holds())) {
      if (Date.now() > deadline) {
        const screens = [];
        for (const number of [1, 2]) {
          if ((await this.terminal(number).count()) > 0) {
            screens.push(`Terminal #${number}:\n${(await this.rows(number)).join('\n')}`);
          }
        }
        throw new Error(
          `waited in vain for ${what}\n${screens.join('\n')}\n${this.complaints.join('\n')}`,
        );
      }
      await this.page.waitForTimeout(50);
    }
  }

  /**
   * Presses the run buttons of the open step, from the first to the last, each when the one before
   * is done.
   */
  async pressRunButtons(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      await this.lesson
        .getByRole('button', { name: /^Run in Terminal #\d$/ })
        .first()
        .click();
      await this.until(`block ${at + 1} to be typed`, async () => {
        const ran = this.lesson.getByRole('button', { name: /^Run again in Terminal #\d$/ });
        return (await ran.count()) === at + 1;
      });
    }
  }

  /** Waits until the page says that the step is done. */
  async waitForDone(): Promise<void> {
    await this.lesson
      .getByRole('region', { name: 'Your result' })
      .getByRole('heading', { name: 'Done', exact: true })
      .waitFor();
  }

  async next(): Promise<void> {
    await this.lesson.getByRole('button', { name: /^Next/ }).click();
  }

  async close(): Promise<void> {
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}
