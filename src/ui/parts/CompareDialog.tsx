import { useEffect, useState } from 'react';
import { type Comparison, compareServers } from '../../lesson/divergence.ts';
import { startPlay } from '../../lesson/play.ts';
import { createStage } from '../machine/stage.ts';
import { Dialog } from './Dialog.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { useMachine } from './use-machine.ts';

interface Props {
  /** Terminals of the two servers. */
  readonly terminals: readonly [number, number];
  readonly onClose: () => void;
}

/** What two servers hold differently: asked of both, tuple by tuple. A link that is well says nothing about that. */
export function CompareDialog({ terminals: [left, right], onClose }: Props) {
  const machine = useMachine();
  const [result, setResult] = useState<Comparison>();
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn is another comparison
  useEffect(() => {
    setResult(undefined);
    let isCurrent = true;
    const stage = createStage(machine);
    const ask =
      (terminal: number) =>
      (...[code, done]: Parameters<Parameters<typeof compareServers>[0]>) =>
        stage.probe(terminal, code, done);
    startPlay(compareServers(ask(left), ask(right)), (found) => {
      if (isCurrent) setResult(found);
    });
    return () => {
      isCurrent = false;
    };
  }, [machine, left, right, turn]);
  return (
    <Dialog title={`What Terminals #${left} and #${right} hold`} onClose={onClose}>
      <div role="status">
        {result === undefined && <p>Asking both servers…</p>}
        {result?.kind === 'error' && <p className="is-bad">{result.message}</p>}
        {result?.kind === 'compared' && result.differences.length === 0 && (
          <p>Both hold the same tuples in all spaces.</p>
        )}
      </div>
      {result?.kind === 'compared' && result.differences.length > 0 && (
        <Differences terminals={[left, right]} differences={result.differences} />
      )}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => setTurn((count) => count + 1)}>
          Compare again
        </button>
        <button type="button" className="button is-primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** Shown at most: who has more to look at asks the servers. */
const differencesMax = 200;

type Differences = Extract<Comparison, { kind: 'compared' }>['differences'];

function Differences({
  terminals,
  differences,
}: {
  readonly terminals: readonly [number, number];
  readonly differences: Differences;
}) {
  return (
    <>
      <p>
        {differences.length === 1 ? 'One tuple differs' : `${differences.length} tuples differ`}
        {differences.length > differencesMax && `; the first ${differencesMax} are shown`}. Rows
        that are on their way make a difference, too: compare again when they have come.
      </p>
      <table className="differences">
        <thead>
          <tr>
            <th scope="col">space</th>
            <th scope="col">key</th>
            {terminals.map((number) => (
              <th key={number} scope="col" style={serverStyle(number)}>
                <TerminalBadge number={number} /> Terminal #{number}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.slice(0, differencesMax).map(({ space, key, left, right }) => (
            <tr key={`${space} ${key}`}>
              <th scope="row">{space}</th>
              <td>{key}</td>
              <td>{left ?? 'none'}</td>
              <td>{right ?? 'none'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
