import { beforeEach, expect, test } from 'vitest';
import { completeShell } from '../../src/shell/completion.ts';
import { drive } from '../../src/shell/task.ts';
import { MemoryFiles } from './memory-files.ts';

const home = '/home/user';
let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  for (const name of ['one', 'one/deep', '.config']) files.directories.add(`${home}/${name}`);
  for (const name of ['notes', 'old log', '.hidden', 'one/1.xlog', 'one/1.snap']) {
    files.put(`${home}/${name}`, '');
  }
});

/** What Tab offers at the end of a line, in front of what it replaces: each line as it would be. */
function offered(line: string, cursor = line.length): string[] {
  let found: string[] | undefined;
  drive(completeShell(line, cursor, { cwd: home, home }), files.perform, (outcome) => {
    if (!outcome.ok) throw outcome.error;
    const { from, words } = outcome.value;
    found = words.map((word) => line.slice(0, from) + word);
  });
  if (found === undefined) throw new Error(`${line} waits for something`);
  return found;
}

test('the first word is a command, also behind ; && and |', () => {
  expect(offered('mkd')).toEqual(['mkdir ']);
  expect(offered('cd one; mkd')).toEqual(['cd one; mkdir ']);
  expect(offered('ls && rmd')).toEqual(['ls && rmdir ']);
  expect(offered('ls | gre')).toEqual(['ls | grep ']);
  expect(offered('no-such-command')).toEqual([]);
});

test('the others are files: a directory with its slash, a name with what the shell would need escaped', () => {
  expect(offered('cat o')).toEqual(['cat old\\ log ', 'cat one/']);
  expect(offered('cat old\\ l')).toEqual(['cat old\\ log ']);
  expect(offered('cat one/')).toEqual(['cat one/1.snap ', 'cat one/1.xlog ', 'cat one/deep/']);
  expect(offered('cat one/1.x')).toEqual(['cat one/1.xlog ']);
  expect(offered('cat nothing/')).toEqual([]);
  expect(offered('cat > no')).toEqual(['cat > notes ']);
});

test('hidden names are offered to who begins with the dot', () => {
  expect(offered('cat ')).toEqual(['cat notes ', 'cat old\\ log ', 'cat one/']);
  expect(offered('cat .')).toEqual(['cat .config/', 'cat .hidden ']);
});

test('home is found by its sign, and a command by its path', () => {
  expect(offered('cat ~/no')).toEqual(['cat ~/notes ']);
  expect(offered('~/on')).toEqual(['~/one/']);
  expect(offered('./on')).toEqual(['./one/']);
});

test('what stands behind the cursor does not count', () => {
  expect(offered('cat no and more', 'cat no'.length)).toEqual(['cat notes ']);
});
