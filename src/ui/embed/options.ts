import { type Program, programAfter } from '../../lesson/index.ts';
import { terminalsMax } from '../machine/terminal-list.ts';

/** What a lab shows and how; the same for an element's attributes and for the words behind `embed.html#`. */
export interface LabOptions {
  /** A lesson of `tutorial/`; then there are no blocks. */
  readonly lesson: string | undefined;
  readonly step: string | undefined;
  readonly terminals: number;
  /** Of the terminals, in pixels; of text and terminals, with a lesson. */
  readonly height: number;
  readonly theme: 'page' | 'light' | 'dark';
  /** A kept session is there again when the reader comes back to the page; a throw-away one ends with the element. */
  readonly session: 'throw-away' | 'kept';
  /** The program is run as soon as it is loaded. */
  readonly autorun: boolean;
  /** Shows servers and links above the terminals. */
  readonly cluster: boolean;
  /** What was asked for and cannot be, in sentences for the author of the page. */
  readonly problems: readonly string[];
}

/** Some lines for one terminal. */
export interface ProgramBlock {
  readonly terminal: number;
  readonly lines: readonly string[];
  /** For which program each line is, where the text shows prompts or starts a console. */
  readonly programs: readonly (Program | undefined)[];
}

const heights = { min: 120, max: 4000, program: 320, lesson: 640 };

/** What may stand in the address of a frame. */
const frameOptions =
  'lesson step terminals height theme session autorun cluster block id origin'.split(' ');

/**
 * Reads a lab's options.
 * @param get an attribute's or parameter's text; null when it is absent
 * @param blocks the program, which decides how many terminals there are at least
 * @param names all that a frame's address names; an element may have attributes that are none of ours
 */
export function readOptions(
  get: (name: string) => string | null,
  blocks: readonly ProgramBlock[],
  names: Iterable<string> = [],
): LabOptions {
  const problems: string[] = [];
  for (const name of new Set(names)) {
    if (frameOptions.includes(name)) continue;
    problems.push(`There is no option "${name}"; there are ${frameOptions.join(', ')}.`);
  }
  const number = (name: string, usual: number, min: number, max: number): number => {
    const text = get(name);
    if (text === null) return usual;
    const value = Number(text.replace(/px$/, ''));
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    problems.push(`${name} is "${text}"; it must be a whole number from ${min} to ${max}.`);
    return usual;
  };
  const choice = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const text = get(name);
    const chosen = choices.find((one) => one === text);
    if (chosen !== undefined || text === null) return chosen ?? choices[0];
    problems.push(`${name} is "${text}"; it must be ${choices.join(' or ')}.`);
    return choices[0];
  };
  const lesson = get('lesson') ?? undefined;
  const step = get('step') ?? undefined;
  if (step !== undefined && lesson === undefined) {
    problems.push(`step is "${step}", but no lesson is named.`);
  }
  if (lesson !== undefined && blocks.length > 0) {
    problems.push(`lesson is "${lesson}", and there are blocks: one lab has one of the two.`);
  }
  const needed = Math.max(1, ...blocks.map(({ terminal }) => terminal));
  const terminals = number(
    'terminals',
    Math.max(needed, blocks.length === 0 ? 2 : 1),
    1,
    terminalsMax,
  );
  if (terminals < needed) {
    problems.push(`terminals is ${terminals}, but a block is for Terminal #${needed}.`);
  }
  return {
    lesson,
    step,
    terminals: Math.max(terminals, needed),
    height: number(
      'height',
      lesson === undefined ? heights.program : heights.lesson,
      heights.min,
      heights.max,
    ),
    theme: choice('theme', ['page', 'light', 'dark']),
    session: choice('session', ['throw-away', 'kept']),
    autorun: flag(get('autorun')),
    cluster: flag(get('cluster')),
    problems,
  };
}

/** Present, as HTML writes it; `=false` and `=0` are for addresses. */
function flag(text: string | null): boolean {
  return text !== null && text !== 'false' && text !== '0';
}

/** A first line that says for which terminal a block is, as the manual writes it. */
const terminalLine = /^(?:#|--)\s*terminal\s*#?(\d+)\s*:?$/i;
const prompt = /^(\$|bee>|tarantool>|localhost:\d+>)\s(.*)$/;
const continuation = /^(\s+>)\s(.*)$/;

/**
 * Makes commands of a block's text. Where it shows prompts, what stands behind them is typed and the rest is what was answered;
 * else every line is typed.
 * @param terminal that the block names beside its text; a first line `# Terminal 2` does when it names none
 */
export function readBlock(text: string, terminal: number | undefined): ProgramBlock {
  const all = text.split('\n').map((line) => line.trimEnd());
  const named = terminalLine.exec(all.find((line) => line !== '') ?? '')?.[1];
  const written = all.filter((line) => line !== '' && !terminalLine.test(line));
  const hasPrompts = written.some((line) => prompt.test(line));
  const lines: string[] = [];
  const programs: (Program | undefined)[] = [];
  let program: Program | undefined;
  for (const line of written) {
    const [, shown, typed = line] = prompt.exec(line) ?? continuation.exec(line) ?? [];
    if (hasPrompts && shown === undefined) continue;
    if (shown !== undefined) program = shown === '$' ? 'shell' : 'console';
    lines.push(typed);
    programs.push(program);
    program = programAfter(typed, program);
  }
  return { terminal: terminal ?? (named === undefined ? 1 : Number(named)), lines, programs };
}
