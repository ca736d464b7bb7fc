/**
 * Golden transcripts of several servers: each file of this directory is one situation, a claim in
 * its first line, then what is done at numbered terminals and what the real servers answered.
 *
 *     begin two-servers           the steps of begin/two-servers.txt, played and not compared again
 *     1 $ rm *.xlog               a command at Terminal #1's shell; `bee` starts a server
 *     1 bee> db.info.status       a statement at its console
 *     1 types> db.cfg{…}          the same, and its answer is not waited for …
 *     1 answers                   … but here
 *     1 until db.info.id == 2     asks until it is true: no step depends on time
 *     1 until log entering        waits until its server has logged that, since it was last asked
 *     1 kill -9                   a signal: -9, -TERM, -STOP, -CONT
 *     1 log applier               what its server logged since it was last asked: lines with one of
 *                                 these words, or all; sorted by fiber, in order within each
 *     # words                     a remark on the step below
 *     but Bee: a reason           below the recorded answer: Bee answers, by decision, what follows
 *
 * What follows a step is its answer. `npm run record -- situations` writes the answers anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  /** The line that says what to do. */
  readonly line: string;
  readonly terminal: number;
  readonly kind: (typeof kinds)[number];
  readonly text: string;
  readonly remarks: readonly string[];
  /** What the real server answered; '' where there is nothing to say. */
  answer: string;
  /** Where Bee answers otherwise by decision. */
  readonly bee: { readonly reason: string; readonly answer: string } | undefined;
}

export interface Situation {
  /** Its path below this directory, without the ending. */
  readonly name: string;
  readonly claim: string;
  /** Names of the situations that it begins with. */
  readonly begins: readonly string[];
  readonly steps: readonly Step[];
}

const kinds = ['$', 'bee>', 'types>', 'answers', 'until', 'kill', 'log'] as const;
const directory = import.meta.dirname;
const stepLine = /^(\d) (\$|bee>|types>|answers|until|kill|log)(?: (.*))?$/;
const reasonLine = /^but Bee: (.*)$/;
const beginLine = /^begin (\S+)$/;

/** All of them, those that others begin with among them. */
export function readSituations(): Situation[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.txt'))
    .sort()
    .map((path) => readSituation(path.replace(/\.txt$/, '')));
}

/** @param name its path below this directory, without the ending */
export function readSituation(name: string): Situation {
  const [first = '', ...lines] = readFileSync(join(directory, `${name}.txt`), 'utf8').split('\n');
  const begins: string[] = [];
  const parts: { step: Omit<Step, 'answer' | 'bee'>; answer: string[]; bee: string[] }[] = [];
  let remarks: string[] = [];
  for (const line of lines) {
    const [, begin] = beginLine.exec(line) ?? [];
    const [, terminal, kind, text = ''] = stepLine.exec(line) ?? [];
    const last = parts.at(-1);
    if (begin !== undefined) begins.push(`begin/${begin}`);
    else if (line.startsWith('# ')) remarks.push(line);
    else if (kind !== undefined) {
      const step = { line, terminal: Number(terminal), kind: kindOf(kind), text, remarks };
      parts.push({ step, answer: [], bee: [] });
      remarks = [];
    } else if (last !== undefined) {
      const into = reasonLine.test(line) || last.bee.length > 0 ? last.bee : last.answer;
      into.push(line);
    }
  }
  const steps = parts.map(({ step, answer, bee: [reason, ...bee] }) => ({
    ...step,
    answer: ended(answer),
    bee:
      reason === undefined
        ? undefined
        : { reason: reasonLine.exec(reason)?.[1] ?? '', answer: ended(bee) },
  }));
  return { name, claim: first.replace(/^# /, ''), begins, steps };
}

export function writeSituation({ name, claim, begins, steps }: Situation): void {
  const text = steps.map((step) => {
    const { remarks, line, answer, bee } = step;
    const other = bee === undefined ? '' : `but Bee: ${bee.reason}\n${bee.answer}`;
    return `${remarks.map((remark) => `${remark}\n`).join('')}${line}\n${answer}${other}`;
  });
  const begin = begins.map((one) => `${one.replace('begin/', 'begin ')}\n`).join('');
  writeFileSync(join(directory, `${name}.txt`), `# ${claim}\n\n${begin}${text.join('')}`);
}

/** Steps with their answers, as one text to compare. */
export function transcript(steps: readonly Step[], answers: readonly string[]): string {
  return steps.map(({ line }, at) => `${line}\n${answers[at] ?? '(not reached)\n'}`).join('');
}

function kindOf(word: string): Step['kind'] {
  const kind = kinds.find((one) => one === word);
  if (kind === undefined) throw new Error(`no step '${word}'`);
  return kind;
}

function ended(lines: readonly string[]): string {
  const text = lines.join('\n').replace(/\n+$/, '');
  return text === '' ? '' : `${text}\n`;
}
