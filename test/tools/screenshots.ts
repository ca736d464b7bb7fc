/**
 * `npm run screenshots`: the page in its states, wide and narrow, light and dark, to be looked at
 * after a change, in `.cache/screenshots`. The two that README shows go to `public/pictures`.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandsOf } from '../../src/lesson/index.ts';
import { Site, type TutorialPage } from '../e2e/tutorial-page.ts';
import { readLesson } from '../lesson/read-lesson.ts';
import { hasChromium } from './chromium.ts';
import { root } from './source-tree.ts';

const folder = join(root, '.cache/screenshots');
const pictures = join(root, 'public/pictures');
const lesson = readLesson('hands-on');

/** Sizes in CSS pixels: a laptop's window, a small laptop's, a phone. */
const sizes = { wide: [1500, 950], small: [1024, 700], phone: [390, 844] } as const;

async function take(page: TutorialPage, name: string): Promise<void> {
  const path = join(folder, `${name}.png`);
  await page.page.screenshot({ path, animations: 'disabled' });
  console.log(path.slice(root.length + 1));
}

/** The tutorial at its first step, in the middle, and at the end. */
async function tutorial(site: Site, size: keyof typeof sizes, colorScheme: 'light' | 'dark') {
  const [width, height] = sizes[size];
  const page = await site.open({ width, height, colorScheme });
  const name = (state: string) => `tutorial-${state}-${size}-${colorScheme}`;
  if (size === 'phone') {
    await take(page, name('start'));
    await page.pressRunButtons(1);
    await page.waitForDone();
    await take(page, name('done'));
    await page.page.getByRole('tab', { name: /^Terminal #1/ }).click();
    await page.waitForPrompt(1);
    await take(page, name('terminal'));
    await page.page.getByRole('tab', { name: /^Cluster/ }).click();
    await take(page, name('cluster'));
    await page.context.close();
    return;
  }
  await page.ready();
  await take(page, name('start'));
  for (const step of lesson.steps.slice(0, 4)) {
    await page.pressRunButtons(commandsOf(step.blocks).length);
    await page.waitForDone();
    if (step.id !== 'write-on-replica') await page.next();
  }
  await take(page, name('replicated'));
  await page.next();
  await page.pressRunButtons(1);
  await page.waitForDone();
  await take(page, name('master-gone'));
  await page.context.close();
}

async function door(site: Site, file: string, route: string, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await site.open({ file, route, colorScheme });
    await page.page.waitForTimeout(1500);
    await take(page, `${name}-${colorScheme}`);
    await page.context.close();
  }
}

if (!hasChromium) throw new Error('Chromium is not installed');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
mkdirSync(pictures, { recursive: true });
const site = await Site.start();
try {
  for (const size of ['wide', 'small', 'phone'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) await tutorial(site, size, colorScheme);
  }
  await door(site, '', '/playground', 'playground');
  await door(site, '', '/', 'landing');
  await door(site, 'embed.html', 'lesson=hands-on', 'embed');
  for (const colorScheme of ['light', 'dark']) {
    copyFileSync(
      join(folder, `tutorial-replicated-wide-${colorScheme}.png`),
      join(pictures, `tutorial-${colorScheme}.png`),
    );
  }
} finally {
  await site.close();
}
