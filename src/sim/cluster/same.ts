import type { SimCluster } from './cluster.ts';
import { check, Violation } from './violation.ts';

/**
 * The spaces that replicate and that somebody here changes (so neither `_collation` nor `_func`), each as the text of its tuples
 * in the order of its primary key. Not by `pairs`, which would load a library of iterators into each server: that takes longer
 * than all the rest.
 */
const everything = `(function()
  local json = require('json')
  local found = {}
  for _, space in ipairs(db.space._space:select()) do
    local id, name, options = space[1], space[3], space[6]
    local isView = name:sub(1, 2) == '_v' and name ~= '_vinyl_deferred_delete'
    local isFixed = id == 276 or id == 296 or id == 380
    if not isView and not isFixed and not options.group_id and db.space[id].index[0] then
      local lines = {}
      for _, tuple in ipairs(db.space[id]:select()) do lines[#lines + 1] = json.encode(tuple) end
      found[name] = table.concat(lines, '\\n')
    end
  end
  return found
end)()`;

/** Virtual seconds that the answer of a server that has nothing else to do may take. */
const answerSecondsMax = 30;

/**
 * Holds the contents of all servers against each other, system spaces included, and then against what was written.
 * @throws Violation of safety, or of liveness when a server does not answer
 */
export function checkSame({ world, members }: SimCluster): void {
  const answers = new Map<string, Readonly<Record<string, string>>>();
  for (const member of members) {
    // The value is plain JSON of the table that the question makes.
    member.ask(
      everything.replaceAll('\n', ' '),
      (value) => answers.set(member.label, value as Record<string, string>), // as the question makes it
    );
  }
  world.runUntil(() => answers.size === members.length, answerSecondsMax);
  if (answers.size < members.length) {
    throw new Violation(
      'liveness',
      `only ${[...answers.keys()]} of ${members.length} servers answer`,
    );
  }
  const [[, expected = {}] = [], ...others] = answers;
  for (const [label, found] of others) {
    for (const space of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      check(expected[space] === found[space], () => {
        const here = linesOnlyIn(found[space], expected[space]);
        const there = linesOnlyIn(expected[space], found[space]);
        return `${label} alone holds in ${space}: ${here}; ${members[0]?.label} alone holds: ${there}`;
      });
    }
  }
}

/** Characters of a tuple that a report shows: its key and its version stand in front. */
const shownCharactersMax = 60;

function linesOnlyIn(one = '', other = ''): string {
  const known = new Set(other.split('\n'));
  const own = one.split('\n').filter((line) => !known.has(line));
  return own.length === 0
    ? 'nothing'
    : own.map((line) => line.slice(0, shownCharactersMax)).join(' ');
}
