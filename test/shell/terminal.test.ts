import { beforeEach, describe, expect, test } from 'vitest';
import { ctrl, keys, paste, TerminalWorld } from './terminal-world.ts';

let world: TerminalWorld;
beforeEach(() => {
  world = new TerminalWorld(40, 10);
});

const stamp = (second: number): string => `2026-11-22 19:42:${second}.851 [25092] `;

describe('log lines while a line is being typed', () => {
  test('go above it, and the line and its cursor stand as before', () => {
    world.prompt();
    world.terminal.input(`s:insert{1}${keys.left}${keys.left}`);
    world.terminal.log('main/116/main I> joining', 'I');
    expect(world.picture).toEqual(['main/116/main I> joining', 'bee> s:insert{▮}']);
    world.terminal.input('2');
    expect(world.picture.at(-1)).toBe('bee> s:insert{2▮}');
  });

  test('go above a line that wraps, with the cursor in its middle', () => {
    world.prompt();
    world.terminal.input('x'.repeat(50) + keys.home + keys.right);
    world.terminal.log('hello', 'I');
    expect(world.picture).toEqual(['hello', `bee> x▮${'x'.repeat(33)}`, 'x'.repeat(15)]);
  });

  test('scroll the screen without losing a row', () => {
    world.prompt();
    world.terminal.input('abc');
    for (let at = 0; at < 30; at++) world.terminal.log(`line ${at}`, 'I');
    expect(world.rows).toEqual([
      ...Array.from({ length: 30 }, (_, at) => `line ${at}`),
      'bee> abc',
    ]);
  });

  test('come out plainly while a statement runs, and the prompt after them', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(`db.cfg{}${keys.enter}`);
    world.terminal.log('a', 'I');
    world.terminal.output('---\n...\n\n');
    world.prompt();
    expect(world.picture).toEqual(['bee> db.cfg{}', 'a', '---', '...', '', 'bee> ▮']);
  });

  test('what a program prints without a newline does not run into the prompt', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(`io.write('x')${keys.enter}`);
    world.terminal.output('x');
    world.prompt();
    expect(world.rows).toEqual(["bee> io.write('x')", 'x', 'bee>']);
  });
});

describe('repeats of one log message', () => {
  test('fold into one line with a count and the latest time', () => {
    world = new TerminalWorld(80, 10);
    world.prompt();
    world.terminal.input('x');
    world.terminal.log(`${stamp(10)}main I> ready`, 'I');
    for (const second of [11, 12, 13]) world.terminal.log(`${stamp(second)}applier E> no`, 'E');
    expect(world.picture).toEqual([
      `${stamp(10)}main I> ready`,
      `${stamp(13)}applier E> no  ×3`,
      'bee> x▮',
    ]);
  });

  test('fold when a try says several lines, each time the same', () => {
    world = new TerminalWorld(80, 10);
    world.prompt();
    for (const second of [11, 12, 13, 14]) {
      world.terminal.log(`${stamp(second)}applier E> failed to connect`, 'E');
      world.terminal.log(`${stamp(second)}applier I> will retry`, 'I');
    }
    expect(world.rows).toEqual([
      `${stamp(14)}applier E> failed to connect  ×4`,
      `${stamp(14)}applier I> will retry  ×4`,
      'bee>',
    ]);
  });

  test('fold when they wrap over several rows', () => {
    world.prompt();
    world.terminal.input('abc');
    for (const second of [11, 12, 13])
      world.terminal.log(`${stamp(second)}E> ${'x'.repeat(60)}`, 'E');
    expect(world.rows.join('')).toBe(`${stamp(13)}E> ${'x'.repeat(60)}  ×3bee> abc`);
  });

  test('do not fold over an answer in between: what happened when stays to be seen', () => {
    world.prompt();
    world.terminal.log('E> no', 'E');
    world.terminal.input(`1${keys.enter}`);
    world.terminal.log('E> no', 'E');
    expect(world.rows).toEqual(['E> no', 'bee> 1', 'E> no', 'bee>']);
  });

  test('calm messages that come again later are news', () => {
    world.prompt();
    for (const text of ['I> recover', 'I> sent', 'I> recover']) world.terminal.log(text, 'I');
    expect(world.rows).toEqual(['I> recover', 'I> sent', 'I> recover', 'bee>']);
  });

  test('are kept with their count in the transcript', () => {
    world.prompt();
    world.terminal.log('E> no', 'E');
    world.terminal.log('E> no', 'E');
    expect(world.terminal.transcript.plainText).toBe('E> no  ×2');
  });
});

