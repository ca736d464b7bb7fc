import { FitAddon } from '@xterm/addon-fit';
import type { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import type { Terminal as Xterm } from '@xterm/xterm';
import { onThemeChange, themeAt, useSettings } from '../settings-store.ts';
import { terminalTheme } from '../theme.ts';
import { AdoptedStyles } from './adopted-styles.ts';
import { makeXterm, terminalFont } from './make-xterm.ts';
import type { TerminalController } from './terminal-controller.ts';

/**
 * The screen of one terminal: xterm in an element of its own, which can be put into the page, taken out and put elsewhere
 * without losing anything. Made when it is first shown.
 */
export class XtermScreen {
  readonly element = document.createElement('div');
  readonly #xterm: Xterm;
  readonly #fit = new FitAddon();
  readonly #styles = new AdoptedStyles();
  /** Loaded when somebody searches. */
  #search: Promise<SearchAddon> | undefined;
  readonly #controller: TerminalController;
  readonly #observer: ResizeObserver;
  readonly #stop: () => void;
  #isOpen = false;
  #wasEscape = false;
  /** Ctrl+Shift+F was pressed. */
  onSearch = (): void => {};

  constructor(controller: TerminalController) {
    const { number } = controller;
    this.#controller = controller;
    this.element.className = 'xterm-holder';
    this.#xterm = makeXterm(number, controller.terminal.columns);
    this.#xterm.loadAddon(this.#fit);
    this.#xterm.loadAddon(
      new WebLinksAddon((_event, uri) => window.open(uri, '_blank', 'noopener')),
    );
    this.#xterm.attachCustomKeyEventHandler((event) => this.#onKey(event));
    this.#xterm.onData((data) => controller.input(data));
    // Bracketed paste: so that a paste is told from typing.
    this.#xterm.write('\x1b[?2004h');
    controller.attach(this.#xterm);
    this.#observer = new ResizeObserver(() => this.fit());
    const unsubscribe = onThemeChange(() => {
      this.#takeTheme();
      this.#xterm.options.screenReaderMode = useSettings.getState().isScreenReader;
    });
    this.#stop = () => {
      unsubscribe();
      this.#observer.disconnect();
    };
  }

  /** Puts the screen into the page. */
  show(parent: HTMLElement): void {
    parent.append(this.element);
    this.#styles.adoptInto(this.element.getRootNode());
    this.#takeTheme();
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#styles.collect(() => this.#xterm.open(this.element));
      this.#xterm.textarea?.setAttribute(
        'aria-label',
        `Terminal #${this.#controller.number} input`,
      );
      this.#observer.observe(this.element);
      void this.#measureAgain();
    }
    this.fit();
  }

  /** The colours of where the screen stands. */
  #takeTheme(): void {
    if (!this.element.isConnected) return;
    this.#xterm.options.theme = terminalTheme(this.#controller.number, themeAt(this.element));
  }

  focus(): void {
    this.#xterm.focus();
  }

  /** Fits rows and columns to the element. The edited line is taken off meanwhile: xterm would cut it, not wrap it anew. */
  fit(): void {
    const proposed = this.#fit.proposeDimensions();
    if (proposed === undefined || !(proposed.cols > 1) || !(proposed.rows > 0)) return;
    const { cols, rows } = proposed;
    if (cols === this.#xterm.cols && rows === this.#xterm.rows && this.#isFitted) return;
    this.#isFitted = true;
    this.#controller.terminal.erase();
    // Behind what was written before, which is for the old size.
    this.#xterm.write('', () => {
      this.#xterm.resize(cols, rows);
      this.#controller.resized(cols, rows);
    });
  }

  #isFitted = false;

  /** @returns whether it was found */
  async find(text: string, direction: 'next' | 'previous'): Promise<boolean> {
    this.#search ??= import('@xterm/addon-search').then(({ SearchAddon }) => {
      const addon = new SearchAddon();
      this.#xterm.loadAddon(addon);
      return addon;
    });
    const addon = await this.#search;
    const options = { incremental: false, caseSensitive: false };
    return direction === 'next' ? addon.findNext(text, options) : addon.findPrevious(text, options);
  }

  endSearch(): void {
    this.#xterm.clearSelection();
    this.focus();
  }

  dispose(): void {
    this.#stop();
    this.#xterm.dispose();
    this.#styles.release();
    this.element.remove();
  }

  /** The mono font may come after the terminal was measured. */
  async #measureAgain(): Promise<void> {
    await document.fonts.load(`13px ${terminalFont}`).catch(() => []);
    // Setting an option to what it is does nothing.
    this.#xterm.options.fontFamily = 'monospace';
    this.#xterm.options.fontFamily = terminalFont;
    this.fit();
  }

  /** @returns false for keys that are not the terminal's: they go on to the page and the browser */
  #onKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true;
    const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
    // Esc, then Tab leaves the terminal, as in other editors; F6 goes to the next part of the page.
    const wasEscape = this.#wasEscape;
    this.#wasEscape = key === 'Escape' || (wasEscape && key === 'Shift');
    if (key === 'F6') return false;
    if (key === 'Tab' && wasEscape) {
      this.#controller.terminal.forgetKeys();
      return false;
    }
    if (metaKey) return false;
    if (ctrlKey && !altKey) {
      const letter = key.toLowerCase();
      if (letter === 'v' || (shiftKey && letter === 'c')) return false;
      if (letter === 'c' && this.#xterm.hasSelection()) {
        void navigator.clipboard?.writeText(this.#xterm.getSelection()).catch(() => {});
        this.#xterm.clearSelection();
        event.preventDefault();
        return false;
      }
      if (shiftKey && letter === 'f') {
        event.preventDefault();
        this.onSearch();
        return false;
      }
      if (key === 'Backspace') {
        this.#controller.input('\x1b\x7f');
        event.preventDefault();
        return false;
      }
    }
    return true;
  }
}
