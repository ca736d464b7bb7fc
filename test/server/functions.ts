/** src/FUNCTIONS.md: what the real server offers to programs, and what of it Bee has, asked of both. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LuaWorld } from '../lua/lua-world.ts';

const directory = import.meta.dirname;

/** Where the table is. */
export const functionsFile = join(directory, '../../src/FUNCTIONS.md');

/** What list-functions.lua found: names by area, and why modules refuse to be loaded. */
interface Found {
  readonly areas: ReadonlyMap<string, readonly string[]>;
  readonly refusals: ReadonlyMap<string, string>;
}

function read(list: readonly string[]): Found {
  const areas = new Map<string, string[]>();
  const refusals = new Map<string, string>();
  for (const entry of list) {
    const [area = '', name = '', words = ''] = entry.replaceAll('~', ' ').split('|');
    if (area === 'refused') refusals.set(name, words);
    else areas.set(area, [...(areas.get(area) ?? []), name]);
  }
  return { areas, refusals };
}

function foundInReal(): Found {
  const text = readFileSync(join(directory, 'real-functions.txt'), 'utf8');
  return read(text.split('\n').filter((line) => line !== ''));
}

function foundInBee(): Found {
  const world = new LuaWorld();
  world.answer('db.cfg{}');
  const code = readFileSync(join(directory, 'list-functions.lua'), 'utf8');
  // The console doubles quotes in texts that it quotes.
  const answer = world.answer(`return (function() ${code} end)()`).replaceAll("''", "'");
  return read(
    answer
      .replace(/^- [|"']?-?/, '')
      .replace(/['"]\s*$/, '')
      .split(/\s+/)
      .filter((entry) => entry.includes('|')),
  );
}

/** Functions that are there to say that they cannot do their work, and why. */
const refusals: readonly (readonly [area: string, names: string, reason: string])[] = [
  [
    'a space',
    'create_check_constraint',
    'constraints are expressions of SQL, which Bee does not have',
  ],
  ['db', 'execute prepare unprepare', 'Bee does not have SQL: use the functions of db.space'],
  ['module debug', 'debug', 'no debugger reads a page’s terminal'],
  ['module ffi', 'load', 'a page has no libraries of C'],
  ['module ffi', 'typeinfo', 'types have no numbers here'],
  ['module package', 'loadlib', 'a page has no libraries of C'],
];

function refusalsIn(area: string): Map<string, string> {
  const own = refusals.filter(([name]) => name === area);
  return new Map(
    own.flatMap(([, names, reason]) => names.split(' ').map((name) => [name, reason])),
  );
}

/** The whole table. */
export function functionsText(): string {
  const real = foundInReal();
  const bee = foundInBee();
  const rows: string[] = [];
  let present = 0;
  let refused = 0;
  let absent = 0;
  for (const [area, names] of real.areas) {
    const own = new Set(bee.areas.get(area) ?? []);
    const refusal = bee.refusals.get(area.replace(/^module /, ''));
    const refusing = refusalsIn(area);
    const there = names.filter((name) => own.has(name) && !refusing.has(name));
    const missing = names.filter((name) => !own.has(name));
    present += there.length;
    if (there.length > 0) rows.push(`| ${area} | present | ${listed(there)} |`);
    for (const reason of new Set(refusing.values())) {
      const saying = names.filter((name) => own.has(name) && refusing.get(name) === reason);
      refused += saying.length;
      rows.push(`| ${area} | refused: ${reason} | ${listed(saying)} |`);
    }
    if (refusal !== undefined && !refusal.includes('not found')) {
      refused += missing.length;
      rows.push(`| ${area} | refused: ${refusal} | ${listed(missing)} |`);
    } else if (missing.length > 0) {
      absent += missing.length;
      rows.push(`| ${area} | absent | ${listed(missing)} |`);
    }
  }
  return [
    '# The functions of the real server',
    '',
    'Every function that Tarantool 2.6.0 offers to programs, and whether Bee has it. Made by `npm run record -- functions`, which',
    'asks both servers; `test/server/functions.test.ts` fails when it is no longer true. Present functions answer as the real',
    'ones do, as far as `test/scripts` pins it. Refused are those that say in one sentence, or whose module says, why not.',
    '',
    `${present} present, ${refused} refused, ${absent} absent.`,
    '',
    '| where | in Bee | functions |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' ');
}
