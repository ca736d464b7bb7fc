import { beforeEach, describe, expect, test } from 'vitest';
import { ShellWorld } from './shell-world.ts';

let world: ShellWorld;
beforeEach(() => {
  world = new ShellWorld();
});

/** Asserts what a line prints and the status it ends with. */
function says(line: string, printed: string, status = 0): void {
  expect(world.run(line), line).toBe(printed);
  expect(world.status, `status of ${line}`).toBe(status);
}

describe('the lines of the hands-on tutorial', () => {
  test('the first terminal is set up, and the empty directory earns the remark that the manual shows', () => {
    says('# Terminal 1', '');
    says('mkdir -p ~/bee_test_node_1', '');
    says('cd ~/bee_test_node_1', '');
    says(
      'rm -R ~/bee_test_node_1/*',
      "rm: cannot remove '/home/user/bee_test_node_1/*': No such file or directory\n",
      1,
    );
    world.files.exitStatus = 0;
    says('~/bee/src/bee', '');
    expect(world.files.runs).toEqual([{ args: [], cwd: '/home/user/bee_test_node_1' }]);
  });

  test('ls -l shows sizes in one column, a total of blocks and the time', () => {
    world.run('mkdir -p ~/bee_test_node_1');
    world.files.now = 1_763_840_520; // 22 November 2025, 19:42 UTC
    world.files.put('/home/user/bee_test_node_1/00000000000000000000.snap', new Uint8Array(6078));
    world.files.put('/home/user/bee_test_node_1/00000000000000000000.xlog', new Uint8Array(774));
    says(
      'ls -l ~/bee_test_node_1',
      'total 12\n' +
        '-rw-r--r-- 1 user user 6078 Nov 22 19:42 00000000000000000000.snap\n' +
        '-rw-r--r-- 1 user user  774 Nov 22 19:42 00000000000000000000.xlog\n',
    );
  });

  test('the clean-up leaves nothing', () => {
    world.run('mkdir -p ~/bee_test_node_1 && touch ~/bee_test_node_1/a.xlog');
    says('cd ~', '');
    says('rm -R ~/bee_test_node_1', '');
    says('ls', '');
  });
});

