import { useEffect, useMemo, useRef } from 'react';
import {
  type Lesson,
  LessonRunner,
  newProgress,
  readProgress,
  stepProgress,
} from '../../lesson/index.ts';
import type { Reading } from '../machine/machine-store.ts';
import { createStage } from '../machine/stage.ts';
import { LessonBlocks } from './LessonBlocks.tsx';
import { Ticks } from './LessonPane.tsx';
import { useLesson } from './use-lesson.ts';
import { useMachine } from './use-machine.ts';

/** The lesson that another tab has open, at the step where it is: to be read. */
export function WatchedLesson({ reading }: { readonly reading: Reading }) {
  const lesson = useLesson(reading.lesson);
  if (lesson === undefined || lesson === null) return null;
  return <WatchedText lesson={lesson} reading={reading} />;
}

interface Props {
  readonly lesson: Lesson;
  readonly reading: Reading;
}

function WatchedText({ lesson, reading }: Props) {
  const machine = useMachine();
  const scroller = useRef<HTMLElement>(null);
  // It holds the other tab's progress for the blocks, and is never asked to do or to check anything.
  const runner = useMemo(
    () =>
      new LessonRunner({
        lesson,
        stage: createStage(machine),
        progress: readProgress(reading.progress, lesson) ?? newProgress(lesson),
        onChange: () => undefined,
      }),
    [lesson, machine, reading.progress],
  );
  const at = lesson.steps.findIndex((step) => step.id === runner.progress.at);
  const step = lesson.steps[at];
  const stepId = step?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another step begins at its top
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [stepId]);
  if (step === undefined) return null;
  const { isDone } = stepProgress(runner.progress, step.id);
  return (
    <section className="lesson" aria-label="Lesson" data-part="lesson" tabIndex={-1}>
      <header className="lesson-head">
        <span className="watched-title">{lesson.title}</span>
        <span className="lesson-place" role="status">
          Step {at + 1} of {lesson.steps.length}
          {isDone && ', done'}
        </span>
        <Ticks lesson={lesson} runner={runner} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="lesson-scroll" ref={scroller} tabIndex={0} aria-label="Text">
        <article className="lesson-text">
          {/* Its buttons and answers are the other tab's. */}
          <fieldset className="watched-text" disabled>
            <legend className="visually-hidden">Read only</legend>
            {at === 0 && (
              <>
                <h2 className="lesson-title">{lesson.title}</h2>
                <LessonBlocks blocks={lesson.intro} runner={runner} />
              </>
            )}
            <h2 className="step-title">{step.title}</h2>
            <LessonBlocks blocks={step.blocks} runner={runner} />
          </fieldset>
        </article>
      </section>
    </section>
  );
}
