import { type ReactNode, useMemo, useRef } from 'react';
import {
  type Cluster,
  type ClusterNode,
  portOf,
  readCluster,
  vclockText,
} from '../cluster-model.ts';
import { ClusterLinks } from './ClusterLinks.tsx';
import { ClusterTable } from './ClusterTable.tsx';
import { lagText } from './LinkMenu.tsx';
import { ServerMenu } from './ServerMenu.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { useMachine, useMachineState, useTerminalInfo } from './use-machine.ts';

interface Props {
  /** What is said while there is no server. */
  readonly empty?: ReactNode;
  /** Whether the servers are another tab's: to be seen, not touched. */
  readonly isReadOnly?: boolean;
}

/** So many servers can stand side by side with an arrow for each link: six at the most. More of them stand in a table. */
const cardsMax = 3;

/** All servers and who follows whom, above the terminals. */
export function ClusterStrip({ empty, isReadOnly = false }: Props) {
  const servers = useMachineState((state) => state.servers);
  const faults = useMachineState((state) => state.faults);
  const isDiskFull = useMachineState((state) => state.isDiskFull);
  const machine = useMachine();
  const { home } = machine;
  const hasPast = machine.controllers.some(({ terminal }) => terminal.transcript.lines.length > 0);
  const cluster = useMemo(() => readCluster(servers, faults, home), [servers, faults, home]);
  const cards = useRef<HTMLUListElement>(null);
  return (
    <section className="cluster" aria-label="Cluster" data-part="cluster" tabIndex={-1}>
      {cluster.nodes.length === 0 ? (
        (empty ?? (
          <p className="cluster-empty">
            No server runs{hasPast ? '' : ' yet'}. Start one with <code>bee</code> in a terminal; it
            appears here.
          </p>
        ))
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="cluster-scroll" tabIndex={0} aria-label="Servers">
          {cluster.nodes.length > cardsMax ? (
            <ClusterTable cluster={cluster} isReadOnly={isReadOnly} />
          ) : (
            <div className="cluster-stage">
              <ul className="cluster-cards" ref={cards}>
                {cluster.nodes.map((node) => (
                  <ServerCard key={node.terminal} node={node} isReadOnly={isReadOnly} />
                ))}
              </ul>
              {/* Behind the list: it measures the cards, which must be there when its effects run. */}
              <ClusterLinks cluster={cluster} cards={cards} isReadOnly={isReadOnly} />
            </div>
          )}
        </section>
      )}
      {isDiskFull && (
        <div className="disk-full" role="status">
          The disk is full: no server can write.{' '}
          {!isReadOnly && (
            <button
              type="button"
              className="button is-small"
              onClick={() => machine.fillDisk(false)}
            >
              Make room
            </button>
          )}
        </div>
      )}
      <p className="visually-hidden">{clusterText(cluster)}</p>
    </section>
  );
}

interface CardProps {
  readonly node: ClusterNode;
  readonly isReadOnly: boolean;
}

function ServerCard({ node, isReadOnly }: CardProps) {
  const name = useTerminalInfo(node.terminal)?.name ?? '';
  return (
    <li
      className={node.isRunning ? 'server' : 'server is-stopped'}
      style={serverStyle(node.terminal)}
      data-terminal={node.terminal}
    >
      <div className="server-head">
        <TerminalBadge number={node.terminal} />
        <span className="server-name">
          {name === '' ? '' : `${name} · `}
          {node.id > 0 ? `server ${node.id}` : 'new server'}
        </span>
        <span className="server-state" data-state={node.state} title={node.state}>
          {node.state}
        </span>
        {!isReadOnly && <ServerMenu node={node} />}
      </div>
      <div className="server-role">{node.role === '' ? ' ' : node.role}</div>
      <dl className="server-facts">
        <div>
          <dt>files</dt>
          <dd>{node.name}</dd>
        </div>
        <div>
          <dt>port</dt>
          <dd>{node.isRunning && node.listen !== '' ? portOf(node.listen) : '–'}</dd>
        </div>
        <div>
          <dt>pid</dt>
          <dd>{node.isRunning ? node.pid : '–'}</dd>
        </div>
        <div>
          <dt>vclock</dt>
          <dd>{node.vclock.length === 0 ? '–' : vclockText(node.vclock)}</dd>
        </div>
      </dl>
    </li>
  );
}

/** The picture as sentences. */
function clusterText({ nodes, links }: Cluster): string {
  const servers = nodes.map((node) => {
    const name = node.id > 0 ? `Server ${node.id}` : 'A new server';
    const listen =
      node.isRunning && node.listen !== '' ? `, listens on ${portOf(node.listen)}` : '';
    return `${name} in Terminal #${node.terminal} is ${node.state}${listen}.`;
  });
  const named = (terminal: number): string => {
    const id = nodes.find((node) => node.terminal === terminal)?.id ?? 0;
    return id > 0 ? `Server ${id}` : `the server in Terminal #${terminal}`;
  };
  const follows = links.map((link) => {
    const fault = link.fault === undefined ? '' : `, ${link.fault} by you`;
    const why = link.message === undefined ? '' : ` (${link.message})`;
    const paused = link.isPaused ? ', one of them is paused' : '';
    const lag = link.isHealthy ? lagText(link) : '';
    return `${named(link.to)} follows ${named(link.from)}: ${link.status}${paused}${fault}${lag}${why}.`;
  });
  return [...servers, ...follows].join(' ');
}
