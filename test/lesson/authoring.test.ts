/** What an author of a lesson meets: a build that refuses a broken one, and a page that shows a saved one. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createServer, type ViteDevServer } from 'vite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lessons } from '../../tutorial/lesson-plugin.ts';

const whole = `---
title: A lesson
summary: For a test.
minutes: 1
order: 1
terminals: 1
---

Words.

## A step {#step .look}

\`\`\`run terminal=1
ls
\`\`\`
`;

let folder: string;
let file: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bee-lesson-')));
  mkdirSync(join(folder, 'lesson'));
  file = join(folder, 'lesson/lesson.md');
  writeFileSync(
    join(folder, 'main.ts'),
    "import { lesson } from './lesson/lesson.md';\ndocument.title = lesson.title;\n",
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function buildIt(): Promise<unknown> {
  return build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [lessons()],
    build: { write: false, rolldownOptions: { input: join(folder, 'main.ts') } },
  });
}

test('a build takes a lesson that keeps the form', async () => {
  writeFileSync(file, whole);
  await buildIt();
});

test.each([
  ['minutes: 1', 'minutes: soon', 4, /minutes.*(?:number|whole)/],
  ['terminal=1', 'terminal=7', 13, /terminal/],
  ['{#step .look}', '{.look}', 11, /id/],
])(
  'a build refuses "%s" written as "%s", with file, line and what was expected',
  async (right, wrong, line, words) => {
    writeFileSync(file, whole.replace(right, wrong));
    const error = await buildIt().then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    const said = error?.split('\n').find((one) => one.includes(`lesson.md:${line}`));
    expect(said, error).toMatch(words);
  },
);

test('while authoring, a saved lesson takes the place of the one that is shown', async () => {
  writeFileSync(file, whole);
  const server: ViteDevServer = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [lessons()],
    server: { middlewareMode: true, ws: false },
  });
  try {
    const shown = async () => (await server.transformRequest('/lesson/lesson.md'))?.code ?? '';
    await server.transformRequest('/main.ts');
    expect(await shown()).toContain('A lesson');
    writeFileSync(file, whole.replace('A lesson', 'A better lesson'));
    await expect.poll(shown, { timeout: 10_000 }).toContain('A better lesson');
  } finally {
    await server.close();
  }
});
