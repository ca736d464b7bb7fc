/**
 * `npm run screenshots`: the page in its states, wide and narrow, light and dark, to be looked at
 * after a change, in `.cache/screenshots`. Those that README shows go to `public/pictures`.
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

/** The playground with three masters, the files of one, what a link holds, and who reads along. */
async function playground(site: Site, size: 'wide' | 'phone', colorScheme: 'light' | 'dark') {
  const [width, height] = sizes[size];
  const page = await site.open({ route: '/playground', width, height, colorScheme });
  const name = (state: string) => `playground-${state}-${size}-${colorScheme}`;
  const press = (button: string) =>
    page.page.getByRole('button', { name: button, exact: true }).click();
  const isPhone = size === 'phone';
  await page.waitForPrompt(1);
  if (isPhone) await page.page.getByRole('tab', { name: 'Cluster' }).click();
  await press('Three masters');
  await page.page.getByText('server 3', { exact: true }).waitFor();
  await page.until('all links', async () =>
    /(?:follows Server \d: follow.*){6}/.test(
      (await page.page.locator('.cluster > .visually-hidden').textContent()) ?? '',
    ),
  );
  await take(page, name('masters'));
  await page.page.getByRole('button', { name: 'Server 1: actions' }).click();
  await page.page.getByRole('menuitem', { name: /^Files/ }).click();
  const rows = page.page.getByRole('listbox', { name: 'Rows of the file' });
  await rows.focus();
  for (let row = 0; row < 3; row++) await page.page.keyboard.press('ArrowDown');
  await page.page.locator('td[data-look="body"]').first().waitFor();
  await take(page, name('files'));
  await press('Share or save…');
  await page.page.getByText('small enough for a link').waitFor();
  await take(page, name('share'));
  await press('Close');
  const other = await page.context.newPage();
  await other.goto(page.page.url());
  await other.getByRole('button', { name: 'Read along' }).click();
  await other.getByText('server 3', { exact: true }).waitFor();
  await other.screenshot({ path: join(folder, `${name('watching')}.png`) });
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
  for (const size of ['wide', 'phone'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) await playground(site, size, colorScheme);
  }
  await door(site, '', '/playground', 'playground');
  await door(site, '', '/', 'landing');
  await door(site, 'embed.html', 'lesson=hands-on', 'embed');
  for (const colorScheme of ['light', 'dark']) {
    copyFileSync(
      join(folder, `tutorial-replicated-wide-${colorScheme}.png`),
      join(pictures, `tutorial-${colorScheme}.png`),
    );
    copyFileSync(
      join(folder, `playground-files-wide-${colorScheme}.png`),
      join(pictures, `playground-${colorScheme}.png`),
    );
  }
} finally {
  await site.close();
}
