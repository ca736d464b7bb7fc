import type { Prompt } from './stage.ts';
import type { CommandBlock, Program } from './types.ts';

/** The commands that start a server's console. With a file they run that file and come back. */
const startsConsole = /^(?:~\/bee\/src\/)?bee\s*$/;
const endsConsole = /^os\.exit\(.*\)\s*$/;

/** What runs in a terminal when a line that was typed there has done what it should. */
export function programAfter<P extends Program | undefined>(line: string, program: P): P | Program {
  if (program !== 'console' && startsConsole.test(line)) return 'console';
  if (program !== 'shell' && endsConsole.test(line)) return 'shell';
  return program;
}

/** A line that was not typed: the prompt that waits in its terminal is not the one it is for. */
export interface WrongPrompt {
  readonly block: CommandBlock;
  /** Its place in the block, from 0. */
  readonly at: number;
  readonly found: Prompt;
}

/**
 * Whether a line may be typed at a prompt.
 * @param at the line's place in the block, from 0
 */
export function fitsPrompt(block: CommandBlock, at: number, found: Prompt): boolean {
  // Lines of one statement follow each other; the first would go on with somebody else's.
  if (found.isContinuation) return at > 0;
  const wanted = block.programs?.[at];
  return wanted === undefined || wanted === found.program;
}

/** Says which line was not typed, why, and what helps. */
export function wrongPromptText({ block, at, found }: WrongPrompt): string {
  const terminal = `Terminal #${block.terminal}`;
  const line = `Line ${at + 1}, “${block.lines[at] ?? ''}”,`;
  if (found.isContinuation) {
    return `${line} was not typed: ${terminal} waits for the rest of what was begun there. End it, or press Ctrl-C there, and run this again.`;
  }
  return found.program === 'console'
    ? `${line} is for the shell, at $, but ${terminal} is at bee>, in the console of a server. End that server with os.exit(), or start this step again.`
    : `${line} is for a server’s console, at bee>, but ${terminal} is at $, in the shell: no server runs there. Start it with bee, or start this step again.`;
}
