import { expect, test } from 'vitest';
import { terminalTheme } from '../../src/ui/theme.ts';

/** Relative luminance of `#rrggbb`, as WCAG 2.1 defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test.each(['light', 'dark'] as const)(
  'each colour of a terminal can be read, selected or not: %s',
  (name) => {
    const written = [
      'foreground',
      'red',
      'green',
      'yellow',
      'blue',
      'magenta',
      'cyan',
      'brightBlack',
    ];
    for (let number = 1; number <= 6; number++) {
      const theme: Record<string, unknown> = { ...terminalTheme(number, name) };
      const own = Array.isArray(theme['extendedAnsi']) ? String(theme['extendedAnsi'][0]) : '';
      for (const paper of ['background', 'selectionBackground', 'selectionInactiveBackground']) {
        for (const color of [own, ...written.map((key) => String(theme[key]))]) {
          const found = contrast(color, String(theme[paper]));
          expect(found, `${color} on the ${paper} ${String(theme[paper])}`).toBeGreaterThan(4.5);
        }
      }
    }
  },
);
