import { type StartState, startStates } from '../machine/start-states.ts';
import { Dialog } from './Dialog.tsx';

interface Props {
  readonly onClose: () => void;
  readonly onStart: (state: StartState) => Promise<void>;
}

/** Offers clusters to begin with. */
export function StartDialog({ onClose, onStart }: Props) {
  return (
    <Dialog title="Start with" onClose={onClose}>
      <p>
        The commands are typed into the terminals, so you see how it is done. A session that you
        have used stays as it is, under Sessions.
      </p>
      <ul className="cards">
        {startStates.map((state) => (
          <li key={state.id}>
            <button type="button" className="card" onClick={() => void onStart(state)}>
              <strong>{state.title}</strong>
              <span>{state.summary}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
