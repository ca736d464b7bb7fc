import { type ReactNode, useState } from 'react';
import type { ClusterLink } from '../cluster-model.ts';
import { CompareDialog } from './CompareDialog.tsx';
import { Menu } from './Menu.tsx';
import { useMachine } from './use-machine.ts';

interface Props {
  readonly link: ClusterLink;
  readonly className: string;
  /** -1 where other keys than Tab lead to it. */
  readonly tabIndex?: number | undefined;
  /** What is seen of the link. */
  readonly children: ReactNode;
}

/** A link's status, which opens what can be done to the link. */
export function LinkMenu({ link, className, tabIndex, children }: Props) {
  const machine = useMachine();
  const pair = [link.from, link.to] as const;
  const [isComparing, setComparing] = useState(false);
  return (
    <>
      {isComparing && <CompareDialog terminals={pair} onClose={() => setComparing(false)} />}
      <Menu
        className={className}
        tabIndex={tabIndex}
        label={linkLabel(link)}
        items={[
          { label: 'Compare the two servers…', act: () => setComparing(true) },
          { label: 'Cut the link', act: () => machine.setFault(pair, 'cut') },
          { label: 'Slow it down', hint: '1 s', act: () => machine.setFault(pair, 'slow') },
          { label: 'Drop the connection', act: () => machine.dropConnections(pair) },
          {
            label: 'Restore the link',
            isDisabled: link.fault === undefined,
            act: () => machine.setFault(pair, undefined),
          },
        ]}
      >
        {children}
      </Menu>
    </>
  );
}

/** A link in one line. */
export function linkLabel(link: ClusterLink): string {
  const why = link.message === undefined ? '' : `, ${link.message}`;
  return `Link from Terminal #${link.from} to Terminal #${link.to}: ${linkWords(link)}${lagText(link)}${why}`;
}

/** Its status, as the real server words it, and what was done to it. */
export function linkWords({ status, isPaused, fault, lag }: ClusterLink): string {
  const words = [status];
  if (isPaused) words.push('paused');
  if (fault !== undefined) words.push(fault);
  // Less than that is what a healthy link has.
  if (lag !== undefined && lag >= 0.1 && status === 'follow') words.push(`${lag.toFixed(1)} s`);
  return words.join(' · ');
}

/** How far the follower is behind, as `db.info.replication` has it. */
export function lagText({ lag }: ClusterLink): string {
  return lag === undefined
    ? ''
    : `, lag ${lag < 1 ? `${(lag * 1000).toFixed(1)} ms` : `${lag.toFixed(1)} s`}`;
}

/** Whether rows flow. */
export function isWhole(link: ClusterLink): boolean {
  return link.isHealthy && !link.isPaused && link.fault !== 'cut';
}

/** Tells the links of a cluster apart. */
export function linkKey(link: ClusterLink): string {
  return `${link.from}-${link.to}`;
}
