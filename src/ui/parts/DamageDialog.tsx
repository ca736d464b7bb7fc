import { type FormEvent, useEffect, useState } from 'react';
import { baseName, parentOf } from '../../shell/path.ts';
import { Dialog } from './Dialog.tsx';
import type { FileLooking, ViewedFile } from './use-files.ts';
import { useMachine } from './use-machine.ts';

interface Props {
  readonly looking: FileLooking;
  readonly file: ViewedFile;
  readonly cursor: number;
  readonly onClose: () => void;
  readonly onDone: (words: string, offset: number) => void;
}

/** Asks which byte, and spoils it: for lessons on what a server does then. Never under a server that runs. */
export function DamageDialog({ looking, file, cursor, onClose, onDone }: Props) {
  const machine = useMachine();
  const [where, setWhere] = useState<'rows' | 'offset'>('offset');
  const [offset, setOffset] = useState(String(cursor));
  const [problem, setProblem] = useState('');
  const isLocked = useIsLocked(parentOf(file.path));
  const { bytes, summary } = file;
  const hasRows = (summary?.rows ?? 0) > 0;

  const damage = async (): Promise<void> => {
    const at = where === 'rows' ? await somewhereInTheRows(looking, file) : Number(offset);
    if (!/^\d+$/.test(offset) || at >= bytes.length) {
      setProblem(`The offset must be a number from 0 to ${bytes.length - 1}.`);
      return;
    }
    const done = await machine.host.damage(file.path, at);
    if (!done.ok) {
      setProblem(done.error.message);
      return;
    }
    const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
    const before = bytes[at] ?? 0;
    onDone(
      `Byte ${at} of ${baseName(file.path)} was ${hex(before)} and is ${hex(before ^ 0xff)}.`,
      at,
    );
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    damage().catch((error: unknown) => setProblem(String(error)));
  };

  return (
    <Dialog title={`Damage a byte of ${baseName(file.path)}`} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <p>
          All bits of the byte are flipped, as a bad disk might do it. A server that starts from
          this file will find out, and rows may be lost for good. The same byte damaged again is
          whole again.
        </p>
        <fieldset className="choices">
          <legend>Which byte?</legend>
          <label>
            <input
              type="radio"
              name="where"
              checked={where === 'offset'}
              onChange={() => setWhere('offset')}
            />
            At offset
            <input
              type="number"
              aria-label="Offset"
              min={0}
              max={bytes.length - 1}
              value={offset}
              onChange={(event) => {
                setOffset(event.target.value);
                setWhere('offset');
              }}
            />
          </label>
          <label>
            <input
              type="radio"
              name="where"
              checked={where === 'rows'}
              disabled={!hasRows}
              onChange={() => setWhere('rows')}
            />
            Somewhere in the rows
          </label>
        </fieldset>
        {isLocked && (
          <p className="warning" role="alert">
            A server runs in this directory. Stop or kill it first: it has in memory what it read,
            and would not notice.
          </p>
        )}
        <p className="is-bad" role="alert">
          {problem}
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Leave it whole
          </button>
          <button type="submit" className="button is-primary" disabled={isLocked !== false}>
            Damage it
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Whether a running server works in a directory; undefined before it is known. */
export function useIsLocked(directory: string): boolean | undefined {
  const machine = useMachine();
  const [isLocked, setLocked] = useState<boolean>();
  useEffect(() => {
    let isCurrent = true;
    setLocked(undefined);
    void machine.host.isLocked(directory).then((found) => {
      // A directory that is not there has no server in it.
      if (isCurrent) setLocked(found.ok && found.value);
    });
    return () => {
      isCurrent = false;
    };
  }, [machine, directory]);
  return isLocked;
}

async function somewhereInTheRows(looking: FileLooking, { summary }: ViewedFile): Promise<number> {
  // The header is the first part; the parts behind it are rows, but for damages and the end.
  const count = (summary?.parts ?? 1) - 1;
  for (let tries = 0; tries < 100; tries++) {
    const [part] = await looking.fetch(1 + Math.floor(Math.random() * count), 1);
    if (part?.kind === 'row') return part.offset + Math.floor(Math.random() * part.length);
  }
  throw new Error('this file has hardly a row that is whole');
}
