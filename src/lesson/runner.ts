import { call, type Play, type Playing, startPlay } from './play.ts';
import {
  type CheckedClaim,
  checkStep,
  checksOf,
  commandsOf,
  playBlock,
  playCommands,
  playUpTo,
  settleStep,
  type Typed,
} from './player.ts';
import { fitsPrompt, type WrongPrompt } from './programs.ts';
import {
  introId,
  type Progress,
  stepProgress,
  withAnswer,
  withBlockRun,
  withHintShown,
  withStepDone,
  withStepOpen,
  withStepRestarted,
} from './progress.ts';
import type { Found, Pace, Prompt, Stage } from './stage.ts';
import type { CommandBlock, Lesson, Step } from './types.ts';

/**
 * 0.5 s: a step is ticked soon after its state holds, and two probes a second cost a server
 * nothing.
 */
const watchSeconds = 0.5;

/** What the runner is doing, for the page to say so. */
export type Activity =
  | { readonly kind: 'idle' }
  /** A block is typed into its terminal. */
  | { readonly kind: 'running'; readonly block: string }
  /** "Solve this step" or "run this step". */
  | { readonly kind: 'solving' }
  /** The cluster is brought to the state in which the open step begins. */
  | { readonly kind: 'preparing' };

/** What the reader asked for that waits for a decision, because another lesson's servers or files are there. */
export type Asked =
  | { readonly kind: 'block'; readonly block: CommandBlock; readonly pace: Pace }
  | { readonly kind: 'step'; readonly pace: Pace }
  | { readonly kind: 'solve'; readonly isTouched: boolean };

export interface RunnerOptions {
  readonly lesson: Lesson;
  readonly stage: Stage;
  readonly progress: Progress;
  /**
   * Whether the terminals show anything that the reader would miss; a stage without screens has no
   * such.
   */
  readonly isTouched?: () => boolean;
  /** Called after each change of progress, activity or claims. */
  readonly onChange: () => void;
}

/**
 * One reader in one lesson: what the page's buttons call. Does one thing at a time; a new one
 * cancels the one before. Begins to look at the open step's checks with the first call of `look`.
 */
export class LessonRunner {
  readonly lesson: Lesson;
  readonly #stage: Stage;
  readonly #isTouched: () => boolean;
  readonly #onChange: () => void;
  #progress: Progress;
  #activity: Activity = { kind: 'idle' };
  #claims: readonly CheckedClaim[] = [];
  #wrongPrompt: WrongPrompt | undefined;
  #isForeign = false;
  /** Whether it is being asked what the open step begins on. */
  #isEntering = false;
  #asked: Asked | undefined;
  #playing: Playing | undefined;
  #watching: Playing | undefined;
  #stopTimer: (() => void) | undefined;
  #isClosed = false;
  /** Servers and files can be asked for. */
  #isStageReady = false;

  constructor(options: RunnerOptions) {
    this.lesson = options.lesson;
    this.#stage = options.stage;
    this.#progress = options.progress;
    this.#isTouched = options.isTouched ?? (() => false);
    this.#onChange = options.onChange;
  }

  get progress(): Progress {
    return this.#progress;
  }

  get activity(): Activity {
    return this.#activity;
  }

  /**
   * How the open step's checks came out when they were last looked at; empty before the first look.
   */
  get claims(): readonly CheckedClaim[] {
    return this.#claims;
  }

  /** Where typing stopped the last time, because a line met the prompt of another program. */
  get wrongPrompt(): WrongPrompt | undefined {
    return this.#wrongPrompt;
  }

  /** Whether the servers and files that are there are another lesson's. Nothing is ticked then. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** What was asked for and waits: `beginEmpty` and `keepWhatIsThere` go on with it. */
  get asked(): Asked | undefined {
    return this.#asked;
  }

