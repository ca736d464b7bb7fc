import { readCheck, readQuestion, terminalOf } from './fences.ts';
import { readFrontmatter } from './frontmatter.ts';
import { highlightLine } from './highlight.ts';
import { toHtml } from './html.ts';
import { type LessonProblem, ProblemList } from './lesson-error.ts';
import { lineOf, type MarkdownNode, textOf } from './markdown.ts';
import { programAfter } from './programs.ts';
import { typedLines } from './screen.ts';
import { screenToHtml } from './screen-html.ts';
import type { Block, Lesson, Program, Step } from './types.ts';

export type Parsed =
  | { readonly ok: true; readonly lesson: Lesson }
  | { readonly ok: false; readonly problems: readonly LessonProblem[] };

/**
 * Makes a lesson of a Markdown file. README "How to write a lesson" describes the form.
 * @param file the path to name in problems, `tutorial/hands-on/lesson.md`; its folder is the
 *   lesson's id
 * @param text the file
 * @param parseMarkdown remark's parser, handed in because it belongs to the host that builds
 */
export function parseLesson(
  file: string,
  text: string,
  parseMarkdown: (body: string) => MarkdownNode,
): Parsed {
  const problems = new ProblemList(file);
  const id = file.split('/').at(-2) ?? '';
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id)) {
    problems.add(1, `a lesson in the folder "${id}"`, 'a folder name of a-z, 0-9 and -');
  }
  const { frontmatter, body } = readFrontmatter(text, problems);
  const reader = new LessonReader(problems, frontmatter.terminals);
  for (const node of parseMarkdown(body).children ?? []) reader.take(node);
  const { intro, steps } = reader.finish();
  if (steps.length === 0) problems.add(1, 'no step', 'at least one heading "## …"');
  return problems.problems.length > 0
    ? { ok: false, problems: problems.problems }
    : { ok: true, lesson: { id, ...frontmatter, intro, steps } };
}

/**
 * A step that is being read. Prose nodes wait until another kind of block comes, then become one
 * block.
 */
interface OpenStep {
  readonly id: string;
  readonly title: string;
  readonly line: number;
  /** Its commands change nothing, so there is nothing to check. */
  readonly isOnlyLooking: boolean;
  readonly blocks: Block[];
  prose: MarkdownNode[];
}

