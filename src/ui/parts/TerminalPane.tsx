import { type FormEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TerminalInfo } from '../machine/machine-store.ts';
import { startAgain } from '../machine/start-again.ts';
import type { XtermScreen } from '../machine/xterm-screen.ts';
import { useSettings } from '../settings-store.ts';
import { Icon } from './Icon.tsx';
import { KeyRow } from './KeyRow.tsx';
import { Menu } from './Menu.tsx';
import { NameDialog } from './NameDialog.tsx';
import { disposeScreen, screenOf } from './screens.ts';
import { TerminalFrame } from './TerminalFrame.tsx';
import { useMachine, useMachineState, useServerInfo, useTerminalInfo } from './use-machine.ts';

interface Props {
  readonly number: number;
  /** Whether the reader names and removes it. */
  readonly canArrange?: boolean;
}

/** One terminal: its title bar and its screen. */
export function TerminalPane({ number, canArrange = false }: Props) {
  const machine = useMachine();
  const holder = useRef<HTMLDivElement>(null);
  const info = useTerminalInfo(number);
  const [isSearching, setSearching] = useState(false);
  const controller = machine.controller(number);
  const screen = controller && screenOf(controller);

  // Not after the page was drawn: the focus would be gone by then.
  useLayoutEffect(() => {
    if (screen === undefined || holder.current === null) return;
    const { element } = screen;
    screen.onSearch = () => setSearching(true);
    screen.show(holder.current);
    return () => {
      // Where a window becomes narrow or wide the terminal is drawn elsewhere, and whoever types in it goes on.
      const isFocused = element.contains(element.ownerDocument.activeElement);
      element.remove();
      if (isFocused) requestAnimationFrame(() => element.isConnected && screen.focus());
      if (controller?.isDisposed) disposeScreen(controller);
    };
  }, [screen, controller]);

  if (info === undefined || controller === undefined || screen === undefined) return null;
  return (
    <TerminalFrame
      info={info}
      tools={<Tools info={info} canArrange={canArrange} onSearch={() => setSearching(true)} />}
    >
      {isSearching && <SearchBar screen={screen} onClose={() => setSearching(false)} />}
      <div className="terminal-screen" ref={holder} />
      <KeyRow controller={controller} />
    </TerminalFrame>
  );
}

interface ToolsProps {
  readonly info: TerminalInfo;
  readonly canArrange: boolean;
  readonly onSearch: () => void;
}

/** What the title bar holds to do something with the terminal. */
function Tools({ info, canArrange, onSearch }: ToolsProps) {
  const machine = useMachine();
  const { isScreenReader, set } = useSettings();
  const { number, name, cwd, program } = info;
  const [isNaming, setNaming] = useState(false);
  const isOnly = useMachineState((state) => state.terminals.length === 1);
  const server = useServerInfo(number);
  const isInterrupted = useMachineState((state) => state.interrupted.includes(number));
  const controller = machine.controller(number);
  if (controller === undefined) return null;
  const isServer = program === 'console';
  const copyAll = (): void => {
    void navigator.clipboard?.writeText(controller.terminal.transcript.plainText).catch(() => {});
  };
  return (
    <>
      <Busy since={info.busySince} onInterrupt={() => controller.input('\x03')} />
      <span className="terminal-escape">
        <kbd>F6</kbd> leaves
      </span>
      <Menu
        label={`Terminal #${number} menu`}
        items={[
          {
            label: 'Kill the server',
            hint: 'kill -9',
            isDisabled: !isServer,
            isDangerous: true,
            act: () => void controller.killServer(),
          },
          {
            label: 'Stop the server',
            hint: 'os.exit()',
            isDisabled: !isServer,
            act: () => controller.stopServer(),
          },
          {
            label: isServer ? 'Restart the server' : 'Start the server again',
            hint: server?.command ?? controller.interrupted?.command,
            isDisabled: server === undefined && !isInterrupted,
            act: () =>
              isInterrupted
                ? startAgain(machine, number)
                : controller.restartServer(server?.command ?? 'bee'),
          },
          { label: 'Files', act: () => machine.showFiles(server?.cwd ?? cwd) },
          { label: 'Search', hint: 'Ctrl+Shift+F', act: onSearch },
          { label: 'Copy everything', act: copyAll },
          { label: 'Clear', hint: 'clear', act: () => controller.terminal.clear() },
          ...(canArrange
            ? [
                { label: 'Name…', act: () => setNaming(true) },
                {
                  label: 'Remove this terminal',
                  hint: 'its files stay',
                  isDisabled: isOnly,
                  isDangerous: true,
                  act: () =>
                    void machine.removeTerminal(number).then(() => disposeScreen(controller)),
                },
              ]
            : []),
          {
            label: 'Screen reader support',
            isChecked: isScreenReader,
            act: () => set({ isScreenReader: !isScreenReader }),
          },
        ]}
      >
        <Icon name="menu" />
      </Menu>
      {isNaming && <NameDialog number={number} name={name} onClose={() => setNaming(false)} />}
    </>
  );
}

interface BusyProps {
  /** As `TerminalInfo.busySince`. */
  readonly since: number | undefined;
  readonly onInterrupt: () => void;
}

/** "busy", and for how long when it takes over a second; with the way out, wherever the focus is. */
function Busy({ since, onInterrupt }: BusyProps) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(0);
    if (since === undefined) return;
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - since) / 1000)), 250);
    return () => clearInterval(timer);
  }, [since]);
  if (since === undefined || seconds < 1) return null;
  return (
    <span className="busy" role="status">
      busy {seconds} s
      <button
        type="button"
        className="link-button"
        title="Interrupts what runs here, as Ctrl-C in the terminal does"
        onClick={onInterrupt}
      >
        Ctrl-C
      </button>
    </span>
  );
}

interface SearchBarProps {
  readonly screen: XtermScreen;
  readonly onClose: () => void;
}

function SearchBar({ screen, onClose }: SearchBarProps) {
  const [text, setText] = useState('');
  const [isMissing, setMissing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const find = (direction: 'next' | 'previous'): void => {
    if (text === '') setMissing(false);
    else void screen.find(text, direction).then((isFound) => setMissing(!isFound));
  };
  const close = (): void => {
    screen.endSearch();
    onClose();
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    find('previous');
  };
  return (
    <search>
      <form
        className="terminal-search"
        onSubmit={onSubmit}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      >
        <input
          ref={input}
          aria-label="Search in this terminal"
          placeholder="Search"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="search-result" role="status">
          {isMissing ? 'not found' : ''}
        </span>
        <button type="submit" className="icon-button" aria-label="Previous match">
          <Icon name="up" />
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="Next match"
          onClick={() => find('next')}
        >
          <Icon name="down" />
        </button>
        <button type="button" className="icon-button" aria-label="Close search" onClick={close}>
          <Icon name="cross" />
        </button>
      </form>
    </search>
  );
}