describe('messages as coreutils 9.1 and bash 5 word them (recorded)', () => {
  const recorded: readonly (readonly [string, string, number])[] = [
    ['ls nope', "ls: cannot access 'nope': No such file or directory\n", 2],
    ['ls -z', "ls: invalid option -- 'z'\nTry 'ls --help' for more information.\n", 2],
    ['ls f/', "ls: cannot access 'f/': Not a directory\n", 2],
    ['mkdir d', 'mkdir: cannot create directory ‘d’: File exists\n', 1],
    ['mkdir a/b', 'mkdir: cannot create directory ‘a/b’: No such file or directory\n', 1],
    ['mkdir', "mkdir: missing operand\nTry 'mkdir --help' for more information.\n", 1],
    ['mkdir -p f', 'mkdir: cannot create directory ‘f’: File exists\n', 1],
    ['mkdir -p f/x', 'mkdir: cannot create directory ‘f’: Not a directory\n', 1],
    ['mkdir -p d', '', 0],
    ['rm nope', "rm: cannot remove 'nope': No such file or directory\n", 1],
    ['rm d', "rm: cannot remove 'd': Is a directory\n", 1],
    ['rm', "rm: missing operand\nTry 'rm --help' for more information.\n", 1],
    ['rm -rf nope', '', 0],
    ['rm -r .', "rm: refusing to remove '.' or '..' directory: skipping '.'\n", 1],
    [
      'rm -r /',
      "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n",
      1,
    ],
    ['rm "it\'s"', "rm: cannot remove 'it'\\''s': No such file or directory\n", 1],
    ['rmdir nope', "rmdir: failed to remove 'nope': No such file or directory\n", 1],
    ['rmdir f', "rmdir: failed to remove 'f': Not a directory\n", 1],
    ['cat nope', 'cat: nope: No such file or directory\n', 1],
    ['cat d', 'cat: d: Is a directory\n', 1],
    ['cat f/', 'cat: f/: Not a directory\n', 1],
    ['cp nope x', "cp: cannot stat 'nope': No such file or directory\n", 1],
    [
      'cp f',
      "cp: missing destination file operand after 'f'\nTry 'cp --help' for more information.\n",
      1,
    ],
    ['cp d e', "cp: -r not specified; omitting directory 'd'\n", 1],
    ['cp f f', "cp: 'f' and 'f' are the same file\n", 1],
    ['cp f d/x/y', "cp: cannot create regular file 'd/x/y': No such file or directory\n", 1],
    ['cp -r d d', "cp: cannot copy a directory, 'd', into itself, 'd/d'\n", 1],
    ['cp a b c', "cp: target 'c': No such file or directory\n", 1],
    ['mv nope x', "mv: cannot stat 'nope': No such file or directory\n", 1],
    ['mv f f', "mv: 'f' and 'f' are the same file\n", 1],
    ['mv d f', "mv: cannot overwrite non-directory 'f' with directory 'd'\n", 1],
    ['mv d d/x', "mv: cannot move 'd' to a subdirectory of itself, 'd/x'\n", 1],
    ['mv', "mv: missing file operand\nTry 'mv --help' for more information.\n", 1],
    ['touch', "touch: missing file operand\nTry 'touch --help' for more information.\n", 1],
    ['touch a/b', "touch: cannot touch 'a/b': No such file or directory\n", 1],
    ['head nope', "head: cannot open 'nope' for reading: No such file or directory\n", 1],
    ['head d', "head: error reading 'd': Is a directory\n", 1],
    ['head -n x f', 'head: invalid number of lines: ‘x’\n', 1],
    ['tail -n x f', 'tail: invalid number of lines: ‘x’\n', 1],
    [
      'hexdump -C nope',
      'hexdump: nope: No such file or directory\nhexdump: all input file arguments failed\n',
      1,
    ],
    ['kill', 'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid\n', 2],
    ['kill 999999', 'bash: kill: (999999) - No such process\n', 1],
    ['kill abc', 'bash: kill: abc: arguments must be process or job IDs\n', 1],
    ['cd nope', 'bash: cd: nope: No such file or directory\n', 1],
    ['cd f', 'bash: cd: f: Not a directory\n', 1],
    ['cd a b', 'bash: cd: too many arguments\n', 1],
    ['cd -', 'bash: cd: OLDPWD not set\n', 1],
    ['./f', 'bash: ./f: Permission denied\n', 126],
    ['./d', 'bash: ./d: Is a directory\n', 126],
    ['./nope', 'bash: ./nope: No such file or directory\n', 127],
    ['echo hi > d', 'bash: d: Is a directory\n', 1],
    ['echo hi > a/b', 'bash: a/b: No such file or directory\n', 1],
    ['which foo', '', 1],
    ['which ls', '/usr/bin/ls\n', 0],
    ['sleep x', "sleep: invalid time interval ‘x’\nTry 'sleep --help' for more information.\n", 1],
    ['; ls', "bash: syntax error near unexpected token `;'\n", 2],
    ['echo >', "bash: syntax error near unexpected token `newline'\n", 2],
  ];

  test.each(recorded)('%s', (line, printed, status) => {
    world.run('mkdir d && echo hi > f');
    says(line, printed, status);
  });
});

describe('ls', () => {
  test('prints columns downwards, as many as fit', () => {
    world.run('touch aaa bbb ccc ddd eee');
    world.columns = 13;
    says('ls', 'aaa  ddd\nbbb  eee\nccc\n');
    world.columns = 80;
    says('ls', 'aaa  bbb  ccc  ddd  eee\n');
  });

  test('prints one name a line into a pipe or a file', () => {
    world.run('touch b a');
    says('ls | cat', 'a\nb\n');
  });

  test('quotes what the shell would need quoted, and aligns the rest with it', () => {
    world.run('touch "a b" "it\'s" plain');
    says('ls', "'a b'  \"it's\"   plain\n");
    says('ls -1', "'a b'\n\"it's\"\nplain\n");
  });

  test('-a shows hidden names, -A without the dots, -d the directory itself', () => {
    world.run('touch .hidden x');
    says('ls', 'x\n');
    says('ls -a', '.  ..  .hidden  x\n');
    says('ls -A', '.hidden  x\n');
    says('ls -d .', '.\n');
  });

  test('shows files first, then directories under their names', () => {
    world.run('mkdir d e; touch f d/x');
    says(
      'ls d nope f e',
      "ls: cannot access 'nope': No such file or directory\nf\n\nd:\nx\n\ne:\n",
      2,
    );
  });

  test('-lh rounds sizes up; a date older than half a year shows its year', () => {
    world.files.put('/home/user/big', new Uint8Array(6078));
    world.files.now += 200 * 86_400;
    says('ls -lh', 'total 8.0K\n-rw-r--r-- 1 user user 6.0K Nov 22  2025 big\n');
  });

  test('-R goes down, -t puts the newest first, -r turns the order', () => {
    world.run('mkdir d; touch d/x');
    says('ls -R', '.:\nd\n\n./d:\nx\n');
    world.run('touch old');
    world.files.now += 60;
    world.run('touch new');
    says('ls -1t old new', 'new\nold\n');
    says('ls -1r', 'old\nnew\nd\n');
  });
});

