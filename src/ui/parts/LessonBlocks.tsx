import { useId, useState } from 'react';
import {
  type Block,
  type CommandBlock,
  type LessonRunner,
  type QuestionBlock,
  type ScreenBlock,
  stepProgress,
} from '../../lesson/index.ts';
import { CodeHtml, Html } from './Html.tsx';
import { Icon } from './Icon.tsx';
import { Foreign, WrongPromptNote } from './LessonTrouble.tsx';
import { RunControl } from './RunControl.tsx';
import { serverStyle, TerminalBadge } from './TerminalBadge.tsx';

interface BlocksProps {
  readonly blocks: readonly Block[];
  readonly runner: LessonRunner;
}

/** The blocks of a step in their order. Checks and hints stand together at the end, in `StepResult`. */
export function LessonBlocks({ blocks, runner }: BlocksProps) {
  return blocks.map((block, at) => (
    <LessonBlock
      // biome-ignore lint/suspicious/noArrayIndexKey: the order of blocks in a step never changes
      key={`${runner.progress.at}/${at}`}
      block={block}
      at={at}
      blocks={blocks}
      runner={runner}
    />
  ));
}

interface BlockProps extends BlocksProps {
  readonly block: Block;
  readonly at: number;
}

function LessonBlock({ block, at, blocks, runner }: BlockProps) {
  const progress = stepProgress(runner.progress, runner.progress.at);
  switch (block.kind) {
    case 'prose':
      return <Html className="prose" html={block.html} />;
    case 'command':
      return <Command block={block} runner={runner} />;
    case 'screen': {
      // Screens that stand together are one fold.
      if (blocks[at - 1]?.kind === 'screen') return null;
      const rest = blocks.slice(at);
      const end = rest.findIndex((one) => one.kind !== 'screen');
      const screens = (end < 0 ? rest : rest.slice(0, end)).filter((one) => one.kind === 'screen');
      return <ExpectedScreens screens={screens} />;
    }
    case 'question':
      return (
        <Question
          block={block}
          answer={progress.answers[block.id]}
          onAnswer={(answer) => runner.answer(block.id, answer)}
        />
      );
    case 'aside':
      return progress.isDone ? (
        <aside className="aside">
          <h2>{block.title}</h2>
          <Html className="prose" html={block.html} />
        </aside>
      ) : null;
    case 'check':
    case 'hint':
      return null;
  }
}

interface CommandProps {
  readonly block: CommandBlock;
  readonly runner: LessonRunner;
}

function Command({ block, runner }: CommandProps) {
  const { asked } = runner;
  return (
    <figure className="command" style={serverStyle(block.terminal)}>
      <figcaption>
        <RunControl block={block} runner={runner} />
      </figcaption>
      <CodeHtml html={block.html} />
      {runner.wrongPrompt?.block === block && <WrongPromptNote wrong={runner.wrongPrompt} />}
      {asked?.kind === 'block' && asked.block === block && <Foreign runner={runner} />}
    </figure>
  );
}

function ExpectedScreens({ screens }: { readonly screens: readonly ScreenBlock[] }) {
  return (
    <details className="expected">
      <summary>
        <Icon name="next" /> What you should see
      </summary>
      {screens.map((screen) => (
        <div key={screen.terminal} className="expected-screen" style={serverStyle(screen.terminal)}>
          <p className="expected-name">
            <TerminalBadge number={screen.terminal} /> Terminal #{screen.terminal}
          </p>
          {screen.text.trim() === '' ? (
            <p className="expected-nothing">Nothing new.</p>
          ) : (
            <CodeHtml html={screen.html} />
          )}
        </div>
      ))}
      <p className="expected-note">
        <span className="hl-varies">Underlined</span> values differ from run to run.
      </p>
    </details>
  );
}

interface QuestionProps {
  readonly block: QuestionBlock;
  readonly answer: number | undefined;
  readonly onAnswer: (answer: number) => void;
}

function Question({ block, answer, onAnswer }: QuestionProps) {
  const name = useId();
  const [chosen, setChosen] = useState<number>();
  const isAnswered = answer !== undefined;
  return (
    <fieldset className="question">
      <legend>
        <span className="question-tag">Before you run it</span>
        <Html className="prose" html={block.html} />
      </legend>
      {block.answers.map((one, at) => {
        const isMarked = isAnswered && (one.isRight || at === answer);
        const mark = isMarked ? (one.isRight ? 'is-right' : 'is-wrong') : '';
        return (
          // The order of a question's answers never changes.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <label key={at} className={`answer ${mark}`}>
            <input
              type="radio"
              name={name}
              checked={(answer ?? chosen) === at}
              disabled={isAnswered}
              onChange={() => setChosen(at)}
            />
            <Html className="prose" html={one.html} />
            {isMarked && (
              <span className="answer-mark">
                <Icon name={one.isRight ? 'check' : 'cross'} />
                {one.isRight ? 'right' : 'not quite'}
              </span>
            )}
          </label>
        );
      })}
      {isAnswered ? (
        <div className="explanation" role="status">
          <Html className="prose" html={block.explanation} />
        </div>
      ) : (
        <button
          type="button"
          className="button"
          disabled={chosen === undefined}
          onClick={() => chosen !== undefined && onAnswer(chosen)}
        >
          Answer
        </button>
      )}
    </fieldset>
  );
}
