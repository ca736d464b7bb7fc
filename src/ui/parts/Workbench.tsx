import {
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { terminalsMax } from '../machine/machine.ts';
import { useSettings } from '../settings-store.ts';
import { ClusterStrip } from './ClusterStrip.tsx';
import { TerminalBadge } from './TerminalBadge.tsx';
import { TerminalPane } from './TerminalPane.tsx';
import { useMachine, useMachineState } from './use-machine.ts';

/** Loaded when somebody wants to see files: it is nothing that the first prompt waits for. */
const FilePanel = lazy(() =>
  import('./FilePanel.tsx').then(({ FilePanel: component }) => ({ default: component })),
);

interface Props {
  /** What stands beside the terminals; nothing on the playground. */
  readonly aside?: ReactNode;
  readonly asideName?: string;
  /** Names the layout that is remembered. */
  readonly layout: string;
  /** How many terminals are shown; all when absent. */
  readonly terminals?: number | undefined;
  /** Whether there is room for one thing at a time; as wide as the window is when absent. */
  readonly isNarrow?: boolean | undefined;
}

/** In a low frame the terminals come first; the strip shows its heads and scrolls. */
const lowPx = 560;

/** Below this width there is room for one thing at a time. */
const narrow = matchMedia('(max-width: 899px)');

function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed);
      return () => narrow.removeEventListener('change', changed);
    },
    () => narrow.matches,
  );
}

/** Lesson, cluster and terminals: side by side with borders to drag, or in tabs where it is narrow. */
export function Workbench(props: Props) {
  const isWindowNarrow = useIsNarrow();
  return (props.isNarrow ?? isWindowNarrow) ? <Tabs {...props} /> : <Panels {...props} />;
}

function Panels({ aside, layout, terminals = terminalsMax }: Props) {
  const machine = useMachine();
  const count = Math.min(
    terminals,
    useMachineState((state) => state.terminals.length),
  );
  const numbers = useMemo(() => Array.from({ length: count }, (_, at) => at + 1), [count]);
  useEffect(() => machine.setVisible(numbers), [machine, numbers]);
  const hasFiles = useMachineState((state) => state.filePanel !== undefined);
  const right = (
    <Sized id={`${layout}-rows${hasFiles ? '-files' : ''}`} orientation="vertical">
      <Panel
        id="cluster"
        className="panel"
        defaultSize={innerHeight < lowPx ? '64px' : '192px'}
        minSize="64px"
        groupResizeBehavior="preserve-pixel-size"
      >
        <ClusterStrip />
      </Panel>
      <Separator className="border is-horizontal" aria-label="Height of the cluster strip" />
      <Panel id="terminals" className="panel" minSize="20%">
        <Sized id={`${layout}-terminals-${numbers.length}`} orientation="horizontal">
          {numbers.flatMap((number) => [
            ...(number === 1
              ? []
              : [
                  <Separator
                    key={`border-${number}`}
                    className="border"
                    aria-label={`Width of Terminal #${number - 1}`}
                  />,
                ]),
            <Panel key={number} id={`terminal-${number}`} className="panel" minSize="12%">
              <TerminalPane number={number} />
            </Panel>,
          ])}
        </Sized>
      </Panel>
      {hasFiles && (
        <>
          <Separator className="border is-horizontal" aria-label="Height of the files" />
          <Panel id="files" className="panel" defaultSize="52%" minSize="120px">
            <Files canClose={true} />
          </Panel>
        </>
      )}
    </Sized>
  );
  if (aside === undefined) return <div className="workbench">{right}</div>;
  return (
    <div className="workbench">
      <Sized id={layout} orientation="horizontal">
        <Panel id="aside" className="panel" defaultSize="36%" minSize="300px">
          {aside}
        </Panel>
        <Separator className="border" aria-label="Width of the lesson" />
        <Panel id="right" className="panel" minSize="30%">
          {right}
        </Panel>
      </Sized>
    </div>
  );
}

function Files({ canClose }: { readonly canClose: boolean }) {
  return (
    <Suspense fallback={<p className="files-empty">Reading…</p>}>
      <FilePanel canClose={canClose} />
    </Suspense>
  );
}

interface SizedProps {
  readonly id: string;
  readonly orientation: 'horizontal' | 'vertical';
  readonly children: ReactNode;
}

/** A group of panels whose sizes are remembered. */
function Sized({ id, orientation, children }: SizedProps) {
  const { layouts, set } = useSettings.getState();
  const stored = layouts[id];
  return (
    <Group
      // Another set of panels is another group: a group keeps the sizes that it began with.
      key={id}
      className="group"
      orientation={orientation}
      {...(stored === undefined ? {} : { defaultLayout: { ...stored } })}
      onLayoutChanged={(sizes, { isUserInteraction }) => {
        if (!isUserInteraction) return;
        set({ layouts: { ...useSettings.getState().layouts, [id]: sizes } });
      }}
    >
      {children}
    </Group>
  );
}

function Tabs({ aside, asideName = 'Tutorial', terminals: count = terminalsMax }: Props) {
  const machine = useMachine();
  const terminals = useMachineState((state) => state.terminals).slice(0, count);
  const first = aside === undefined ? 'terminal-1' : 'aside';
  const [chosen, setChosen] = useState(first);
  const visible = /^terminal-(\d+)$/.exec(chosen)?.[1];
  useEffect(
    () => machine.setVisible(visible === undefined ? [] : [Number(visible)]),
    [machine, visible],
  );
  const tabs = [
    ...(aside === undefined ? [] : [{ id: 'aside', name: asideName, number: 0, hasNews: false }]),
    ...terminals.map(({ number, hasNews }) => ({
      id: `terminal-${number}`,
      name: `Terminal #${number}`,
      number,
      hasNews,
    })),
    { id: 'cluster', name: 'Cluster', number: 0, hasNews: false },
    { id: 'files', name: 'Files', number: 0, hasNews: false },
  ];
  // Asked for from a menu: there is nothing to open, but a tab to go to.
  const asked = useMachineState((state) => state.filePanel);
  useEffect(() => {
    if (asked !== undefined) setChosen('files');
  }, [asked]);
  const list = useRef<HTMLDivElement>(null);
  const choose = (step: number): void => {
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const tab = tabs[(at + step + tabs.length) % tabs.length];
    if (tab === undefined) return;
    setChosen(tab.id);
    list.current?.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  };
  return (
    <div className="workbench is-tabs">
      <div
        ref={list}
        className="tabs"
        role="tablist"
        aria-label="Parts of the page"
        onKeyDown={(event) => {
          if (event.key === 'ArrowRight') choose(1);
          if (event.key === 'ArrowLeft') choose(-1);
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
            onClick={() => setChosen(id)}
          >
            {number > 0 && <TerminalBadge number={number} />}
            <span>
              {number > 0 ? 'Terminal' : name}
              {number > 0 && <span className="tab-number"> #{number}</span>}
            </span>
            {hasNews && (
              <span className="dot">
                <span className="visually-hidden"> (something new)</span>
              </span>
            )}
          </button>
        ))}
      </div>
      <div
        className="tab-panel"
        role="tabpanel"
        id={`tabpanel-${chosen}`}
        aria-labelledby={`tab-${chosen}`}
      >
        {chosen === 'aside' && aside}
        {chosen === 'cluster' && <ClusterStrip />}
        {chosen === 'files' && <Files canClose={false} />}
        {visible !== undefined && <TerminalPane key={visible} number={Number(visible)} />}
      </div>
    </div>
  );
}
