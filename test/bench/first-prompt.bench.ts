/** From an empty cache to a prompt that takes a command, on every door; and a lesson's step opened cold. */

import type { Site, TutorialPage } from '../e2e/tutorial-page.ts';
import { EmbeddingSite } from '../embed/embedding-site.ts';
import type { Report } from './report.ts';

export const host = 'page';

const rounds = 5;
const aim = { atMost: 1 };
/** The steps with the most before them. */
const coldSteps = ['/tutorial/hands-on/master-master', '/tutorial/same-tuple/mend'];

export async function run(report: Report, site: Site): Promise<void> {
  const doors = [
    ['the tutorial', '', '/tutorial/hands-on'],
    ['the playground', '', '/playground'],
    ['an embedded lesson', 'embed.html', 'lesson=hands-on'],
  ] as const;
  for (const [name, file, route] of doors) {
    const value = await fastest(() => firstPrompt(site, file, route));
    report.measure({ name: `first usable prompt, cold load: ${name}`, value, unit: 's', aim });
  }
  const embedding = await EmbeddingSite.start();
  try {
    const value = await fastest(() => firstPromptOfLab(embedding));
    report.measure({
      name: 'first usable prompt, cold load: <bee-lab>, from its button',
      value,
      unit: 's',
      aim,
    });
  } finally {
    await embedding.close();
  }
  for (const route of coldSteps) {
    const value = await fastest(() => coldStep(site, route));
    report.measure({ name: `a step opened cold: ${route}`, value, unit: 's', aim: { atMost: 2 } });
  }
}

/** The fastest of some rounds, each in a fresh profile: the slower ones measure the machine. */
async function fastest(measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) best = Math.min(best, await measure());
  return best;
}

const promptOf = (page: TutorialPage) =>
  page.terminal(1).locator('.xterm-rows > div').filter({ hasText: '$' });

async function firstPrompt(site: Site, file: string, route: string): Promise<number> {
  const page = await site.open({ file, route });
  await promptOf(page).waitFor();
  // Since the navigation began.
  const seconds = (await page.page.evaluate(() => performance.now())) / 1000;
  await page.context.close();
  return seconds;
}

async function firstPromptOfLab(embedding: EmbeddingSite): Promise<number> {
  const visit = await embedding.open('<bee-lab terminals="1"></bee-lab>');
  const begun = await visit.page.evaluate(() => performance.now());
  await visit.runLive();
  await visit.page.locator('.xterm-rows > div').filter({ hasText: '$' }).waitFor();
  const seconds = (await visit.page.evaluate((from) => performance.now() - from, begun)) / 1000;
  await visit.context.close();
  return seconds;
}

/** From "Setting the scene" until the step's own button can be pressed, with servers in the state that it needs. */
async function coldStep(site: Site, route: string): Promise<number> {
  const page = await site.open({ route });
  const scene = page.lesson.getByText('Setting the scene');
  await scene.waitFor();
  const begun = await page.page.evaluate(() => performance.now());
  await scene.waitFor({ state: 'detached' });
  await page.lesson.getByRole('button', { name: 'Run this step' }).waitFor();
  const seconds = (await page.page.evaluate((from) => performance.now() - from, begun)) / 1000;
  await page.context.close();
  return seconds;
}
