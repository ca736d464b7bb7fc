import {
  type CommandBlock,
  type Program,
  playBlock,
  programAfter,
  startPlay,
  wrongPromptText,
} from '../../lesson/index.ts';
import type { Machine } from './machine.ts';
import { createStage } from './stage.ts';
import { linesToStart, type StartedServer } from './started-server.ts';
import type { TerminalController } from './terminal-controller.ts';

/**
 * Starts the servers that ran when the page was left: types into each terminal what was typed there for it. All at once, because
 * two masters wait for each other.
 * @param terminal the number of the only one in which it is done; in all when absent
 */
export function startAgain(machine: Machine, terminal?: number): void {
  for (const controller of machine.controllers) {
    const { interrupted, number } = controller;
    const isMeant = terminal === undefined || terminal === number;
    if (isMeant && interrupted !== undefined) void startOne(machine, controller, interrupted);
  }
}

async function startOne(
  machine: Machine,
  controller: TerminalController,
  server: StartedServer,
): Promise<void> {
  controller.forgetInterrupted();
  const { number, terminal, shell } = controller;
  const found = await machine.host.request({ op: 'stat', path: server.cwd });
  if (!found.ok) {
    terminal.note(`${server.cwd} is gone: there is no server to start.`);
    return;
  }
  const block = blockOf(number, linesToStart(server, shell.state.cwd));
  startPlay(playBlock(block, createStage(machine), 'visible'), (typed) => {
    // Else all was typed, or the reader took over.
    if (typeof typed !== 'string') terminal.note(wrongPromptText(typed));
  });
}

/** Lines as a run button's block: each is typed only at the prompt of the program that it is for. */
function blockOf(terminal: number, lines: readonly string[]): CommandBlock {
  let program: Program = 'shell';
  const programs = lines.map((line): Program => {
    const before = program;
    program = programAfter(line, before);
    return before;
  });
  return { kind: 'command', id: '', terminal, lines, html: '', programs };
}
