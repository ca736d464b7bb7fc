import type { ReactNode } from 'react';
import { tildify } from '../../shell/path.ts';
import type { TerminalInfo } from '../machine/machine-store.ts';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { useMachine, useServerInfo } from './use-machine.ts';

interface Props {
  readonly info: TerminalInfo;
  /** Behind what runs there. */
  readonly note?: string;
  /** Behind the title. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

/** A terminal's title bar, with its name, its directory and what runs in it, around its screen. */
export function TerminalFrame({ info, note = '', tools, children }: Props) {
  const { home } = useMachine();
  const { number, name, cwd, pid, program, isCwdGone } = info;
  const server = useServerInfo(number);
  const isServer = program === 'console';
  return (
    <section
      className="terminal"
      aria-label={`Terminal #${number}`}
      data-part={`terminal-${number}`}
      style={serverStyle(number)}
    >
      <header className="terminal-title">
        <TerminalBadge number={number} />
        <h2 title={`Terminal #${number}`}>{name === '' ? `Terminal #${number}` : name}</h2>
        <span className="terminal-cwd" title={cwd}>
          {tildify(isServer ? (server?.cwd ?? cwd) : cwd, home)}
          {isCwdGone && ' (removed)'}
        </span>
        <span className="terminal-runs">
          {isServer ? `bee, pid ${pid}` : 'shell'}
          {note}
        </span>
        {tools}
      </header>
      {children}
    </section>
  );
}
