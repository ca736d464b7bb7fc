import { useMachine, useMachineState } from './use-machine.ts';

/** Said in place of the workbench when the machine cannot run in this tab. */
export function ProblemScreen({ onNewSession }: { readonly onNewSession: () => void }) {
  const machine = useMachine();
  const problem = useMachineState((state) => state.problem);
  if (problem === undefined) return null;
  const takeOver = (
    <button type="button" className="button is-primary" onClick={() => void machine.takeOver()}>
      Take over here
    </button>
  );
  const newSession = (
    <button type="button" className="button" onClick={onNewSession}>
      Start a new session
    </button>
  );
  switch (problem.kind) {
    case 'held':
      return (
        <div className="problem" role="alert">
          <h1>This session is open in another tab</h1>
          <p>
            Two tabs must not write the same files. Take the session over, and the other tab stops
            its servers as a crash would; whatever they had answered is in their files. Or read
            along: you see here what happens there. Or start a new, empty session.
          </p>
          <div className="problem-actions">
            {takeOver}
            <button type="button" className="button" onClick={() => machine.watch()}>
              Read along
            </button>
            {newSession}
          </div>
        </div>
      );
    case 'taken-over':
      return (
        <div className="problem" role="alert">
          <h1>Another tab has taken over</h1>
          <p>
            The servers of this tab were stopped. Their files are all there, in the other tab now.
          </p>
          <div className="problem-actions">
            {takeOver}
            {newSession}
          </div>
        </div>
      );
    case 'left':
      return (
        <div className="problem" role="alert">
          <h1>The other tab is gone</h1>
          <p>
            Its servers ended with it, as in a crash; whatever they had answered is in their files.
            Take the session over to go on with it here.
          </p>
          <div className="problem-actions">
            {takeOver}
            {newSession}
          </div>
        </div>
      );
    case 'storage':
      return (
        <div className="problem" role="alert">
          <h1>This browser gives the page no storage</h1>
          <p>
            The servers keep their files in the browser's storage, as a server keeps them on its
            disk. A private window, a setting that blocks site data, or a full disk can be the
            reason; inside another site's page some browsers refuse it, too. Allow site data for
            this page or open it in an ordinary window, then try again.
          </p>
          <p className="problem-detail">{problem.message}</p>
          <div className="problem-actions">
            <button
              type="button"
              className="button is-primary"
              onClick={() => void machine.start()}
            >
              Try again
            </button>
            {window.parent !== window && (
              <a className="button" href={location.href} target="_blank" rel="noopener">
                Open in a tab of its own
              </a>
            )}
          </div>
        </div>
      );
  }
}
