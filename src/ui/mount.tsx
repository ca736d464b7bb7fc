import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import '@xterm/xterm/css/xterm.css';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/page.css';
import './styles/lesson.css';
import './styles/blocks.css';
import './styles/machine.css';
import './styles/files.css';
import './styles/landing.css';
import './styles/print.css';
import { onThemeChange, useSettings } from './settings-store.ts';
import type { ThemeName } from './theme.ts';

/**
 * Puts a page's content into its root element, in the theme that is set.
 * @param theme in place of what the reader has set: a frame has that of the page around it
 */
export function mount(content: ReactNode, theme?: ThemeName | 'system'): void {
  const applyTheme = (): void => {
    document.documentElement.dataset['theme'] = theme ?? useSettings.getState().theme;
  };
  applyTheme();
  onThemeChange(applyTheme);
  const root = document.getElementById('root');
  if (root !== null) createRoot(root).render(content);
}
