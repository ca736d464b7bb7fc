import { useEffect } from 'react';

/** F6 and Shift+F6 go around the parts of the page: lesson, cluster, terminals. The way out of a terminal by keyboard. */
export function usePartKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'F6' || event.ctrlKey || event.altKey || event.metaKey) return;
      const parts = [...document.querySelectorAll<HTMLElement>('[data-part]')];
      if (parts.length === 0) return;
      event.preventDefault();
      const at = parts.findIndex((part) => part.contains(document.activeElement));
      const step = event.shiftKey ? -1 : 1;
      const next = parts[at < 0 ? 0 : (at + step + parts.length) % parts.length];
      const input = next?.querySelector<HTMLElement>('.xterm-helper-textarea');
      (input ?? next)?.focus();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
