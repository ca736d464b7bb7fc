import { type RefCallback, useCallback, useState } from 'react';

/**
 * How wide an element is, in pixels: a lab stands in a column of a page, so the window's width says nothing.
 * @returns the element's ref, and its width once it is known
 */
export function useWidth(): [RefCallback<HTMLElement>, number | undefined] {
  const [width, setWidth] = useState<number>();
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
