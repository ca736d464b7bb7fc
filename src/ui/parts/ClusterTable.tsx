import { type KeyboardEvent, useState } from 'react';
import {
  type Cluster,
  type ClusterLink,
  type ClusterNode,
  portOf,
  vclockText,
} from '../cluster-model.ts';
import { isWhole, LinkMenu, linkKey, linkLabel, linkWords } from './LinkMenu.tsx';
import { ServerMenu } from './ServerMenu.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { useTerminalInfo } from './use-machine.ts';
import { useTravels } from './use-travels.ts';

interface Props {
  readonly cluster: Cluster;
  readonly isReadOnly: boolean;
}

/**
 * Many servers, one in a row, and behind each the servers that it follows, one in a column. Ten that all follow each other have 90
 * links: as arrows they would cover each other, here each has a place of its own. One Tab leads to them, arrows from one to the next.
 */
export function ClusterTable({ cluster, isReadOnly }: Props) {
  const { nodes, links } = cluster;
  const arriving = new Set(useTravels(cluster).map(({ link }) => linkKey(link)));
  const [pointed, setPointed] = useState<string>();
  const [last, setLast] = useState<string>();
  // The link that Tab leads to: the one where the reader was last.
  const entry = links.find((link) => linkKey(link) === last) ?? links[0];
  const shown = links.find((link) => linkKey(link) === pointed);
  const between = (from: ClusterNode, to: ClusterNode): ClusterLink | undefined =>
    links.find((link) => link.from === from.terminal && link.to === to.terminal);
  return (
    <div className="cluster-list">
      <table className="cluster-table" onKeyDown={moveAmongLinks}>
        <thead>
          <tr>
            <th scope="col">server</th>
            <th scope="col">state</th>
            {nodes.map((node) => (
              <th
                key={node.terminal}
                scope="col"
                className={shown?.from === node.terminal ? 'is-end is-pointed' : 'is-end'}
              >
                <span className="visually-hidden">follows {nameOf(node)}</span>
                <TerminalBadge number={node.terminal} />
              </th>
            ))}
            <th scope="col">files</th>
            <th scope="col">port</th>
            <th scope="col">pid</th>
            <th scope="col">vclock</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr
              key={node.terminal}
              className={node.isRunning ? '' : 'is-stopped'}
              style={serverStyle(node.terminal)}
              data-terminal={node.terminal}
            >
              <ServerHead
                node={node}
                isReadOnly={isReadOnly}
                isPointed={shown?.to === node.terminal}
              />
              <td>
                <span className="server-state" data-state={node.state}>
                  {node.state}
                </span>
              </td>
              {nodes.map((source) => {
                const link = between(source, node);
                if (link === undefined) {
                  return (
                    <td
                      key={source.terminal}
                      className={source === node ? 'link-cell is-self' : 'link-cell'}
                    />
                  );
                }
                const key = linkKey(link);
                return (
                  <td
                    key={source.terminal}
                    className={arriving.has(key) ? 'link-cell is-arriving' : 'link-cell'}
                    style={serverStyle(link.from)}
                    onPointerEnter={() => setPointed(key)}
                    onPointerLeave={() => setPointed(undefined)}
                    onFocus={() => {
                      setPointed(key);
                      setLast(key);
                    }}
                    onBlur={() => setPointed(undefined)}
                  >
                    <LinkCell link={link} isEntry={link === entry} isReadOnly={isReadOnly} />
                  </td>
                );
              })}
              <td className="is-mono">{node.name}</td>
              <td className="is-mono">
                {node.isRunning && node.listen !== '' ? portOf(node.listen) : '–'}
              </td>
              <td className="is-mono">{node.isRunning ? node.pid : '–'}</td>
              <td className="is-mono">
                {node.vclock.length === 0 ? '–' : vclockText(node.vclock)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {/* What a mark stands for; a screen reader has it at the mark. */}
      <p className="cluster-legend" aria-hidden="true">
        {shown === undefined
          ? 'A row’s server follows those at whose columns it has a mark: ● rows flow, ✕ they do not.'
          : linkLabel(shown)}
      </p>
    </div>
  );
}

interface HeadProps {
  readonly node: ClusterNode;
  readonly isReadOnly: boolean;
  readonly isPointed: boolean;
}

function ServerHead({ node, isReadOnly, isPointed }: HeadProps) {
  const name = useTerminalInfo(node.terminal)?.name ?? '';
  return (
    <th scope="row" className={isPointed ? 'is-pointed' : ''} title={node.role}>
      <div className="server-head">
        <TerminalBadge number={node.terminal} />
        <span className="cluster-name">
          {name === '' ? '' : `${name} · `}
          {nameOf(node)}
        </span>
        {!isReadOnly && <ServerMenu node={node} />}
      </div>
    </th>
  );
}

interface CellProps {
  readonly link: ClusterLink;
  readonly isEntry: boolean;
  readonly isReadOnly: boolean;
}

function LinkCell({ link, isEntry, isReadOnly }: CellProps) {
  const className = isWhole(link) ? 'link-mark' : 'link-mark is-broken';
  const mark = markOf(link);
  if (isReadOnly) {
    return (
      <span className={className} title={linkWords(link)}>
        {mark}
      </span>
    );
  }
  return (
    <LinkMenu link={link} className={className} tabIndex={isEntry ? 0 : -1}>
      {mark}
    </LinkMenu>
  );
}

/** A shape, so that colour is not all that tells. */
function markOf(link: ClusterLink): string {
  if (!isWhole(link)) return link.isPaused ? '‖' : '✕';
  if (link.fault === 'slow') return '◐';
  return link.status === 'follow' ? '●' : '○';
}

function nameOf({ id }: ClusterNode): string {
  return id > 0 ? `server ${id}` : 'new server';
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** Arrows go from a link to the next one in that direction, past places where there is none. */
function moveAmongLinks(event: KeyboardEvent<HTMLTableElement>): void {
  const step = steps[event.key];
  if (step === undefined || !(event.target instanceof Element)) return;
  // An open menu has the arrows for itself.
  if (!event.target.matches('.link-mark')) return;
  const cell = event.target.closest('td');
  if (cell === null) return;
  event.preventDefault();
  const { rows } = event.currentTarget;
  let row = (cell.parentElement as HTMLTableRowElement).rowIndex; // a cell stands in a row
  let column = cell.cellIndex;
  for (;;) {
    row += step[0];
    column += step[1];
    const next = rows[row]?.cells[column];
    if (next === undefined) return;
    const mark = next.querySelector<HTMLElement>('.link-mark');
    if (mark === null) continue;
    mark.focus();
    return;
  }
}
