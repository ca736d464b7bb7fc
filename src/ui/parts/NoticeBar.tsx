import { sizeText } from '../machine/files.ts';
import { useMachine, useMachineState } from './use-machine.ts';

/** Trouble with the browser's storage, said above the servers that go on running. */
export function NoticeBar({ onNewSession }: { readonly onNewSession: () => void }) {
  const machine = useMachine();
  const notice = useMachineState((state) => state.notice);
  if (notice === undefined) return null;
  return (
    <div className="notice" role="alert">
      {notice.kind === 'lost' ? (
        <p>
          <strong>The files of this session are gone</strong>: {notice.reason}. Servers that run
          have their rows in memory still; what they write is refused.
        </p>
      ) : (
        <p>
          <strong>The browser gives this page no more room</strong>
          {notice.quota > 0 && ` (${sizeText(notice.used)} of ${sizeText(notice.quota)} used)`}.
          Writes are refused until there is some; whatever was answered is stored. Remove files, or
          sessions of the playground that you no longer need.
        </p>
      )}
      {notice.kind === 'lost' && (
        <button type="button" className="button is-small" onClick={onNewSession}>
          Start a new session
        </button>
      )}
      <button type="button" className="button is-small" onClick={() => machine.dismissNotice()}>
        I see
      </button>
    </div>
  );
}
