import {
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { Panel, Separator } from 'react-resizable-panels';
import { terminalsMax } from '../machine/terminal-list.ts';
import { ClusterStrip } from './ClusterStrip.tsx';
import { Sized } from './Sized.tsx';
import { TabList } from './TabList.tsx';
import { TerminalGrid } from './TerminalGrid.tsx';
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
  /** What the strip says while there is no server. */
  readonly empty?: ReactNode;
  /** Whether the reader arranges, names and removes terminals. */
  readonly canArrange?: boolean;
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

function Panels({ aside, layout, terminals = terminalsMax, canArrange = false, empty }: Props) {
  const numbers = useNumbers(terminals);
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
        <ClusterStrip empty={empty} />
      </Panel>
      <Separator className="border is-horizontal" aria-label="Height of the cluster strip" />
      <Panel id="terminals" className="panel" minSize="20%">
        <TerminalGrid layout={layout} numbers={numbers} canArrange={canArrange} />
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

/** The numbers of the terminals that are shown: the first ones. */
function useNumbers(terminals: number): readonly number[] {
  const key = useMachineState((state) =>
    state.terminals
      .slice(0, terminals)
      .map(({ number }) => number)
      .join(),
  );
  return useMemo(() => key.split(',').map(Number), [key]);
}

function Files({ canClose }: { readonly canClose: boolean }) {
  return (
    <Suspense fallback={<p className="files-empty">Reading…</p>}>
      <FilePanel canClose={canClose} />
    </Suspense>
  );
}

function Tabs({
  aside,
  asideName = 'Tutorial',
  terminals: count = terminalsMax,
  canArrange = false,
  empty,
}: Props) {
  const machine = useMachine();
  const terminals = useMachineState((state) => state.terminals).slice(0, count);
  const first = aside === undefined ? `terminal-${terminals[0]?.number ?? 1}` : 'aside';
  const [wished, setChosen] = useState(first);
  const tabs = [
    ...(aside === undefined ? [] : [{ id: 'aside', name: asideName, number: 0, hasNews: false }]),
    ...terminals.map(({ number, name, hasNews }) => ({
      id: `terminal-${number}`,
      name,
      number,
      hasNews,
    })),
    { id: 'cluster', name: 'Cluster', number: 0, hasNews: false },
    { id: 'files', name: 'Files', number: 0, hasNews: false },
  ];
  // The terminal that was chosen may have been taken away.
  const chosen = tabs.some((tab) => tab.id === wished) ? wished : (tabs[0]?.id ?? first);
  const visible = /^terminal-(\d+)$/.exec(chosen)?.[1];
  useEffect(
    () => machine.setVisible(visible === undefined ? [] : [Number(visible)]),
    [machine, visible],
  );
  // Asked for from a menu: there is nothing to open, but a tab to go to.
  const asked = useMachineState((state) => state.filePanel);
  useEffect(() => {
    if (asked !== undefined) setChosen('files');
  }, [asked]);
  return (
    <div className="workbench is-tabs">
      <TabList label="Parts of the page" tabs={tabs} chosen={chosen} onChoose={setChosen} />
      <div
        className="tab-panel"
        role="tabpanel"
        id={`tabpanel-${chosen}`}
        aria-labelledby={`tab-${chosen}`}
      >
        {chosen === 'aside' && aside}
        {chosen === 'cluster' && <ClusterStrip empty={empty} />}
        {chosen === 'files' && <Files canClose={false} />}
        {visible !== undefined && (
          <TerminalPane key={visible} number={Number(visible)} canArrange={canArrange} />
        )}
      </div>
    </div>
  );
}
