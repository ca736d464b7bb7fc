import { type RefObject, useLayoutEffect, useState } from 'react';
import type { Cluster, ClusterLink } from '../cluster-model.ts';
import { isWhole, LinkMenu, linkKey, linkWords } from './LinkMenu.tsx';
import { serverStyle } from './TerminalBadge.tsx';
import { useTravels } from './use-travels.ts';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Props {
  readonly cluster: Cluster;
  readonly cards: RefObject<HTMLUListElement | null>;
  readonly isReadOnly: boolean;
}

/**
 * The arrows between the cards of a few servers: from the server that is followed to the one that follows, in the colour of the first. Between
 * neighbours straight through the gap, one above the other; else in an arc below. The status word stands on each.
 */
export function ClusterLinks({ cluster, cards, isReadOnly }: Props) {
  const boxes = useBoxes(cards, cluster);
  const travels = useTravels(cluster);
  return (
    <div className="links">
      <svg className="links-lines" aria-hidden="true">
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M1 1l6 3-6 3" fill="none" stroke="context-stroke" strokeWidth="1.4" />
          </marker>
        </defs>
        {cluster.links.map((link) => {
          const path = pathOf(link, boxes);
          if (path === undefined) return null;
          return (
            <path
              key={linkKey(link)}
              className={isWhole(link) ? 'link' : 'link is-broken'}
              style={serverStyle(link.from)}
              d={path.d}
              markerEnd="url(#arrow)"
            />
          );
        })}
        {travels.map(({ key, link }) => {
          const path = pathOf(link, boxes);
          if (path === undefined) return null;
          return (
            <circle
              key={key}
              className="travel"
              r="4"
              style={{ ...serverStyle(link.from), offsetPath: `path('${path.d}')` }}
            />
          );
        })}
      </svg>
      {cluster.links.map((link) => {
        const path = pathOf(link, boxes);
        if (path === undefined) return null;
        const className = isWhole(link) ? 'link-button-word' : 'link-button-word is-broken';
        return (
          <span key={linkKey(link)} className="link-word" style={{ left: path.x, top: path.y }}>
            {isReadOnly ? (
              <span className={className}>{linkWords(link)}</span>
            ) : (
              <LinkMenu link={link} className={className}>
                {linkWords(link)}
              </LinkMenu>
            )}
          </span>
        );
      })}
    </div>
  );
}

/** Where the cards are, relative to the list; measured again when it changes its size or its content. */
function useBoxes(
  cards: RefObject<HTMLUListElement | null>,
  cluster: Cluster,
): ReadonlyMap<number, Box> {
  const [boxes, setBoxes] = useState<ReadonlyMap<number, Box>>(new Map());
  const terminals = cluster.nodes.map((node) => node.terminal).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `terminals` says that other cards are there to be measured
  useLayoutEffect(() => {
    const list = cards.current;
    if (list === null) return;
    const measure = (): void => {
      const found = new Map<number, Box>();
      for (const card of list.querySelectorAll<HTMLElement>('[data-terminal]')) {
        const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = card;
        found.set(Number(card.dataset['terminal']), {
          left: offsetLeft,
          right: offsetLeft + offsetWidth,
          top: offsetTop,
          bottom: offsetTop + offsetHeight,
        });
      }
      setBoxes(found);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(list);
    for (const card of list.children) observer.observe(card);
    return () => observer.disconnect();
  }, [cards, terminals]);
  return boxes;
}

interface Path {
  readonly d: string;
  /** Where the status word stands. */
  readonly x: number;
  readonly y: number;
}

function pathOf(link: ClusterLink, boxes: ReadonlyMap<number, Box>): Path | undefined {
  const from = boxes.get(link.from);
  const to = boxes.get(link.to);
  if (from === undefined || to === undefined) return undefined;
  if (from.left === to.left) return stackedPath(from, to);
  const isForward = from.left < to.left;
  const [left, right] = isForward ? [from, to] : [to, from];
  const isNeighbour = ![...boxes.values()].some(
    (box) => box.left > left.left && box.left < right.left,
  );
  if (isNeighbour && left.top === right.top) {
    const height = left.bottom - left.top;
    const y = left.top + height * (isForward ? 0.34 : 0.72);
    const [x1, x2] = isForward
      ? [left.right + 8, right.left - 8]
      : [right.left - 8, left.right + 8];
    return { d: `M${x1} ${y}L${x2} ${y}`, x: (x1 + x2) / 2, y: y - 14 };
  }
  // Arcs below: to the right they lie deeper than to the left, so that a pair can be told apart.
  const depth = isForward ? 32 : 16;
  const y = Math.max(left.bottom, right.bottom) + 2;
  const shift = isForward ? 10 : -10;
  const x1 = (from.left + from.right) / 2 + shift;
  const x2 = (to.left + to.right) / 2 + shift;
  return {
    d: `M${x1} ${y}C${x1} ${y + depth} ${x2} ${y + depth} ${x2} ${y + 2}`,
    // A good third along the way, so that the words of a pair stand side by side.
    x: x1 + (x2 - x1) * 0.36,
    y: y + depth * 0.69,
  };
}

/** Where the cards stand one above the other: straight through the gap, or along the side past others. */
function stackedPath(from: Box, to: Box): Path {
  const isDown = from.top < to.top;
  const width = from.right - from.left;
  const gap = isDown ? to.top - from.bottom : from.top - to.bottom;
  if (gap < width / 2) {
    const x = from.left + width * (isDown ? 0.25 : 0.75);
    const [y1, y2] = isDown ? [from.bottom + 4, to.top - 4] : [from.top - 4, to.bottom + 4];
    return { d: `M${x} ${y1}L${x} ${y2}`, x, y: (y1 + y2) / 2 };
  }
  const side = isDown ? from.right : from.left;
  const bow = side + (isDown ? 22 : -22);
  const y1 = (from.top + from.bottom) / 2;
  const y2 = (to.top + to.bottom) / 2;
  return { d: `M${side} ${y1}C${bow} ${y1} ${bow} ${y2} ${side} ${y2}`, x: bow, y: (y1 + y2) / 2 };
}