/** Takes the nodes of a lesson one after the other. */
class LessonReader {
  readonly #problems: ProblemList;
  readonly #terminals: number;
  readonly #steps: OpenStep[] = [];
  /**
   * What runs in each terminal at the place that was read: whether a line is the shell's or a
   * console's.
   */
  readonly #programs = new Map<number, Program>();
  readonly #samples = new Map<string, string>();
  #open: OpenStep = {
    id: 'intro',
    title: '',
    line: 1,
    isOnlyLooking: true,
    blocks: [],
    prose: [],
  };

  constructor(problems: ProblemList, terminals: number) {
    this.#problems = problems;
    this.#terminals = terminals;
  }

  take(node: MarkdownNode): void {
    if (node.type === 'heading' && node.depth === 2) this.#startStep(node);
    else if (node.type === 'code') this.#takeFence(node);
    else if (node.type === 'blockquote') this.#takeQuote(node);
    else this.#open.prose.push(node);
  }

  finish(): { readonly intro: readonly Block[]; readonly steps: readonly Step[] } {
    this.#closeStep();
    const [intro, ...steps] = this.#steps;
    return {
      intro: intro?.blocks ?? [],
      steps: steps.map(({ id, title, blocks }) => ({ id, title, blocks })),
    };
  }

  #startStep(node: MarkdownNode): void {
    this.#closeStep();
    const text = textOf(node);
    const [, title = text, given, isLook] =
      /^(.*?)\s*\{#([^} ]*)(\s+\.look)?\}\s*$/.exec(text) ?? [];
    const id =
      given ??
      title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '');
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id) || this.#steps.some((step) => step.id === id)) {
      this.#problems.add(
        lineOf(node),
        `the step id "${id}"`,
        'one of a-z, 0-9 and - that no other step has',
      );
    }
    const isOnlyLooking = isLook !== undefined;
    this.#open = { id, title, line: lineOf(node), isOnlyLooking, blocks: [], prose: [] };
  }

  #closeStep(): void {
    this.#endProse();
    const step = this.#open;
    this.#steps.push(step);
    if (this.#steps.length === 1) return;
    const has = (kind: Block['kind']) => step.blocks.some((block) => block.kind === kind);
    if (has('command') && !has('check') && !step.isOnlyLooking) {
      this.#problems.add(
        step.line,
        `the step "${step.title}" with commands and no check`,
        'a ```check block, or the mark {#id .look} for a step that changes nothing',
      );
    }
    this.#compareScreens(step);
  }

  /** A screen shows what was typed; it must be what the step's commands type. */
  #compareScreens(step: OpenStep): void {
    for (const screen of step.blocks) {
      if (screen.kind !== 'screen') continue;
      const commands = step.blocks.flatMap((block) =>
        block.kind === 'command' && block.terminal === screen.terminal ? block.lines : [],
      );
      const typed = typedLines(screen.text);
      const wrong = commands.findIndex((line, at) => typed[at] !== line);
      if (wrong < 0 && typed.length === commands.length) continue;
      const at = wrong < 0 ? commands.length : wrong;
      this.#problems.add(
        step.line,
        `on the screen of Terminal #${screen.terminal} in "${step.title}" the typed line ${typed[at] ?? '(none)'}`,
        `what the step's commands type there: ${commands[at] ?? '(nothing more)'}`,
      );
    }
  }

  #endProse(): void {
    const { prose, blocks } = this.#open;
    if (prose.length > 0) blocks.push({ kind: 'prose', html: toHtml(prose, this.#problems) });
    this.#open.prose = [];
  }

  #takeFence(node: MarkdownNode): void {
    const kind = node.lang ?? '';
    if (kind === 'run') this.#add(this.#commandOf(node));
    else if (kind === 'screen') this.#add(this.#screenOf(node));
    else if (kind === 'check') {
      const check = readCheck(node, this.#terminals, this.#problems);
      if (check?.kind === 'program') this.#programs.set(check.terminal, check.program);
      if (check !== undefined) this.#add({ kind: 'check', id: this.#nextId('check'), check });
    } else if (kind === 'question') {
      this.#add(readQuestion(node, this.#nextId('question'), this.#problems));
    } else if (['', 'lua', 'bash', 'sh', 'text', 'yaml'].includes(kind)) {
      this.#open.prose.push(node);
    } else {
      this.#problems.add(
        lineOf(node),
        `a block \`\`\`${kind}`,
        'run, screen, check, question, or lua, bash, text, yaml for code that is only shown',
      );
    }
  }

  #commandOf(node: MarkdownNode): Block {
    const terminal = terminalOf(node, this.#terminals, this.#problems);
    const lines = (node.value ?? '').split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0)
      this.#problems.add(lineOf(node), 'an empty block', 'at least one line to type');
    let program = this.#programBefore(node, terminal);
    const programs = lines.map((line) => {
      const own = program;
      program = programAfter(line, own);
      return own;
    });
    this.#programs.set(terminal, program);
    const html = lines.map((line, at) => highlightLine(line, programs[at] ?? program)).join('\n');
    return { kind: 'command', id: this.#nextId('command'), terminal, lines, programs, html };
  }

  /** What the block before left in the terminal, unless the block names what came otherwise. */
  #programBefore(node: MarkdownNode, terminal: number): Program {
    const given = /(?:^|\s)program=(\S+)/.exec(node.meta ?? '')?.[1];
    if (given === 'shell' || given === 'console') return given;
    if (given !== undefined)
      this.#problems.add(lineOf(node), `program=${given}`, 'program=shell or program=console');
    return this.#programs.get(terminal) ?? 'shell';
  }

  #screenOf(node: MarkdownNode): Block {
    const terminal = terminalOf(node, this.#terminals, this.#problems);
    const text = node.value ?? '';
    return { kind: 'screen', terminal, text, html: screenToHtml(text, this.#samples) };
  }

  /** `> [!hint]` and `> [!aside] Title` are blocks of their own; any other quote is prose. */
  #takeQuote(node: MarkdownNode): void {
    const [, kind, title] = /^\[!(\w+)\][ \t]*([^\n]*)/.exec(textOf(node)) ?? [];
    if (kind === undefined) {
      this.#open.prose.push(node);
      return;
    }
    const html = toHtml(withoutFirstLine(node), this.#problems);
    if (kind === 'hint') this.#add({ kind: 'hint', html });
    else if (kind === 'aside') {
      this.#add({ kind: 'aside', title: title?.trim() || 'What just happened', html });
    } else this.#problems.add(lineOf(node), `a quote marked [!${kind}]`, '[!hint] or [!aside]');
  }

  #add(block: Block): void {
    this.#endProse();
    this.#open.blocks.push(block);
  }

  #nextId(kind: Block['kind']): string {
    const before = this.#open.blocks.filter((block) => block.kind === kind).length;
    return `${this.#open.id}.${before + 1}`;
  }
}

/** A marked quote's content without the line that marks it. */
function withoutFirstLine(quote: MarkdownNode): readonly MarkdownNode[] {
  const [paragraph, ...rest] = quote.children ?? [];
  const [first, ...others] = paragraph?.children ?? [];
  const text = (first?.value ?? '').replace(/^[^\n]*\n?/, '');
  const kept = [...(text === '' ? [] : [{ type: 'text', value: text }]), ...others];
  return [...(kept.length === 0 ? [] : [{ type: 'paragraph', children: kept }]), ...rest];
}