describe('statements of several lines', () => {
  const statement = ['db.cfg{', '  listen = 3301', '}'];

  test('are one entry of the history, and go out line by line when they come back', () => {
    let open = 0;
    world.program = (line) => {
      open += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0);
      world.prompt(open > 0);
    };
    world.prompt();
    for (const line of statement) world.terminal.input(line + keys.enter);
    expect(world.history.entries).toEqual([statement.join('\n')]);
    world.terminal.input(keys.up);
    expect(world.picture.slice(3)).toEqual(['bee> db.cfg{', '   >   listen = 3301', '   > }▮']);
    world.terminal.input(`${keys.up}${keys.end}2${keys.enter}`);
    expect(world.lines).toEqual([...statement, 'db.cfg{', '  listen = 33012', '}']);
    expect(world.rows.slice(3)).toEqual([
      'bee> db.cfg{',
      '   >   listen = 33012',
      '   > }',
      'bee>',
    ]);
    expect(world.history.entries).toEqual([statement.join('\n'), 'db.cfg{\n  listen = 33012\n}']);
  });

  test('Ctrl-C at the continuation gives the statement up', () => {
    world.program = () => world.prompt(true);
    world.prompt();
    world.terminal.input(`db.cfg{${keys.enter}abc${ctrl('c')}`);
    expect(world.interrupts).toBe(1);
    expect(world.rows).toEqual(['bee> db.cfg{', '   > abc^C']);
  });
});

describe('pasting', () => {
  test('enters the complete lines in order; the last stays to be edited', () => {
    world.prompt();
    world.terminal.input(`a${paste('1\r\nb2\nc')}`);
    expect(world.lines).toEqual(['a1', 'b2']);
    expect(world.picture.at(-1)).toBe('bee> c▮');
  });

  test('waits for each prompt', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(paste('1\n2\n3'));
    expect(world.lines).toEqual(['1']);
    world.terminal.output('answer\n');
    world.prompt();
    expect(world.lines).toEqual(['1', '2']);
    world.prompt();
    expect(world.picture).toEqual(['bee> 1', 'answer', 'bee> 2', 'bee> 3▮']);
  });

  test('one line without a newline is only typed', () => {
    world.prompt();
    world.terminal.input(paste('os.exit()'));
    expect(world.lines).toEqual([]);
    expect(world.picture).toEqual(['bee> os.exit()▮']);
  });

  test('may come in pieces, and brings no control characters', () => {
    world.prompt();
    world.terminal.input('\x1b[200~a\x1bb\x03');
    world.terminal.input('c\td\x1b[201~');
    expect(world.terminal.text).toBe('abc    d');
    expect(world.interrupts).toBe(0);
  });

  test('Ctrl-C forgets the lines that wait', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(paste('1\n2\n3\n') + ctrl('c'));
    expect(world.interrupts).toBe(1);
    world.prompt();
    expect(world.lines).toEqual(['1']);
  });
});

describe('keys while a program runs', () => {
  test('wait for the prompt; Ctrl-C does not', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(`1${keys.enter}2${keys.enter}3`);
    expect(world.lines).toEqual(['1']);
    world.prompt();
    expect(world.lines).toEqual(['1', '2']);
    world.terminal.input(ctrl('c'));
    world.prompt();
    expect(world.interrupts).toBe(1);
    expect(world.terminal.text).toBe('');
  });
});

