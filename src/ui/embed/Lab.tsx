import { type ReactNode, useEffect, useState } from 'react';
import { type BaseLocationHook, Router } from 'wouter';
import { lessonSummaries } from '../../../tutorial/index.ts';
import type { Lesson, LessonRunner } from '../../lesson/index.ts';
import type { Machine } from '../machine/machine.ts';
import { LessonPane } from '../parts/LessonPane.tsx';
import { ProblemScreen } from '../parts/ProblemScreen.tsx';
import { StartAgainBar } from '../parts/StartAgainBar.tsx';
import { useLesson, useRunner } from '../parts/use-lesson.ts';
import { MachineContext, useMachineState } from '../parts/use-machine.ts';
import { Workbench } from '../parts/Workbench.tsx';
import { LabProgram } from './LabProgram.tsx';
import type { LabOptions, ProgramBlock } from './options.ts';
import { useWidth } from './use-width.ts';

/** Below this width, in pixels, a lesson and its terminals are shown one at a time. */
const narrowLessonPx = 1000;

/** A piece of the page that a lab was put around. */
export interface LabPart {
  /** What it shows: the page's own text. */
  readonly content: ReactNode;
  /** What is typed when it is run; undefined for what is only read. */
  readonly block: ProgramBlock | undefined;
}

export interface LabProps {
  readonly machine: Machine;
  readonly options: LabOptions;
  readonly parts: readonly LabPart[];
  /** Whether the program is run as soon as there are prompts. */
  readonly runsAtOnce: boolean;
  /** Whether text and terminals take the room that there is, instead of the options' height. */
  readonly isFilling?: boolean;
  /** Hears of the runner, and of each of its changes. */
  readonly onRunner: (runner: LessonRunner) => void;
  /** The session is another tab's, and the reader wants a new one. */
  readonly onNewSession: () => void;
}

/** One lab: its program or its lesson, and the terminals that it runs in. */
export function Lab(props: LabProps) {
  const { machine, options, isFilling = false } = props;
  return (
    <MachineContext value={machine}>
      <Problems options={options} />
      {options.lesson === undefined ? (
        <LabProgram {...props} />
      ) : (
        <div className="lab-ui">
          <div className="lab-frame" style={isFilling ? {} : { height: options.height }}>
            <ProblemScreen onNewSession={props.onNewSession} />
            <StartAgainBar />
            <LabLesson {...props} first={options.lesson} />
          </div>
        </div>
      )}
    </MachineContext>
  );
}

/** What the author of the page asked for and cannot have. */
function Problems({ options }: { readonly options: LabOptions }) {
  const { lesson, step } = options;
  const known = lessonSummaries.find(({ id }) => id === lesson);
  const problems = [...options.problems];
  if (lesson !== undefined && known === undefined) {
    const ids = lessonSummaries.map(({ id }) => id).join(', ');
    problems.push(`lesson is "${lesson}"; there are ${ids}.`);
  }
  if (known !== undefined && step !== undefined) {
    const ids = known.steps.map(({ id }) => id);
    if (!ids.includes(step)) problems.push(`step is "${step}"; the lesson has ${ids.join(', ')}.`);
  }
  if (problems.length === 0) return null;
  return (
    <div className="lab-ui" role="alert">
      {problems.map((problem) => (
        <p key={problem} className="lab-problem">
          {problem}
        </p>
      ))}
    </div>
  );
}

interface LabLessonProps extends LabProps {
  /** The lesson that the page names; the reader may go on to others. */
  readonly first: string;
}

/** Links between steps and lessons stay inside the lab: the address is the embedding page's business. */
function LabLesson(props: LabLessonProps) {
  const { first, options } = props;
  const [path, setPath] = useState(`/tutorial/${first}/${options.step ?? ''}`);
  const [, , id = '', step = ''] = path.split('/');
  const hook: BaseLocationHook = () => [path, (to: string) => setPath(to)];
  const lesson = useLesson(id);
  const [ref, width] = useWidth();
  return (
    <div className="lab-fill" ref={ref}>
      <Router hook={hook}>
        {lesson && width !== undefined && (
          <OpenLesson
            {...props}
            key={lesson.id}
            lesson={lesson}
            step={step}
            isNarrow={width < narrowLessonPx}
          />
        )}
        {lesson === null && <Workbench layout="embed" isNarrow />}
      </Router>
    </div>
  );
}

interface OpenLessonProps extends LabProps {
  readonly lesson: Lesson;
  readonly step: string;
  readonly isNarrow: boolean;
}

function OpenLesson({ lesson, step, machine, options, isNarrow, onRunner }: OpenLessonProps) {
  const isKept = options.session === 'kept';
  const key = isKept ? `${machine.sessionId}/progress/${lesson.id}` : null;
  const runner = useRunner(lesson, machine, key);
  const isReady = useMachineState((state) => state.phase === 'running');
  const at = lesson.steps.findIndex((one) => one.id === step);
  const { progress, activity } = runner;
  // biome-ignore lint/correctness/useExhaustiveDependencies: again after each of the runner's changes
  useEffect(() => onRunner(runner), [runner, progress, activity, onRunner]);
  useEffect(() => void machine.ensureTerminals(lesson.terminals), [lesson, machine]);
  useEffect(() => {
    if (at >= 0 && runner.progress.at !== step) runner.open(step);
  }, [at, runner, step]);
  useEffect(() => {
    if (isReady) runner.look();
  }, [isReady, runner]);
  return (
    <Workbench
      layout="embed"
      terminals={lesson.terminals}
      isNarrow={isNarrow}
      aside={<LessonPane lesson={lesson} runner={runner} />}
    />
  );
}