describe('looking into files', () => {
  test('hexdump -C as the real one, repeated rows folded', () => {
    world.run('echo -n aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb > f');
    says(
      'hexdump -C f',
      '00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|\n' +
        '00000010  62 62 62 62 62 62 62 62  62 62 62 62 62 62 62 62  |bbbbbbbbbbbbbbbb|\n' +
        '*\n' +
        '00000040  62 62                                             |bb|\n' +
        '00000042\n',
    );
    says(
      'hexdump -C -n 3 -s 1 f',
      '00000001  61 61 61                                          |aaa|\n00000004\n',
    );
    says('touch empty; hexdump -C empty', '');
  });

  test('head, tail, wc, grep', () => {
    world.run('echo one > f; echo two >> f; echo three >> f');
    says('head -n 1 f', 'one\n');
    says('head -2 f', 'one\ntwo\n');
    says('tail -n 1 f', 'three\n');
    says('tail -n +2 f', 'two\nthree\n');
    says('head -c 2 f', 'on');
    says('head -n 1 f f', '==> f <==\none\n\n==> f <==\none\n');
    says('wc f', ' 3  3 14 f\n');
    says('wc -l f', '3 f\n');
    says('cat f | wc -l', '3\n');
    says('grep -n t f', '2:two\n3:three\n');
    says('grep x f', '', 1);
    says('cat -n f', '     1\tone\n     2\ttwo\n     3\tthree\n');
  });

  test('cat shows control characters instead of letting them steer the terminal', () => {
    world.files.put('/home/user/f', new Uint8Array([0x1b, 0x5b, 0x32, 0x4a, 0, 0x0a]));
    says('cat f', '^[[2J^@\n');
  });

  test('xlog cat hands the file to the decoder', () => {
    says('xlog cat a.xlog', 'rows of /home/user/a.xlog\n');
    says('xlog', 'Usage: xlog cat FILE...\n', 1);
  });
});

describe('changing files', () => {
  test('cp copies files and trees, mv renames, into a directory when there is one', () => {
    world.run('mkdir -p d/e; echo hi > d/e/f');
    says('cp -r d g; cat g/e/f', 'hi\n');
    says('cp -v d/e/f g', "'d/e/f' -> 'g/f'\n");
    says('mv -v g/f h', "renamed 'g/f' -> 'h'\n");
    says('mv h d; cat d/h', 'hi\n');
    says('cp d/h d/e/f g; ls g', 'e  f  h\n');
  });

  test('rm -rv names what it removes, the deepest first', () => {
    world.run('mkdir -p q/w; touch q/w/f');
    says('rm -rv q', "removed 'q/w/f'\nremoved directory 'q/w'\nremoved directory 'q'\n");
  });

  test('what cannot be removed is told, also with -f, and its directory is not tried', () => {
    world.run('mkdir q; touch q/f');
    const fails = (op: string, path: string, code: 'EIO' | 'EACCES'): void => {
      const { answer } = world.files;
      world.files.answer = (request) => {
        const asked = request.kind === 'file' ? request.request : undefined;
        return asked?.op === op && 'path' in asked && asked.path === path
          ? { ok: false, error: { code, message: code } }
          : answer.call(world.files, request);
      };
    };
    fails('unlink', '/home/user/q/f', 'EACCES');
    says('rm -rf q', "rm: cannot remove 'q/f': Permission denied\n", 1);
    fails('stat', '/home/user/q', 'EIO');
    says('rm -f q', "rm: cannot remove 'q': Input/output error\n", 1);
  });

  test('rm -f says nothing of what cannot be there', () => {
    world.run('echo x > f');
    says('rm -f no f/x', '');
    says('rm f/x', "rm: cannot remove 'f/x': Not a directory\n", 1);
  });

  test('> replaces, >> appends, 2> takes errors, 2>&1 joins them', () => {
    says('echo a > f; echo b >> f; cat f', 'a\nb\n');
    says('ls nope 2> e; cat e', "ls: cannot access 'nope': No such file or directory\n");
    says('ls nope 2>/dev/null', '', 2);
    says('ls nope > o 2>&1; cat o', "ls: cannot access 'nope': No such file or directory\n");
    says('cat < f', 'a\nb\n');
  });
});

