import { TerminalBadge } from './TerminalBadge.tsx';

export interface Tab {
  readonly id: string;
  readonly name: string;
  /** The terminal's number; 0 for what is none. */
  readonly number: number;
  /** Something happened there out of sight. */
  readonly hasNews: boolean;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

/** Tabs with the keys that the ARIA practices have for them. What a tab shows is an element `tabpanel-ID`. */
export function TabList({ label, tabs, chosen, onChoose }: Props) {
  const step = (by: number, holder: HTMLElement): void => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const tab = tabs[(at + by + tabs.length) % tabs.length];
    if (tab === undefined) return;
    onChoose(tab.id);
    holder.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  };
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') step(1, event.currentTarget);
        if (event.key === 'ArrowLeft') step(-1, event.currentTarget);
      }}
    >
      {tabs.map(({ id, name, number, hasNews }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === chosen}
          aria-controls={`tabpanel-${id}`}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => onChoose(id)}
        >
          {number > 0 && <TerminalBadge number={number} />}
          <span>
            {name === '' ? 'Terminal' : name}
            {name === '' && <span className="tab-number"> #{number}</span>}
          </span>
          {hasNews && (
            <span className="dot">
              <span className="visually-hidden"> (something new)</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
