import { useEffect } from 'react';

/**
 * F6 and Shift+F6 go around the parts of the page: lesson, cluster, terminals. The way out of a terminal by keyboard.
 * @param root of an embedded lab, which has parts of its own
 */
export function usePartKeys(root: Document | ShadowRoot = document): void {
  useEffect(() => {
    const onKeyDown = (event: Event): void => {
      if (!(event instanceof KeyboardEvent) || event.key !== 'F6') return;
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const parts = [...root.querySelectorAll<HTMLElement>('[data-part]')];
      if (parts.length === 0) return;
      event.preventDefault();
      const at = parts.findIndex((part) => part.contains(root.activeElement));
      const step = event.shiftKey ? -1 : 1;
      const next = parts[at < 0 ? 0 : (at + step + parts.length) % parts.length];
      const input = next?.querySelector<HTMLElement>('.xterm-helper-textarea');
      (input ?? next)?.focus();
    };
    root.addEventListener('keydown', onKeyDown);
    return () => root.removeEventListener('keydown', onKeyDown);
  }, [root]);
}
