/** A page that was left while servers ran offers to start them again; what a reader typed is not thrown away unasked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddingSite } from '../embed/embedding-site.ts';
import { hasChromium } from '../tools/chromium.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

const offer = (page: TutorialPage['page']) =>
  page.getByRole('status').filter({ hasText: 'when the page was left' });

describe.skipIf(!hasChromium)('servers that ended with the page', { timeout: 90_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());

  test('are started again by one button in the middle of a lesson, and the step goes on', async () => {
    const tab = await site.open({ route: '/tutorial/hands-on/replica' });
    await tab.lesson.getByRole('button', { name: 'Run this step' }).click();
    await tab.waitForDone();
    await tab.next();
    await tab.page.reload();
    await offer(tab.page).getByText('2 servers were running here').waitFor();
    expect(await tab.lesson.getByRole('button', { name: 'Set the scene' }).count()).toBe(0);
    await tab.page.getByRole('button', { name: 'Start my servers again' }).click();
    await offer(tab.page).waitFor({ state: 'detached' });
    await tab.until('the replica to follow', async () =>
      /follows Server 1: follow/.test(
        (await tab.page.getByRole('region', { name: 'Cluster' }).textContent()) ?? '',
      ),
    );
    expect((await tab.transcript(1)).slice(-30).join('\n')).toMatch(
      /All files are there.*\n\$ bee\n[^$]*bee> db\.cfg\{listen=3301\}/,
    );
    expect((await tab.transcript(2)).join('\n')).toMatch(
      /All files are there.*\n\$ bee\n[^$]*bee> db\.cfg\{[^}]*replication_source/,
    );
    await tab.close();
  });

  test('may stay stopped; those that the reader ended are not offered', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.type(1, 'bee');
    await tab.type(2, 'bee');
    await tab.type(2, 'os.exit()');
    await tab.page.reload();
    await offer(tab.page).getByText('in Terminal #1.').waitFor();
    await tab.page.getByRole('button', { name: 'Leave it stopped' }).click();
    await offer(tab.page).waitFor({ state: 'detached' });
    await tab.page.reload();
    await tab.ready();
    expect(await offer(tab.page).count()).toBe(0);
    expect((await tab.transcript(1)).filter((line) => line === '$ bee')).toHaveLength(1);
    await tab.close();
  });

  test('are started one by one, too, from the menus of their terminals', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.type(1, 'mkdir one; cd one; bee');
    await tab.type(1, 'db.cfg{listen=3301}');
    await tab.type(2, 'mkdir two; cd two; bee');
    await tab.page.reload();
    await offer(tab.page).getByText('2 servers were running here').waitFor();
    await tab.terminal(1).getByRole('button', { name: 'Terminal #1 menu' }).click();
    await tab.page.getByRole('menuitem', { name: /^Start the server again/ }).click();
    await offer(tab.page).getByText('in Terminal #2.').waitFor();
    await tab.until('the server to be configured', async () =>
      ((await tab.page.getByRole('region', { name: 'Cluster' }).textContent()) ?? '').includes(
        'listens on 3301',
      ),
    );
    expect((await tab.transcript(2)).filter((line) => line === '$ bee')).toEqual([]);
    await tab.close();
  });

  test('whose directory is gone are not started somewhere else', async () => {
    const tab = await site.open({ route: '/playground' });
    await tab.ready();
    await tab.type(1, 'mkdir one; cd one; bee');
    await tab.type(2, 'rm -r one');
    await tab.page.reload();
    await tab.page.getByRole('button', { name: 'Start my server again' }).click();
    await tab.until('a word about it', async () =>
      (await tab.transcript(1)).includes('/home/user/one is gone: there is no server to start.'),
    );
    await tab.close();
  });

  test('of a kept lab come back instead of its program', async () => {
    const embedding = await EmbeddingSite.start();
    const body =
      '<bee-lab session="kept"><pre>mkdir -p one && cd one\nbee\ndb.cfg{listen=3301}</pre></bee-lab>';
    const visit = await embedding.open(body);
    await visit.runLive();
    await visit.waitForText(1, '---...');
    await visit.page.reload();
    await visit.runLive();
    await visit.page.getByRole('button', { name: 'Start my server again' }).click();
    // What only a server says that has found its files; run again, the program would make others.
    await visit.waitForText(1, 'leaving orphan mode');
    await visit.close();
    await embedding.close();
  });
});

describe.skipIf(!hasChromium)('a later step opened cold', { timeout: 90_000 }, () => {
  test('asks before it empties terminals in which something was typed', async () => {
    const site = await Site.start();
    const tab = await site.open({ route: '/tutorial/hands-on' });
    await tab.ready();
    await tab.type(1, 'echo mine');
    await tab.page.goto(`${site.url}#/tutorial/hands-on/replica`);
    const scene = tab.lesson.getByRole('button', { name: 'Set the scene' });
    await scene.waitFor();
    expect(await tab.transcript(1)).toContain('mine');
    await scene.click();
    await tab.waitForPrompt(1, /^bee>$/);
    expect(await tab.transcript(1)).not.toContain('mine');
    await tab.close();
    await site.close();
  });
});
