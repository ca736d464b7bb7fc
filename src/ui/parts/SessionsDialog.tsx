import { useEffect, useState } from 'react';
import { forgetSession, listedSessions, sessionName } from '../machine/session-list.ts';
import type { Sessions } from '../sessions.ts';
import { Dialog } from './Dialog.tsx';
import { useMachine } from './use-machine.ts';

interface Props {
  readonly sessions: Sessions;
  readonly onOpen: (session: string) => void;
  /** A session is to come from a file. */
  readonly onFile: () => void;
  readonly onClose: () => void;
}

/** The playground's sessions in this browser: go to one, begin another, throw one away. */
export function SessionsDialog({ sessions, onOpen, onFile, onClose }: Props) {
  const { sessionId } = useMachine();
  const [listed, setListed] = useState(listedSessions);
  const [said, setSaid] = useState('');
  const [isPersisted, setPersisted] = useState<boolean>();
  useEffect(() => {
    // Where the browser does not say, or has no StorageManager as WebKitGTK, nothing is promised.
    const asked: Promise<boolean> | undefined = navigator.storage?.persisted();
    if (asked === undefined) setPersisted(false);
    else asked.then(setPersisted, () => setPersisted(false));
  }, []);
  const remove = async (id: string, name: string): Promise<void> => {
    if (!confirm(`Remove ${name} and all its files?`)) return;
    const host = sessions.createHost(id);
    if ((await host.open()) === 'held') {
      setSaid(`${name} is open in another tab.`);
      host.close();
      return;
    }
    await host.destroy();
    forgetSession(id);
    setListed(listedSessions());
    setSaid(`${name} was removed.`);
  };
  return (
    <Dialog title="Sessions" onClose={onClose}>
      <p>
        Each has files, servers and terminals of its own, kept in this browser. Going to another one
        kills the servers that run here; their files stay.
        {isPersisted !== undefined &&
          (isPersisted
            ? ' This browser has promised to keep them.'
            : ' This browser may remove them when its disk runs out of room: save what must not be lost as a file.')}
      </p>
      <ul className="session-list">
        {listed.map((session) => {
          const name = sessionName(session);
          const isHere = session.id === sessionId;
          return (
            <li key={session.id}>
              <span>
                <strong>{name}</strong>
                <span className="count">
                  {isHere ? ' open here' : ` ${new Date(session.openedAt * 1000).toLocaleString()}`}
                </span>
              </span>
              <button
                type="button"
                className="button is-small"
                disabled={isHere}
                aria-label={`Open ${name}`}
                onClick={() => onOpen(session.id)}
              >
                Open
              </button>
              <button
                type="button"
                className="button is-small"
                disabled={isHere}
                aria-label={`Remove ${name}`}
                onClick={() =>
                  void remove(session.id, name).catch((error: unknown) => setSaid(String(error)))
                }
              >
                Remove
              </button>
            </li>
          );
        })}
      </ul>
      <p role="status">{said}</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button type="button" className="button" onClick={onFile}>
          From a file…
        </button>
        <button
          type="button"
          className="button is-primary"
          onClick={() => onOpen(sessions.createHost().sessionId)}
        >
          New session
        </button>
      </div>
    </Dialog>
  );
}
