import { AxeBuilder } from '@axe-core/playwright';
import { describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { useFakePage } from './fake-page.ts';
import type { BeePage } from './page.ts';

describe.skipIf(!hasChromium)('the page over a fake host, in Chromium', () => {
  const open = useFakePage();

  describe('a lesson', () => {
    test('a run button types into its terminal and its history', async () => {
      const bee = await open('#/tutorial', { isCalm: false });
      await bee.waitForRow(1, '$');
      const rows = bee.terminal(1).locator('.xterm-rows');
      await rows.evaluate((element) => {
        const seen: string[] = [];
        Object.assign(globalThis, { seen });
        new MutationObserver(() => seen.push(element.textContent ?? '')).observe(element, {
          childList: true,
          characterData: true,
          subtree: true,
        });
      });
      await bee.page.getByRole('button', { name: 'Run in Terminal #1' }).first().click();
      await bee.page.getByRole('button', { name: 'Run again in Terminal #1' }).first().waitFor();
      // Set by the lines above: what the screen showed, frame by frame.
      const seen = await bee.page.evaluate(() => Reflect.get(globalThis, 'seen') as string[]);
      const isHalf = /(?:mkdir -p ~\/bee_t|db\.cfg\{li|db\.space\._cl)\w{0,8}\s*$/;
      expect(seen.some((text) => isHalf.test(text.replaceAll('\u00a0', ' ')))).toBe(true);
      await bee.input(1).focus();
      await bee.page.keyboard.press('ArrowUp');
      const again = "...bee> db.space._cluster:select({0},{iterator='GE'})";
      await bee.waitForText(1, again);
    });

    test('each step has an address; next, back and contents go there', async () => {
      const bee = await open('#/tutorial/hands-on/replica');
      await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
      await bee.page.getByRole('link', { name: 'Back' }).click();
      await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
      expect(bee.page.url()).toMatch(/#\/tutorial\/hands-on\/first-server$/);
      await bee.page.getByRole('button', { name: /^Next/ }).click();
      await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
      await bee.page.getByRole('button', { name: 'Contents' }).click();
      await bee.page.getByRole('link', { name: /Clean up/ }).click();
      await bee.page.getByRole('heading', { name: 'Clean up' }).waitFor();
      expect(bee.page.url()).toMatch(/clean-up$/);
    });

    test('a failed check says what it found and what was expected; hints come one by one', async () => {
      const bee = await open('#/tutorial/hands-on/first-server');
      await bee.waitForRow(1, '$');
      await bee.page.getByRole('button', { name: 'Check now' }).click();
      const result = bee.page.getByRole('region', { name: 'Your result' });
      await result.getByText('expected').first().waitFor();
      expect(await result.textContent()).toContain('no server running in it');
      await result.getByRole('button', { name: /^Show a hint/ }).click();
      await result.getByRole('button', { name: /^Another hint/ }).click();
      await bee.waitFor(async () => (await result.locator('.hints > li').count()) === 2);
    });

    test('a question is answered once and then explained', async () => {
      const bee = await open('#/tutorial/hands-on/replica');
      const question = bee.page.getByRole('group', { name: /Before you run it/ });
      await question.getByRole('radio').first().check();
      await question.getByRole('button', { name: 'Answer' }).click();
      await question.getByText('not quite').waitFor();
      await question.getByRole('status').waitFor();
      await bee.page.reload();
      await question.getByText('not quite').waitFor();
    });

    test('an unknown step says so, until another one is opened', async () => {
      const bee = await open('#/tutorial/hands-on/nostep');
      await bee.page.getByText('This lesson has no step “nostep”').waitFor();
      await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
      await bee.page.getByRole('button', { name: /^Next/ }).click();
      await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
      expect(await bee.page.getByText('This lesson has no step').count()).toBe(0);
    });

    test.each(['#/nowhere/x', '#/playground/x'])(
      'nothing at %s: the first page says so',
      async (address) => {
        const bee = await open(address);
        await bee.page.getByText(`There is nothing at ${address}.`).waitFor();
        await bee.page.getByRole('link', { name: 'Open the playground' }).click();
        await bee.waitForRow(1, '$');
      },
    );

    test('an unknown lesson says so', async () => {
      const bee = await open('#/tutorial/nothing/here');
      await bee.page.getByRole('heading', { name: 'There is no such lesson' }).waitFor();
    });
  });

  test('a reload brings back screens, history and place, and says that the machine was restarted', async () => {
    // The first step: a later one is given what it begins with, as the fake host forgets its files.
    const bee = await open('#/tutorial');
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'echo before', '$');
    await bee.page.reload();
    await bee.waitForRow(1, '$');
    expect((await bee.rows(1)).slice(0, 2)).toEqual(['$ echo before', 'before']);
    await bee.waitForText(1, 'The machine was restarted');
    await bee.input(1).focus();
    await bee.page.keyboard.press('ArrowUp');
    await bee.waitForRow(1, '$ echo before');
    await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
  });

  test('the cluster strip says who follows whom, as text too', async () => {
    const bee = await open();
    await bee.waitForRow(2, '$');
    const strip = bee.page.getByRole('region', { name: 'Cluster' });
    expect(await strip.textContent()).toContain('No server runs yet');
    await bee.enter(1, 'bee', 'bee>');
    await bee.enter(1, 'db.cfg{listen=3301}', 'bee>');
    await bee.enter(2, 'bee', 'bee>');
    await bee.enter(2, "db.cfg{listen=3302, replication_source='r:p@localhost:3301'}", 'bee>');
    await strip.getByText('replica of 1').waitFor();
    await strip.getByText('master of 2').waitFor();
    await bee.waitFor(async () =>
      /Server 2 follows Server 1: follow, lag 1\.0 ms\./.test((await strip.textContent()) ?? ''),
    );
    expect(await strip.locator('.link').count()).toBe(1);
  });

  test('a narrow window has tabs, with a dot where something happened', async () => {
    const bee = await open('#/tutorial', { width: 390, height: 844 });
    const tab = (name: string) => bee.page.getByRole('tab', { name });
    await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
    expect(await bee.page.getByRole('tab').allTextContents()).toEqual([
      'Tutorial',
      '1Terminal #1',
      '2Terminal #2',
      'Cluster',
      'Files',
    ]);
    await bee.page.getByRole('button', { name: 'Run in Terminal #1' }).first().click();
    await tab('Terminal #1 (something new)').click();
    await bee.waitForRow(1, 'bee>');
    await tab('Terminal #1').press('ArrowRight');
    await bee.waitForRow(2, '$');
    await bee.enter(2, 'bee', 'bee>');
    await bee.enter(2, "db.cfg{listen=3302, replication_source='r:p@localhost:3301'}", 'bee>');
    await tab('Cluster').click();
    await bee.page.getByRole('button', { name: /^Link from Terminal #1 to Terminal #2/ }).waitFor();
    // Nothing sticks out sideways.
    const { scrollWidth, clientWidth } = await bee.page.evaluate(() => document.documentElement);
    expect(scrollWidth).toBe(clientWidth);
  });

  test('a phone shows the names of all parts, and a lesson in a window that was zoomed in far', async () => {
    const phone = await open('#/tutorial', { width: 360, height: 700 });
    const tabs = phone.page.getByRole('tablist', { name: 'Parts of the page' });
    await tabs.getByRole('tab', { name: 'Files' }).waitFor();
    await phone.waitFor(async () => {
      const number = await tabs.getByText('#1', { exact: true }).boundingBox();
      return (number?.width ?? 0) > 5;
    });
    await phone.waitFor(() =>
      tabs.evaluate((list) => {
        const edge = list.lastElementChild?.getBoundingClientRect().right ?? 999;
        return edge < 356 && list.scrollWidth === 360;
      }),
    );
    const zoomed = await open('#/tutorial', { width: 350, height: 230 });
    const text = zoomed.page.getByRole('region', { name: 'Text' });
    await zoomed.waitFor(async () => ((await text.boundingBox())?.height ?? 0) > 150);
  });

  test('a shell whose directory is removed stands there still, and its title says so', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'mkdir ~/gone', '$');
    await bee.enter(1, 'cd ~/gone', '$');
    await bee.enter(1, 'bee', 'bee>');
    await bee.enter(1, 'os.exit()', '$');
    await bee.enter(2, 'rm -r ~/gone', '$');
    await bee.terminal(1).getByText('~/gone (removed)').waitFor();
    // One has run: nobody has to be told how to start the first.
    await bee.page.getByRole('region', { name: 'Cluster' }).getByText('No server runs. ').waitFor();
    await bee.enter(1, 'cd', '$');
    await bee.waitFor(async () => (await bee.terminal(1).getByText('(removed)').count()) === 0);
  });

  test('the playground adds terminals, which are there again after a reload', async () => {
    const bee = await open('#/playground');
    await bee.waitForRow(2, '$');
    await bee.page.getByRole('button', { name: 'Add a terminal' }).click();
    await bee.waitForRow(3, '$');
    await bee.page.reload();
    await bee.waitForRow(3, '$');
  });

  test('the embed shows as many terminals as its address says, and nothing else', async () => {
    const bee = await open('embed.html#terminals=1');
    await bee.waitForRow(1, '$');
    expect(await bee.terminal(2).count()).toBe(0);
    expect(await bee.page.getByRole('banner').count()).toBe(0);
  });

  test('the embed walks through a lesson without touching its address', async () => {
    const bee = await open('embed.html#lesson=hands-on&step=replica');
    await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
    await bee.page.getByRole('link', { name: 'Back' }).click();
    await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
    expect(bee.page.url()).toMatch(/#lesson=hands-on&step=replica$/);
  });

  test('a server is paused, killed and started again from its card', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    await bee.enter(1, 'bee', 'bee>');
    const strip = bee.page.getByRole('region', { name: 'Cluster' });
    const choose = async (item: string): Promise<void> => {
      await strip.getByRole('button', { name: /actions$/ }).click();
      await bee.page.getByRole('menuitem', { name: new RegExp(`^${item}`) }).click();
    };
    await bee.enter(1, 'db.cfg{listen=3301}', 'bee>');
    await choose('Pause');
    await strip.getByText('paused', { exact: true }).waitFor();
    await choose('Continue');
    await choose('Kill');
    await strip.getByText('killed', { exact: true }).waitFor();
    await choose('Start');
    await bee.waitFor(async () =>
      /Killed\n\$ bee\n.*\nbee>$/s.test((await bee.rows(1)).join('\n')),
    );
  });

  test('a link is cut and restored where its status stands', async () => {
    const bee = await open();
    await bee.waitForRow(2, '$');
    await bee.enter(1, 'bee', 'bee>');
    await bee.enter(1, 'db.cfg{listen=3301}', 'bee>');
    await bee.enter(2, 'bee', 'bee>');
    await bee.enter(2, "db.cfg{listen=3302, replication_source='r:p@localhost:3301'}", 'bee>');
    const link = bee.page.getByRole('button', { name: /^Link from Terminal #1 to Terminal #2/ });
    await link.click();
    await bee.page.getByRole('menuitem', { name: 'Cut the link' }).click();
    await bee.waitFor(async () => (await link.textContent()) === 'follow · cut');
    await link.press('Enter');
    await bee.page.getByRole('menuitem', { name: 'Cut the link' }).waitFor();
    await bee.page.keyboard.press('End');
    await bee.page.keyboard.press('Enter');
    await bee.page.getByRole('button', { name: /: follow, lag 1\.0 ms$/ }).waitFor();
  });

  test('many servers stand in a table, where each link has a place of its own and keys lead to it', async () => {
    const bee = await open('#/playground');
    for (let number = 1; number <= 5; number++) {
      if (number > 2) await bee.page.getByRole('button', { name: 'Add a terminal' }).click();
      await bee.waitForRow(number, '$');
      await bee.enter(number, 'bee', 'bee>');
      const source = number === 1 ? '' : ", replication_source='r:p@localhost:3301'";
      await bee.enter(number, `db.cfg{listen=${3300 + number}${source}}`, 'bee>');
    }
    const strip = bee.page.getByRole('region', { name: 'Cluster' });
    const link = (to: number) =>
      strip.getByRole('button', { name: `Link from Terminal #1 to Terminal #${to}: follow` });
    await link(5).waitFor();
    const boxes = [];
    for (const to of [2, 3, 4, 5]) boxes.push(await link(to).boundingBox());
    for (const [at, box] of boxes.entries()) {
      if (at > 0) expect(box?.y).toBeGreaterThanOrEqual((boxes[at - 1]?.y ?? 0) + 20);
    }
    expect(await strip.locator('button.link-mark[tabindex="0"]').count()).toBe(1);
    await link(2).focus();
    await bee.page.keyboard.press('ArrowDown');
    await bee.page.keyboard.press('ArrowDown');
    await bee.waitFor(() => link(4).evaluate((button) => button.matches(':focus')));
    expect(await strip.getByText('Link from Terminal #1 to Terminal #4: follow').count()).toBe(1);
    await bee.page.keyboard.press('Enter');
    await bee.page.getByRole('menuitem', { name: 'Cut the link' }).press('Enter');
    await strip
      .getByRole('button', { name: /^Link from Terminal #1 to Terminal #4.*cut/ })
      .waitFor();
    expect(await strip.locator('> .visually-hidden').textContent()).toMatch(
      /Server 4 follows Server 1: follow, cut by you/,
    );
    const { violations } = await new AxeBuilder({ page: bee.page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  });

  test('a session that another tab holds can be taken over', async () => {
    const bee = await open('?problem=held#/tutorial');
    await bee.page.getByRole('button', { name: 'Take over here' }).click();
    await bee.waitForRow(1, '$');
  });

  test('the first page leads into the tutorial and knows how far one is', async () => {
    const bee = await open('');
    await bee.page.getByRole('link', { name: 'Start the tutorial' }).click();
    await bee.page.getByRole('heading', { name: 'A cluster of one' }).waitFor();
    await bee.page.getByRole('button', { name: /^Next/ }).click();
    await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
    await bee.page.getByRole('link', { name: 'Bee, to the start' }).click();
    await bee.page.getByRole('link', { name: 'Go on with the tutorial' }).click();
    await bee.page.getByRole('heading', { name: 'A replica joins' }).waitFor();
  });

  test('the borders between the panels move by keyboard and stay where they were put', async () => {
    const bee = await open();
    await bee.waitForRow(1, '$');
    const border = bee.page.getByRole('separator', { name: 'Width of the lesson' });
    const width = async (): Promise<number> =>
      (await bee.page.getByRole('region', { name: 'Lesson' }).boundingBox())?.width ?? 0;
    const before = await width();
    await border.focus();
    for (let at = 0; at < 3; at++) await bee.page.keyboard.press('ArrowRight');
    await bee.waitFor(async () => (await width()) > before + 20);
    // The last press may still be on its way.
    let moved = 0;
    await bee.waitFor(async () => {
      const last = moved;
      moved = await width();
      return moved === last;
    });
    await bee.page.reload();
    await bee.waitForRow(1, '$');
    await bee.waitFor(async () => Math.abs((await width()) - moved) < 4);
  });

  test.each([
    ['storage', 'This browser gives the page no storage', 'Try again'],
    ['held', 'This session is open in another tab', 'Take over here'],
  ])('trouble with the session is said: %s', async (problem, title, way) => {
    const bee = await open(`?problem=${problem}#/tutorial`);
    await bee.page.getByRole('heading', { name: title }).waitFor();
    await bee.page.getByRole('button', { name: way }).waitFor();
    expect(await bee.terminal(1).isVisible()).toBe(false);
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing to complain about, %s',
    async (theme) => {
      const look = async (bee: BeePage, what: string): Promise<void> => {
        const { violations } = await new AxeBuilder({ page: bee.page }).analyze();
        const found = violations.map(
          ({ id, nodes }) =>
            `${what}: ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join('\n')}`,
        );
        expect(found).toEqual([]);
      };
      const bee = await open('#/tutorial', { theme });
      await bee.waitForRow(2, '$');
      await look(bee, 'tutorial');
      await bee.enter(1, 'ls nope', '$');
      await bee.enter(1, 'bee', 'bee>');
      await bee.enter(1, 'db.cfg{listen=3301}', 'bee>');
      await bee.enter(1, 'x.y', 'bee>');
      await bee.enter(1, 'flood', 'bee>');
      await bee.page.getByRole('button', { name: 'Check now' }).click();
      await bee.page.getByText('What you should see').click();
      await look(bee, 'with a server');
      await bee.page.getByRole('button', { name: 'Terminal #1 menu' }).click();
      await look(bee, 'menu');
      await bee.page.keyboard.press('Escape');
      await bee.page.getByRole('button', { name: 'Contents' }).click();
      await look(bee, 'contents');
      const question = await open('#/tutorial/hands-on/replica', { theme });
      await question.page.getByRole('radio').first().check();
      await question.page.getByRole('button', { name: 'Answer' }).click();
      await look(question, 'question');
      await look(await open('', { theme }), 'first page');
      await look(await open('#/playground', { theme }), 'playground');
      await look(await open('?problem=held#/tutorial', { theme }), 'problem');
      await look(await open('#/tutorial', { theme, width: 390, height: 844 }), 'narrow');
      await look(await open('embed.html#terminals=2', { theme }), 'embed');
    },
  );
});
