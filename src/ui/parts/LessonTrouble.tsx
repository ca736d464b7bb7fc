import { lessonSummaries } from '../../../tutorial/index.ts';
import { type LessonRunner, type WrongPrompt, wrongPromptText } from '../../lesson/index.ts';
import { useMachine } from './use-machine.ts';

/** Another lesson's servers or files are there: what shall become of them? */
export function Foreign({ runner }: { readonly runner: LessonRunner }) {
  const { owner } = useMachine();
  const title = lessonSummaries.find(({ id }) => id === owner)?.title;
  const isAsked = runner.asked !== undefined;
  return (
    <div className="scene" role={isAsked ? 'alert' : undefined}>
      <p>
        The terminals hold servers or files
        {title === undefined ? ' that are not this lesson’s' : ` of the lesson “${title}”`}. This
        lesson begins with empty terminals; that stops the servers and removes their files.
      </p>
      <button type="button" className="button" onClick={() => runner.beginEmpty()}>
        Begin with empty terminals
      </button>{' '}
      <button type="button" className="button is-quiet" onClick={() => runner.keepWhatIsThere()}>
        {isAsked ? 'Run it anyway' : 'Keep what is there'}
      </button>
    </div>
  );
}

/** Says at which line the typing stopped, and why. */
export function WrongPromptNote({ wrong }: { readonly wrong: WrongPrompt }) {
  return (
    <p className="wrong-prompt" role="alert">
      {wrongPromptText(wrong)}
    </p>
  );
}
