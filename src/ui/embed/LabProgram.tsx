import { useEffect, useMemo, useRef } from 'react';
import {
  type CommandBlock,
  commandsOf,
  type Lesson,
  type LessonRunner,
} from '../../lesson/index.ts';
import { ClusterStrip } from '../parts/ClusterStrip.tsx';
import { Icon } from '../parts/Icon.tsx';
import { WrongPromptNote } from '../parts/LessonTrouble.tsx';
import { ProblemScreen } from '../parts/ProblemScreen.tsx';
import { RunControl } from '../parts/RunControl.tsx';
import { StartAgainBar } from '../parts/StartAgainBar.tsx';
import { serverStyle } from '../parts/TerminalBadge.tsx';
import { TerminalPane } from '../parts/TerminalPane.tsx';
import { useRunner } from '../parts/use-lesson.ts';
import { useMachine, useMachineState } from '../parts/use-machine.ts';
import { Workbench } from '../parts/Workbench.tsx';
import type { LabPart, LabProps } from './Lab.tsx';
import { useWidth } from './use-width.ts';

/** In pixels: each of two terminals side by side has 40 characters then. Below it they are shown one at a time. */
const terminalPx = 320;

/** In pixels, as the sheet has it: the servers come on top of the height that the page gives the terminals. */
const clusterPx = 176;

/** The only step of a program. */
const stepId = 'program';

function blockId(part: number): string {
  return `${stepId}.${part + 1}`;
}

/** A program as a lesson of one step that checks nothing: so it is run, stopped and begun again as a lesson's step is. */
function lessonOf(parts: readonly LabPart[], terminals: number): Lesson {
  const commands = parts.flatMap(({ block }, at): CommandBlock[] =>
    block === undefined ? [] : [{ kind: 'command', id: blockId(at), html: '', ...block }],
  );
  return {
    id: stepId,
    title: 'Program',
    summary: '',
    minutes: 0,
    order: 0,
    terminals,
    intro: [],
    steps: [{ id: stepId, title: 'Program', blocks: commands }],
  };
}

/** The blocks of a page's program, each with a run button, and the terminals below them. */
export function LabProgram(props: LabProps) {
  const { options, parts, runsAtOnce, isFilling = false, onRunner, onNewSession } = props;
  const machine = useMachine();
  const lesson = useMemo(() => lessonOf(parts, options.terminals), [parts, options]);
  const commands = commandsOf(lesson.steps[0]?.blocks ?? []);
  const runner = useRunner(lesson, machine, null);
  const isReady = useMachineState((state) => state.phase === 'running');
  const { progress, activity } = runner;
  // biome-ignore lint/correctness/useExhaustiveDependencies: again after each of the runner's changes
  useEffect(() => onRunner(runner), [runner, progress, activity, onRunner]);
  // On what a kept session left the program is not begun again: its directories are there already.
  const hasBegun = useRef(!runsAtOnce || machine.isTouched);
  useEffect(() => {
    if (!isReady || hasBegun.current) return;
    hasBegun.current = true;
    runner.runStep();
  }, [isReady, runner]);
  return (
    <>
      {parts.map(({ content }, at) => {
        const block = commands.find((one) => one.id === blockId(at));
        return (
          <div key={blockId(at)} className="lab-block">
            {block && <BlockHead block={block} runner={runner} />}
            {content}
          </div>
        );
      })}
      <div className="lab-ui">
        <ProblemScreen onNewSession={onNewSession} />
        <StartAgainBar />
        <Bench
          runner={runner}
          isReady={isReady}
          options={options}
          hasBlocks={commands.length > 0}
          isFilling={isFilling}
        />
      </div>
    </>
  );
}

interface RunnerProps {
  readonly runner: LessonRunner;
  readonly isReady: boolean;
}

interface BlockHeadProps {
  readonly block: CommandBlock;
  readonly runner: LessonRunner;
}

function BlockHead({ block, runner }: BlockHeadProps) {
  return (
    <div className="lab-ui" style={serverStyle(block.terminal)}>
      <div className="lab-block-head">
        <RunControl block={block} runner={runner} />
      </div>
      {runner.wrongPrompt?.block === block && <WrongPromptNote wrong={runner.wrongPrompt} />}
    </div>
  );
}

interface BenchProps extends RunnerProps, Pick<LabProps, 'options'> {
  readonly hasBlocks: boolean;
  readonly isFilling: boolean;
}

/** The terminals side by side, or in tabs where it is narrow; above them what concerns all. */
function Bench({ runner, isReady, options, hasBlocks, isFilling }: BenchProps) {
  const { terminals: count, height, cluster, session } = options;
  const [ref, width] = useWidth();
  const isWide = width !== undefined && width >= count * terminalPx;
  return (
    <section className="lab-bench" aria-label="Live terminals" ref={ref}>
      <div className="lab-bar">
        {hasBlocks && <RunAll runner={runner} isReady={isReady} />}
        <button
          type="button"
          className="button is-quiet"
          disabled={!isReady || runner.activity.kind !== 'idle'}
          onClick={() => runner.startStep(stepId)}
        >
          <Icon name="restart" /> Start again
        </button>
        <span className="lab-note">
          {session === 'kept'
            ? 'Real servers, in this page. Their files are kept in this browser.'
            : 'Real servers, in this page. They end with it.'}
        </span>
      </div>
      <div
        className="lab-frame"
        style={isFilling ? {} : { height: isWide && cluster ? height + clusterPx : height }}
      >
        {width === undefined ? null : isWide ? (
          <SideBySide count={count} hasCluster={cluster} />
        ) : (
          <Workbench layout="lab" terminals={count} isNarrow />
        )}
      </div>
    </section>
  );
}

function RunAll({ runner, isReady }: RunnerProps) {
  const isIdle = runner.activity.kind === 'idle';
  return (
    <button
      type="button"
      className="button"
      disabled={!isReady}
      onClick={() => (isIdle ? runner.runStep() : runner.cancel())}
    >
      {isIdle ? <Icon name="run" /> : <span className="pulse" />}
      {isIdle ? 'Run all' : 'Stop'}
    </button>
  );
}

function SideBySide({
  count,
  hasCluster,
}: {
  readonly count: number;
  readonly hasCluster: boolean;
}) {
  const machine = useMachine();
  const numbers = useMemo(() => Array.from({ length: count }, (_, at) => at + 1), [count]);
  useEffect(() => machine.setVisible(numbers), [machine, numbers]);
  return (
    <div className="lab-fill">
      {hasCluster && (
        <div className="lab-cluster">
          <ClusterStrip />
        </div>
      )}
      <div className="lab-terminals">
        {numbers.map((number) => (
          <TerminalPane key={number} number={number} />
        ))}
      </div>
    </div>
  );
}
