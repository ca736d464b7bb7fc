import type { CommandBlock, LessonRunner } from '../../lesson/index.ts';
import { Icon } from './Icon.tsx';
import { TerminalBadge } from './TerminalBadge.tsx';
import { useMachineState } from './use-machine.ts';

interface Props {
  readonly block: CommandBlock;
  readonly runner: LessonRunner;
}

/** The head of a block of commands, in a lesson and in a lab: its terminal, whether it was typed, and its run button. */
export function RunControl({ block, runner }: Props) {
  const isReady = useMachineState((state) => state.phase === 'running');
  const { activity } = runner;
  const isRunning = activity.kind === 'running' && activity.block === block.id;
  const hasRun = runner.hasRun(block);
  const isBusy = activity.kind !== 'idle' && !isRunning;
  const name = `Terminal #${block.terminal}`;
  return (
    <>
      <TerminalBadge number={block.terminal} />
      <span>{name}</span>
      {hasRun && !isRunning && runner.wrongPrompt?.block !== block && (
        <span className="command-ran">
          <Icon name="check" /> typed
        </span>
      )}
      {/* One button for both, so that it keeps the focus. */}
      <button
        type="button"
        className={isRunning ? 'run is-running' : 'run'}
        disabled={isBusy || !isReady}
        onClick={() => (isRunning ? runner.cancel() : runner.run(block))}
      >
        {isRunning ? <span className="pulse" /> : <Icon name="run" />}
        {isRunning ? 'Stop' : hasRun ? 'Run again' : 'Run'}
        <span className="visually-hidden">{isRunning ? ` typing in ${name}` : ` in ${name}`}</span>
      </button>
    </>
  );
}
