import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

export interface MenuItem {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isDisabled?: boolean;
  readonly isDangerous?: boolean;
  /** For an item that is on or off. */
  readonly isChecked?: boolean;
  readonly act: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly items: readonly MenuItem[];
  readonly className?: string;
  /** Of the button; -1 where other keys than Tab lead to it. */
  readonly tabIndex?: number | undefined;
}

/** A button that opens a list of actions. Keys as the ARIA practices have them for menus: arrows, Home, End, Esc. */
export function Menu({ label, children, items, className = 'icon-button', tabIndex }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const holder = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  // In the browser's top layer: a panel that scrolls would cut it off.
  useLayoutEffect(() => {
    if (isOpen) showBelow(list.current, button.current);
  }, [isOpen]);

  useEffect(() => {
    if (!isOpen) return;
    holder.current?.querySelector<HTMLElement>('[role^="menuitem"]:not(:disabled)')?.focus();
    const close = (event: Event): void => {
      // Not its target: seen from the document, all that happens in a shadow tree happens to its host.
      const isInside = holder.current !== null && event.composedPath().includes(holder.current);
      if (!isInside) setOpen(false);
    };
    // The panels' borders take presses near them by where they are, whatever is drawn above. They listen at the document, so this is
    // heard before; a press in the list needs nothing but the click that follows.
    const keep = (event: Event): void => {
      if (list.current !== null && event.composedPath().includes(list.current)) {
        event.stopPropagation();
      }
    };
    window.addEventListener('pointerdown', keep, true);
    document.addEventListener('pointerdown', close);
    document.addEventListener('focusin', close);
    return () => {
      window.removeEventListener('pointerdown', keep, true);
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('focusin', close);
    };
  }, [isOpen]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      setOpen(false);
      button.current?.focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -99, End: 99 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [
      ...(holder.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? []),
    ];
    const at = buttons.findIndex((button) => button.matches(':focus'));
    const wished = Math.abs(step) === 1 ? (at + step + buttons.length) % buttons.length : step;
    buttons[Math.max(0, Math.min(buttons.length - 1, wished))]?.focus();
  };

  return (
    <div className="menu" ref={holder}>
      <button
        ref={button}
        type="button"
        className={className}
        tabIndex={tabIndex}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div
          className="menu-list"
          ref={list}
          popover="manual"
          role="menu"
          id={id}
          aria-label={label}
          onKeyDown={onKeyDown}
          tabIndex={-1}
        >
          {items.map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is undefined where the role has none
            <button
              key={item.label}
              type="button"
              role={item.isChecked === undefined ? 'menuitem' : 'menuitemcheckbox'}
              aria-checked={item.isChecked}
              className={item.isDangerous === true ? 'menu-item is-dangerous' : 'menu-item'}
              disabled={item.isDisabled}
              onClick={() => {
                setOpen(false);
                button.current?.focus();
                item.act();
              }}
            >
              <span>{item.label}</span>
              <span className="menu-hint">{item.isChecked === true ? '✓' : item.hint}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** Shows a list at the edge of its button, inside the window. */
function showBelow(list: HTMLElement | null, button: HTMLElement | null): void {
  if (list === null || button === null) return;
  list.showPopover();
  const from = button.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const gap = 4;
  const left = Math.max(gap, Math.min(from.right - width, innerWidth - width - gap));
  const isRoomBelow = from.bottom + gap + height <= innerHeight;
  const top = isRoomBelow ? from.bottom + gap : Math.max(gap, from.top - gap - height);
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
}
