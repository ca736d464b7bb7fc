/** The file panel in real Chromium: rows beside bytes, files out and in, damage. */
import { AxeBuilder } from '@axe-core/playwright';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium } from '../tools/chromium.ts';
import { FilesPage, fixture, orderly, upload } from './files-page.ts';
import { Site, type TutorialPage } from './tutorial-page.ts';

describe.skipIf(!hasChromium)('the file panel', () => {
  let site: Site;
  let page: TutorialPage;
  let files: FilesPage;
  beforeAll(async () => {
    site = await Site.start();
  });
  afterAll(() => site?.close());
  afterEach(() => page?.close());

  const open = async (options: Parameters<Site['open']>[0] = {}): Promise<void> => {
    page = await site.open({ route: '/playground', ...options });
    files = new FilesPage(page);
    await page.ready();
  };

  const makeServer = async (): Promise<void> => {
    await page.type(1, 'mkdir ~/one && cd ~/one');
    await page.type(1, 'bee');
    await page.type(1, 'db.cfg{}');
    await page.type(1, "db.schema.space.create('tester'):create_index('primary')");
    await page.type(1, "db.space.tester:insert{1, 'first'}");
  };

  test('files of the real server come in and a server boots from them; out they are the same bytes', async () => {
    await open();
    await files.open();
    await files.choose(
      '~/real',
      orderly.map((name) => fixture(name)),
    );
    await files.uploadButton.click();
    await files.status.filter({ hasText: '5 files put into ~/real' }).waitFor();

    const one = await files.download(async () => {
      await files.showFile('00000000000000000000.xlog');
      await files.panel.getByRole('button', { name: 'Download', exact: true }).click();
    });
    expect(one.name).toBe('00000000000000000000.xlog');
    expect(one.bytes.equals(fixture(one.name).buffer)).toBe(true);
    const zip = await files.download(() =>
      files.panel.getByRole('button', { name: 'Download ~/real as a zip' }).click(),
    );
    const unzipped = unzipSync(zip.bytes);
    expect(Object.keys(unzipped).sort()).toEqual([...orderly].sort());
    for (const name of orderly) {
      expect(fixture(name).buffer.equals(unzipped[name] ?? new Uint8Array())).toBe(true);
    }

    await page.type(1, 'cd ~/real && bee');
    await page.type(1, 'db.cfg{}');
    await page.type(1, 'db.space.t:get(100)');
    expect((await page.transcript(1)).join('\n')).toContain("- [100, 'after']");
    await page.type(1, 'db.space.t:count()');
    expect((await page.transcript(1)).join('\n')).toMatch(/count\(\)\n---\n- 9\n/);
  });

  test('a zip comes in, and what is no log file is refused with its reason', async () => {
    await open();
    await files.open();
    const zip = zipSync({
      'backup/00000000000000000000.snap': fixture(orderly[0]).buffer,
      'backup/00000000000000000003.vylog': new Uint8Array(3),
      'backup/notes.txt': new TextEncoder().encode('hello'),
    });
    await files.choose('~/zip', [
      upload('backup.zip', zip),
      upload('other.zip', 'no zip at all'),
      upload('00000000000000000005.xlog', fixture(orderly[1]).buffer),
      upload('00000000000000000007.snap', 'print(1)\n\n'),
      upload('00000000000000000000.xlog', fixture(orderly[0]).buffer),
    ]);
    // With the blanks that a reader sees.
    // biome-ignore lint/performance/useDomNodeTextContent: textContent runs the words of two elements together
    const said = await files.dialog.locator('.verdicts').innerText();
    expect(said).toMatch(/vylog not taken: it belongs to vinyl/);
    expect(said).toMatch(/notes\.txt not taken: only \.snap and \.xlog files/);
    expect(said).toMatch(/other\.zip not taken: it is no zip file/);
    expect(said).toMatch(/0005\.xlog not taken: its header's vclock makes it 0, its name says 5/);
    expect(said).toMatch(/0007\.snap not taken: it has no header of a \.snap or \.xlog/);
    expect(said).toMatch(/0000\.xlog not taken: its first line says SNAP, not XLOG/);
    await files.uploadButton.click();
    await files.status.filter({ hasText: '1 file put into ~/zip' }).waitFor();
    await page.type(1, 'ls ~/zip');
    expect(await page.transcript(1)).toContain('00000000000000000000.snap');
  });

  test('nothing is replaced, and nothing put beside a running server, without a yes', async () => {
    await open();
    await makeServer();
    await files.open();
    await files.choose('~/one', [fixture('00000000000000000000.snap')]);
    const replace = files.dialog.getByRole('checkbox', { name: /^Replace 0{20}\.snap/ });
    const force = files.dialog.getByRole('checkbox', { name: /^A server runs in that directory/ });
    expect(await files.uploadButton.isDisabled()).toBe(true);
    await replace.check();
    expect(await files.uploadButton.isDisabled()).toBe(true);
    await force.check();
    expect(await files.uploadButton.isEnabled()).toBe(true);
    await page.page.keyboard.press('Escape');
    await files.dialog.waitFor({ state: 'detached' });
  });

  test("a row's bytes are marked, by keyboard; a byte leads to its row; new rows appear", async () => {
    await open();
    await makeServer();
    await files.open();
    await files.rows.focus();
    await page.until('the last row', async () => {
      // There may be more rows than at the last press.
      await page.page.keyboard.press('End');
      return (await files.chosenRow()).includes("[1, 'first']");
    });
    expect(await files.chosenRow()).toMatch(
      /^LSN 4 by server 1: INSERT tester \(512\) \[1, 'first'\], bytes \d+ to \d+$/,
    );
    // A map of two, the space 512, the tuple of two: as the real server writes it.
    await page.until('the marked bytes', async () =>
      /8210cd0200219201a56669727374$/.test(await files.markedBytes()),
    );
    await page.page.keyboard.press('Tab');
    await page.page.keyboard.press('Control+Home');
    await page.until('the header', async () => (await files.chosenRow()).startsWith('header'));
    await page.type(1, "db.space.tester:insert{2, 'second'}");
    await page.until('the new row', async () =>
      (await files.rows.locator('[role=option]').allTextContents()).some((text) =>
        text.includes("[2, 'second']"),
      ),
    );
  });

  test('a byte is damaged only where no server runs, and the server finds it', async () => {
    await open();
    await makeServer();
    await files.open();
    await files.panel.getByRole('button', { name: /^Damage a byte/ }).click();
    await files.dialog.getByRole('alert').filter({ hasText: 'A server runs in' }).waitFor();
    expect(await files.dialog.getByRole('button', { name: 'Damage it' }).isDisabled()).toBe(true);
    await page.page.keyboard.press('Escape');
    await page.page.getByRole('button', { name: 'Server 1: actions' }).click();
    await page.page.getByRole('menuitem', { name: /^Kill/ }).click();
    await page.waitForPrompt(1, /^\$$/);
    await files.panel.getByRole('button', { name: /^Damage a byte/ }).click();
    await files.dialog.getByRole('radio', { name: 'Somewhere in the rows' }).check();
    await files.dialog.getByRole('button', { name: 'Damage it' }).click();
    await files.status.filter({ hasText: /^Byte \d+ of 0{20}\.xlog was/ }).waitFor();
    await files.panel.getByText('1 damage').waitFor();
    await page.type(1, 'bee');
    await page.page.keyboard.type('db.cfg{}\n');
    await page.until('the refusal', async () =>
      (await page.rows(1)).join('').includes('checksum mismatch'),
    );
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing, %s, wide and narrow',
    async (colorScheme) => {
      await open({ colorScheme });
      await makeServer();
      await files.open();
      await files.rows.focus();
      await page.page.keyboard.press('End');
      for (const width of [1500, 360]) {
        await page.page.setViewportSize({ width, height: 800 });
        await files.rows.waitFor();
        const { violations } = await new AxeBuilder({ page: page.page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        const overflow = await page.page.evaluate(() => document.documentElement.scrollWidth);
        expect(overflow).toBeLessThanOrEqual(width);
      }
    },
  );
});
