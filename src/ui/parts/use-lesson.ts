import { useEffect, useMemo, useReducer, useState } from 'react';
import { loadLesson } from '../../../tutorial/index.ts';
import {
  type Lesson,
  LessonRunner,
  type LessonSummary,
  newProgress,
  readProgress,
} from '../../lesson/index.ts';
import { isRecord, keep, kept } from '../machine/kept.ts';
import type { Machine } from '../machine/machine.ts';
import { createStage } from '../machine/stage.ts';

/** Loads a lesson: undefined while it is on its way, null when there is none of that name. */
export function useLesson(id: string): Lesson | null | undefined {
  const [loaded, setLoaded] = useState<{ id: string; lesson: Lesson | null }>();
  useEffect(() => {
    let isCurrent = true;
    void loadLesson(id).then((lesson) => {
      if (isCurrent) setLoaded({ id, lesson: lesson ?? null });
    });
    return () => {
      isCurrent = false;
    };
  }, [id]);
  return loaded?.id === id ? loaded.lesson : undefined;
}

function progressKey(lesson: string): string {
  return `progress/${lesson}`;
}

/**
 * The reader's runner in a lesson; the component is drawn again whenever something in it changes.
 * @param key under which the progress is kept; null keeps none
 */
export function useRunner(
  lesson: Lesson,
  machine: Machine,
  key: string | null = progressKey(lesson.id),
): LessonRunner {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const runner = useMemo(() => {
    const found = key === null ? undefined : kept(key);
    const progress = readProgress(found, lesson) ?? newProgress(lesson);
    let stored = progress;
    const made: LessonRunner = new LessonRunner({
      lesson,
      stage: createStage(machine),
      progress,
      isTouched: () => machine.isTouched,
      onChange: () => {
        if (made.progress !== stored && key !== null) keep(key, made.progress);
        stored = made.progress;
        redraw();
      },
    });
    return made;
  }, [lesson, machine, key]);
  useEffect(() => () => runner.close(), [runner]);
  return runner;
}

/** The step that a reader was at when they last had a lesson open. */
export function keptStep(lesson: string): string | undefined {
  const stored = kept(progressKey(lesson));
  const at = isRecord(stored) ? stored['at'] : undefined;
  return typeof at === 'string' ? at : undefined;
}

/** How many of a lesson's steps the reader has done. */
export function keptDone(lesson: LessonSummary): number {
  const stored = kept(progressKey(lesson.id));
  const steps = isRecord(stored) && isRecord(stored['steps']) ? stored['steps'] : {};
  return lesson.steps.filter(({ id }) => {
    const step = steps[id];
    return isRecord(step) && step['isDone'] === true;
  }).length;
}
