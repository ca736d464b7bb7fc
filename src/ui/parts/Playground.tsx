import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import type { Arrangement } from '../arrangement.ts';
import { listedSessions, noteSession, sessionName } from '../machine/session-list.ts';
import { playStartState, type StartState, startStates } from '../machine/start-states.ts';
import { terminalsMax } from '../machine/terminal-list.ts';
import type { Sessions } from '../sessions.ts';
import { useSettings } from '../settings-store.ts';
import { Icon } from './Icon.tsx';
import { Menu } from './Menu.tsx';
import { SessionsDialog } from './SessionsDialog.tsx';
import { ShareDialog } from './ShareDialog.tsx';
import { StartDialog } from './StartDialog.tsx';
import { screenOf } from './screens.ts';
import { useMachine, useMachineState } from './use-machine.ts';
import { Workbench } from './Workbench.tsx';

interface Props {
  readonly sessions: Sessions;
  /** Another session stands behind the door: everything is drawn anew. */
  readonly onChange: () => void;
}

type Asked = 'start' | 'share' | 'sessions';

/** The playground: terminals without a lesson, and what one does with a session as a whole. */
export function Playground({ sessions, onChange }: Props) {
  const machine = useMachine();
  const [asked, setAsked] = useState<Asked>();
  const [, navigate] = useLocation();
  const isReady = useMachineState((state) => state.phase === 'running');
  const id = machine.sessionId;
  useEffect(() => {
    if (isReady) noteSession(id);
  }, [id, isReady]);
  usePendingStart();

  const start = async (state: StartState): Promise<void> => {
    setAsked(undefined);
    // What is untouched has nothing to lose; anything else stays where it is, as a session of its own.
    if (isUntouched(machine)) {
      noteSession(id, state.title);
      focusFirst(machine);
      await playStartState(machine, state);
      return;
    }
    const next = sessions.createHost().sessionId;
    noteSession(next, state.title);
    pendingStart = { session: next, state };
    await sessions.change('playground', next);
    onChange();
  };
  const open = async (session: string): Promise<void> => {
    setAsked(undefined);
    await sessions.change('playground', session);
    onChange();
  };

  return (
    <>
      <Bar asked={setAsked} isReady={isReady} />
      <Workbench layout="playground" canArrange={true} empty={<StartOffer onStart={start} />} />
      {asked === 'start' && <StartDialog onClose={() => setAsked(undefined)} onStart={start} />}
      {asked === 'share' && <ShareDialog onClose={() => setAsked(undefined)} />}
      {asked === 'sessions' && (
        <SessionsDialog
          sessions={sessions}
          onOpen={(session) => void open(session)}
          onFile={() => {
            setAsked(undefined);
            navigate('/session');
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

/** A start state that waits for its new session to be open. */
let pendingStart: { readonly session: string; readonly state: StartState } | undefined;

function usePendingStart(): void {
  const machine = useMachine();
  const isReady = useMachineState((state) => state.phase === 'running');
  useEffect(() => {
    if (!isReady || pendingStart?.session !== machine.sessionId) return;
    const { state } = pendingStart;
    pendingStart = undefined;
    focusFirst(machine);
    void playStartState(machine, state);
  }, [machine, isReady]);
}

/** The button that was pressed goes; the focus goes on to what it does. */
function focusFirst(machine: ReturnType<typeof useMachine>): void {
  const [first] = machine.controllers;
  if (first !== undefined) screenOf(first).focus();
}

/** Whether nothing was typed and nothing was written yet. */
function isUntouched(machine: ReturnType<typeof useMachine>): boolean {
  return machine.store.getState().servers.length === 0 && !machine.isTouched;
}

interface BarProps {
  readonly asked: (what: Asked) => void;
  readonly isReady: boolean;
}

const arrangements: readonly { readonly id: Arrangement; readonly label: string }[] = [
  { id: 'auto', label: 'As many fit' },
  { id: 'split', label: 'Beside each other' },
  { id: 'grid', label: 'In a grid' },
  { id: 'tabs', label: 'In tabs' },
];

function Bar({ asked, isReady }: BarProps) {
  const machine = useMachine();
  const { arrangement, set } = useSettings();
  const count = useMachineState((state) => state.terminals.length);
  const id = machine.sessionId;
  const name = listedSessions().find((one) => one.id === id)?.name ?? '';
  return (
    <div className="playground-bar">
      <h1>
        Playground
        {name !== '' && <span className="playground-session"> · {sessionName({ id, name })}</span>}
      </h1>
      <button
        type="button"
        className="button is-small"
        disabled={!isReady}
        onClick={() => asked('start')}
      >
        <Icon name="run" /> Start with…
      </button>
      <button
        type="button"
        className="button is-small"
        disabled={!isReady || count >= terminalsMax}
        onClick={() => void machine.addTerminal()}
      >
        <Icon name="plus" /> Add a terminal
      </button>
      <Menu
        className="button is-small is-wide-only"
        label="How the terminals stand"
        items={arrangements.map(({ id: value, label }) => ({
          label,
          isChecked: arrangement === value,
          act: () => set({ arrangement: value }),
        }))}
      >
        <Icon name="grid" /> Layout
      </Menu>
      <button
        type="button"
        className="button is-small is-wide-only"
        disabled={!isReady}
        onClick={() => machine.showFiles()}
      >
        <Icon name="files" /> Files
      </button>
      <button
        type="button"
        className="button is-small"
        disabled={!isReady}
        onClick={() => asked('share')}
      >
        <Icon name="upload" /> Share or save…
      </button>
      <button type="button" className="button is-small" onClick={() => asked('sessions')}>
        <Icon name="list" /> Sessions…
      </button>
    </div>
  );
}

interface StartOfferProps {
  readonly onStart: (state: StartState) => Promise<void>;
}

/** What an empty playground says: what to do first. */
function StartOffer({ onStart }: StartOfferProps) {
  const machine = useMachine();
  const isReady = useMachineState((state) => state.phase === 'running');
  const hasPast = machine.controllers.some(({ terminal }) => terminal.transcript.lines.length > 0);
  return (
    <div className="cluster-empty start-offer">
      {hasPast ? (
        <p>
          No server runs. What servers wrote is where it was: say <code>bee</code> there. Or start
          anew with
        </p>
      ) : (
        <p>
          No server runs yet. Say <code>bee</code> in a terminal and{' '}
          <code>{'db.cfg{listen=3301}'}</code> to it, or start with
        </p>
      )}
      <ul>
        {startStates
          .filter(({ lines }) => lines.length > 0)
          .map((state) => (
            <li key={state.id}>
              <button
                type="button"
                className="button is-small"
                title={state.summary}
                disabled={!isReady}
                onClick={() => void onStart(state)}
              >
                {state.title}
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}
