/**
 * The entry of `embed.html`: a lesson's step or bare terminals in an iframe. Options stand in the hash:
 * `embed.html#terminals=2`, `embed.html#lesson=hands-on&step=first-server`.
 */
import { useEffect } from 'react';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import type { Lesson } from '../lesson/index.ts';
import { createBrowserHost } from './machine/browser-host.ts';
import type { Machine } from './machine/machine.ts';
import { mount } from './mount.tsx';
import { LessonPane } from './parts/LessonPane.tsx';
import { ProblemScreen } from './parts/ProblemScreen.tsx';
import { useLesson, useRunner } from './parts/use-lesson.ts';
import { MachineContext, useMachineState } from './parts/use-machine.ts';
import { usePartKeys } from './parts/use-part-keys.ts';
import { Workbench } from './parts/Workbench.tsx';
import { Sessions } from './sessions.ts';

const options = new URLSearchParams(location.hash.slice(1));
const terminals = Math.min(4, Math.max(1, Number(options.get('terminals') ?? 2) || 2));
const lessonId = options.get('lesson');
const sessions = new Sessions(createBrowserHost);

function Embed() {
  usePartKeys();
  const machine = sessions.machine('embed', terminals);
  return (
    <MachineContext value={machine}>
      <main className="page-main">
        <ProblemScreen
          onNewSession={() => {
            sessions.renew('embed');
            location.reload();
          }}
        />
        {lessonId === null ? (
          <>
            <h1 className="visually-hidden">Live terminals</h1>
            <Workbench layout="embed" />
          </>
        ) : (
          <EmbeddedLesson id={lessonId} machine={machine} />
        )}
      </main>
    </MachineContext>
  );
}

function EmbeddedLesson({ id, machine }: { readonly id: string; readonly machine: Machine }) {
  const lesson = useLesson(id);
  if (!lesson) return <Workbench layout="embed" />;
  return <LoadedLesson lesson={lesson} machine={machine} />;
}

/** Links between steps stay inside the frame: its address is the embedding page's business. */
function LoadedLesson({ lesson, machine }: { readonly lesson: Lesson; readonly machine: Machine }) {
  const runner = useRunner(lesson, machine);
  const isReady = useMachineState((state) => state.phase === 'running');
  useEffect(() => void machine.ensureTerminals(lesson.terminals), [lesson, machine]);
  useEffect(() => {
    const step = options.get('step');
    if (step !== null && lesson.steps.some((one) => one.id === step)) runner.open(step);
  }, [lesson, runner]);
  useEffect(() => {
    if (isReady) runner.look();
  }, [isReady, runner]);
  const { hook } = memoryLocation({
    path: `/tutorial/${lesson.id}/${runner.progress.at}`,
    static: true,
  });
  return (
    <Router hook={stepHook(runner, hook)}>
      <Workbench
        layout="embed"
        terminals={lesson.terminals}
        aside={<LessonPane lesson={lesson} runner={runner} />}
      />
    </Router>
  );
}

type LocationHook = ReturnType<typeof memoryLocation>['hook'];

/** Going to a step's address opens the step. */
function stepHook(runner: ReturnType<typeof useRunner>, hook: LocationHook): LocationHook {
  return () => {
    const [path] = hook();
    return [path, (to: string) => runner.open(to.slice(to.lastIndexOf('/') + 1))];
  };
}

mount(<Embed />);
