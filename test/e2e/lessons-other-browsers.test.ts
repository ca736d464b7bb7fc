/**
 * The first lesson in Firefox and in WebKit, from the first step to the last: its buttons are pressed, each step is done when its
 * state holds, and the terminals show what the lesson says. Where a browser is not installed, its test is skipped by its name.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bindings, commandsOf, matchScreen } from '../../src/lesson/index.ts';
import { plain } from '../../src/shell/transcript.ts';
import { EmbeddingSite } from '../embed/embedding-site.ts';
import { readLesson } from '../lesson/read-lesson.ts';
import { patienceMs } from '../support/patience.ts';
import { buildPage } from '../tools/build.mjs';
import {
  hasFirefox,
  hasWebKit,
  launchFirefox,
  launchWebKit,
  type OtherBrowser,
} from '../tools/other-browsers.ts';
import { root } from '../tools/source-tree.ts';
import { serveFolder } from '../tools/static-server.mjs';
import { strictPolicy } from './tutorial-page.ts';

const lesson = readLesson('hands-on');

/** What the test needs to know of the page; defined there before each step. */
const helpers = `
  window.bee ??= { errors: [] };
  if (!window.bee.isWatching) {
    window.bee.isWatching = true;
    addEventListener('error', (event) => window.bee.errors.push(event.message));
    addEventListener('unhandledrejection', (event) => window.bee.errors.push(String(event.reason)));
  }
  window.bee.buttons = (words) => [...document.querySelectorAll('.lesson button')]
    .filter((button) => button.textContent.replaceAll(/\\s+/g, ' ').trim().startsWith(words));
  window.bee.press = (words) => {
    const button = window.bee.buttons(words).find((one) => !one.disabled);
    button?.click();
    return button !== undefined;
  };
  window.bee.lines = (number) => {
    const key = Object.keys(localStorage).find((one) => one.endsWith('/terminal-' + number));
    return key === undefined ? [] : JSON.parse(localStorage.getItem(key)).transcript;
  };
`;

class LessonPage {
  readonly #browser: OtherBrowser;

  constructor(browser: OtherBrowser) {
    this.#browser = browser;
  }

  async open(url: string): Promise<void> {
    await this.#browser.open(url);
    await this.#browser.evaluate(`(() => { ${helpers} return true; })()`);
  }

  ask(expression: string): Promise<unknown> {
    return this.#browser.evaluate(expression);
  }

  async until(what: string, expression: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while ((await this.ask(expression)) !== true) {
      if (Date.now() > deadline) {
        const seen = await this.ask("document.body.innerText + '\\n' + window.bee.errors.join()");
        throw new Error(`waited in vain for ${what}\n${seen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  press(words: string): Promise<void> {
    return this.until(`the button ${words}`, `window.bee.press(${JSON.stringify(words)})`);
  }

  /** What a terminal has shown, as the page keeps it. */
  async lines(number: number): Promise<string[]> {
    // The helper answers a list of lines.
    const lines = (await this.ask(`window.bee.lines(${number})`)) as string[];
    return lines.map(plain);
  }
}

describe.each([
  ['Firefox', hasFirefox, launchFirefox],
  ['WebKit', hasWebKit, launchWebKit],
])('in %s', (_, isInstalled, launchBrowser) => {
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let browser: OtherBrowser;
  beforeAll(async () => {
    if (!isInstalled) return;
    const built = process.env['BEE_DIST'];
    if (built === undefined) await buildPage({ ifStale: true });
    server = await serveFolder(built ?? `${root}/dist`, {
      headers: { 'content-security-policy': strictPolicy },
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.skipIf(!isInstalled)('the first lesson is played', async () => {
    const page = new LessonPage(browser);
    await page.open(`${server.url}#/tutorial/hands-on`);
    const names: Bindings = new Map();
    const from = new Map<number, number>();
    for (const [at, step] of lesson.steps.entries()) {
      await page.until(
        `step ${at + 1}`,
        `document.querySelector('.lesson-place')?.textContent.startsWith('Step ${at + 1} of')`,
      );
      await page.press('Run this step');
      await page.until(
        `${step.id} to be typed`,
        `window.bee.buttons('Run again').length === ${commandsOf(step.blocks).length}`,
      );
      await page.until(
        `${step.id} to be done`,
        "document.querySelector('.result h2')?.textContent === 'Done'",
      );
      for (const block of step.blocks) {
        if (block.kind !== 'screen') continue;
        const { terminal, text } = block;
        // The page keeps what its terminals show half a second later.
        const compare = async () =>
          matchScreen(text, (await page.lines(terminal)).slice(from.get(terminal)), names);
        let mismatch = await compare();
        const deadline = Date.now() + patienceMs;
        while (mismatch !== undefined && Date.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          mismatch = await compare();
        }
        const lines = (await page.lines(terminal)).join('\n');
        expect(mismatch, `${step.id}, Terminal #${terminal}:\n${lines}`).toBe(undefined);
      }
      for (const terminal of [1, 2]) from.set(terminal, (await page.lines(terminal)).length);
      if (at + 1 < lesson.steps.length) await page.press('Next');
    }
    expect(await page.ask('window.bee.errors')).toEqual([]);
  });

  test.skipIf(!isInstalled)('<bee-lab> runs in a page of another origin', async () => {
    const site = await EmbeddingSite.start({ hasBrowser: false });
    try {
      site.serve('/lab.html', {
        html: `<!doctype html><title>Lab</title><script type="module" src="${site.beeUrl}bee-lab.js"></script>
          <bee-lab><pre>bee\ndb.cfg{listen=3301}\n6 * 7</pre></bee-lab>`,
      });
      const page = new LessonPage(browser);
      await page.open(`${site.origin}/lab.html`);
      const tree = "document.querySelector('bee-lab').shadowRoot";
      await page.until('the loader', `${tree} !== null`);
      await page.ask(`${tree}.querySelector('button').click()`);
      await page.until(
        'the answer',
        `/- 42/.test(${tree}.querySelector('.xterm-rows')?.textContent ?? '')`,
      );
    } finally {
      await site.close();
    }
  });
});
