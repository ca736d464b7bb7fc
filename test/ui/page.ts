import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { patienceMs } from '../support/patience.ts';

/** What tests of the page do with it: find terminals, type, read. */
export class BeePage {
  readonly page: Page;
  readonly #context: BrowserContext;
  /** What went wrong in the page. */
  readonly errors: string[] = [];

  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.#context = context;
    page.setDefaultTimeout(patienceMs);
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  static async open(browser: Browser, url: string, options: OpenOptions = {}): Promise<BeePage> {
    const { width = 1280, height = 800, theme = 'light', isCalm = true } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: isCalm ? 'reduce' : 'no-preference',
    });
    const page = new BeePage(await context.newPage(), context);
    await page.page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  terminal(number: number): Locator {
    return this.page.getByRole('region', { name: `Terminal #${number}`, exact: true });
  }

  input(number: number): Locator {
    return this.page.getByRole('textbox', { name: `Terminal #${number} input` });
  }

  /** The rows that the screen shows, wrapped lines apart, ends trimmed, empty ones at the end left out. */
  async rows(number: number): Promise<string[]> {
    const rows = await this.terminal(number).locator('.xterm-rows > div').allTextContents();
    const trimmed = rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
    while (trimmed.at(-1) === '') trimmed.pop();
    return trimmed;
  }

  /** Waits until the screen's last row begins so. */
  async waitForRow(number: number, start: string): Promise<void> {
    await this.waitFor(async () => (await this.rows(number)).at(-1)?.startsWith(start) === true);
  }

  /** Waits until a text is on the screen, in one row or wrapped over several. */
  async waitForText(number: number, text: string): Promise<void> {
    await this.waitFor(async () => (await this.rows(number)).join('').includes(text));
  }

  /** Types into a terminal and presses Enter; goes on when a prompt is there again. */
  async enter(number: number, line: string, prompt: string): Promise<void> {
    await this.input(number).focus();
    await this.page.keyboard.type(line);
    // Else the prompt before the line could be taken for the one after it.
    const bare = (text: string): string => text.replaceAll(/\s/g, '');
    await this.waitFor(async () => bare((await this.rows(number)).join('')).endsWith(bare(line)));
    await this.page.keyboard.press('Enter');
    await this.waitFor(async () => {
      const last = (await this.rows(number)).at(-1);
      return last?.trim() === prompt;
    });
  }

  /** Waits for a condition, by asking again with each frame. */
  async waitFor(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await condition())) {
      if (Date.now() > deadline) {
        const shown = await this.page.locator('body').textContent();
        throw new Error(`waited in vain for ${condition}\n${shown}\n${this.errors.join('\n')}`);
      }
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    }
  }
}

interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** Reduced motion: run buttons enter their lines at once. */
  readonly isCalm?: boolean;
}
