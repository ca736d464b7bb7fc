import { call, type Play, type Playing, startPlay } from './play.ts';
import {
  type CheckedClaim,
  checkStep,
  checksOf,
  commandsOf,
  playBlock,
  playCommands,
  playStep,
  playUpTo,
} from './player.ts';
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
import type { FoundFile, Pace, Stage } from './stage.ts';
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

export interface RunnerOptions {
  readonly lesson: Lesson;
  readonly stage: Stage;
  readonly progress: Progress;
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
  readonly #onChange: () => void;
  #progress: Progress;
  #activity: Activity = { kind: 'idle' };
  #claims: readonly CheckedClaim[] = [];
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
    if (this.#isStageReady) this.#enter();
    else this.#watch();
  }

  /** Types one block into its terminal. */
  run(block: CommandBlock, pace: Pace = 'visible'): void {
    this.#start({ kind: 'running', block: block.id }, this.#runBlock(block, pace));
  }

  /** Types all blocks of the open step, in order. */
  runStep(pace: Pace = 'visible'): void {
    const { step } = this;
    if (step !== undefined) this.#start({ kind: 'solving' }, this.#runAll(step, pace));
  }

  /**
   * Solves the open step. When nothing of it was typed, its commands are; when something was, the
   * step starts again first, because half of it typed twice seldom works.
   * @param isTouched the reader typed something in a terminal since the step was opened
   */
  solve(isTouched: boolean): void {
    const step = this.step;
    if (step === undefined) return;
    const isFresh = !isTouched && stepProgress(this.#progress, step.id).ran.length === 0;
    this.#start({ kind: 'solving' }, this.#solve(step, isFresh));
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
   * step begins is built unasked; elsewhere the page offers it.
   */
  #enter(): void {
    this.#stopWatching();
    this.#onChange();
    this.#watching = startPlay(this.#isCold(), (isCold) => {
      // The reader may have pressed a button meanwhile.
      if (isCold && this.#activity.kind === 'idle') this.startStep(this.#progress.at);
      else this.#watch();
    });
  }

  /** A later step that nobody has touched, no server, and no file but those that each home has. */
  *#isCold(): Play<boolean> {
    const { at } = this.#progress;
    const { isDone, ran } = stepProgress(this.#progress, at);
    const isLater = this.lesson.steps.findIndex((step) => step.id === at) > 0;
    if (!isLater || isDone || ran.length > 0 || this.#activity.kind !== 'idle') return false;
    for (let terminal = 1; terminal <= this.lesson.terminals; terminal++) {
      if (this.#stage.program(terminal) === 'console') return false;
    }
    const files = yield* call<readonly FoundFile[]>((done) => this.#stage.find('~/*', done));
    return files.every(({ path, kind }) => kind === 'directory' && path.endsWith('/bee'));
  }

  *#runBlock(block: CommandBlock, pace: Pace): Play<void> {
    const owner = this.#ownerOf(block);
    if (!(yield* playBlock(block, this.#stage, pace))) return;
    this.#change(withBlockRun(this.#progress, owner, block.id));
    this.#finishLook(owner);
  }

  /** The intro's blocks stand beside the first step's, but running them is no part of that step. */
  #ownerOf(block: CommandBlock): string {
    return this.lesson.intro.includes(block) ? introId : this.#progress.at;
  }

  *#runAll(step: Step, pace: Pace): Play<void> {
    yield* playCommands(step, this.#stage, pace, (block) =>
      this.#change(withBlockRun(this.#progress, step.id, block.id)),
    );
    this.#finishLook(step.id);
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
    this.#claims = yield* playStep(step, this.#stage, 'visible');
    for (const block of commandsOf(step.blocks)) {
      this.#progress = withBlockRun(this.#progress, step.id, block.id);
    }
    this.#finishLook(step.id);
  }

  *#prepare(): Play<void> {
    const target = this.lesson.steps.findIndex((step) => step.id === this.#progress.at);
    yield* playUpTo(this.lesson, Math.max(target, 0), this.#stage);
    this.#progress = withStepRestarted(this.#progress, this.#progress.at);
  }

  #start(activity: Activity, play: Play<void>): void {
    this.#playing?.cancel();
    this.#activity = activity;
    // While the world is rebuilt it passes through states that are not this step's result.
    if (activity.kind !== 'running') this.#stopWatching();
    this.#onChange();
    this.#playing = startPlay(play, () => {
      this.#activity = { kind: 'idle' };
      this.#watch();
    });
  }

  #stopWatching(): void {
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
    this.#watching = startPlay(checkStep(step, this.#stage), (claims) => {
      this.#claims = claims;
      if (claims.every((claim) => claim.outcome.holds)) {
        this.#change(withStepDone(this.#progress, step.id));
      } else {
        this.#onChange();
      }
      this.#stopTimer = this.#stage.after(watchSeconds, () => this.#watch());
    });
  }
}
