import type { Terminal as Xterm } from '@xterm/xterm';
import { onThemeChange, themeAt } from '../settings-store.ts';
import { terminalTheme } from '../theme.ts';
import { AdoptedStyles } from './adopted-styles.ts';
import { makeXterm } from './make-xterm.ts';
import type { Watched } from './tab-news.ts';

/** A terminal of another tab, as that one shows it, in its size. Nothing can be typed into it. */
export class WatchedScreen {
  readonly #xterm: Xterm;
  readonly #styles = new AdoptedStyles();
  readonly #end: () => void;

  /** @param parent the element that it fills */
  constructor(watched: Watched, number: number, parent: HTMLElement) {
    this.#xterm = makeXterm(number, 80);
    this.#xterm.options.disableStdin = true;
    this.#styles.adoptInto(parent.getRootNode());
    this.#styles.collect(() => this.#xterm.open(parent));
    this.#xterm.textarea?.setAttribute('aria-label', `Terminal #${number}, read only`);
    const takeTheme = (): void => {
      this.#xterm.options.theme = terminalTheme(number, themeAt(parent));
    };
    takeTheme();
    const endTheme = onThemeChange(takeTheme);
    const endShow = watched.show(number, (news) => {
      if (news.kind === 'write') {
        this.#xterm.write(news.text);
        return;
      }
      const { columns, rows, text } = news.screen;
      this.#xterm.reset();
      this.#xterm.resize(columns, rows);
      this.#xterm.write(text);
    });
    this.#end = () => {
      endTheme();
      endShow();
    };
  }

  dispose(): void {
    this.#end();
    this.#xterm.dispose();
    this.#styles.release();
  }
}
