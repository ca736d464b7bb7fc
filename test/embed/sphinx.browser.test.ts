/** A chapter of a manual as a Sphinx site, built by Debian's python3-sphinx with the directive `.. bee::`, and read in Chromium. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { findProgram } from '../tools/install.mjs';
import { root } from '../tools/source-tree.ts';
import { serveFolder } from '../tools/static-server.mjs';
import { EmbeddingSite } from './embedding-site.ts';

const hasSphinx = findProgram('sphinx-build') !== undefined;
const extension = join(root, 'src/embed/sphinx');

/** Builds a site into a folder. @returns what the builder said */
function build(source: string, target: string, builder: string, host: string): string {
  return execFileSync(
    'sphinx-build',
    ['-W', '-q', '-b', builder, '-D', `bee_host=${host}`, source, target],
    {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: extension, PYTHONDONTWRITEBYTECODE: '1' },
    },
  );
}

describe.skipIf(!hasSphinx)('the Sphinx directive', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bee-sphinx-'));
    cpSync(join(import.meta.dirname, 'sphinx-site'), join(folder, 'source'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const source = () => join(folder, 'source');

  test('writes the blocks as text where there are no pages', () => {
    build(source(), join(folder, 'text'), 'text', '');
    const text = readFileSync(join(folder, 'text/tutorial.txt'), 'utf8');
    expect(text).toContain("db.schema.user.grant('replicator','read,write','universe')");
    expect(text).not.toContain('bee-lab');
  });

  test.each([
    [':step: replica', 'a step needs the lesson that it is of'],
    [':theme: blue', '"blue" unknown; choose from "page", "light", or "dark"'],
    ['Only words.', 'it has no code block; or name a lesson, or how many terminals'],
  ])('says what is wrong with "%s"', (line, words) => {
    const broken = join(folder, 'broken');
    cpSync(source(), broken, { recursive: true });
    const page = line.startsWith(':') ? `.. bee::\n   ${line}\n` : `.. bee::\n\n   ${line}\n`;
    writeFileSync(join(broken, 'index.rst'), `Broken\n======\n\n${page}`);
    const { status, stderr } = spawnSync('sphinx-build', ['-W', '-q', broken, join(folder, 'x')], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: extension, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(status).not.toBe(0);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(words);
    expect(stderr).toContain('index.rst:4');
    rmSync(broken, { recursive: true });
  });

  describe.skipIf(!hasChromium)('in Chromium', () => {
    let bee: EmbeddingSite;
    let manual: Awaited<ReturnType<typeof serveFolder>>;
    beforeAll(async () => {
      bee = await EmbeddingSite.start();
      build(source(), join(folder, 'html'), 'html', bee.beeUrl);
      manual = await serveFolder(join(folder, 'html'), { host: '127.0.0.1' });
    });
    afterAll(async () => {
      await bee?.close();
      await manual?.close();
    });

    test('makes a chapter live: its code blocks are run in two terminals', async () => {
      const visit = await bee.visit();
      await visit.page.goto(`${manual.url}tutorial.html`);
      const blocks = visit.page.locator('bee-lab .highlight pre');
      const before = await blocks.first().evaluate((pre) => getComputedStyle(pre).font);
      await visit.runLive();
      await visit.waitForText(2, "- - [1, 'Tuple inserted on Terminal #1']");
      // The example of an answer was not typed.
      expect((await visit.rows(1)).join('')).not.toContain('6190d919');
      const typed = visit.page.getByRole('button', { name: /^Run again in Terminal #\d$/ });
      await visit.until('four typed blocks', async () => (await typed.count()) === 4);
      expect(await blocks.first().evaluate((pre) => getComputedStyle(pre).font)).toBe(before);
      await visit.close();
    });

    test('shows a lesson, and loads nothing on a page without terminals', async () => {
      const visit = await bee.visit();
      await visit.page.goto(`${manual.url}architecture.html`);
      await visit.page.waitForLoadState('networkidle');
      expect(visit.loaded.filter((url) => url.startsWith(bee.beeUrl))).toEqual([]);
      await visit.page.goto(`${manual.url}lesson.html`);
      await visit.page.getByText('This page is live on the web').waitFor();
      await visit.runLive();
      await visit.page.getByRole('region', { name: 'Lesson' }).waitFor();
      await visit.close();
    });
  });
});
