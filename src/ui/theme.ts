import type { ITheme } from '@xterm/xterm';

/** What terminals need of the two themes as numbers; everything else is in `styles/tokens.css`, which has the same values. */
export type ThemeName = 'light' | 'dark';

/**
 * One colour for each terminal and its server, by number. Chosen so that neighbours differ for colour-blind readers as well
 * (hue and lightness both change), and so that each has a contrast of 4.5 on its theme's paper.
 */
const serverColors: Readonly<Record<ThemeName, readonly string[]>> = {
  light: ['#1d5fb4', '#b03060', '#0f766e', '#7c3aad', '#9a4a00', '#5b6400'],
  dark: ['#7fb2ff', '#ff8fb1', '#4fd1b5', '#cf9cf5', '#f5a65b', '#c3cf5a'],
};

/** The colour of a terminal's server. From the seventh on they come again: the number beside each tells them apart. */
export function serverColor(number: number, theme: ThemeName): string {
  const colors = serverColors[theme];
  return colors[(number - 1) % colors.length] ?? '#888888';
}

const light: ITheme = {
  background: '#fffdf8',
  foreground: '#262218',
  cursor: '#262218',
  cursorAccent: '#fffdf8',
  selectionBackground: '#f8ecca',
  selectionInactiveBackground: '#f4eee0',
  overviewRulerBorder: '#00000000',
  scrollbarSliderBackground: '#26221826',
  scrollbarSliderHoverBackground: '#26221840',
  scrollbarSliderActiveBackground: '#26221859',
  black: '#262218',
  red: '#b3261e',
  green: '#236b2e',
  yellow: '#855800',
  blue: '#1d5fb4',
  magenta: '#8a2d7f',
  cyan: '#0b6b75',
  white: '#6b6455',
  brightBlack: '#6e6757',
  brightRed: '#b3261e',
  brightGreen: '#236b2e',
  brightYellow: '#855800',
  brightBlue: '#1d5fb4',
  brightMagenta: '#8a2d7f',
  brightCyan: '#0b6b75',
  brightWhite: '#262218',
};

const dark: ITheme = {
  background: '#12100c',
  foreground: '#e9e3d5',
  cursor: '#f2b84b',
  cursorAccent: '#12100c',
  selectionBackground: '#3a2f16',
  selectionInactiveBackground: '#2a2518',
  overviewRulerBorder: '#00000000',
  scrollbarSliderBackground: '#e9e3d526',
  scrollbarSliderHoverBackground: '#e9e3d540',
  scrollbarSliderActiveBackground: '#e9e3d559',
  black: '#2a261e',
  red: '#ff8a7a',
  green: '#8fd08f',
  yellow: '#e6b455',
  blue: '#7fb2ff',
  magenta: '#e29be0',
  cyan: '#6fd0d8',
  white: '#c9c1b0',
  brightBlack: '#a59c8a',
  brightRed: '#ff8a7a',
  brightGreen: '#8fd08f',
  brightYellow: '#e6b455',
  brightBlue: '#7fb2ff',
  brightMagenta: '#e29be0',
  brightCyan: '#6fd0d8',
  brightWhite: '#fbf7ec',
};

/** xterm's colours for one terminal. Colour 16 is its server's own: the prompt is written with it and follows the theme. */
export function terminalTheme(number: number, theme: ThemeName): ITheme {
  return {
    ...(theme === 'light' ? light : dark),
    extendedAnsi: [serverColor(number, theme)],
  };
}
