import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react';

/** Lines above and below the sight that are drawn, too: a fast wheel shows no hole. */
const spareLines = 8;

export interface VirtualLines {
  /** Lines to draw. */
  readonly first: number;
  readonly last: number;
  /** Pixels. */
  readonly height: number;
  /** Brings a line into sight, with `context` not at its edge. */
  readonly reveal: (line: number, context?: boolean) => void;
  /** Lines that fit into the sight. */
  readonly visible: number;
}

/**
 * Which lines of a long list are in sight: only those are drawn.
 * @param lineHeight pixels; all lines are of one height
 */
export function useVirtualLines(
  holder: RefObject<HTMLElement | null>,
  count: number,
  lineHeight: number,
): VirtualLines {
  const [sight, setSight] = useState({ top: 0, height: 400 });
  useLayoutEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const measure = (): void => setSight({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [holder]);
  const reveal = useCallback(
    (line: number, context = false): void => {
      const element = holder.current;
      if (element === null) return;
      const top = line * lineHeight;
      const { scrollTop, clientHeight } = element;
      const below = context ? 3 * lineHeight : lineHeight;
      if (top >= scrollTop && top + below <= scrollTop + clientHeight) return;
      // A step beyond the edge scrolls by a line; a jump shows what is around, too.
      const isStep = Math.abs(top - scrollTop) <= clientHeight + 2 * lineHeight;
      const atEdge = top < scrollTop ? top : top + lineHeight - clientHeight;
      element.scrollTop = isStep && !context ? atEdge : Math.max(0, top - clientHeight / 3);
    },
    [holder, lineHeight],
  );
  const top = Math.floor(sight.top / lineHeight);
  const visible = Math.max(1, Math.floor(sight.height / lineHeight));
  return {
    first: Math.max(0, top - spareLines),
    last: Math.min(count - 1, top + visible + spareLines),
    height: count * lineHeight,
    reveal,
    visible,
  };
}

/** The width of an element in pixels, as it changes; 0 before it is known. */
export function useWidth(holder: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, [holder]);
  return width;
}
