import { useEffect } from 'react';
import { Link } from 'wouter';
import { lessonSummaries } from '../../../tutorial/index.ts';
import type { LessonSummary } from '../../lesson/index.ts';
import { Icon } from './Icon.tsx';
import { keptDone, keptStep } from './use-lesson.ts';

interface Props {
  /** An address that names nothing, and was opened. */
  readonly missing: string | undefined;
}

/** What Bee is, in ten seconds, and the ways in. */
export function Landing({ missing }: Props) {
  useEffect(() => {
    document.title = 'Bee: database replication, live in this page';
  }, []);
  const [first, ...others] = lessonSummaries;
  if (first === undefined) return null;
  const isBegun = keptStep(first.id) !== undefined;
  return (
    <main className="landing">
      <div className="landing-text">
        {missing !== undefined && (
          <p className="scene" role="alert">
            There is nothing at <code>{missing}</code>. The lessons are listed below; the playground
            is behind its button.
          </p>
        )}
        <h1>Learn replication on real servers, in this page</h1>
        <p className="landing-lead">
          Bee runs complete database servers in your browser, side by side: each with its own log
          and snapshot files, its own console, and the real wire protocol between them. Stop one,
          damage its files, cut the line, and watch what happens. Nothing to install, no account,
          and it all stays here.
        </p>
        <div className="landing-ways">
          <Link className="button is-primary is-large" href={`/tutorial/${first.id}`}>
            <Icon name="run" /> {isBegun ? 'Go on with the tutorial' : 'Start the tutorial'}
          </Link>
          <Link className="button is-large" href="/playground">
            Open the playground
          </Link>
        </div>
        <Picture />
        <h2>Lessons</h2>
        <ol className="landing-lessons">
          {[first, ...others].map((lesson) => (
            <LessonRow key={lesson.id} lesson={lesson} />
          ))}
        </ol>
        <h2>In your own pages</h2>
        <p className="landing-embed">
          One script makes the code blocks of a documentation page live. It is 1 kB and loads
          nothing else before somebody presses “Run live”. Without scripts the blocks stay what they
          are.
        </p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section className="landing-code" tabIndex={0} aria-label="An example">
          <pre>{embedExample()}</pre>
        </section>
      </div>
    </main>
  );
}

/** What a page needs, with the address of this very host. */
function embedExample(): string {
  const script = new URL('bee-lab.js', location.href).href;
  return `<script type="module" src="${script}"></script>
<bee-lab>
  <pre>
bee
db.cfg{listen=3301}</pre>
</bee-lab>`;
}

function LessonRow({ lesson }: { readonly lesson: LessonSummary }) {
  const done = keptDone(lesson);
  return (
    <li>
      <Link href={`/tutorial/${lesson.id}`}>
        <span className="landing-lesson-title">{lesson.title}</span>
        <span className="landing-lesson-facts">
          {lesson.minutes} min
          {done > 0 && `, ${done} of ${lesson.steps.length} steps done`}
        </span>
        <span className="landing-lesson-summary">{lesson.summary}</span>
      </Link>
    </li>
  );
}

/** Two consoles, as they look in the middle of the first lesson. */
function Picture() {
  return (
    <div className="picture" aria-hidden="true">
      <pre className="picture-1">
        <b>bee&gt;</b> s:insert{'{1, '}
        <i>'Tuple inserted on Terminal #1'</i>
        {"}\n---\n- [1, 'Tuple inserted on Terminal #1']\n..."}
      </pre>
      <pre className="picture-2">
        <b>bee&gt;</b> db.space.tester:select
        {"()\n---\n- - [1, 'Tuple inserted on Terminal #1']\n..."}
      </pre>
    </div>
  );
}
