/** The hands-on lesson types the commands of the manual's tutorial: all of them, in its order, word for word. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** The code blocks of the manual's Hands-On Replication Tutorial, with the terminal that its text names. */
const manual: readonly (readonly [terminal: number, commands: readonly string[]])[] = [
  [
    1,
    [
      '# Terminal 1',
      'mkdir -p ~/bee_test_node_1',
      'cd ~/bee_test_node_1',
      'rm -R ~/bee_test_node_1/*',
      '~/bee/src/bee',
      'db.cfg{listen=3301}',
      "db.schema.user.create('replicator', {password = 'password'})",
      "db.schema.user.grant('replicator','read,write','universe')",
      "db.space._cluster:select({0},{iterator='GE'})",
    ],
  ],
  [
    2,
    [
      '# Terminal 2',
      'mkdir -p ~/bee_test_node_2',
      'cd ~/bee_test_node_2',
      'rm -R ~/bee_test_node_2/*',
      '~/bee/src/bee',
      "db.cfg{listen=3302, replication_source='replicator:password@localhost:3301'}",
      "db.space._cluster:select({0},{iterator='GE'})",
    ],
  ],
  [
    1,
    [
      "s = db.schema.space.create('tester')",
      "i = s:create_index('primary', {})",
      "s:insert{1,'Tuple inserted on Terminal #1'}",
    ],
  ],
  [
    2,
    [
      's = db.space.tester',
      "s:select({1},{iterator='GE'})",
      "s:insert{2,'Tuple inserted on Terminal #2'}",
    ],
  ],
  [1, ['os.exit()', 'ls -l ~/bee_test_node_1', 'ls -l ~/bee_test_node_2']],
  [2, ["db.space.tester:select({0},{iterator='GE'})", "db.space.tester:insert{3,'Another'}"]],
  [1, ['~/bee/src/bee', 'db.cfg{listen=3301}', "db.space.tester:select({0},{iterator='GE'})"]],
  [
    1,
    [
      "db.cfg{replication_source='replicator:password@localhost:3302'}",
      "db.space.tester:select({0},{iterator='GE'})",
    ],
  ],
];

it('types what the manual says', () => {
  const path = join(import.meta.dirname, '../../tutorial/hands-on/lesson.md');
  const blocks = [...readFileSync(path, 'utf8').matchAll(/```run terminal=(\d)\n([^`]*)```/g)].map(
    ([, terminal, commands = '']) => [Number(terminal), commands.trimEnd().split('\n')] as const,
  );
  expect(blocks.slice(0, manual.length)).toEqual(manual);
  // "To clean up, say os.exit() on both …, and then on either terminal say:"
  const cleanUp = blocks.slice(manual.length).flatMap(([, commands]) => commands);
  expect(cleanUp.filter((command) => command === 'os.exit()')).toHaveLength(2);
  expect(cleanUp.slice(-3)).toEqual(['cd ~', 'rm -R ~/bee_test_node_1', 'rm -R ~/bee_test_node_2']);
});
