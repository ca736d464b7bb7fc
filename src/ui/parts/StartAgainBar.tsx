import { startAgain } from '../machine/start-again.ts';
import { screenOf } from './screens.ts';
import { useMachine, useMachineState } from './use-machine.ts';

/** The page was left while servers ran: they can be started as they were, or left as they are. */
export function StartAgainBar() {
  const machine = useMachine();
  const phase = useMachineState((state) => state.phase);
  const interrupted = useMachineState((state) => state.interrupted);
  if (interrupted.length === 0 || (phase !== 'running' && phase !== 'starting')) return null;
  const isReady = phase === 'running';
  const isOne = interrupted.length === 1;
  // The pressed button goes; the focus goes on to what it did.
  const focusFirst = (): void => {
    const controller = machine.controller(interrupted[0] ?? 1);
    if (controller !== undefined) screenOf(controller).focus();
  };
  return (
    <div className="notice is-offer" role="status">
      <p>
        <strong>
          {isOne ? 'A server was running here' : `${interrupted.length} servers were running here`}
        </strong>{' '}
        when the page was left, in {terminalsText(interrupted)}.{' '}
        {isOne ? 'It ended with it; its files are' : 'They ended with it; their files are'} there.
      </p>
      <button
        type="button"
        className="button is-small is-primary"
        disabled={!isReady}
        onClick={() => {
          startAgain(machine);
          focusFirst();
        }}
      >
        {isOne ? 'Start my server again' : 'Start my servers again'}
      </button>
      <button
        type="button"
        className="button is-small"
        disabled={!isReady}
        onClick={() => {
          for (const controller of machine.controllers) controller.forgetInterrupted();
          focusFirst();
        }}
      >
        Leave {isOne ? 'it' : 'them'} stopped
      </button>
    </div>
  );
}

/** As one says it: Terminal #1, Terminal #2 and Terminal #4. */
function terminalsText(numbers: readonly number[]): string {
  const names = numbers.map((number) => `Terminal #${number}`);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}
