import { create } from 'zustand';
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
}

interface SettingsStore extends Settings {
  set(change: Partial<Settings>): void;
}

function stored(): Settings {
  const value = kept('settings');
  const { theme, isScreenReader, layouts } = isRecord(value) ? value : {};
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    isScreenReader: isScreenReader === true,
    layouts: isRecord(layouts) ? readLayouts(layouts) : {},
  };
}

function readLayouts(value: Record<string, unknown>): Record<string, Record<string, number>> {
  const layouts: Record<string, Record<string, number>> = {};
  for (const [group, sizes] of Object.entries(value)) {
    if (!isRecord(sizes)) continue;
    const numbers = Object.entries(sizes).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    layouts[group] = Object.fromEntries(numbers);
  }
  return layouts;
}

export const useSettings = create<SettingsStore>((set, get) => ({
  ...stored(),
  set: (change) => {
    set(change);
    const { theme, isScreenReader, layouts } = get();
    keep('settings', { theme, isScreenReader, layouts });
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
