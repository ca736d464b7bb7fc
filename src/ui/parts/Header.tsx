import { Link, useLocation } from 'wouter';
import { useSettings } from '../settings-store.ts';
import { Icon, Mark } from './Icon.tsx';
import { Menu } from './Menu.tsx';

interface Props {
  readonly onResetAll: () => void;
  readonly onResetLesson: (() => void) | undefined;
}

/** The page's head: name, doors, theme, reset. */
export function Header({ onResetAll, onResetLesson }: Props) {
  const [location] = useLocation();
  const { theme, set } = useSettings();
  const door = (href: string, name: string) => (
    <Link href={href} aria-current={location.startsWith(href) ? 'page' : undefined}>
      {name}
    </Link>
  );
  return (
    <header className="page-head">
      <button type="button" className="skip" onClick={focusFirstTerminal}>
        To the terminals (F6 goes around)
      </button>
      <Link className="brand" href="/" aria-label="Bee, to the start">
        <Mark /> <span>Bee</span>
      </Link>
      <nav aria-label="Doors" className="doors">
        {door('/tutorial', 'Tutorial')}
        {door('/playground', 'Playground')}
      </nav>
      <span className="page-head-space" />
      <Menu
        label="Theme"
        items={(['system', 'light', 'dark'] as const).map((name) => ({
          label: { system: 'As the system', light: 'Light', dark: 'Dark' }[name],
          isChecked: theme === name,
          act: () => set({ theme: name }),
        }))}
      >
        <Icon name={theme === 'system' ? 'system' : theme === 'light' ? 'sun' : 'moon'} />
      </Menu>
      <Menu
        label="Start again"
        items={[
          ...(onResetLesson === undefined
            ? []
            : [
                {
                  label: 'Start this lesson again',
                  hint: 'its files and progress',
                  isDangerous: true,
                  act: onResetLesson,
                },
              ]),
          {
            label: 'Reset everything',
            hint: 'all files, progress, settings',
            isDangerous: true,
            act: onResetAll,
          },
        ]}
      >
        <Icon name="restart" />
      </Menu>
    </header>
  );
}

/** For who comes by keyboard: past the lesson, into the first terminal. */
function focusFirstTerminal(): void {
  document.querySelector<HTMLElement>('.xterm-helper-textarea')?.focus();
}
