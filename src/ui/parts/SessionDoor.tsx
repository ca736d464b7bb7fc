import { useEffect, useState } from 'react';
import { tildify } from '../../shell/path.ts';
import { sizeText } from '../machine/files.ts';
import {
  fromLinkText,
  type SavedSession,
  SessionError,
  unpackSession,
} from '../machine/session-file.ts';
import { noteSession } from '../machine/session-list.ts';
import { restoreSession } from '../machine/session-save.ts';
import type { Sessions } from '../sessions.ts';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';

interface Props {
  readonly sessions: Sessions;
  /** The session out of a link; undefined when the reader is to choose a file. */
  readonly link: string | undefined;
  /** It is in the browser now, and the playground shows it. */
  readonly onOpened: () => void;
}

/** Somebody's session: what it holds, and the question whether to open it. Nothing is stored or run before the answer. */
export function SessionDoor({ sessions, link, onOpened }: Props) {
  const [saved, setSaved] = useState<SavedSession>();
  const [problem, setProblem] = useState('');
  const [isOpening, setOpening] = useState(false);

  const look = (bytes: () => Uint8Array | Promise<Uint8Array>): void => {
    setSaved(undefined);
    setProblem('');
    Promise.resolve()
      .then(bytes)
      .then(unpackSession)
      .then(setSaved, (error: unknown) =>
        setProblem(error instanceof SessionError ? error.message : `It cannot be read: ${error}`),
      );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at once for each link
  useEffect(() => {
    document.title = 'A session · Bee';
    if (link !== undefined) look(() => fromLinkText(link));
  }, [link]);

  const open = async (session: SavedSession): Promise<void> => {
    setOpening(true);
    const host = sessions.createHost();
    try {
      await restoreSession(host, session);
    } catch (error) {
      setOpening(false);
      setProblem(`It cannot be stored: ${error instanceof Error ? error.message : error}`);
      await host.destroy();
      return;
    }
    host.close();
    noteSession(host.sessionId, session.content.name);
    await sessions.change('playground', host.sessionId);
    onOpened();
  };

  return (
    <main className="session-door">
      <h1>{link === undefined ? 'Open a session from a file' : 'Somebody sent you a session'}</h1>
      {link === undefined && (
        <label className="field">
          File
          <input
            type="file"
            accept=".zip"
            // The same file, changed meanwhile, is chosen again.
            onClick={(event) => {
              event.currentTarget.value = '';
            }}
            onChange={(event) => {
              const file = event.target.files?.[0];
              if (file !== undefined) {
                look(async () => new Uint8Array(await file.arrayBuffer()));
              }
            }}
          />
        </label>
      )}
      <div role="status">
        {problem !== '' && (
          <p className="warning is-bad">
            {problem}{' '}
            {link !== undefined && 'Ask for the link again, or for the session as a file.'}
          </p>
        )}
      </div>
      {saved !== undefined && <Holdings saved={saved} />}
      <div className="problem-actions">
        {saved !== undefined && (
          <button
            type="button"
            className="button is-primary"
            disabled={isOpening}
            onClick={() => void open(saved)}
          >
            Open it in the playground
          </button>
        )}
        <a className="button" href="#/playground">
          {saved === undefined ? 'To the playground' : 'No, thank you'}
        </a>
      </div>
    </main>
  );
}

/** What a session holds, in words. */
function Holdings({ saved: { content, files } }: { readonly saved: SavedSession }) {
  const home = '/home/user';
  const total = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const programs = [...files].filter(([path]) => path.endsWith('.lua'));
  return (
    <section aria-label="What it holds">
      <p>
        {content.name !== '' && <strong>{content.name}. </strong>}
        Saved {new Date(content.savedAt * 1000).toLocaleString()}: {content.terminals.length}{' '}
        {content.terminals.length === 1 ? 'terminal' : 'terminals'}, {files.size} files,{' '}
        {sizeText(total)}. It comes as a session of its own; yours stays. No server starts before
        you start it.
      </p>
      <ul className="holdings">
        {content.terminals.map(({ number, name, cwd, transcript }) => {
          const server = content.servers.find(({ terminal }) => terminal === number);
          return (
            <li key={number} style={serverStyle(number)}>
              <TerminalBadge number={number} />
              <span>
                {name === '' ? `Terminal #${number}` : name} in <code>{tildify(cwd, home)}</code>,{' '}
                {transcript.length} lines
                {server !== undefined &&
                  `; server ${server.id} ${server.isRunning ? 'ran' : 'had run'} there (${server.command})`}
              </span>
            </li>
          );
        })}
      </ul>
      <details>
        <summary>Its files</summary>
        <ul className="holdings-files">
          {[...files].map(([path, bytes]) => (
            <li key={path}>
              <code>{tildify(path, home)}</code> {sizeText(bytes.length)}
            </li>
          ))}
        </ul>
      </details>
      {programs.map(([path, bytes]) => (
        <details key={path}>
          <summary>
            The program <code>{tildify(path, home)}</code>
          </summary>
          <pre>{new TextDecoder().decode(bytes)}</pre>
        </details>
      ))}
    </section>
  );
}
