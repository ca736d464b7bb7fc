import type { CSSProperties } from 'react';

/** Gives what is inside the colour of a terminal, as `--server`. The sheet has one variable a colour, for both themes. */
export function serverStyle(number: number): CSSProperties {
  // A custom property: React's typings know only the standard ones.
  return { '--server': `var(--server-${((number - 1) % 6) + 1})` } as CSSProperties;
}

/** The number of a terminal and its server, in its colour. */
export function TerminalBadge({ number }: { readonly number: number }) {
  return (
    <span className="badge" style={serverStyle(number)} aria-hidden="true">
      {number}
    </span>
  );
}
