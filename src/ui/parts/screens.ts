import type { TerminalController } from '../machine/terminal-controller.ts';
import { XtermScreen } from '../machine/xterm-screen.ts';

const screens = new WeakMap<TerminalController, XtermScreen>();

/** The screen of a terminal, made when it is first asked for. It outlives the component that shows it. */
export function screenOf(controller: TerminalController): XtermScreen {
  const known = screens.get(controller);
  if (known !== undefined) return known;
  const screen = new XtermScreen(controller);
  screens.set(controller, screen);
  return screen;
}

/** Takes a terminal's screen away for good. */
export function disposeScreen(controller: TerminalController): void {
  screens.get(controller)?.dispose();
  screens.delete(controller);
}
