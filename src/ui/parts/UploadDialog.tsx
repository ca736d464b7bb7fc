import { type FormEvent, useEffect, useId, useState } from 'react';
import { errorText } from '../../bee/base/error-text.ts';
import { resolve, tildify } from '../../shell/path.ts';
import { type FoundDirectory, sizeText } from '../machine/files.ts';
import { judge, putFiles, unpack, uploadBytesMax, type Verdict } from '../machine/upload.ts';
import { useIsLocked } from './DamageDialog.tsx';
import { Dialog } from './Dialog.tsx';
import { useMachine } from './use-machine.ts';

interface Props {
  /** Where the files go unless the reader says otherwise. */
  readonly directory: string;
  readonly directories: readonly FoundDirectory[];
  /** Files that were dropped; empty when the reader is to choose some. */
  readonly files: readonly File[];
  readonly onClose: () => void;
  readonly onDone: (words: string, first: string | undefined) => void;
}

/** Takes files into a server's directory, after having said what would happen. */
export function UploadDialog({ directory, directories, files, onClose, onDone }: Props) {
  const machine = useMachine();
  const [chosen, setChosen] = useState(files);
  const [target, setTarget] = useState(tildify(directory, machine.home));
  const [isReplacing, setReplacing] = useState(false);
  const [isForcing, setForcing] = useState(false);
  const [problem, setProblem] = useState('');
  const verdicts = useVerdicts(chosen);
  const known = useId();
  const path = resolve(machine.home, target.replace(/^~(?=\/|$)/, machine.home));
  const isLocked = useIsLocked(path);
  const taken = (verdicts ?? []).flatMap((one) => (one.kind === 'taken' ? [one] : []));
  const there = directories.find((one) => one.path === path)?.files ?? [];
  const existing = taken.filter(({ file }) => there.some(({ name }) => name === file.name));
  const isReady =
    taken.length > 0 &&
    isLocked !== undefined &&
    (!isLocked || isForcing) &&
    (existing.length === 0 || isReplacing);

  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const brought = taken.map(({ file }) => file);
    putFiles(machine.host, path, brought).then(
      () => {
        const words = `${count(brought.length)} put into ${tildify(path, machine.home)}.`;
        onDone(words, brought[0] && `${path}/${brought[0].name}`);
      },
      (error: unknown) => setProblem(errorText(error)),
    );
  };

  return (
    <Dialog title="Upload files of a server" onClose={onClose}>
      <form onSubmit={onSubmit}>
        <p>
          Snapshots and logs (<code>.snap</code>, <code>.xlog</code>) of a real server or of Bee, or
          a zip with such files. Say <code>bee</code> in the directory afterwards, and a server
          starts from them.
        </p>
        <label className="field">
          Files
          <input
            type="file"
            multiple
            accept=".snap,.xlog,.zip"
            // The same file, changed meanwhile, is chosen again.
            onClick={(event) => {
              event.currentTarget.value = '';
            }}
            onChange={(event) => setChosen([...(event.target.files ?? [])])}
          />
        </label>
        <label className="field">
          Directory
          <input
            type="text"
            list={known}
            value={target}
            onChange={(event) => {
              setTarget(event.target.value);
              setReplacing(false);
              setForcing(false);
            }}
          />
          <datalist id={known}>
            {directories.map((one) => (
              <option key={one.path} value={tildify(one.path, machine.home)} />
            ))}
          </datalist>
        </label>
        <div role="status">
          {verdicts === undefined && chosen.length > 0 && <p>Looking at the files…</p>}
          {verdicts !== undefined && verdicts.length > 0 && <Verdicts verdicts={verdicts} />}
          {instances(taken) > 1 && (
            <p className="warning">
              These files come from {instances(taken)} different servers (see their headers). One
              directory holds the files of one.
            </p>
          )}
        </div>
        {existing.length > 0 && (
          <label className="consent">
            <input
              type="checkbox"
              checked={isReplacing}
              onChange={(event) => setReplacing(event.target.checked)}
            />
            Replace {existing.map(({ file }) => file.name).join(', ')}: files of that name are there
          </label>
        )}
        {isLocked === true && (
          <label className="consent">
            <input
              type="checkbox"
              checked={isForcing}
              onChange={(event) => setForcing(event.target.checked)}
            />
            A server runs in that directory. Put the files there all the same: it reads them only
            when it starts again
          </label>
        )}
        <p className="is-bad" role="alert">
          {problem}
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button is-primary" disabled={!isReady}>
            Upload {taken.length > 0 ? count(taken.length) : ''}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}

function instances(taken: readonly Extract<Verdict, { kind: 'taken' }>[]): number {
  return new Set(taken.map(({ summary }) => summary.instanceUuid)).size;
}

function Verdicts({ verdicts }: { readonly verdicts: readonly Verdict[] }) {
  return (
    <ul className="verdicts">
      {verdicts.map((verdict) =>
        verdict.kind === 'taken' ? (
          <li key={`+${verdict.file.name}`}>
            <code>{verdict.file.name}</code> {verdict.summary.rows} rows,{' '}
            {sizeText(verdict.file.bytes.length)}
            {verdict.warnings.map((words) => (
              <p key={words} className="warning">
                {words}
              </p>
            ))}
          </li>
        ) : (
          <li key={`-${verdict.name}-${verdict.why}`} className="is-refused">
            <code>{verdict.name}</code> <span className="is-bad">not taken:</span> {verdict.why}
          </li>
        ),
      )}
    </ul>
  );
}

/** What the chosen files are; undefined while they are looked at. */
function useVerdicts(chosen: readonly File[]): readonly Verdict[] | undefined {
  const machine = useMachine();
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>();
  useEffect(() => {
    setVerdicts(undefined);
    if (chosen.length === 0) return;
    const reader = machine.host.openLogReader();
    let isCurrent = true;
    const look = async (): Promise<readonly Verdict[]> => {
      const total = chosen.reduce((sum, file) => sum + file.size, 0);
      if (total > uploadBytesMax) {
        const why = `${sizeText(total)} are more than a page takes (256 MB)`;
        return [{ kind: 'refused', name: chosen.map((one) => one.name).join(', '), why }];
      }
      const brought = chosen.map(async (file) => ({
        name: file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }));
      const { files, refused } = await unpack(await Promise.all(brought));
      return [...(await judge(files, reader)), ...refused];
    };
    look()
      .catch((error: unknown): readonly Verdict[] => [
        { kind: 'refused', name: 'The files', why: `cannot be read: ${String(error)}` },
      ])
      .then((found) => {
        if (isCurrent) setVerdicts(found);
      })
      .finally(() => reader.close());
    return () => {
      isCurrent = false;
    };
  }, [chosen, machine]);
  return verdicts;
}
