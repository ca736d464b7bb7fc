/**
 * The hands-on tutorial in real Chromium, from the first mkdir to the last rm: once by its run
 * buttons, once typed on the keyboard as the manual prints it, once with a reload in the middle.
 * Every answer is compared with the lesson's screens; that the two snapshots have the same size is
 * part of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bindings, commandsOf, matchScreen, type Step } from '../../src/lesson/index.ts';
import { readLesson } from '../lesson/read-lesson.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

const lesson = readLesson('hands-on');

/**
 * Compares what a step printed with its screens; what one server tells the other may take a moment
 * to be printed.
 */
async function expectScreens(
  page: TutorialPage,
  step: Step,
  from: readonly number[],
  names: Bindings,
): Promise<void> {
  for (const block of step.blocks) {
    if (block.kind !== 'screen') continue;
    const compare = async () => {
      const lines = (await page.transcript(block.terminal)).slice(from[block.terminal]);
      return { lines, mismatch: matchScreen(block.text, lines, names) };
    };
    await page
      .until('the screen', async () => (await compare()).mismatch === undefined)
      .catch(() => undefined);
    const { lines, mismatch } = await compare();
    const place = `${step.id}, Terminal #${block.terminal}`;
    expect(mismatch, `${place}:\n${lines.join('\n')}`).toBe(undefined);
  }
}

/** How many lines each terminal has shown, by its number. */
async function shown(page: TutorialPage): Promise<number[]> {
  return [0, (await page.transcript(1)).length, (await page.transcript(2)).length];
}

async function typeCommands(page: TutorialPage, step: Step): Promise<void> {
  for (const block of commandsOf(step.blocks)) {
    for (const line of block.lines) await page.type(block.terminal, line);
  }
}

/** Plays one step and compares it. */
async function play(
  page: TutorialPage,
  step: Step,
  names: Bindings,
  how: (step: Step) => Promise<void>,
): Promise<void> {
  const from = await shown(page);
  await how(step);
  await page.waitForDone();
  await expectScreens(page, step, from, names);
  if (step !== lesson.steps.at(-1)) await page.next();
}

describe.skipIf(!hasChromium)('the hands-on tutorial in Chromium', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('by its run buttons', async () => {
    const page = await site.open({ isTypingShown: true });
    await page.ready();
    const names: Bindings = new Map();
    let isMasterStopped = false;
    for (const step of lesson.steps) {
      await play(page, step, names, () => page.pressRunButtons(commandsOf(step.blocks).length));
      if (step.id !== 'stop-the-master') continue;
      isMasterStopped = true;
      // What the manual tells its reader to ignore in the next step.
      await page.until('the replica to say that it tries again', async () =>
        (await page.transcript(2)).some((line) =>
          line.includes('failed to connect to localhost:3301: Connection refused'),
        ),
      );
    }
    expect(isMasterStopped).toBe(true);
    await page.close();
  });

  test('typed on the keyboard', async () => {
    const page = await site.open();
    await page.ready();
    const names: Bindings = new Map();
    for (const step of lesson.steps) {
      await play(page, step, names, () => typeCommands(page, step));
    }
    await page.close();
  });

  test('with a reload in the middle: files, progress and history are there, and the servers recover', async () => {
    const page = await site.open();
    await page.ready();
    const names: Bindings = new Map();
    for (const step of lesson.steps.slice(0, 4)) {
      await play(page, step, names, () => typeCommands(page, step));
    }
    await page.page.reload();
    await page.waitForPrompt(1, /^\$$/);
    await page.waitForPrompt(2, /^\$$/);
    await page.lesson.getByRole('heading', { name: 'Stop the master' }).waitFor();
    for (const number of [1, 2]) {
      const lines = await page.transcript(number);
      expect(lines.join('\n')).toContain('The machine was restarted');
      expect(lines).toContain(`bee> s:insert{${number},'Tuple inserted on Terminal #${number}'}`);
    }
    await page.type(1, 'pwd');
    expect((await page.transcript(1)).at(-1)).toBe('/home/user/bee_test_node_1');
    await page.type(1, '~/bee/src/bee');
    await page.type(1, 'db.cfg{listen=3301}');
    await page.type(2, '~/bee/src/bee');
    await page.type(
      2,
      "db.cfg{listen=3302, replication_source='replicator:password@localhost:3301'}",
    );
    expect(await page.ask(2, 'db.space.tester:select{}')).toBe(
      "- - [1, 'Tuple inserted on Terminal #1']\n  - [2, 'Tuple inserted on Terminal #2']",
    );
    await page.terminal(2).getByRole('textbox').focus();
    await page.page.keyboard.press('ArrowUp');
    await page.page.keyboard.press('ArrowUp');
    await page.until('the line of history', async () =>
      (await page.rows(2)).some((row) => row.startsWith('bee> db.cfg{listen=3302')),
    );
    await page.page.keyboard.press('Control+u');
    await typeCommands(page, lesson.steps[4] ?? { id: '', title: '', blocks: [] });
    await page.waitForDone();
    await page.close();
  });
});
