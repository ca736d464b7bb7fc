import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { lessonSummaries } from '../../../tutorial/index.ts';
import {
  commandsOf,
  introId,
  type Lesson,
  type LessonRunner,
  stepProgress,
} from '../../lesson/index.ts';
import { Icon } from './Icon.tsx';
import { LessonBlocks } from './LessonBlocks.tsx';
import { LessonContents } from './LessonContents.tsx';
import { Foreign, WrongPromptNote } from './LessonTrouble.tsx';
import { StepResult } from './StepResult.tsx';
import { useMachine, useMachineState } from './use-machine.ts';

interface Props {
  readonly lesson: Lesson;
  readonly runner: LessonRunner;
  /** The step that the address named, and that there is not. */
  readonly missing?: string | undefined;
}

/** The lesson's text: one step at a time. */
export function LessonPane({ lesson, runner, missing }: Props) {
  const [, navigate] = useLocation();
  const scroller = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirstStep = useRef(true);
  const at = lesson.steps.findIndex((step) => step.id === runner.progress.at);
  const step = lesson.steps[at];
  const stepId = step?.id;

  useEffect(() => {
    if (stepId === undefined) return;
    scroller.current?.scrollTo({ top: 0 });
    // A reader of the screen hears the new step; the first one must not take the focus from the page.
    if (!isFirstStep.current) heading.current?.focus({ preventScroll: true });
    isFirstStep.current = false;
  }, [stepId]);

  if (step === undefined) return null;
  const previous = lesson.steps[at - 1];
  const next = lesson.steps[at + 1];
  const progress = stepProgress(runner.progress, step.id);
  const path = (id: string): string => `/tutorial/${lesson.id}/${id}`;
  return (
    <section className="lesson" aria-label="Lesson" data-part="lesson" tabIndex={-1}>
      <header className="lesson-head">
        <LessonContents lesson={lesson} runner={runner} />
        <span className="lesson-place">
          Step {at + 1} of {lesson.steps.length}
        </span>
        <Ticks lesson={lesson} runner={runner} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="lesson-scroll" ref={scroller} tabIndex={0} aria-label="Text">
        <article className="lesson-text">
          {missing !== undefined && (
            <p className="scene" role="alert">
              This lesson has no step “{missing}”. Here is where you were, or its first one.
            </p>
          )}
          {at === 0 && (
            <>
              <h1 className="lesson-title">{lesson.title}</h1>
              <SetScene key={lesson.id} runner={runner} isFirst />
              <LessonBlocks blocks={lesson.intro} runner={runner} />
            </>
          )}
          <h1 className="step-title" ref={heading} tabIndex={-1}>
            {step.title}
          </h1>
          {at > 0 && <SetScene key={lesson.id} runner={runner} isFirst={false} />}
          <LessonBlocks blocks={step.blocks} runner={runner} />
          <StepResult key={step.id} step={step} runner={runner} />
          <StepActions runner={runner} />
        </article>
      </section>
      <nav className="lesson-foot" aria-label="Steps">
        {previous === undefined ? (
          <span />
        ) : (
          <Link className="button is-quiet" href={path(previous.id)}>
            <Icon name="back" /> Back
          </Link>
        )}
        {next === undefined ? (
          <LessonEnd lesson={lesson} isDone={progress.isDone} />
        ) : (
          <button
            type="button"
            className={progress.isDone ? 'button is-primary' : 'button'}
            onClick={() => navigate(path(next.id))}
          >
            Next<span className="next-title">{next.title}</span> <Icon name="next" />
          </button>
        )}
      </nav>
    </section>
  );
}

/** Where the last step leads: to the next lesson. */
function LessonEnd({ lesson, isDone }: { readonly lesson: Lesson; readonly isDone: boolean }) {
  const at = lessonSummaries.findIndex((one) => one.id === lesson.id);
  const next = lessonSummaries[at + 1];
  if (next === undefined) {
    return <span className="lesson-end">{isDone ? 'You have finished the last lesson.' : ''}</span>;
  }
  return (
    <Link className={isDone ? 'button is-primary' : 'button'} href={`/tutorial/${next.id}`}>
      Next lesson<span className="next-title">{next.title}</span> <Icon name="next" />
    </Link>
  );
}

