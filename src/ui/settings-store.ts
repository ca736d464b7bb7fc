import { create } from 'zustand';
import { type Arrangement, readArrangement, readLayouts } from './arrangement.ts';
import { isRecord, keep, kept } from './machine/kept.ts';
import type { ThemeName } from './theme.ts';

/** What the reader set for the whole page. */
export interface Settings {
  /** 'system' follows the operating system. */
  readonly theme: ThemeName | 'system';
  /** xterm's live tree of rows for screen readers; off by default, because it costs each output some time. */
  readonly isScreenReader: boolean;
  /** Sizes of the panels by group, as percentages. */
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How the playground's terminals stand; 'auto' beside each other while there are few, then in a grid. */
  readonly arrangement: Arrangement;
}

interface SettingsStore extends Settings {
  set(change: Partial<Settings>): void;
}

function stored(): Settings {
  const value = kept('settings');
  const { theme, isScreenReader, layouts, arrangement } = isRecord(value) ? value : {};
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    isScreenReader: isScreenReader === true,
    layouts: readLayouts(layouts),
    arrangement: readArrangement(arrangement),
  };
}

export const useSettings = create<SettingsStore>((set, get) => ({
  ...stored(),
  set: (change) => {
    set(change);
    const { theme, isScreenReader, layouts, arrangement } = get();
    keep('settings', { theme, isScreenReader, layouts, arrangement });
  },
}));

const darkQuery = matchMedia('(prefers-color-scheme: dark)');

/** The theme at an element of the page: an embedded lab may have another one than the page around it. */
export function themeAt(element: Element): ThemeName {
  const { colorScheme } = getComputedStyle(element);
  if (colorScheme === 'light' || colorScheme === 'dark') return colorScheme;
  return systemTheme();
}

/** What the operating system asks for. */
export function systemTheme(): ThemeName {
  return darkQuery.matches ? 'dark' : 'light';
}

const themeListeners = new Set<() => void>();

/** Says that an element's `color-scheme` was changed from outside the settings. */
export function noteThemeChange(): void {
  for (const changed of themeListeners) changed();
}

/** Calls back when the theme in force may have changed. @returns ends it */
export function onThemeChange(changed: () => void): () => void {
  themeListeners.add(changed);
  darkQuery.addEventListener('change', changed);
  const unsubscribe = useSettings.subscribe(changed);
  return () => {
    themeListeners.delete(changed);
    darkQuery.removeEventListener('change', changed);
    unsubscribe();
  };
}
