import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import type { TerminalInfo } from '../machine/machine-store.ts';
import { WatchedScreen } from '../machine/watched-screen.ts';
import { ClusterStrip } from './ClusterStrip.tsx';
import { TerminalFrame } from './TerminalFrame.tsx';
import { useMachine, useMachineState } from './use-machine.ts';
import { WatchedLesson } from './WatchedLesson.tsx';

/** A session that another tab runs: its lesson, its cluster and its terminals, live, to be read and not touched. */
export function Watching({ onNewSession }: { readonly onNewSession: () => void }) {
  const machine = useMachine();
  const terminals = useMachineState((state) => state.terminals);
  const reading = useMachineState((state) => state.reading);
  const [, navigate] = useLocation();
  const takeOver = (): void => {
    // Where the other tab was, not where this one's address was when it began to read along.
    if (reading !== undefined) navigate(`/tutorial/${reading.lesson}/${reading.progress.at}`);
    void machine.takeOver();
  };
  return (
    <div className="watching">
      <div className="notice is-offer" role="status">
        <h1>You read along</h1>
        <p>This session runs in another tab; what happens there is shown here.</p>
        <button type="button" className="button is-small is-primary" onClick={takeOver}>
          Take over here
        </button>
        <button type="button" className="button is-small" onClick={onNewSession}>
          Start a new session
        </button>
      </div>
      <div className="watching-parts">
        {reading !== undefined && (
          <div className="watching-lesson">
            <WatchedLesson reading={reading} />
          </div>
        )}
        <div className="watching-machine">
          <div className="watching-cluster">
            <ClusterStrip isReadOnly={true} />
          </div>
          <div className="watching-terminals">
            {terminals.map((info) => (
              <WatchedPane key={info.number} info={info} />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

function WatchedPane({ info }: { readonly info: TerminalInfo }) {
  const { watched } = useMachine();
  const { number } = info;
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (holder.current === null || watched === undefined) return;
    const screen = new WatchedScreen(watched, number, holder.current);
    return () => screen.dispose();
  }, [watched, number]);
  return (
    <TerminalFrame info={info} note=", read only">
      <div className="terminal-screen is-watched">
        <div className="xterm-holder" ref={holder} />
      </div>
    </TerminalFrame>
  );
}