/** A mark for each step: done, and where one is. */
export function Ticks({ lesson, runner }: Pick<Props, 'lesson' | 'runner'>) {
  return (
    <span className="ticks" aria-hidden="true">
      {lesson.steps.map((step) => {
        const isDone = stepProgress(runner.progress, step.id).isDone;
        const isHere = step.id === runner.progress.at;
        return (
          <i key={step.id} className={`${isDone ? 'is-done' : ''} ${isHere ? 'is-here' : ''}`} />
        );
      })}
    </span>
  );
}

/** Shown when what the terminals hold is not what the step goes on from. */
function SetScene({
  runner,
  isFirst,
}: {
  readonly runner: LessonRunner;
  readonly isFirst: boolean;
}) {
  const isReady = useMachineState((state) => state.phase === 'running');
  const hasServers = useMachineState((state) => state.servers.some((server) => server.isRunning));
  const wereRunning = useMachineState((state) => state.interrupted.length > 0);
  const { activity, progress } = runner;
  const { isDone, ran } = stepProgress(progress, progress.at);
  if (activity.kind === 'preparing') {
    return (
      <div className="scene" role="status">
        <span className="pulse" /> Setting the scene: the steps before this one are being run…
      </div>
    );
  }
  if (!isReady || activity.kind !== 'idle') return null;
  // Where a button was pressed the question stands beside it.
  if (runner.isForeign) return runner.asked === undefined ? <Foreign runner={runner} /> : null;
  // The first step goes on from the intro's commands, when they were run.
  const hasBefore = !isFirst || stepProgress(progress, introId).ran.length > 0;
  // To start them again is offered first, above the page's parts.
  if (wereRunning || hasServers || isDone || ran.length > 0 || !hasBefore) return null;
  return (
    <div className="scene">
      <p>
        No server is running. This step goes on from what came before it: start your servers again,
        or let the page build the state that the step begins with. That empties the terminals and
        their files.
      </p>
      <button type="button" className="button" onClick={() => runner.startStep(progress.at)}>
        Set the scene
      </button>
    </div>
  );
}

/** For the whole step: run it, solve it, start it again. */
function StepActions({ runner }: { readonly runner: LessonRunner }) {
  const machine = useMachine();
  const isReady = useMachineState((state) => state.phase === 'running');
  const { activity, progress, step } = runner;
  if (step === undefined || commandsOf(step.blocks).length === 0) return null;
  const isIdle = activity.kind === 'idle';
  const { isDone, ran } = stepProgress(progress, step.id);
  const { asked, wrongPrompt } = runner;
  if (asked !== undefined && asked.kind !== 'block') return <Foreign runner={runner} />;
  // Beside the block that stopped; the steps before this one are not shown.
  const isElsewhere =
    wrongPrompt !== undefined &&
    ![...runner.lesson.intro, ...step.blocks].includes(wrongPrompt.block);
  const isTouched = machine.controllers.some((controller) => controller.entered > 0);
  // Typing stopped at another prompt: the same once more would stop there, too.
  const isBegun = ran.length > 0 || wrongPrompt !== undefined;
  return (
    <div className="step-actions">
      {isElsewhere && <WrongPromptNote wrong={wrongPrompt} />}
      {isIdle ? (
        <>
          {!isDone && !isBegun && (
            <button
              type="button"
              className="link-button"
              disabled={!isReady}
              onClick={() => runner.runStep()}
            >
              Run this step
            </button>
          )}
          {!isDone && isBegun && (
            <button
              type="button"
              className="link-button"
              disabled={!isReady}
              onClick={() => runner.solve(isTouched || wrongPrompt !== undefined)}
            >
              Solve this step
            </button>
          )}
          <button
            type="button"
            className="link-button"
            disabled={!isReady}
            onClick={() => runner.startStep(progress.at)}
          >
            Start this step again
          </button>
        </>
      ) : (
        <button type="button" className="link-button" onClick={() => runner.cancel()}>
          Stop
        </button>
      )}
    </div>
  );
}
