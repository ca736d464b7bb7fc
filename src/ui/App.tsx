import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Router, Switch, useLocation, useParams } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { lessonSummaries } from '../../tutorial/index.ts';
import type { Lesson, LessonRunner } from '../lesson/index.ts';
import { forget } from './machine/kept.ts';
import type { Machine } from './machine/machine.ts';
import { Header } from './parts/Header.tsx';
import { Landing } from './parts/Landing.tsx';
import { LessonPane } from './parts/LessonPane.tsx';
import { NoticeBar } from './parts/NoticeBar.tsx';
import { Playground } from './parts/Playground.tsx';
import { ProblemScreen } from './parts/ProblemScreen.tsx';
import { StartAgainBar } from './parts/StartAgainBar.tsx';
import { keptStep, useLesson, useRunner } from './parts/use-lesson.ts';
import { MachineContext, useMachineState } from './parts/use-machine.ts';
import { usePartKeys } from './parts/use-part-keys.ts';
import { Workbench } from './parts/Workbench.tsx';
import type { Door, Sessions } from './sessions.ts';

interface AppProps {
  readonly sessions: Sessions;
}

/** The page: a head, and below it one of the doors. */
export function App({ sessions }: AppProps) {
  usePartKeys();
  return (
    <Router hook={useHashLocation}>
      <Switch>
        <Route path="/tutorial/:lesson/:step?">
          <TutorialDoor sessions={sessions} />
        </Route>
        <Route path="/playground">
          <PlaygroundDoor sessions={sessions} />
        </Route>
        <Route path="/session/:data?">
          <ForeignSessionDoor sessions={sessions} />
        </Route>
        <Route path="/tutorial">
          <Redirect to={startPath()} replace />
        </Route>
        <Route path="/">
          <LandingDoor sessions={sessions} />
        </Route>
        <Route path="*">
          <LandingDoor sessions={sessions} isLost />
        </Route>
      </Switch>
    </Router>
  );
}

/** The first lesson; its own address goes on to the step that the reader was at. */
function startPath(): string {
  const lesson = lessonSummaries[0]?.id ?? 'hands-on';
  return `/tutorial/${lesson}`;
}

interface LandingDoorProps extends AppProps {
  /** The address names nothing. */
  readonly isLost?: boolean;
}

function LandingDoor({ sessions, isLost = false }: LandingDoorProps) {
  const [path] = useLocation();
  return (
    <>
      <Header onResetAll={() => resetAll(sessions)} onResetLesson={undefined} />
      <Landing missing={isLost ? `#${path}` : undefined} />
    </>
  );
}

/** Asks, then forgets everything and begins at the start. */
function resetAll(sessions: Sessions): void {
  if (!confirm('Remove all files, all progress and all settings of this page?')) return;
  void sessions.resetAll().then(() => {
    location.hash = '#/';
    location.reload();
  });
}

function TutorialDoor({ sessions }: AppProps) {
  // The route gives both; a step may be missing.
  const { lesson: id = '', step } = useParams<{ lesson: string; step?: string }>();
  const lesson = useLesson(id);
  const terminals = lessonSummaries.find((one) => one.id === id)?.terminals ?? 2;
  return (
    <DoorFrame
      sessions={sessions}
      door="tutorial"
      terminals={terminals}
      onResetLesson={(machine) => {
        forget(`progress/${id}`);
        void machine.reset().then(() => location.reload());
      }}
    >
      {(machine) =>
        lesson ? (
          <TutorialScreen lesson={lesson} step={step} machine={machine} />
        ) : (
          <Workbench
            layout="tutorial"
            terminals={terminals}
            aside={<LessonPlaceholder isMissing={lesson === null} />}
          />
        )
      }
    </DoorFrame>
  );
}

function LessonPlaceholder({ isMissing }: { readonly isMissing: boolean }) {
  return (
    <section className="lesson" aria-label="Lesson" data-part="lesson" tabIndex={-1}>
      {isMissing && (
        <div className="lesson-text">
          <h1 className="step-title">There is no such lesson</h1>
          <p className="prose">
            <a href={`#${startPath()}`}>To the first lesson</a>
          </p>
        </div>
      )}
    </section>
  );
}

interface TutorialScreenProps {
  readonly lesson: Lesson;
  readonly step: string | undefined;
  readonly machine: Machine;
}