describe('keys behind a Tab', () => {
  test('wait for the completion and stand behind it', () => {
    world.isCompletionSlow = true;
    world.words = ['db.space.'];
    world.prompt();
    world.terminal.input(`db.sp${keys.tab}te${keys.enter}`);
    expect(world.lines).toEqual([]);
    world.finishCompletion();
    expect(world.lines).toEqual(['db.space.te']);
  });

  test('Ctrl-C gives up a completion that does not come, and one that comes late changes nothing', () => {
    world.isCompletionSlow = true;
    world.words = ['db.space.'];
    world.prompt();
    world.terminal.input(`db.sp${keys.tab}te`);
    world.terminal.input(ctrl('c'));
    world.terminal.input('x');
    world.finishCompletion();
    expect(world.terminal.text).toBe('x');
  });
});

describe('a run button', () => {
  test('types over what was being typed, which Ctrl-Y brings back', () => {
    world.prompt();
    world.terminal.input('half');
    expect(world.terminal.startTyping()).toBe('half');
    world.terminal.type('l');
    world.terminal.type('s');
    expect(world.picture.at(-1)).toBe('bee> ls▮');
    world.terminal.enter();
    expect(world.lines).toEqual(['ls']);
    expect(world.history.entries).toEqual(['ls']);
    world.terminal.input(ctrl('y'));
    expect(world.terminal.text).toBe('half');
  });
});

test('a program that ends while its prompt stands leaves the line on the screen', () => {
  world.prompt();
  world.terminal.input('s:ins');
  world.terminal.withdrawPrompt();
  world.terminal.output('Killed\n');
  expect(world.rows).toEqual(['bee> s:ins', 'Killed']);
});

test('a key press writes only what it changed', () => {
  world.prompt();
  world.terminal.input('abc');
  world.written = '';
  world.terminal.input('d');
  expect(world.written).toBe('d');
  world.written = '';
  world.terminal.input(keys.left);
  expect(world.written).toBe('\r\x1b[8C');
});

test('a line higher than the screen shows the part around the cursor, and is left whole', () => {
  world = new TerminalWorld(10, 4);
  world.prompt();
  const text = Array.from({ length: 70 }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
  world.terminal.input(text);
  expect(world.screen.row - world.screen.top).toBeLessThan(4);
  expect(world.picture.at(-1)).toContain('▮');
  world.terminal.input(keys.home);
  expect(world.picture[world.screen.row]).toBe('bee> ▮bcde');
  world.terminal.input(keys.enter);
  expect(world.lines).toEqual([text]);
  expect(world.rows.join('')).toBe(`bee> ${text}bee>`);
});

test('clear empties screen and scrollback but not the line', () => {
  world.prompt();
  for (let at = 0; at < 20; at++) world.terminal.log(`line ${at}`, 'I');
  world.terminal.input('abc');
  world.terminal.clear();
  expect(world.rows).toEqual(['bee> abc']);
  expect(world.terminal.transcript.lines).toEqual([]);
});

describe('Esc', () => {
  test('ends a search and keeps what was found; the next key is a key', () => {
    world.prompt();
    world.terminal.input(`first${keys.enter}second${keys.enter}${ctrl('r')}fi`);
    world.terminal.input('\x1b');
    expect(world.picture.at(-1)).toBe('bee> ▮irst');
    world.terminal.input('x');
    expect(world.picture.at(-1)).toBe('bee> x▮irst');
  });

  test('before Ctrl-C takes nothing from it', () => {
    world.program = () => {};
    world.prompt();
    world.terminal.input(`while true do end${keys.enter}`);
    world.terminal.input('\x1b');
    world.terminal.input(ctrl('c'));
    expect(world.interrupts).toBe(1);
  });
});
