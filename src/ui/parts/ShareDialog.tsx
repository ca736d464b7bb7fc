import { useEffect, useState } from 'react';
import { download, sizeText } from '../machine/files.ts';
import { linkCharactersMax, packSession, toLinkText } from '../machine/session-file.ts';
import { listedSessions, noteSession, sessionName } from '../machine/session-list.ts';
import { saveSession } from '../machine/session-save.ts';
import { Dialog } from './Dialog.tsx';
import { useMachine } from './use-machine.ts';

/** The session as a file, and as a link while it is small. */
export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  const machine = useMachine();
  const id = machine.sessionId;
  const [name, setName] = useState(listedSessions().find((one) => one.id === id)?.name ?? '');
  const [said, setSaid] = useState('');
  const [packed, setPacked] = useState<Uint8Array<ArrayBuffer>>();
  useEffect(() => {
    let isCurrent = true;
    saveSession(machine, name)
      .then(packSession)
      .then(
        (bytes) => {
          if (isCurrent) setPacked(bytes);
        },
        (error: unknown) => setSaid(`The session cannot be saved: ${String(error)}`),
      );
    return () => {
      isCurrent = false;
    };
  }, [machine, name]);
  // Four characters for three bytes.
  const characters = packed === undefined ? 0 : Math.ceil((packed.length * 4) / 3);
  const isSmall = packed !== undefined && characters <= linkCharactersMax;

  const saveFile = (): void => {
    if (packed === undefined) return;
    const base = name.trim().replaceAll(/[^\p{L}\p{N}]+/gu, '-') || id;
    download(`bee-${base.toLowerCase()}.zip`, packed);
    setSaid('The file is on its way to your downloads.');
  };
  const copyLink = async (): Promise<void> => {
    if (packed === undefined) return;
    const url = new URL(location.href);
    url.hash = `/session/${toLinkText(packed)}`;
    try {
      await navigator.clipboard.writeText(url.href);
      setSaid('The link is in your clipboard.');
    } catch {
      setSaid('The browser does not let this page write to the clipboard. Save a file instead.');
    }
  };

  return (
    <Dialog title="Share or save this session" onClose={onClose}>
      <p>
        It holds all files of all servers, what the terminals showed, and how they stand. Whoever
        opens it sees what it holds, and nothing runs until they start it. Running servers are taken
        as a crash would leave them; whatever they have answered is in their files.
      </p>
      <p className="warning">Everything that was typed or stored is in it, passwords included.</p>
      <label className="field">
        Name
        <input
          type="text"
          maxLength={80}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            noteSession(id, event.target.value.trim());
          }}
          placeholder={sessionName({ id, name: '' })}
        />
      </label>
      <p>
        {packed === undefined
          ? 'Packing…'
          : isSmall
            ? `${sizeText(packed.length)}: small enough for a link of ${characters.toLocaleString('en')} characters.`
            : `${sizeText(packed.length)}: too large for a link, which may have ${linkCharactersMax.toLocaleString('en')} characters. A file can have any size.`}
      </p>
      <p role="status">{said}</p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button
          type="button"
          className="button"
          disabled={!isSmall}
          onClick={() => void copyLink()}
        >
          Copy link
        </button>
        <button
          type="button"
          className="button is-primary"
          disabled={packed === undefined}
          onClick={saveFile}
        >
          Save as a file
        </button>
      </div>
    </Dialog>
  );
}
