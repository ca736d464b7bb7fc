import {
  type CommandBlock,
  type Program,
  playCommands,
  programAfter,
  type Step,
  startPlay,
  type Typed,
  wrongPromptText,
} from '../../lesson/index.ts';
import { writeFile } from './files.ts';
import type { Machine } from './machine.ts';
import { createStage } from './stage.ts';

/** A cluster to begin with: what would be typed into each terminal, and is. */
export interface StartState {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  /** Names of the terminals, the first one's first. */
  readonly terminals: readonly string[];
  /** Files that are there before. */
  readonly files: Readonly<Record<string, string>>;
  /** Lines in the order in which they are typed, each with the number of its terminal. */
  readonly lines: readonly (readonly [terminal: number, line: string])[];
}

const lines = (terminal: number, text: string): [number, string][] =>
  text
    .trim()
    .split('\n')
    .map((line) => [terminal, line.trim()]);

const master = lines(
  1,
  `mkdir -p ~/one && cd ~/one
   bee
   db.cfg{listen=3301}
   db.schema.user.grant('guest', 'read,write,execute', 'universe')
   s = db.schema.space.create('log')
   s:create_index('primary')`,
);

const replica = lines(
  2,
  `mkdir -p ~/two && cd ~/two
   bee
   db.cfg{listen=3302, replication_source='localhost:3301'}`,
);

/** Rows a second unless the reader says otherwise: enough to see them travel, and to read beside them. */
const rate = 10;

const load = `-- Writes rows to the server on port 3301, steadily, until Ctrl-C.
-- bee load.lua [ROWS A SECOND]
local net_box = require('net.box')
local fiber = require('fiber')

local rate = tonumber(arg[1]) or ${rate}
local connection = net_box.connect('localhost:3301', {reconnect_after = 0.5})
local written, failed = 0, 0
local told = fiber.time()

while true do
    local id = fiber.time64()
    local ok = pcall(function()
        connection.space.log:insert({id, 'from load.lua'}, {timeout = 1})
    end)
    if ok then written = written + 1 else failed = failed + 1 end
    if fiber.time() - told >= 5 then
        print(('%d rows written, %d refused'):format(written, failed))
        told = fiber.time()
    end
    fiber.sleep(1 / rate)
end
`;

/** What the playground offers to begin with. */
export const startStates: readonly StartState[] = [
  {
    id: 'empty',
    title: 'Empty',
    summary: 'Two shells, no server.',
    terminals: ['', ''],
    files: {},
    lines: [],
  },
  {
    id: 'two-servers',
    title: 'Two servers',
    summary: 'A master and its replica, with an empty space.',
    terminals: ['', ''],
    files: {},
    lines: [...master, ...replica],
  },
  {
    id: 'three-masters',
    title: 'Three masters',
    summary: 'Each follows the two others; all take writes.',
    terminals: ['', '', ''],
    files: {},
    lines: [
      ...master,
      ...replica,
      ...lines(1, "db.cfg{replication_source='localhost:3302'}"),
      ...lines(
        3,
        `mkdir -p ~/three && cd ~/three
         bee
         db.cfg{listen=3303, replication_source={'localhost:3301', 'localhost:3302'}}`,
      ),
      ...lines(1, "db.cfg{replication_source={'localhost:3302', 'localhost:3303'}}"),
      ...lines(2, "db.cfg{replication_source={'localhost:3301', 'localhost:3303'}}"),
    ],
  },
  {
    id: 'data',
    title: 'A space with data',
    summary: 'One server with the ten highest mountains, and an index to ask by range.',
    terminals: ['', ''],
    files: {},
    lines: lines(
      1,
      `mkdir -p ~/one && cd ~/one
       bee
       db.cfg{listen=3301}
       s = db.schema.space.create('mountain')
       s:format{{'id', 'unsigned'}, {'name', 'string'}, {'range', 'string'}, {'metres', 'unsigned'}}
       s:create_index('primary', {parts = {'id'}})
       s:create_index('range', {parts = {'range', 'metres'}})
       h, k = 'Himalaya', 'Karakoram'
       rows = {{'Everest', h, 8849}, {'K2', k, 8611}, {'Kangchenjunga', h, 8586}, {'Lhotse', h, 8516}}
       for i, r in ipairs(rows) do s:insert{i, unpack(r)} end
       rows = {{'Makalu', h, 8485}, {'Cho Oyu', h, 8188}, {'Dhaulagiri', h, 8167}, {'Manaslu', h, 8163}}
       for i, r in ipairs(rows) do s:insert{4 + i, unpack(r)} end
       rows = {{'Nanga Parbat', h, 8126}, {'Annapurna', h, 8091}}
       for i, r in ipairs(rows) do s:insert{8 + i, unpack(r)} end
       s.index.range:select({'Himalaya'}, {iterator = 'REQ', limit = 2})`,
    ),
  },
  {
    id: 'load',
    title: 'Two servers under load',
    summary: `A master, its replica, and a client that writes ${rate} rows a second.`,
    terminals: ['', '', 'load'],
    files: { '/home/user/load/load.lua': load },
    lines: [
      ...master,
      ...replica,
      ...lines(
        3,
        `cd ~/load
         bee load.lua`,
      ),
    ],
  },
];

/** Types a start state into a machine that is running. Its last line may never end. */
export async function playStartState(machine: Machine, state: StartState): Promise<void> {
  await machine.ensureTerminals(state.terminals.length);
  for (const [path, text] of Object.entries(state.files)) {
    await writeFile(machine.host, path, new TextEncoder().encode(text));
  }
  for (const [at, name] of state.terminals.entries()) {
    if (name !== '') machine.renameTerminal(at + 1, name);
  }
  const play = playCommands(stepOf(state), createStage(machine), 'fast');
  const typed = await new Promise<Typed>((done) => startPlay(play, done));
  // Else all was typed, or the reader took over.
  if (typeof typed === 'string') return;
  const controller = machine.controller(typed.block.terminal);
  controller?.terminal.note(`The start “${state.title}” ended here. ${wrongPromptText(typed)}`);
}

/** The start's lines, block after block, as a step is typed. */
export function stepOf({ id, title, lines }: StartState): Step {
  const blocks: CommandBlock[] = [];
  const programs = new Map<number, Program>();
  for (const [terminal, line] of lines) {
    const program = programs.get(terminal) ?? 'shell';
    programs.set(terminal, programAfter(line, program));
    const block = { kind: 'command', id: '', terminal, lines: [line], html: '' } as const;
    blocks.push({ ...block, programs: [program] });
  }
  return { id, title, blocks };
}
