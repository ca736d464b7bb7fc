import {
  type DragEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { errorText } from '../../bee/base/error-text.ts';
import { baseName, parentOf, tildify } from '../../shell/path.ts';
import {
  download,
  type FoundDirectory,
  type FoundFile,
  isLogName,
  readFile,
  sizeText,
  zipDirectory,
} from '../machine/files.ts';
import { DamageDialog } from './DamageDialog.tsx';
import { FileView, SummaryLine } from './FileView.tsx';
import { Icon } from './Icon.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';
import { UploadDialog } from './UploadDialog.tsx';
import { type FileLooking, liveBytesMax, useDirectories, useFile } from './use-files.ts';
import { useMachine, useMachineState } from './use-machine.ts';

/** A panel that was asked for has the focus, far from the button as it is; closed, it gives the focus back. */
function useFocusWhileOpen(panel: RefObject<HTMLElement | null>, isAskedFor: boolean): void {
  // Before it is taken out of the page: the focus would be gone by then.
  useLayoutEffect(() => {
    const element = panel.current;
    const root = element?.getRootNode();
    if (!isAskedFor || !(root instanceof Document || root instanceof ShadowRoot)) return;
    const before = root.activeElement;
    // It may have taken a while to load: whoever types elsewhere by now goes on.
    if (!(before instanceof HTMLTextAreaElement)) element?.focus();
    return () => {
      if (element?.contains(root.activeElement) && before instanceof HTMLElement) before.focus();
    };
  }, [panel, isAskedFor]);
}

/** What a dialog of the panel is about. */
type Asked =
  | { readonly kind: 'upload'; readonly directory: string; readonly files: readonly File[] }
  | { readonly kind: 'damage' };

/**
 * The files of all servers: each file's rows beside its bytes, on their way in and out. In a tab of its own it stays open.
 *
 * 1. `useDirectories` lists the session's files again whenever a server or a shell may have changed them.
 * 2. `useFile` reads the chosen one; a worker (`worker/xlog-worker.ts`) takes it apart, and hands out the parts in sight.
 * 3. `FileView` ties rows and bytes together: a row that is chosen or pointed at marks its bytes, a byte its row.
 */
export function FilePanel({ canClose }: { readonly canClose: boolean }) {
  const machine = useMachine();
  const panel = useRef<HTMLElement>(null);
  useFocusWhileOpen(panel, canClose);
  const asked = useMachineState((state) => state.filePanel?.directory);
  const { directories, refresh } = useDirectories(machine);
  const shown = useShown(directories);
  const [path, setPath] = useState<string>();
  const [dialog, setDialog] = useState<Asked>();
  const [said, setSaid] = useState('');
  const [readings, setReadings] = useState(0);
  const [cursor, setCursor] = useState(0);
  const found = useChoice(shown, asked, path, setPath);
  const siblings = directories?.find((one) => found && one.path === parentOf(found.path));
  const looking = useFile(machine, found?.path, versionOf(found, readings), siblings);
  const directory = found ? parentOf(found.path) : (asked ?? machine.home);
  const moveCursor = useCallback((offset: number) => setCursor(offset), []);
  const fail = (error: unknown): void => setSaid(errorText(error));

  const upload = (into: string, files: readonly File[] = []): void =>
    setDialog({ kind: 'upload', directory: into, files });
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    upload(directory, [...event.dataTransfer.files]);
  };
  const close = (): void => machine.hideFiles();
  const takeAway = (one: FoundDirectory): void => {
    const name = `${baseName(one.path) || 'files'}.zip`;
    zipDirectory(machine.host, one).then((bytes) => {
      download(name, bytes);
      setSaid(`${name} is on its way to your downloads.`);
    }, fail);
  };

  return (
    <section
      ref={panel}
      className="files"
      aria-label="Files"
      data-part="files"
      tabIndex={-1}
      onDragOver={(event) => event.preventDefault()}
      onDrop={onDrop}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && canClose) close();
      }}
    >
      <header className="files-head">
        <h2>Files</h2>
        <p className="files-said" role="status">
          {said}
        </p>
        <button type="button" className="button is-small" onClick={() => upload(directory)}>
          <Icon name="upload" /> Upload…
        </button>
        {canClose && (
          <button
            type="button"
            className="icon-button"
            aria-label="Close the files"
            onClick={close}
          >
            <Icon name="cross" />
          </button>
        )}
      </header>
      <div className="files-body">
        <Tree shown={shown} path={found?.path} onChoose={setPath} onZip={takeAway} />
        <div className="files-right">
          {found !== undefined && (
            <FileHead
              file={found}
              looking={looking}
              onRead={() => setReadings((count) => count + 1)}
              onDamage={() => setDialog({ kind: 'damage' })}
              onFail={fail}
            />
          )}
          {found !== undefined && looking.file !== undefined && (
            <FileView
              key={found.path}
              looking={looking}
              file={looking.file}
              cursor={cursor}
              onCursor={moveCursor}
            />
          )}
          {found === undefined && <Nothing isLoading={directories === undefined} />}
          {looking.problem !== undefined && <p className="files-empty">{looking.problem}</p>}
        </div>
      </div>
      {dialog?.kind === 'upload' && (
        <UploadDialog
          directory={dialog.directory}
          directories={directories ?? []}
          files={dialog.files}
          onClose={() => setDialog(undefined)}
          onDone={(words, first) => {
            setDialog(undefined);
            setSaid(words);
            if (first !== undefined) setPath(first);
            refresh();
          }}
        />
      )}
      {dialog?.kind === 'damage' && looking.file !== undefined && (
        <DamageDialog
          looking={looking}
          file={looking.file}
          cursor={cursor}
          onClose={() => setDialog(undefined)}
          onDone={(words, offset) => {
            setDialog(undefined);
            setSaid(words);
            setCursor(offset);
            setReadings((count) => count + 1);
          }}
        />
      )}
    </section>
  );
}

