import { useEffect, useState } from 'react';
import { Panel, Separator } from 'react-resizable-panels';
import type { Arrangement } from '../arrangement.ts';
import { useSettings } from '../settings-store.ts';
import { Sized } from './Sized.tsx';
import { TabList } from './TabList.tsx';
import { TerminalPane } from './TerminalPane.tsx';
import { useMachine, useMachineState } from './use-machine.ts';

/** So many stand beside each other; more would be too narrow to read. */
const besideMax = 3;

interface Props {
  readonly layout: string;
  readonly numbers: readonly number[];
  /** Whether the reader arranges, names and removes terminals: on the playground. */
  readonly canArrange: boolean;
}

/** The terminals: beside each other, in rows, or one at a time. */
export function TerminalGrid({ layout, numbers, canArrange }: Props) {
  const wished = useSettings((state) => state.arrangement);
  const arrangement = canArrange ? wished : 'auto';
  if (arrangement === 'tabs') return <TerminalTabs numbers={numbers} />;
  const rows = rowsOf(numbers, arrangement);
  return (
    <VisibleTerminals numbers={numbers}>
      <Sized id={`${layout}-rows-of-${rows.length}`} orientation="vertical">
        {rows.flatMap((row, at) => [
          ...(at === 0
            ? []
            : [
                <Separator
                  key={`border-${row[0]}`}
                  className="border is-horizontal"
                  aria-label={`Height of row ${at} of the terminals`}
                />,
              ]),
          <Panel key={row[0]} id={`row-${at}`} className="panel" minSize="80px">
            <Row
              id={`${layout}-terminals-${row.join('-')}`}
              numbers={row}
              canArrange={canArrange}
            />
          </Panel>,
        ])}
      </Sized>
    </VisibleTerminals>
  );
}

/** Rows of as equal a length as can be. */
function rowsOf(numbers: readonly number[], arrangement: Arrangement): (readonly number[])[] {
  const { length } = numbers;
  const isOneRow = arrangement === 'split' || (arrangement === 'auto' && length <= besideMax);
  const columns = isOneRow ? length : Math.ceil(Math.sqrt(length));
  const count = Math.ceil(length / Math.max(1, columns));
  return Array.from({ length: count }, (_, at) =>
    numbers.slice(Math.floor((at * length) / count), Math.floor(((at + 1) * length) / count)),
  );
}

interface RowProps {
  readonly id: string;
  readonly numbers: readonly number[];
  readonly canArrange: boolean;
}

function Row({ id, numbers, canArrange }: RowProps) {
  return (
    <Sized id={id} orientation="horizontal">
      {numbers.flatMap((number, at) => [
        ...(at === 0
          ? []
          : [
              <Separator
                key={`border-${number}`}
                className="border"
                aria-label={`Width of Terminal #${numbers[at - 1]}`}
              />,
            ]),
        <Panel key={number} id={`terminal-${number}`} className="panel" minSize="6%">
          <TerminalPane number={number} canArrange={canArrange} />
        </Panel>,
      ])}
    </Sized>
  );
}

function TerminalTabs({ numbers }: { readonly numbers: readonly number[] }) {
  const terminals = useMachineState((state) => state.terminals);
  const [wished, setWished] = useState(numbers[0] ?? 1);
  const chosen = numbers.includes(wished) ? wished : (numbers[0] ?? 1);
  return (
    <VisibleTerminals numbers={[chosen]}>
      <div className="terminal-tabs">
        <TabList
          label="Terminals"
          tabs={terminals.map(({ number, name, hasNews }) => ({
            id: `terminal-${number}`,
            name,
            number,
            hasNews,
          }))}
          chosen={`terminal-${chosen}`}
          onChoose={(id) => setWished(Number(id.slice('terminal-'.length)))}
        />
        <div
          className="tab-panel"
          role="tabpanel"
          id={`tabpanel-terminal-${chosen}`}
          aria-labelledby={`tab-terminal-${chosen}`}
        >
          <TerminalPane key={chosen} number={chosen} canArrange={true} />
        </div>
      </div>
    </VisibleTerminals>
  );
}

interface VisibleProps {
  readonly numbers: readonly number[];
  readonly children: React.ReactNode;
}

/** Tells the machine which terminals are in sight. */
function VisibleTerminals({ numbers, children }: VisibleProps) {
  const machine = useMachine();
  const key = numbers.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the numbers, which are a new list each time
  useEffect(() => machine.setVisible(numbers), [machine, key]);
  return children;
}
