import { type FormEvent, useState } from 'react';
import { terminalNameMax } from '../machine/terminal-list.ts';
import { Dialog } from './Dialog.tsx';
import { useMachine } from './use-machine.ts';

interface Props {
  readonly number: number;
  readonly name: string;
  readonly onClose: () => void;
}

/** Asks what to call a terminal and its server. */
export function NameDialog({ number, name, onClose }: Props) {
  const machine = useMachine();
  const [text, setText] = useState(name);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    machine.renameTerminal(number, text);
    onClose();
  };
  return (
    <Dialog title={`Name Terminal #${number} and its server`} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <label className="field">
          Name
          <input
            type="text"
            maxLength={terminalNameMax}
            placeholder={`Terminal #${number}`}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button is-primary">
            Name it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