  /** The open step. */
  get step(): Step | undefined {
    return this.lesson.steps.find((step) => step.id === this.#progress.at);
  }

  /** Whether a block of the open step, or of the intro, was run by its button. */
  hasRun(block: CommandBlock): boolean {
    return stepProgress(this.#progress, this.#ownerOf(block)).ran.includes(block.id);
  }

  /**
   * Shows another step; the world stays as it is. A step that has nothing to check is done when it
   * is left.
   */
  open(id: string): void {
    const left = this.step;
    if (left !== undefined && checksOf(left).length === 0) {
      this.#progress = withStepDone(this.#progress, left.id);
    }
    this.#progress = withStepOpen(this.#progress, id);
    this.#claims = [];
    this.#wrongPrompt = undefined;
    this.#asked = undefined;
    if (this.#isStageReady) this.#enter();
    else this.#watch();
  }

  /** Types one block into its terminal. */
  run(block: CommandBlock, pace: Pace = 'visible'): void {
    this.#ask({ kind: 'block', block, pace });
  }

  /** Types all blocks of the open step, in order; before the first, what is missing of the intro. */
  runStep(pace: Pace = 'visible'): void {
    this.#ask({ kind: 'step', pace });
  }

  /**
   * Solves the open step. When nothing of it was typed, its commands are; when something was, the
   * step starts again first, because half of it typed twice seldom works.
   * @param isTouched the reader typed something in a terminal since the step was opened
   */
  solve(isTouched: boolean): void {
    this.#ask({ kind: 'solve', isTouched });
  }

  /** Removes what another lesson left, and goes on with what was asked for. */
  beginEmpty(): void {
    this.#start({ kind: 'preparing' }, this.#beginEmpty(this.#asked));
  }

  /** What another lesson left is this one's from now on; goes on with what was asked for. */
  keepWhatIsThere(): void {
    this.#claim();
    if (this.#asked === undefined) this.#watch();
    else this.#ask(this.#asked);
  }

  /** Throws the world away and builds the state in which a step begins; opens it. */
  startStep(id: string): void {
    this.#progress = withStepRestarted(withStepOpen(this.#progress, id), id);
    this.#claims = [];
    this.#start({ kind: 'preparing' }, this.#prepare());
  }

  /** Stops typing; what was entered stays entered. */
  cancel(): void {
    this.#playing?.cancel();
    this.#activity = { kind: 'idle' };
    this.#watch();
  }

  showHint(): void {
    this.#change(withHintShown(this.#progress, this.#progress.at));
  }

  answer(question: string, answer: number): void {
    this.#change(withAnswer(this.#progress, this.#progress.at, question, answer));
  }

  /**
   * Looks at the open step's checks now: the page is ready, or something happened that may have
   * changed them. The first time, a step opened cold on an empty machine gets what it begins with.
   */
  look(): void {
    // What `#enter` asks first is not cut short by news that come meanwhile.
    if (this.#isEntering) return;
    if (this.#isStageReady) this.#watch();
    else {
      this.#isStageReady = true;
      this.#enter();
    }
  }

  /** Ends all work. The runner is not used any more. */
  close(): void {
    this.#isClosed = true;
    this.#playing?.cancel();
    this.#stopWatching();
  }

  /**
   * Begins with the open step. On an empty machine nothing can be lost, so the state in which the
   * step begins is built unasked; elsewhere, and where the reader typed something, the page offers
   * it.
   */
  #enter(): void {
    this.#stopWatching();
    this.#onChange();
    this.#isEntering = true;
    this.#watching = startPlay(this.#looksCold(), (isCold) => {
      this.#isEntering = false;
      // The reader may have pressed a button meanwhile.
      if (isCold && this.#activity.kind === 'idle') this.startStep(this.#progress.at);
      else this.#watch();
    });
  }

  /** A later step that nobody has touched, on an empty machine. */
  *#looksCold(): Play<boolean> {
    yield* this.#looksForeign();
    return this.#activity.kind === 'idle' && (yield* this.#isCold());
  }

  *#isCold(): Play<boolean> {
    const { at } = this.#progress;
    const { isDone, ran } = stepProgress(this.#progress, at);
    const isLater = this.lesson.steps.findIndex((step) => step.id === at) > 0;
    if (!isLater || isDone || ran.length > 0) return false;
    return !this.#isTouched() && (yield* this.#isEmpty());
  }

  /** No server, and no file but those that each home has. */
  *#isEmpty(): Play<boolean> {
    for (let terminal = 1; terminal <= this.lesson.terminals; terminal++) {
      if (this.#stage.program(terminal) === 'console') return false;
    }
    const found = yield* call<Found>((done) => this.#stage.find('~/*', done));
    // What cannot be looked at may hold everything.
    if (!found.ok) return false;
    return found.value.every(({ path, kind }) => kind === 'directory' && path.endsWith('/bee'));
  }

  /** Does what was asked for, unless it would be done to another lesson's servers and files. */
  #ask(asked: Asked): void {
    const { block } = asked.kind === 'block' ? asked : { block: undefined };
    const isEarly = this.#isEntering;
    this.#start(
      block === undefined ? { kind: 'solving' } : { kind: 'running', block: block.id },
      this.#doOwn(asked, isEarly),
    );
  }

  /** @param isEarly whether what `#enter` asks was not yet answered when the button was pressed */
  *#doOwn(asked: Asked, isEarly: boolean): Play<void> {
    if (yield* this.#looksForeign()) {
      this.#asked = asked;
      return;
    }
    if (isEarly && (yield* this.#isCold())) {
      const activity = this.#activity;
      this.#activity = { kind: 'preparing' };
      this.#onChange();
      yield* this.#prepare();
      // As in `#beginEmpty`.
      if (this.#wrongPrompt !== undefined) return;
      this.#activity = activity;
    }
    yield* this.#do(asked);
  }

  *#do(asked: Asked): Play<void> {
    const { step } = this;
    if (step === undefined) return;
    if (asked.kind === 'block') yield* this.#runBlock(asked.block, asked.pace);
    else if (asked.kind === 'step') yield* this.#runAll(step, asked.pace);
    else {
      const isFresh = !asked.isTouched && stepProgress(this.#progress, step.id).ran.length === 0;
      yield* this.#solve(step, isFresh);
    }
  }

  /** An empty machine belongs to whoever comes first. */
  *#looksForeign(): Play<boolean> {
    this.#isForeign = this.#stage.owner !== this.lesson.id && !(yield* this.#isEmpty());
    if (!this.#isForeign) this.#claim();
    return this.#isForeign;
  }

  #claim(): void {
    this.#stage.owner = this.lesson.id;
    this.#isForeign = false;
  }

  *#beginEmpty(asked: Asked | undefined): Play<void> {
    const isIntro = asked?.kind === 'block' && this.#ownerOf(asked.block) === introId;
    const isBeginning = asked === undefined || isIntro;
    if (isBeginning && this.step === this.lesson.steps[0]) yield* this.#empty();
    else yield* this.#prepare();
    // A scene that could not be set says so; nothing is typed into half of it.
    if (asked !== undefined && this.#wrongPrompt === undefined) yield* this.#do(asked);
  }

  *#empty(): Play<void> {
    yield* call<void>((done) => this.#stage.reset(() => done(undefined)));
    this.#claim();
    this.#progress = withStepRestarted(this.#progress, introId);
    this.#progress = withStepRestarted(this.#progress, this.#progress.at);
  }

  *#runBlock(block: CommandBlock, pace: Pace): Play<void> {
    const owner = this.#ownerOf(block);
    if (!this.#isTyped(yield* playBlock(block, this.#stage, pace))) return;
    this.#change(withBlockRun(this.#progress, owner, block.id));
    this.#finishLook(owner);
  }

  /** The intro's blocks stand beside the first step's, but running them is no part of that step. */
  #ownerOf(block: CommandBlock): string {
    return this.lesson.intro.includes(block) ? introId : this.#progress.at;
  }

  *#runAll(step: Step, pace: Pace): Play<boolean> {
    if (step === this.lesson.steps[0] && !(yield* this.#runIntro(pace))) return false;
    const typed = yield* playCommands(step, this.#stage, pace, (block) =>
      this.#change(withBlockRun(this.#progress, step.id, block.id)),
    );
    if (!this.#isTyped(typed)) return false;
    this.#finishLook(step.id);
    return true;
  }

  /** Types what nobody has typed of the intro: the first step goes on from it. */
  *#runIntro(pace: Pace): Play<boolean> {
    for (const block of commandsOf(this.lesson.intro)) {
      // Where its first line does not fit any more, the reader typed it by hand.
      const fits = fitsPrompt(block, 0, this.#promptOf(block.terminal));
      if (this.hasRun(block) || !fits) continue;
      if (!this.#isTyped(yield* playBlock(block, this.#stage, pace))) return false;
      this.#change(withBlockRun(this.#progress, introId, block.id));
    }
    return true;
  }

  #promptOf(terminal: number): Prompt {
    return { program: this.#stage.program(terminal), isContinuation: false };
  }

  #isTyped(typed: Typed): boolean {
    if (typeof typed === 'object') this.#wrongPrompt = typed;
    return typed === 'typed';
  }

  /** A step that only looks is done when all its blocks were run. */
  #finishLook(id: string): void {
    const step = this.lesson.steps.find((one) => one.id === id);
    if (step === undefined || checksOf(step).length > 0) return;
    const { ran } = stepProgress(this.#progress, id);
    if (commandsOf(step.blocks).every((block) => ran.includes(block.id))) {
      this.#change(withStepDone(this.#progress, id));
    }
  }

  *#solve(step: Step, isFresh: boolean): Play<void> {
    if (!isFresh) yield* this.#prepare();
    if (this.#wrongPrompt !== undefined || !(yield* this.#runAll(step, 'visible'))) return;
    this.#claims = yield* settleStep(step, this.#stage);
  }

  *#prepare(): Play<void> {
    const target = this.lesson.steps.findIndex((step) => step.id === this.#progress.at);
    const failure = yield* playUpTo(this.lesson, Math.max(target, 0), this.#stage);
    this.#claim();
    if (failure !== undefined && !this.#isTyped(failure.typed)) return;
    for (const block of commandsOf(this.lesson.intro)) {
      this.#progress = withBlockRun(this.#progress, introId, block.id);
    }
    this.#progress = withStepRestarted(this.#progress, this.#progress.at);
  }

  #start(activity: Activity, play: Play<void>): void {
    this.#playing?.cancel();
    this.#activity = activity;
    this.#wrongPrompt = undefined;
    this.#asked = undefined;
    // While the world is rebuilt it passes through states that are not this step's result.
    if (activity.kind !== 'running') this.#stopWatching();
    this.#onChange();
    this.#playing = startPlay(play, () => {
      this.#activity = { kind: 'idle' };
      this.#watch();
    });
  }

  #stopWatching(): void {
    this.#isEntering = false;
    this.#watching?.cancel();
    this.#stopTimer?.();
  }

  #change(progress: Progress): void {
    this.#progress = progress;
    this.#onChange();
  }

  /** Looks at the open step's checks, now and then again, until the step is done. */
  #watch(): void {
    this.#stopWatching();
    this.#onChange();
    const step = this.step;
    if (this.#isClosed || step === undefined || checksOf(step).length === 0) return;
    this.#watching = startPlay(this.#lookAt(step), (claims) => {
      this.#claims = claims;
      if (!this.#isForeign && claims.every((claim) => claim.outcome.holds)) {
        this.#change(withStepDone(this.#progress, step.id));
      } else {
        this.#onChange();
      }
      this.#stopTimer = this.#stage.after(watchSeconds, () => this.#watch());
    });
  }

  *#lookAt(step: Step): Play<readonly CheckedClaim[]> {
    // The reader may have cleared up by hand.
    if (this.#isForeign) yield* this.#looksForeign();
    return yield* checkStep(step, this.#stage);
  }
}