describe('the shell itself', () => {
  test('&& stops at a failure, || goes on after one, ; does not care', () => {
    says('cat nope && echo yes', 'cat: nope: No such file or directory\n', 1);
    says('cat nope 2>/dev/null || echo no', 'no\n');
    says('cat nope 2>/dev/null; echo $?', '1\n');
  });

  test('quotes, escapes, variables', () => {
    says(
      `echo 'a  $HOME' "b $HOME" c\\ d $HOME/x \${PWD} "\\$"`,
      'a  $HOME b /home/user c d /home/user/x /home/user $\n',
    );
    says('N=5; echo "[$N]" $UNSET end', '[5] end\n');
    says('echo ~ ~/x a~ "~"', '/home/user /home/user/x a~ ~\n');
    says('echo a # comment', 'a\n');
    says("echo 'it''s' a'b'c", 'its abc\n');
  });

  test('an open quote or a trailing && asks for more', () => {
    for (const line of ["echo 'a", 'echo "a', 'echo a &&', 'echo a |', 'echo a\\']) {
      expect(world.run(line), line).toBe('');
      expect(world.status, line).toBe('incomplete');
    }
    says("echo 'a\nb'", 'a\nb\n');
    says('echo a &&\necho b', 'a\nb\n');
  });

  test('globs match names, not hidden ones, and stay as typed when nothing matches', () => {
    world.run('mkdir n1 n2; touch n1/a.snap n1/b.xlog n2/c.snap .h');
    says('echo *', 'n1 n2\n');
    says('echo n?/*.snap', 'n1/a.snap n2/c.snap\n');
    says('echo */b.xlog', 'n1/b.xlog\n');
    says('echo \'*\' \\* "n?"', '* * n?\n');
    says('echo n[2-9]* n[!2]* x*', 'n2 n1 x*\n');
    says('echo ~/n*', '/home/user/n1 /home/user/n2\n');
  });

  test('cd, cd -, cd without an argument, pwd', () => {
    world.run('mkdir -p a/b');
    says('cd a/b && pwd', '/home/user/a/b\n');
    says('cd -', '/home/user\n');
    says('cd a/../a/./b/.. && pwd', '/home/user/a\n');
    says('cd && pwd', '/home/user\n');
    says('cd / && pwd && ls', '/\nhome\n');
  });

  test('an unknown command says what exists; Lua at the wrong prompt says where it belongs', () => {
    const printed = world.run('tarantoolctl');
    expect(printed).toMatch(/^bash: tarantoolctl: command not found\nThis shell has: bee cat cd /);
    expect(world.status).toBe(127);
    expect(world.run('db.cfg{listen=3301}')).toContain('Start a server with `bee`');
    expect(world.run("db.schema.user.create('x')")).toContain('Start a server with `bee`');
    expect(world.run('s:insert{1}')).toContain('Start a server with `bee`');
  });

  test('bee passes its arguments and its directory; && sees its exit status', () => {
    world.run('mkdir d; cd d');
    world.files.exitStatus = 1;
    says('bee init.lua 3301 && echo done', '', 1);
    expect(world.files.runs).toEqual([{ args: ['init.lua', '3301'], cwd: '/home/user/d' }]);
  });

  test('ps lists processes; kill sends signals to them', () => {
    const startedAt = world.files.now - 75;
    world.processes = [{ pid: 1234, tty: 'pts/1', command: 'bee', startedAt }];
    says('ps', '  PID TTY          TIME CMD\n 1234 pts/1    00:01:15 bee\n');
    says('kill 1234; kill -9 1234; kill -s INT 1234', '');
    expect(world.killed.map((one) => one.signal)).toEqual(['TERM', 'KILL', 'INT']);
    says('kill -FOO 1234', 'bash: kill: FOO: invalid signal specification\n', 1);
  });

  test('history numbers its lines', () => {
    world.history = ['ls', 'pwd', 'cd /'];
    says('history', '    1  ls\n    2  pwd\n    3  cd /\n');
    says('history 1', '    3  cd /\n');
    says('history -c', '');
    expect(world.history).toEqual([]);
  });

  test('help lists every command, --help one', () => {
    expect(world.run('help')).toContain('rm [-r] [-R] [-f] [-v] FILE...');
    expect(world.run('ls --help')).toMatch(/^Usage: ls /);
  });
});