function TutorialScreen({ lesson, step, machine }: TutorialScreenProps) {
  const runner = useRunner(lesson, machine);
  const [, navigate] = useLocation();
  const isReady = useMachineState((state) => state.phase === 'running');
  const isKnown = lesson.steps.some((one) => one.id === step);
  const [missing, setMissing] = useState<{ readonly step: string; readonly shownAt: string }>();
  useOpenStep(runner, isKnown ? step : undefined);
  useReading(lesson, runner, machine);
  useEffect(() => {
    if (!isKnown) {
      const at = keptStep(lesson.id) ?? lesson.steps[0]?.id ?? '';
      if (step !== undefined) setMissing({ step, shownAt: at });
      navigate(`/tutorial/${lesson.id}/${at}`, { replace: true });
    }
  }, [isKnown, lesson, navigate, step]);
  useEffect(() => {
    if (isReady) runner.look();
  }, [isReady, runner]);
  useEffect(() => {
    const title = lesson.steps.find((one) => one.id === step)?.title;
    document.title = `${title === undefined ? '' : `${title} · `}${lesson.title} · Bee`;
  }, [lesson, step]);
  return (
    <Workbench
      layout="tutorial"
      terminals={lesson.terminals}
      aside={
        <LessonPane
          lesson={lesson}
          runner={runner}
          missing={missing?.shownAt === step ? missing?.step : undefined}
        />
      }
    />
  );
}

/** Lets the tabs that read along know what is read. */
function useReading(lesson: Lesson, { progress }: LessonRunner, { store }: Machine): void {
  useEffect(() => {
    store.setState({ reading: { lesson: lesson.id, progress } });
  }, [lesson, progress, store]);
  useEffect(() => () => store.setState({ reading: undefined }), [store]);
}

/** The address decides which step is open. */
function useOpenStep(runner: LessonRunner, step: string | undefined): void {
  useEffect(() => {
    if (step !== undefined && runner.progress.at !== step) runner.open(step);
  }, [runner, step]);
}

function PlaygroundDoor({ sessions }: AppProps) {
  useEffect(() => {
    document.title = 'Playground · Bee';
  }, []);
  return (
    <DoorFrame sessions={sessions} door="playground" terminals={2}>
      {(_machine, drawAnew) => <Playground sessions={sessions} onChange={drawAnew} />}
    </DoorFrame>
  );
}

/** Somebody's session, out of a link or a file. */
function ForeignSessionDoor({ sessions }: AppProps) {
  const { data } = useParams<{ data?: string }>();
  const [, navigate] = useLocation();
  return (
    <>
      <Header onResetAll={() => resetAll(sessions)} onResetLesson={undefined} />
      <Suspense>
        <SessionDoor sessions={sessions} link={data} onOpened={() => navigate('/playground')} />
      </Suspense>
    </>
  );
}

/** Loaded for who brings a session: it is nothing that others wait for. */
const SessionDoor = lazy(() =>
  import('./parts/SessionDoor.tsx').then(({ SessionDoor: component }) => ({ default: component })),
);

interface DoorFrameProps extends AppProps {
  readonly door: Door;
  readonly terminals: number;
  readonly onResetLesson?: (machine: Machine) => void;
  /** `drawAnew` is called when another session stands behind the door. */
  readonly children: (machine: Machine, drawAnew: () => void) => ReactNode;
}

interface WatchingOrProps {
  readonly onNewSession: () => void;
  readonly children: () => ReactNode;
}

/** The door's own content; or, while another tab runs the session and this one reads along, that. */
function WatchingOr({ onNewSession, children }: WatchingOrProps) {
  const isWatching = useMachineState((state) => state.phase === 'watching');
  if (!isWatching) return children();
  return (
    <Suspense>
      <Watching onNewSession={onNewSession} />
    </Suspense>
  );
}

/** Loaded for who reads along. */
const Watching = lazy(() =>
  import('./parts/Watching.tsx').then(({ Watching: component }) => ({ default: component })),
);

/** What all doors share: the head, the machine, and what is said when the machine cannot run. */
function DoorFrame({ sessions, door, terminals, onResetLesson, children }: DoorFrameProps) {
  const [generation, setGeneration] = useState(0);
  const machine = sessions.machine(door, terminals);
  const drawAnew = (): void => setGeneration((count) => count + 1);
  useEffect(() => {
    // On the playground the reader takes terminals away.
    if (door !== 'playground') void machine.ensureTerminals(terminals);
  }, [door, machine, terminals]);
  const resetLesson = (): void => {
    if (confirm('Remove the files of this lesson and begin it again?')) onResetLesson?.(machine);
  };
  const renew = (): void => {
    sessions.renew(door);
    drawAnew();
  };
  return (
    <MachineContext value={machine} key={generation}>
      <Header
        onResetAll={() => resetAll(sessions)}
        onResetLesson={onResetLesson === undefined ? undefined : resetLesson}
      />
      <main className="page-main">
        <ProblemScreen onNewSession={renew} />
        <NoticeBar onNewSession={renew} />
        <StartAgainBar />
        <WatchingOr onNewSession={renew}>{() => children(machine, drawAnew)}</WatchingOr>
      </main>
    </MachineContext>
  );
}
