import { useState } from 'react';
import {
  type CheckBlock,
  type HintBlock,
  type LessonRunner,
  type Step,
  stepProgress,
} from '../../lesson/index.ts';
import { Html } from './Html.tsx';
import { Icon } from './Icon.tsx';

interface Props {
  readonly step: Step;
  readonly runner: LessonRunner;
}

/** What the step is to reach, whether it is reached, and help on the way. */
export function StepResult({ step, runner }: Props) {
  const checks = step.blocks.filter((block) => block.kind === 'check');
  const hints = step.blocks.filter((block) => block.kind === 'hint');
  const [isAsked, setAsked] = useState(false);
  const progress = stepProgress(runner.progress, step.id);
  const isTried = isAsked || progress.ran.length > 0;
  if (checks.length === 0) return null;
  const held = runner.claims.filter(({ outcome }) => outcome.holds).length;
  return (
    <section className="result" aria-label="Your result">
      <h2>{progress.isDone ? 'Done' : 'This step is done when'}</h2>
      {/* What others see change while they look at the terminals, or at the button that they pressed. */}
      <p className="visually-hidden" role="status">
        {progress.isDone
          ? 'This step is done.'
          : isAsked && `Not yet: ${held} of ${checks.length} hold.`}
      </p>
      <ul className="checks">
        {checks.map((check) => (
          <CheckRow
            key={check.id}
            check={check}
            runner={runner}
            isDone={progress.isDone}
            isTried={isTried && runner.activity.kind === 'idle'}
          />
        ))}
      </ul>
      {!progress.isDone && (
        <div className="result-actions">
          <button
            type="button"
            className="button"
            onClick={() => {
              setAsked(true);
              runner.look();
            }}
          >
            Check now
          </button>
          <Hints hints={hints} shown={progress.hints} onMore={() => runner.showHint()} />
        </div>
      )}
      {progress.hints > 0 && !progress.isDone && (
        <ol className="hints">
          {hints.slice(0, progress.hints).map((hint) => (
            <li key={hint.html}>
              <Html className="prose" html={hint.html} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

interface CheckRowProps {
  readonly check: CheckBlock;
  readonly runner: LessonRunner;
  readonly isDone: boolean;
  readonly isTried: boolean;
}

function CheckRow({ check, runner, isDone, isTried }: CheckRowProps) {
  const outcome = runner.claims.find((claim) => claim.block.id === check.id)?.outcome;
  const holds = isDone || outcome?.holds === true;
  const isFailed = !holds && isTried && outcome !== undefined;
  return (
    <li className={holds ? 'check is-held' : isFailed ? 'check is-failed' : 'check'}>
      <Icon name={holds ? 'check' : isFailed ? 'cross' : 'ring'} />
      <div>
        <span>{check.check.words}</span>
        <span className="visually-hidden">{holds ? ' (holds)' : ' (not yet)'}</span>
        {isFailed && (
          <dl className="found">
            <dt>found</dt>
            <dd>{outcome.found}</dd>
            <dt>expected</dt>
            <dd>{outcome.expected}</dd>
          </dl>
        )}
      </div>
    </li>
  );
}

interface HintsProps {
  readonly hints: readonly HintBlock[];
  readonly shown: number;
  readonly onMore: () => void;
}

function Hints({ hints, shown, onMore }: HintsProps) {
  if (shown >= hints.length) return null;
  return (
    <button type="button" className="button is-quiet" onClick={onMore}>
      {shown === 0 ? 'Show a hint' : 'Another hint'}
      <span className="count">
        {shown + 1} of {hints.length}
      </span>
    </button>
  );
}
