/** What tests of the file panel do with it. */
import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { root } from '../tools/source-tree.ts';
import type { TutorialPage } from './tutorial-page.ts';

/** Files that the real server wrote. */
export const orderly = [
  '00000000000000000000.snap',
  '00000000000000000000.xlog',
  '00000000000000000022.snap',
  '00000000000000000022.xlog',
  '00000000000000000023.xlog',
] as const;

export function fixture(name: string, folder = 'orderly'): { name: string; buffer: Buffer } {
  return { name, buffer: readFileSync(`${root}/test/fixtures/real/${folder}/${name}`) };
}

/** Anything as a file to upload. */
export function upload(name: string, content: string | Uint8Array) {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) };
}

export class FilesPage {
  readonly #page: TutorialPage;

  constructor(page: TutorialPage) {
    this.#page = page;
  }

  get panel(): Locator {
    return this.#page.page.getByRole('region', { name: 'Files', exact: true });
  }

  get rows(): Locator {
    return this.panel.getByRole('listbox', { name: 'Rows of the file' });
  }

  get status(): Locator {
    return this.panel.locator('.files-said');
  }

  get dialog(): Locator {
    return this.#page.page.getByRole('dialog');
  }

  /** Opens the panel by a terminal's menu. */
  async open(terminal = 1): Promise<void> {
    await this.#page
      .terminal(terminal)
      .getByRole('button', { name: `Terminal #${terminal} menu` })
      .click();
    await this.#page.page.getByRole('menuitem', { name: /^Files/ }).click();
    await this.panel.waitFor();
  }

  /** Chooses files in the upload's window; goes on when they were looked at. */
  async choose(
    directory: string,
    files: readonly { name: string; buffer: Buffer }[],
  ): Promise<void> {
    await this.panel.getByRole('button', { name: 'Upload…' }).click();
    await this.dialog.getByRole('combobox', { name: 'Directory' }).fill(directory);
    await this.dialog
      .getByLabel('Files', { exact: true })
      .setInputFiles(files.map((file) => ({ mimeType: 'application/octet-stream', ...file })));
    await this.dialog.locator('.verdicts').waitFor();
  }

  get uploadButton(): Locator {
    return this.dialog.getByRole('button', { name: /^Upload/ });
  }

  /** Presses what starts a download, and gives its bytes. */
  async download(press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
    const waiting = this.#page.page.waitForEvent('download');
    await press();
    const got = await waiting;
    return { name: got.suggestedFilename(), bytes: readFileSync(await got.path()) };
  }

  async showFile(name: string): Promise<void> {
    await this.panel
      .getByRole('button', { name: new RegExp(`^${name.replace('.', '\\.')}`) })
      .click();
    await this.panel.getByRole('heading', { name, exact: true }).waitFor();
  }

  /** What a screen reader is told of the chosen row. */
  async chosenRow(): Promise<string> {
    const option = this.rows.locator('[aria-selected="true"]');
    return (await option.getAttribute('aria-label')) ?? '';
  }

  /** The bytes that are marked as the chosen row's, in hex. */
  async markedBytes(): Promise<string> {
    const cells = this.panel.locator('td.byte[data-look="row"], td.byte[data-look="body"]');
    return (await cells.allTextContents()).join('');
  }
}
