import {
  type LessonRunner,
  playBlock,
  startPlay,
  stepProgress,
  wrongPromptText,
} from '../../lesson/index.ts';
import { plain } from '../../shell/transcript.ts';
import type { Machine } from '../machine/machine.ts';
import type { Problem } from '../machine/machine-store.ts';
import { createStage } from '../machine/stage.ts';
import {
  type FromFrame,
  type MessageId,
  protocolVersion,
  readMessage,
  type ToFrame,
} from './frame-messages.ts';

/** The page around this frame. */
export interface Embedder {
  readonly window: Window;
  /** Undefined when the browser does not tell. */
  readonly origin: string | undefined;
}

/** Who embeds this page; undefined when it stands alone. */
export function findEmbedder(): Embedder | undefined {
  if (window.parent === window) return undefined;
  // Where a browser does not list them, the referrer says it, unless the page keeps that back.
  const [above] = location.ancestorOrigins ?? [];
  const referrer = document.referrer === '' ? undefined : new URL(document.referrer).origin;
  return { window: window.parent, origin: above ?? referrer };
}

function problemText(problem: Problem | undefined): string {
  if (problem?.kind === 'storage')
    return `the browser gives this page no storage: ${problem.message}`;
  return 'the session is open in another tab';
}

type RunMessage = Extract<ToFrame, { type: 'run' }>;

/**
 * Speaks with the page around the frame. Taken are only messages from the origins that the frame's address names
 * (`origin=https://docs.example`) and from its own; others are passed over without a sign, and are told nothing.
 */
export class FrameApi {
  readonly #embedder: Embedder;
  readonly #origins: ReadonlySet<string>;
  readonly #machine: Machine;
  #runner: LessonRunner | undefined;
  /** Steps that the page was told of. */
  #told = new Set<string>();
  /** What the running request answers with when the runner has nothing to do any more. */
  #whenIdle: (() => void) | undefined;
  /** There were prompts before there was something to run: the lesson was still being loaded. */
  #isReadyDue = false;
  #isTyping = false;
  #height = 0;

  constructor(embedder: Embedder, origins: readonly string[], machine: Machine) {
    this.#embedder = embedder;
    this.#origins = new Set([location.origin, ...origins]);
    this.#machine = machine;
    addEventListener('message', (event) => this.#hear(event));
    const { store } = machine;
    const stop = store.subscribe(({ phase, problem }) => {
      if (phase === 'starting') return;
      stop();
      if (phase === 'running') {
        this.#isReadyDue = this.#runner === undefined;
        if (!this.#isReadyDue) this.#tellReady(undefined);
      } else this.#tell({ type: 'error', message: problemText(problem) });
    });
  }

  /** The runner of the open lesson or program, after each of its changes. */
  note(runner: LessonRunner): void {
    const { lesson, progress, activity } = runner;
    const done = lesson.steps.filter(({ id }) => stepProgress(progress, id).isDone);
    if (runner !== this.#runner) this.#told = new Set(done.map(({ id }) => id));
    this.#runner = runner;
    if (this.#isReadyDue) {
      this.#isReadyDue = false;
      this.#tellReady(undefined);
    }
    for (const { id } of done) {
      if (this.#told.has(id)) continue;
      this.#told.add(id);
      // A program is a lesson of one step to the runner, not to the page.
      if (lesson.summary !== '') this.#tell({ type: 'result', lesson: lesson.id, step: id });
    }
    if (activity.kind !== 'idle') return;
    const answer = this.#whenIdle;
    this.#whenIdle = undefined;
    answer?.();
  }

  /** How high the frame would like to be. */
  noteHeight(height: number): void {
    if (height === this.#height || height === 0) return;
    this.#height = height;
    this.#tell({ type: 'resize', height });
  }

  #hear(event: MessageEvent<unknown>): void {
    if (event.source !== this.#embedder.window || !this.#origins.has(event.origin)) return;
    const read = readMessage(event.data, this.#machine.controllers.length);
    if (read.kind === 'foreign') return;
    if (read.kind === 'error') {
      this.#fail(read.id, read.message);
      return;
    }
    const { message } = read;
    const runner = this.#runner;
    if (message.type === 'ready') {
      // Not before there are prompts: then it comes unasked.
      const isRunning = this.#machine.store.getState().phase === 'running';
      if (isRunning && runner !== undefined) this.#tellReady(message.id);
    } else if (runner === undefined || this.#machine.store.getState().phase !== 'running') {
      this.#fail(message.id, 'there are no prompts yet; wait for ready');
    } else if (this.#isTyping || this.#whenIdle !== undefined || runner.activity.kind !== 'idle') {
      this.#fail(message.id, 'something is running; wait for its result');
    } else if (message.type === 'reset') {
      this.#answerWhenIdle(message.id, () => 0);
      runner.startStep(runner.progress.at);
    } else if (message.text === undefined) {
      this.#answerWhenIdle(message.id, this.#linesNow());
      runner.runStep();
    } else this.#type(message, message.text);
  }

  #type({ id, terminal }: RunMessage, text: string): void {
    const from = this.#linesNow();
    const lines = text.split('\n').filter((line) => line !== '');
    const block = { kind: 'command', id: '', html: '', terminal, lines } as const;
    this.#isTyping = true;
    startPlay(playBlock(block, createStage(this.#machine), 'visible'), (typed) => {
      this.#isTyping = false;
      if (typed === 'typed') this.#answer(id, from);
      else if (typeof typed === 'object') this.#fail(id, wrongPromptText(typed));
      else this.#fail(id, 'the reader took the terminal over');
    });
  }

  #answerWhenIdle(id: MessageId, from: (terminal: number) => number): void {
    this.#whenIdle = () => {
      const { wrongPrompt, asked } = this.#runner ?? {};
      if (wrongPrompt !== undefined) this.#fail(id, wrongPromptText(wrongPrompt));
      else if (asked === undefined) this.#answer(id, from);
      else this.#fail(id, 'another lesson’s servers or files are there; the reader is asked');
    };
  }

  #answer(id: MessageId, from: (terminal: number) => number): void {
    const outputs: Record<number, string> = {};
    for (const { number, terminal } of this.#machine.controllers) {
      const lines = terminal.transcript.lines.slice(from(number));
      if (lines.length > 0) outputs[number] = lines.map(plain).join('\n');
    }
    this.#tell({ type: 'result', id, outputs });
  }

  /** How many lines each terminal shows. */
  #linesNow(): (terminal: number) => number {
    const counts = this.#machine.controllers.map((one) => one.terminal.transcript.lines.length);
    return (terminal) => counts[terminal - 1] ?? 0;
  }

  #tellReady(id: MessageId): void {
    const { lesson, progress } = this.#runner ?? {};
    const place =
      lesson === undefined || lesson.summary === ''
        ? {}
        : { lesson: lesson.id, step: progress?.at };
    this.#tell({ type: 'ready', id, terminals: this.#machine.controllers.length, ...place });
  }

  #fail(id: MessageId, message: string): void {
    this.#tell({ type: 'error', id, message });
  }

  #tell(message: FromFrame): void {
    const { window: page, origin } = this.#embedder;
    if (origin === undefined || !this.#origins.has(origin)) return;
    page.postMessage({ bee: protocolVersion, ...message }, origin);
  }
}
