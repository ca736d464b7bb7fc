/** `embed.html` in a page of another origin: its options, and what the two say to each other. */
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite, type EmbeddingVisit } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';

interface Message {
  readonly bee: number;
  readonly type: string;
  readonly id?: unknown;
  readonly message?: string;
  readonly outputs?: Readonly<Record<number, string>>;
  readonly [key: string]: unknown;
}

/** A page with the frame, as a reader has it, and its author's script. */
class FramePage {
  readonly visit: EmbeddingVisit;

  constructor(visit: EmbeddingVisit) {
    this.visit = visit;
  }

  get frame(): FrameLocator {
    return this.visit.page.frameLocator('#bee');
  }

  /** What the frame has told the page so far. */
  messages(): Promise<Message[]> {
    return this.visit.page.evaluate(() => {
      // Set by the page's script.
      return (globalThis as unknown as { messages: Message[] }).messages;
    });
  }

  send(message: unknown): Promise<void> {
    return this.visit.page.evaluate((sent) => {
      document.querySelector('iframe')?.contentWindow?.postMessage(sent, '*');
    }, message);
  }

  /** Waits for a message of the frame. */
  async next(type: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    let found: Message | undefined;
    await this.visit.until(`a message ${type}`, async () => {
      const messages = await this.messages();
      found = messages.find((message) => message.type === type && fits(message));
      return found !== undefined;
    });
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  async rows(): Promise<string> {
    const rows = await this.frame.locator('.xterm-rows > div').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
  }
}

const listening =
  'globalThis.messages = []; addEventListener("message", ({ data }) => messages.push(data));';

describe.skipIf(!hasChromium)('embed.html in Chromium', () => {
  let site: EmbeddingSite;
  beforeAll(async () => {
    site = await EmbeddingSite.start();
  });
  afterAll(() => site?.close());

  /** @param origin where the page is shown from */
  async function open(hash: string, origin = site.neighbour): Promise<FramePage> {
    const policy = `default-src 'none'; script-src 'self'; frame-src ${site.beeOrigin}; style-src 'unsafe-inline'`;
    site.serve('/listening.js', { html: listening });
    site.serve('/framed.html', {
      policy,
      html: `<!doctype html><title>Framed</title><link rel="icon" href="data:,"><script src="/listening.js"></script>
        <iframe id="bee" title="Bee" src="${site.beeUrl}embed.html#${hash}" style="width: 900px; height: 600px"></iframe>`,
    });
    const visit = await site.visit();
    await visit.page.goto(`${origin}/framed.html`);
    return new FramePage(visit);
  }

  test('says that it is ready, runs what it is told, and answers with what was shown', async () => {
    const page = await open(`terminals=2&origin=${site.neighbour}`);
    expect(await page.next('ready')).toMatchObject({ bee: 1, terminals: 2 });
    expect((await page.next('resize')).height).toBeGreaterThan(100);
    await page.send({ bee: 1, type: 'run', id: 'a', terminal: 2, text: 'mkdir here\nls' });
    const { outputs } = await page.next('result', ({ id }) => id === 'a');
    expect(outputs).toEqual({ 2: '$ mkdir here\n$ ls\nbee  here' });
    await page.send({ bee: 1, type: 'reset', id: 7 });
    await page.next('result', ({ id }) => id === 7);
    await page.send({ bee: 1, type: 'run', id: 'b', terminal: 2, text: 'ls' });
    const again = await page.next('result', ({ id }) => id === 'b');
    expect(again.outputs).toEqual({ 2: '$ ls\nbee' });
    await page.visit.close();
  });

  test('runs the blocks of its address, and tells what each terminal showed', async () => {
    const blocks = ['1:mkdir one; cd one\nbee\ndb.cfg{}', '2:bee\n6 * 7']
      .map((block) => `block=${encodeURIComponent(block)}`)
      .join('&');
    const page = await open(`${blocks}&origin=${site.neighbour}`);
    await page.next('ready');
    await page.send({ bee: 1, type: 'run', id: 1 });
    const { outputs } = await page.next('result', ({ id }) => id === 1);
    expect(outputs?.[1]).toContain('bee> db.cfg{}');
    expect(outputs?.[2]).toMatch(/bee> 6 \* 7\n---\n- 42\n\.\.\./);
    await page.visit.close();
  });

  test('tells when a step of a lesson is done', async () => {
    const page = await open(`lesson=quick-start&origin=${site.neighbour}`);
    expect(await page.next('ready')).toMatchObject({ lesson: 'quick-start' });
    await page.send({ bee: 1, type: 'run', id: 'step' });
    await page.next('result', ({ id }) => id === 'step');
    expect(await page.next('result', ({ step }) => step !== undefined)).toMatchObject({
      lesson: 'quick-start',
      step: expect.stringMatching(/^[a-z-]+$/),
    });
    await page.visit.close();
  });

  test.each([
    [{ bee: 2, type: 'run', id: 1 }, 'the message is of version 2; this frame speaks version 1'],
    [{ bee: 1, type: 'jump', id: 1 }, 'type is "jump"; it must be ready, run or reset'],
    [{ bee: 1, type: 'run', id: 1, terminal: 5, text: 'ls' }, 'terminal is 5; there are 1 to 2'],
    [{ bee: 1, type: 'run', id: 1, text: 5 }, 'text is not a string'],
  ])('answers %j with a clear error', async (sent, words) => {
    const page = await open(`terminals=2&origin=${site.neighbour}`);
    await page.next('ready');
    await page.send(sent);
    expect(await page.next('error')).toEqual({ bee: 1, type: 'error', id: 1, message: words });
    await page.visit.close();
  });

  test('passes over a page that its address does not name, and over talk that is not its own', async () => {
    const page = await open(`terminals=1&origin=${site.origin}`);
    await page.frame.getByText('$').first().waitFor();
    await page.send({ bee: 1, type: 'run', id: 'x', text: 'mkdir stolen' });
    await page.send({ bee: 2, type: 'run', id: 'x' });
    await page.send({ bee: 1, type: 'ready', id: 'x' });
    await page.send('hello');
    // What comes after it was dealt with: the reader's own line stands where the page's would.
    await page.frame.getByRole('textbox', { name: 'Terminal #1 input' }).focus();
    await page.visit.page.keyboard.type('ls\n');
    await page.visit.until('the listing', async () => /\$ ls\nbee\n\$/.test(await page.rows()));
    expect(await page.rows()).not.toContain('stolen');
    expect(await page.messages()).toEqual([]);
    await page.visit.close();
  });

  test('says so where the browser refuses it storage, to the page and to the reader', async () => {
    const page = await open(`terminals=1&origin=${site.origin}`, site.origin);
    expect((await page.next('error')).message).toMatch(/^the browser gives this page no storage: /);
    await page.frame.getByText('This browser gives the page no storage').waitFor();
    await page.frame.getByRole('link', { name: 'Open in a tab of its own' }).waitFor();
    await page.visit.close();
  });

  test('has the theme that it is told, and no session of another page', async () => {
    const page = await open('terminals=1&theme=dark&session=kept');
    await page.frame.getByText('$').first().waitFor();
    const found = await page.frame.locator('main').evaluate(async (main) => ({
      theme: main.dataset['theme'],
      paper: getComputedStyle(document.body).backgroundColor,
      databases: (await indexedDB.databases()).map(({ name }) => name),
    }));
    expect(found.theme).toBe('dark');
    expect(found.paper).toBe('rgb(23, 21, 16)');
    expect(found.databases).toEqual([`bee/lab-${encodeURIComponent(`${site.neighbour}#`)}`]);
    await page.visit.close();
  });
});
