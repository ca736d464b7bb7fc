import type { Pace, Prompt } from '../../lesson/stage.ts';
import type { TerminalController } from './terminal-controller.ts';

/** A line is typed in at most this long, so that nobody waits for long ones. */
const lineMsMax = 450;
/** A brisk typist; slower is tedious by the third line. */
const charMsMax = 18;
/** A pause between the last character and Enter, to take the line in. */
const enterMs = 90;

/** Types lines into a terminal as a reader would, for run buttons. One line at a time. */
export class Typist {
  readonly #controller: TerminalController;
  #finish: ((entered: boolean) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTyping = false;
  /** What the reader had typed, and types meanwhile: it comes behind. */
  #held = '';

  constructor(controller: TerminalController) {
    this.#controller = controller;
  }

  /** True from the first character until Enter. */
  get isTyping(): boolean {
    return this.#isTyping;
  }

  /**
   * Waits until the terminal waits for a line.
   * @param done called once: with what waits there, or with undefined when it was cancelled
   */
  whenPrompting(done: (prompt: Prompt | undefined) => void): void {
    this.cancel();
    this.#finish = () => done(undefined);
    this.#whenPrompting(() => {
      this.#finish = undefined;
      const { program, terminal } = this.#controller;
      done({ program, isContinuation: terminal.isContinuing });
    });
  }

  /**
   * Types a line and enters it.
   * @param done called once: true when the terminal waits for a line again, false when it was cancelled
   */
  type(text: string, pace: Pace, done: (entered: boolean) => void): void {
    this.cancel();
    this.#finish = done;
    this.#whenPrompting(() => {
      const { terminal } = this.#controller;
      this.#isTyping = true;
      this.#held = terminal.startTyping();
      const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (pace === 'fast' || isCalm) {
        terminal.type(text);
        this.#enter();
      } else {
        this.#typeVisibly([...text]);
      }
    });
  }

  /** Keeps what the reader types in the middle of the line, which takes half a second. */
  hold(data: string): void {
    this.#held += data;
  }

  /** Stops. A line that was not entered stays in the editor. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#isTyping = false;
    this.#held = '';
    this.#controller.onPrompt = () => {};
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(false);
  }

  #typeVisibly(chars: readonly string[]): void {
    const step = Math.min(charMsMax, lineMsMax / Math.max(1, chars.length));
    // Timers are never exact: what is due by now is typed, however many characters that are.
    const begun = performance.now();
    let at = 0;
    const tick = (): void => {
      const due = Math.min(chars.length, Math.floor((performance.now() - begun) / step) + 1);
      this.#controller.terminal.type(chars.slice(at, due).join(''));
      at = due;
      this.#timer = setTimeout(
        () => (at < chars.length ? tick() : this.#enter()),
        at < chars.length ? step : enterMs,
      );
    };
    tick();
  }

  #enter(): void {
    // The prompt may come back during the call; who waits for it must be there before.
    let isBack = false;
    this.#controller.onPrompt = () => {
      isBack = true;
    };
    const { terminal } = this.#controller;
    terminal.enter();
    this.#isTyping = false;
    terminal.input(this.#held);
    this.#held = '';
    if (isBack) this.#done();
    else this.#whenPrompting(() => this.#done());
  }

  #done(): void {
    this.#controller.onPrompt = () => {};
    const finish = this.#finish;
    this.#finish = undefined;
    finish?.(true);
  }

  #whenPrompting(then: () => void): void {
    if (this.#controller.terminal.isPrompting) {
      then();
      return;
    }
    this.#controller.onPrompt = () => {
      this.#controller.onPrompt = () => {};
      then();
    };
  }
}
