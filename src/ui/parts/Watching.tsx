import { useEffect, useRef } from 'react';
import { tildify } from '../../shell/path.ts';
import type { TerminalInfo } from '../machine/machine-store.ts';
import { WatchedScreen } from '../machine/watched-screen.ts';
import { ClusterStrip } from './ClusterStrip.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { useMachine, useMachineState, useServerInfo } from './use-machine.ts';

/** A session that another tab runs: its cluster and its terminals, live, to be read and not touched. */
export function Watching({ onNewSession }: { readonly onNewSession: () => void }) {
  const machine = useMachine();
  const terminals = useMachineState((state) => state.terminals);
  return (
    <div className="watching">
      <div className="watching-bar" role="status">
        <div>
          <h1>You read along</h1>
          <p>This session runs in another tab; what happens there is shown here.</p>
        </div>
        <button
          type="button"
          className="button is-small is-primary"
          onClick={() => void machine.takeOver()}
        >
          Take over here
        </button>
        <button type="button" className="button is-small" onClick={onNewSession}>
          Start a new session
        </button>
      </div>
      <div className="watching-cluster">
        <ClusterStrip isReadOnly={true} />
      </div>
      <div className="watching-terminals">
        {terminals.map((info) => (
          <WatchedPane key={info.number} info={info} />
        ))}
      </div>
    </div>
  );
}

function WatchedPane({
  info: { number, name, cwd, program, pid },
}: {
  readonly info: TerminalInfo;
}) {
  const machine = useMachine();
  const holder = useRef<HTMLDivElement>(null);
  const { watched } = machine;
  const server = useServerInfo(number);
  useEffect(() => {
    if (holder.current === null || watched === undefined) return;
    const screen = new WatchedScreen(watched, number, holder.current);
    return () => screen.dispose();
  }, [watched, number]);
  return (
    <section
      className="terminal"
      aria-label={`Terminal #${number}`}
      data-part={`terminal-${number}`}
      style={serverStyle(number)}
    >
      <header className="terminal-title">
        <TerminalBadge number={number} />
        <h2>{name === '' ? `Terminal #${number}` : name}</h2>
        <span className="terminal-cwd">
          {tildify(program === 'console' ? (server?.cwd ?? cwd) : cwd, machine.home)}
        </span>
        <span className="terminal-runs">
          {program === 'console' ? `bee, pid ${pid}` : 'shell'}, read only
        </span>
      </header>
      <div className="terminal-screen is-watched">
        <div className="xterm-holder" ref={holder} />
      </div>
    </section>
  );
}