/** Changes when a file is to be read again: of itself while it is small, else when it was asked for. */
function versionOf(file: FoundFile | undefined, readings: number): string {
  if (file === undefined) return '';
  const isLive = file.size <= liveBytesMax;
  return isLive ? `${file.size} ${file.modifiedAt} ${readings}` : `large ${readings}`;
}

/** A directory, and the terminal whose server works in it. */
interface Shown extends FoundDirectory {
  readonly terminal: number | undefined;
}

/** Directories with files in them, those of servers first. The program's own source is no server's file. */
function useShown(directories: readonly FoundDirectory[] | undefined): readonly Shown[] {
  const machine = useMachine();
  const servers = useMachineState((state) => state.servers);
  const terminals = useMachineState((state) => state.terminals);
  const inside = (path: string, cwd: string): boolean =>
    cwd !== machine.home && (path === cwd || path.startsWith(`${cwd}/`));
  return (directories ?? [])
    .filter(({ path, files }) => files.length > 0 && path !== `${machine.home}/bee/src`)
    .map((directory) => {
      const server = servers.find((one) => inside(directory.path, one.cwd));
      const terminal = terminals.find((one) => inside(directory.path, one.cwd));
      return { ...directory, terminal: server?.terminal ?? terminal?.number };
    })
    .sort((a, b) => (a.terminal ?? 99) - (b.terminal ?? 99) || (a.path < b.path ? -1 : 1));
}

/** The file that is looked at: the chosen one; else the newest log of the directory that was asked for, or of the first. */
function useChoice(
  shown: readonly Shown[],
  asked: string | undefined,
  path: string | undefined,
  setPath: (path: string | undefined) => void,
): FoundFile | undefined {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another directory is asked for, so the old choice is over
  useEffect(() => setPath(undefined), [asked]);
  const chosen = shown.flatMap(({ files }) => files).find((file) => file.path === path);
  if (chosen !== undefined) return chosen;
  const place = shown.find((one) => one.path === asked) ?? shown[0];
  const logs = place?.files.filter(({ name }) => name.endsWith('.xlog')) ?? [];
  return logs.at(-1) ?? place?.files.find(({ name }) => isLogName(name)) ?? place?.files[0];
}

