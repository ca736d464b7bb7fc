import { dataText, parseData } from './data.ts';
import { toHtml } from './html.ts';
import type { ProblemList } from './lesson-error.ts';
import { lineOf, type MarkdownNode } from './markdown.ts';
import type { Check, Data, FileClaim, QuestionBlock } from './types.ts';

/**
 * Reads a check. Its first lines, as comments, say the claim to the reader; then come
 * - `check terminal=1`: an expression, and after `-->` the value it must have (without that line:
 *   true),
 * - `check terminal=1 program=shell`: nothing more,
 * - `check same=1,2` or `check differ=1,2`: nothing more; the contents of two servers,
 * - `check files`: one claim a line, `exists ~/a/*.snap`, `missing …`, `empty …`, `same-size … …`.
 */
export function readCheck(
  node: MarkdownNode,
  terminals: number,
  problems: ProblemList,
): Check | undefined {
  const meta = node.meta ?? '';
  const lines = (node.value ?? '').split('\n').filter((line) => line.trim() !== '');
  const isFiles = /^files$/.test(meta);
  const comment = isFiles ? /^# ?(.*)$/ : /^--(?!>) ?(.*)$/;
  const words: string[] = [];
  while (lines[0] !== undefined && comment.test(lines[0])) {
    words.push(comment.exec(lines.shift() ?? '')?.[1] ?? '');
  }
  if (words.length === 0) {
    problems.add(
      lineOf(node),
      'a check without words',
      `a first line "${isFiles ? '#' : '--'} what must hold, said to the reader"`,
    );
  }
  const said = words.join(' ');
  if (isFiles) return { kind: 'files', words: said, claims: readClaims(node, lines, problems) };
  const pair = /^(same|differ)=(\d+),(\d+)$/.exec(meta);
  if (pair !== null) {
    const both = [Number(pair[2]), Number(pair[3])] as const; // two parts of the pattern
    if (both.some((number) => number < 1 || number > terminals) || both[0] === both[1]) {
      problems.add(lineOf(node), meta, `two terminals from 1 to ${terminals}`);
    }
    return { kind: 'contents', words: said, terminals: both, areSame: pair[1] === 'same' };
  }
  const terminal = terminalOf(node, terminals, problems);
  const program = /(?:^|\s)program=(\S+)/.exec(meta)?.[1];
  if (program === 'shell' || program === 'console') {
    return { kind: 'program', words: said, terminal, program };
  }
  if (program !== undefined) problems.add(lineOf(node), `program=${program}`, 'shell or console');
  return { kind: 'lua', words: said, terminal, ...readExpression(node, lines, problems) };
}

function readExpression(
  node: MarkdownNode,
  lines: readonly string[],
  problems: ProblemList,
): { readonly code: string; readonly expected: Data } {
  const arrow = lines.findIndex((line) => line.startsWith('-->'));
  const code = lines.slice(0, arrow < 0 ? undefined : arrow).join('\n');
  const literal = arrow < 0 ? 'true' : lines.slice(arrow).join('\n').slice(3);
  const parsed = parseData(literal);
  if (code === '') problems.add(lineOf(node), 'a check without code', 'a Lua expression');
  if (parsed === undefined) {
    problems.add(lineOf(node), `"-->${literal}"`, `a value, such as --> ${dataText([1, 'text'])}`);
  }
  return { code, expected: parsed?.data ?? true };
}

function readClaims(
  node: MarkdownNode,
  lines: readonly string[],
  problems: ProblemList,
): readonly FileClaim[] {
  const claims = lines.flatMap((line): FileClaim[] => {
    const [kind, pattern = '', other = '', ...more] = line.trim().split(/\s+/);
    const paths = [pattern, ...(kind === 'same-size' ? [other] : [])];
    const isWellFormed =
      paths.every((path) => /^[~/]/.test(path)) &&
      more.length === 0 &&
      (kind === 'same-size') === (other !== '');
    if (isWellFormed) {
      if (kind === 'same-size') return [{ kind, pattern, other }];
      if (kind === 'exists' || kind === 'missing' || kind === 'empty') return [{ kind, pattern }];
    }
    problems.add(
      lineOf(node),
      `the claim "${line}"`,
      'exists PATH, missing PATH, empty PATH or same-size PATH PATH, each path from ~ or /',
    );
    return [];
  });
  if (lines.length === 0) problems.add(lineOf(node), 'a check without claims', 'one claim a line');
  return claims;
}

/** Reads `terminal=N` from the line that opens a block. */
export function terminalOf(node: MarkdownNode, terminals: number, problems: ProblemList): number {
  const terminal = Number(/(?:^|\s)terminal=(\d+)(?:\s|$)/.exec(node.meta ?? '')?.[1] ?? 0);
  if (terminal >= 1 && terminal <= terminals) return terminal;
  problems.add(
    lineOf(node),
    `\`\`\`${node.lang} ${node.meta ?? ''}`.trim(),
    `terminal=N with N from 1 to ${terminals}, the frontmatter's terminals`,
  );
  return 1;
}

/**
 * Reads a question: its text, then `( ) answer` lines with one `(x) right answer`, then an
 * explanation. Backquotes make code.
 */
export function readQuestion(node: MarkdownNode, id: string, problems: ProblemList): QuestionBlock {
  const lines = (node.value ?? '').split('\n').map((line) => line.trim());
  const isAnswer = (line: string) => /^\([ x]\) \S/.test(line);
  const first = lines.findIndex(isAnswer);
  const last = lines.findLastIndex(isAnswer);
  const answers = lines.filter(isAnswer);
  const paragraphs = (part: readonly string[]) =>
    toHtml(
      part
        .join('\n')
        .split(/\n{2,}/)
        .filter((text) => text.trim() !== '')
        .map((text) => ({ type: 'paragraph', children: inline(text.trim()) })),
      problems,
    );
  const question = paragraphs(lines.slice(0, Math.max(first, 0)));
  const explanation = paragraphs(lines.slice(last + 1));
  const right = answers.filter((line) => line.startsWith('(x)')).length;
  if (question === '' || explanation === '' || answers.length < 2 || right !== 1) {
    problems.add(
      lineOf(node),
      `a question with ${answers.length} answers, ${right} of them right`,
      'a question, two or more lines "( ) answer", one of them "(x) …", then an explanation',
    );
  }
  return {
    kind: 'question',
    id,
    html: question,
    answers: answers.map((line) => ({
      html: toHtml(inline(line.slice(4)), problems),
      isRight: line.startsWith('(x)'),
    })),
    explanation,
  };
}

/** The only markup inside a question is code in backquotes. */
function inline(text: string): readonly MarkdownNode[] {
  return text
    .split('`')
    .map((value, at) => ({ type: at % 2 === 1 ? 'inlineCode' : 'text', value }));
}
