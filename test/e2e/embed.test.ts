/** `<bee-lab>` in pages of another origin, under a strict policy: what a reader gets, and what the page is left with. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite, type EmbeddingVisit, labPolicy } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';

/** Two servers, as a chapter would show them: one block of plain commands, one of a copied session. */
const program = `
  <p>A master:</p>
  <pre>
mkdir one && cd one
bee
db.cfg{listen=3301}
db.schema.user.grant('guest', 'replication')</pre>
  <p>A replica:</p>
  <div class="highlight"><pre data-terminal="2">$ mkdir two && cd two
$ bee
Bee 2.6.0
bee> db.cfg{replication='localhost:3301'}
---
...
bee> db.space._cluster:count()
---
- 2
...</pre></div>`;

/** The end of the program, as the second terminal shows it. */
const answer = 'db.space._cluster:count()---- 2...';

/** Names of databases that Bee made in the page's origin. */
function databases(visit: EmbeddingVisit): Promise<string[]> {
  return visit.page.evaluate(async () => {
    const found = await indexedDB.databases();
    return found.flatMap(({ name = '' }) => (name.startsWith('bee/') ? [name] : []));
  });
}

describe.skipIf(!hasChromium)('<bee-lab> in Chromium', () => {
  let site: EmbeddingSite;
  beforeAll(async () => {
    site = await EmbeddingSite.start();
  });
  afterAll(() => site?.close());

  test('loads nothing but its loader, then runs the blocks of a page of another origin', async () => {
    const visit = await site.open(`<bee-lab id="lab">${program}</bee-lab>`);
    const button = visit.page.getByRole('button', { name: /^Run live \d+ kB$/ });
    await button.waitFor();
    const fromBee = () => visit.loaded.filter((url) => url.startsWith(site.beeUrl));
    expect(fromBee()).toEqual([`${site.beeUrl}bee-lab.js`]);
    await button.click();
    await visit.waitForText(2, answer);
    expect(fromBee().some((url) => url.includes('instance-worker'))).toBe(true);
    // Only what stood behind prompts was typed.
    expect((await visit.rows(2)).join('\n')).not.toContain('command not found');
    expect(visit.page.workers().map((worker) => new URL(worker.url()).protocol)).toEqual([
      'blob:',
      'blob:',
    ]);
    // The storage is the embedding page's own.
    expect(await databases(visit)).toEqual([expect.stringMatching(/^bee\/lab-once-\w+$/)]);
    await visit.close();
  });

  test('says on the button as much as it loads', async () => {
    const visit = await site.open(`<bee-lab>${program}</bee-lab>`);
    const button = visit.page.getByRole('button', { name: /^Run live/ });
    const promised = Number(/(\d+) kB/.exec((await button.textContent()) ?? '')?.[1]);
    await button.click();
    await visit.waitForText(2, answer);
    const { gzipSync } = await import('node:zlib');
    const sizes = new Map<string, number>();
    const loaded = async (): Promise<number> => {
      for (const url of visit.loaded) {
        if (sizes.has(url) || !url.startsWith(site.beeUrl)) continue;
        const body = new Uint8Array(await (await fetch(url)).arrayBuffer());
        sizes.set(url, gzipSync(body, { level: 9 }).length / 1000);
      }
      return [...sizes.values()].reduce((sum, size) => sum + size, 0);
    };
    // The fonts may come after the answer.
    await visit.until('all of it', async () => (await loaded()) > promised - 20);
    expect(await loaded()).toBeLessThan(promised + 5);
    await visit.close();
  });

  test('without scripts is the text that it is put around', async () => {
    const visit = await site.open(`<bee-lab>${program}</bee-lab>`, { javaScriptEnabled: false });
    expect(await visit.page.locator('pre').first().isVisible()).toBe(true);
    expect(await visit.page.getByText("db.cfg{replication='localhost:3301'}").isVisible()).toBe(
      true,
    );
    await visit.close();
  });

  test('leaves the look of the blocks to the page', async () => {
    const css = 'main { font: 21px/2 serif; color: rgb(10, 20, 30) } pre { font-size: 0.7em }';
    const visit = await site.open(`<bee-lab>${program}</bee-lab>`, { css });
    const look = () =>
      visit.page.locator('pre, bee-lab p').evaluateAll((elements) =>
        elements.map((element) => {
          const { font, color, backgroundColor, margin, whiteSpace, textAlign, colorScheme } =
            getComputedStyle(element);
          return { font, color, backgroundColor, margin, whiteSpace, textAlign, colorScheme };
        }),
      );
    const before = await look();
    await visit.runLive();
    await visit.waitForText(2, answer);
    expect(await look()).toEqual(before);
    await visit.close();
  });

  test('with autorun begins when it comes into sight', async () => {
    const visit = await site.open('<bee-lab autorun><pre>pwd</pre></bee-lab>', {
      css: 'h1 { margin-bottom: 3000px }',
    });
    await visit.page.getByRole('button', { name: /^Run live/ }).waitFor();
    expect(visit.loaded.filter((url) => url.startsWith(site.beeUrl))).toHaveLength(1);
    await visit.page.locator('bee-lab').scrollIntoViewIfNeeded();
    // xterm draws nothing that is out of sight.
    await visit.page.getByRole('region', { name: 'Terminal #1' }).scrollIntoViewIfNeeded();
    await visit.waitForText(1, '/home/user');
    await visit.close();
  });

  test('follows the theme of the page, however that is switched', async () => {
    const css = 'body { background: #fff } body.night { background: #101018; color: #eee }';
    const visit = await site.open('<bee-lab><pre>pwd</pre></bee-lab>', { css });
    await visit.runLive();
    await visit.waitForText(1, '/home/user');
    const paper = () =>
      visit.page
        .locator('.xterm-scrollable-element')
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await paper()).toBe('rgb(255, 253, 248)');
    await visit.page.evaluate(() => document.body.classList.add('night'));
    await visit.until('the terminal to be dark', async () => (await paper()) === 'rgb(18, 16, 12)');
    await visit.close();
  });

  test('shows a lesson at a step, with the cluster that the step begins with', async () => {
    const visit = await site.open(
      '<bee-lab lesson="hands-on" step="write-on-master" height="700"></bee-lab>',
      { viewport: { width: 1300, height: 900 }, css: '' },
    );
    await visit.runLive();
    const lesson = visit.page.getByRole('region', { name: 'Lesson' });
    await lesson.getByRole('heading', { name: 'Write on the master' }).waitFor();
    await lesson.getByRole('button', { name: 'Run this step' }).click();
    await lesson
      .getByRole('region', { name: 'Your result' })
      .getByRole('heading', { name: 'Done', exact: true })
      .waitFor();
    // Its contents and menus work in a shadow tree, and its links do not touch the page's address.
    await lesson.getByRole('button', { name: 'Contents' }).click();
    await lesson.getByRole('link', { name: /A cluster of one/ }).click();
    await lesson.getByRole('heading', { name: 'A cluster of one' }).waitFor();
    expect(new URL(visit.page.url()).hash).toBe('');
    await visit.close();
  });

  test('keeps a kept session over a reload, and nothing of a throw-away one', async () => {
    const block = '<pre>mkdir mine\nls</pre>';
    for (const [session, left] of [
      ['kept', 'mine'],
      ['throw-away', undefined],
    ] as const) {
      const visit = await site.open(`<bee-lab session="${session}">${block}</bee-lab>`);
      await visit.runLive();
      await visit.waitForText(1, '$ lsbeemine');
      await visit.page.reload();
      await visit.runLive();
      await visit.waitForText(1, left === undefined ? '$ mkdir mine$ ls' : 'All files are there');
      await visit.page.locator('bee-lab').evaluate((lab) => lab.remove());
      await visit.until('the files to be gone or kept', async () => {
        const names = await databases(visit);
        return names.length === (left === undefined ? 0 : 1);
      });
      await visit.close();
    }
  });

  test('lives through being moved in the page', async () => {
    const visit = await site.open(`<bee-lab>${program}</bee-lab><aside></aside>`);
    await visit.runLive();
    await visit.waitForText(2, answer);
    await visit.page.evaluate(() => {
      const lab = document.querySelector('bee-lab');
      if (lab !== null) document.querySelector('aside')?.append(lab);
    });
    await visit.page.getByRole('textbox', { name: 'Terminal #1 input' }).focus();
    await visit.page.keyboard.type('db.info.status\n');
    await visit.waitForText(1, '- running');
    await visit.close();
  });

  test('says what it was asked for and cannot do', async () => {
    const visit = await site.open(
      '<bee-lab lesson="no-such" terminals="99" theme="blue" session="x"></bee-lab>',
    );
    await visit.runLive();
    const alert = visit.page.getByRole('alert');
    await alert.getByText('lesson is "no-such"; there are').waitFor();
    await alert.getByText('terminals is "99"; it must be a whole number from 1 to 10.').waitFor();
    await alert.getByText('theme is "blue"; it must be page or light or dark.').waitFor();
    await alert.getByText('session is "x"; it must be throw-away or kept.').waitFor();
    await visit.close();
  });

  test('says what a policy must allow when its workers are refused', async () => {
    const visit = await site.open('<bee-lab><pre>bee</pre></bee-lab>', {
      policy: labPolicy(site.beeOrigin).replace(/worker-src [^;]*/, 'worker-src blob:'),
    });
    await visit.runLive();
    await visit.waitForText(1, `must allow worker-src blob: ${site.beeOrigin}`);
    await visit.context.close();
  });

  test.each(['light', 'dark'] as const)('has no accessibility violations, %s', async (theme) => {
    const visit = await site.open(`<bee-lab theme="${theme}" cluster>${program}</bee-lab>`, {
      css: theme === 'dark' ? 'body { background: #111; color: #eee }' : '',
    });
    await visit.runLive();
    await visit.waitForText(2, answer);
    const { violations } = await new AxeBuilder({ page: visit.page }).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
    ).toEqual([]);
    await visit.close();
  });
});
