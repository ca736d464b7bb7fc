import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Link } from 'wouter';
import { lessonSummaries } from '../../../tutorial/index.ts';
import { type Lesson, type LessonRunner, stepProgress } from '../../lesson/index.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly lesson: Lesson;
  readonly runner: LessonRunner;
}

/** The contents: all lessons, the open one with its steps and ticks. */
export function LessonContents({ lesson, runner }: Props) {
  const [isOpen, setOpen] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    holder.current?.querySelector<HTMLElement>('[aria-current]')?.focus();
    const close = (event: Event): void => {
      // Not its target: seen from the document, all that happens in a shadow tree happens to its host.
      const isInside = holder.current !== null && event.composedPath().includes(holder.current);
      if (!isInside) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('focusin', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('focusin', close);
    };
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    setOpen(false);
    button.current?.focus();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only Esc of what is inside
    <div className="contents" ref={holder} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className="contents-button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="list" /> Contents
      </button>
      {isOpen && (
        <nav className="contents-list" id={id} aria-label="Contents">
          {lessonSummaries.map((summary) => (
            <div key={summary.id}>
              {summary.id === lesson.id ? (
                <p className="contents-lesson">{summary.title}</p>
              ) : (
                <Link
                  className="contents-lesson"
                  href={`/tutorial/${summary.id}`}
                  onClick={() => setOpen(false)}
                >
                  {summary.title}
                </Link>
              )}
              {summary.id === lesson.id && (
                <ol>
                  {lesson.steps.map((step, at) => {
                    const { isDone } = stepProgress(runner.progress, step.id);
                    return (
                      <li key={step.id}>
                        <Link
                          href={`/tutorial/${lesson.id}/${step.id}`}
                          aria-current={step.id === runner.progress.at ? 'step' : undefined}
                          onClick={() => setOpen(false)}
                        >
                          <span className="contents-number">
                            {isDone ? <Icon name="check" /> : at + 1}
                          </span>
                          {step.title}
                          {isDone && <span className="visually-hidden"> (done)</span>}
                        </Link>
                      </li>
                    );
                  })}
                </ol>
              )}
            </div>
          ))}
        </nav>
      )}
    </div>
  );
}
