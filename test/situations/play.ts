/** Plays a situation at terminals, real ones or those of the simulated world. */
import { NormalForm } from './normal-form.ts';
import { readSituation, type Situation, type Step } from './situation.ts';

export type Signal = '9' | 'TERM' | 'STOP' | 'CONT';

/** The simulated world has its answer at once. */
type Later<T> = T | Promise<T>;

/** One terminal: a shell, and at times a server in it. */
export interface Terminal {
  readonly isServer: boolean;
  /** Runs a command of the shell; `bee` starts a server. @returns what it printed */
  shell(command: string): Later<string>;
  /** Enters a line at the console. */
  type(line: string): void;
  /** @returns what was printed since `type`, up to the next prompt or the server's end */
  answer(): Later<string>;
  /** Lines that its servers logged since this was last called. */
  takeLog(): Later<readonly string[]>;
  /** Whether one of those has this text. */
  hasLogged(text: string): boolean;
  signal(signal: Signal): Later<void>;
}

/** All terminals of a situation. */
export interface Terminals {
  /** @param number from 1 on */
  at(number: number): Terminal;
  /** Lets the world go on a little. @returns false when that has been done for too long */
  wait(since: number): Later<boolean>;
  /** A moment, for `wait`. */
  now(): number;
}

/**
 * @returns each step's answer in its normal form; where a step fails, its answer says why and those after it are missing
 */
export async function play(situation: Situation, terminals: Terminals): Promise<string[]> {
  for (const name of situation.begins) {
    const begin = readSituation(name);
    const answers = await play(begin, terminals);
    const failed = answers.find((answer) => /error: |not true|^failed: /.test(answer));
    if (failed !== undefined) throw new Error(`${name}: ${failed}`);
  }
  const known = situation.steps.map(({ line }) => line).join('\n');
  const form = new NormalForm(known);
  // Logs of the beginning are the beginning's.
  for (const { terminal } of situation.steps) await terminals.at(terminal).takeLog();
  const answers: string[] = [];
  for (const step of situation.steps) {
    try {
      answers.push(await perform(step, terminals, form));
    } catch (error) {
      answers.push(`failed: ${error instanceof Error ? error.message : String(error)}\n`);
      break;
    }
  }
  return answers;
}

async function perform(step: Step, terminals: Terminals, form: NormalForm): Promise<string> {
  const terminal = terminals.at(step.terminal);
  const text = step.text;
  switch (step.kind) {
    case '$':
      return form.of(ended(await terminal.shell(text)));
    case 'bee>':
      terminal.type(text);
      return form.of(ended(await terminal.answer()));
    case 'types>':
      terminal.type(text);
      return '';
    case 'answers':
      return form.of(ended(await terminal.answer()));
    case 'until':
      await until(terminals, terminal, text);
      return '';
    case 'kill': {
      const signal = signals.find((one) => `-${one}` === text);
      if (signal === undefined) throw new Error(`no signal ${text}`);
      await terminal.signal(signal);
      return '';
    }
    case 'log': {
      const words = text.split(' ');
      const lines = await terminal.takeLog();
      return form.ofLog(lines.filter((line) => words.some((word) => line.includes(word))));
    }
  }
}

const signals = ['9', 'TERM', 'STOP', 'CONT'] as const;

async function until(terminals: Terminals, terminal: Terminal, text: string): Promise<void> {
  const [, logged] = /^log (.*)$/.exec(text) ?? [];
  const since = terminals.now();
  let answer = '';
  const holds = async (): Promise<boolean> => {
    if (logged !== undefined) return terminal.hasLogged(logged);
    if (!terminal.isServer) throw new Error('there is no server to ask');
    terminal.type(text);
    answer = await terminal.answer();
    return answer.trim() === '---\n- true\n...';
  };
  while (!(await holds())) {
    if (!(await terminals.wait(since))) throw new Error(`not true: ${text}\n${answer}`);
  }
}

function ended(text: string): string {
  const trimmed = text.replace(/\n+$/, '');
  return trimmed === '' ? '' : `${trimmed}\n`;
}
