import { Terminal as Xterm } from '@xterm/xterm';
import { charWidth } from '../../shell/width.ts';
import { systemTheme, useSettings } from '../settings-store.ts';
import { terminalTheme } from '../theme.ts';

/** As many lines as the transcript keeps. */
const scrollback = 3000;
/** Pixels; xterm's own is a heavy 14. */
const scrollbarWidth = 9;
export const terminalFont =
  "'JetBrains Mono', ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/** xterm as all terminals of the page have it. @param number of the terminal, for its colour */
export function makeXterm(number: number, columns: number): Xterm {
  const xterm = new Xterm({
    allowProposedApi: true,
    cols: columns,
    cursorBlink: false,
    cursorInactiveStyle: 'outline',
    fontFamily: terminalFont,
    fontSize: 13,
    lineHeight: 1.3,
    // The colours are chosen for it (test/ui/theme.test.ts); this catches what a program prints in a colour of its own.
    minimumContrastRatio: 4.5,
    overviewRuler: { width: scrollbarWidth },
    scrollback,
    screenReaderMode: useSettings.getState().isScreenReader,
    theme: terminalTheme(number, systemTheme()),
  });
  setOwnWidths(xterm);
  const open = xterm.open.bind(xterm);
  xterm.open = (parent) => {
    open(parent);
    setStylesAllowed(xterm);
  };
  return xterm;
}

/** The part of xterm that writes a character's colours; it has no option for how. */
interface RowFactory {
  _addStyle(element: HTMLElement, style: string): void;
}

/**
 * Colours of selected text, of matches and of what programs print are `style` attributes of xterm's, which a content security
 * policy without 'unsafe-inline' refuses, with a complaint for each; the same through the style object no policy forbids.
 */
function setStylesAllowed(xterm: Xterm): void {
  // Of another xterm these names may not be: then it does as it did, and test/e2e/terminal-colours.test.ts says so.
  const { _core } = xterm as unknown as {
    _core?: { _renderService?: { _renderer?: { value?: { _rowFactory?: RowFactory } } } };
  };
  const factory = _core?._renderService?._renderer?.value?._rowFactory;
  if (factory === undefined) return;
  factory._addStyle = (element, style) => {
    element.style.cssText += `${style};`;
  };
}

/** xterm counts cells with the line editor's own function. */
function setOwnWidths(xterm: Xterm): void {
  xterm.unicode.register({
    version: 'bee',
    wcwidth: charWidth,
    // The bits as xterm packs them: two of width above one that says "joins the character before".
    charProperties: (codePoint, preceding) => {
      let width: number = charWidth(codePoint);
      const precedingWidth = (preceding >> 1) & 3;
      const isJoined = width === 0 && preceding !== 0 && precedingWidth > 0;
      if (isJoined) width = precedingWidth;
      return (width << 1) | (isJoined ? 1 : 0);
    },
  });
  xterm.unicode.activeVersion = 'bee';
}