interface TreeProps {
  readonly shown: readonly Shown[];
  readonly path: string | undefined;
  readonly onChoose: (path: string) => void;
  readonly onZip: (directory: FoundDirectory) => void;
}

function Tree({ shown, path, onChoose, onZip }: TreeProps) {
  const { home } = useMachine();
  return (
    <nav className="tree" aria-label="Directories">
      {shown.map((directory) => (
        <section
          key={directory.path}
          aria-label={tildify(directory.path, home)}
          {...(directory.terminal === undefined ? {} : { style: serverStyle(directory.terminal) })}
        >
          <div className="tree-head">
            {directory.terminal !== undefined && <TerminalBadge number={directory.terminal} />}
            <h3>{tildify(directory.path, home)}</h3>
            <button
              type="button"
              className="icon-button"
              aria-label={`Download ${tildify(directory.path, home)} as a zip`}
              title="Download as a zip"
              onClick={() => onZip(directory)}
            >
              <Icon name="download" />
            </button>
          </div>
          <ul>
            {directory.files.map((file) => (
              <li key={file.path}>
                <button
                  type="button"
                  className="tree-file"
                  aria-current={file.path === path ? 'true' : undefined}
                  onClick={() => onChoose(file.path)}
                >
                  <FileName name={file.name} />
                  <span className="tree-size">{sizeText(file.size)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}

/** The zeros before a log's number say little: they stand back. */
function FileName({ name }: { readonly name: string }) {
  const [, zeros = '', rest = name] = /^(0{8,19})(.*)$/.exec(name) ?? [];
  return (
    <span className="tree-name">
      {zeros !== '' && <span className="tree-zeros">{zeros}</span>}
      {rest}
    </span>
  );
}

interface FileHeadProps {
  readonly file: FoundFile;
  readonly looking: FileLooking;
  /** It is to be read again. */
  readonly onRead: () => void;
  readonly onDamage: () => void;
  readonly onFail: (error: unknown) => void;
}

function FileHead({ file, looking, onRead, onDamage, onFail }: FileHeadProps) {
  const machine = useMachine();
  const summary = looking.file?.summary;
  const grown = file.size - (looking.file?.bytes.length ?? file.size);
  return (
    <div className="file-head">
      <h3>{file.name}</h3>
      <p>
        {summary === undefined ? (
          sizeText(file.size)
        ) : (
          <SummaryLine summary={summary} size={looking.file?.bytes.length ?? file.size} />
        )}
      </p>
      {file.size > liveBytesMax && grown !== 0 && (
        <button type="button" className="button is-small" onClick={onRead}>
          <Icon name="restart" /> Read again ({sizeText(Math.abs(grown))}{' '}
          {grown > 0 ? 'more' : 'less'})
        </button>
      )}
      <button
        type="button"
        className="button is-small"
        onClick={() => {
          readFile(machine.host, file.path).then((bytes) => download(file.name, bytes), onFail);
        }}
      >
        <Icon name="download" /> Download
      </button>
      <button type="button" className="button is-small" disabled={!looking.file} onClick={onDamage}>
        <Icon name="bolt" /> Damage a byte…
      </button>
    </div>
  );
}

function Nothing({ isLoading }: { readonly isLoading: boolean }) {
  if (isLoading) return <p className="files-empty">Reading…</p>;
  return (
    <p className="files-empty">
      No files yet. A server writes its first ones when it is told <code>{'db.cfg{}'}</code>. Or
      bring files of a real server: press Upload, or drop them here.
    </p>
  );
}
