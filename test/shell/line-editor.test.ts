import { beforeEach, expect, test } from 'vitest';
import { ctrl, keys, TerminalWorld } from './terminal-world.ts';

let world: TerminalWorld;
beforeEach(() => {
  world = new TerminalWorld(40, 10);
  world.prompt();
});

/** Types and asserts the last row of the screen, cursor as ▮. */
function typing(input: string, row: string): void {
  world.terminal.input(input);
  expect(world.picture.at(-1)).toBe(row);
}

test('characters go in at the cursor; arrows, Home and End move it', () => {
  typing('abc', 'bee> abc▮');
  typing(keys.left + keys.left, 'bee> a▮c');
  typing('X', 'bee> aX▮c');
  typing(keys.home, 'bee> ▮Xbc');
  typing(keys.end, 'bee> aXbc▮');
  typing(ctrl('a') + keys.delete, 'bee> ▮bc');
  typing(ctrl('e') + keys.backspace, 'bee> Xb▮');
  typing(ctrl('b') + ctrl('b') + ctrl('d'), 'bee> ▮');
});

test('words: Alt-B, Alt-F, Ctrl-arrow, Alt-D, Alt-Backspace', () => {
  typing("db.space.tester:insert{1, 'x'}", "bee> db.space.tester:insert{1, 'x'}▮");
  typing(keys.altB + keys.altB, "bee> db.space.tester:insert{▮, 'x'}");
  typing(keys.ctrlLeft, "bee> db.space.tester:▮nsert{1, 'x'}");
  typing(keys.altD, "bee> db.space.tester:▮1, 'x'}");
  typing(keys.altBackspace, "bee> db.space.▮1, 'x'}");
  typing(keys.altF, "bee> db.space.{1▮ 'x'}");
});

test('what is killed can be yanked; kills in a row add up; Alt-Y goes further back', () => {
  typing('one two three', 'bee> one two three▮');
  typing(ctrl('w'), 'bee> one two ▮');
  typing(ctrl('w'), 'bee> one ▮');
  typing(ctrl('y'), 'bee> one two three▮');
  typing(ctrl('u'), 'bee> ▮');
  typing(ctrl('y'), 'bee> one two three▮');
  typing(keys.altY, 'bee> two three▮');
  typing(keys.altY, 'bee> one two three▮');
  typing(keys.altB + ctrl('k'), 'bee> one two ▮');
  typing(ctrl('y') + ctrl('y'), 'bee> one two threethree▮');
});

test('Ctrl-T swaps the two characters around the cursor, at the end the last two', () => {
  typing(`abc${ctrl('t')}`, 'bee> acb▮');
  typing(keys.left + keys.left + ctrl('t'), 'bee> ca▮');
});

test('the history comes back with the arrows; a line begun is kept meanwhile', () => {
  for (const line of ['first', 'second', 'second', '  ']) world.terminal.input(line + keys.enter);
  expect(world.history.entries).toEqual(['first', 'second']);
  typing('draft', 'bee> draft▮');
  typing(keys.up, 'bee> second▮');
  typing(keys.up, 'bee> first▮');
  typing(keys.up, 'bee> first▮');
  typing(keys.down + keys.down, 'bee> draft▮');
  typing(keys.altDot, 'bee> draftsecond▮');
});

test('Ctrl-R searches as one types; Enter runs the match, Ctrl-G brings back the line', () => {
  for (const line of ['db.cfg{}', 's:select{}', 's:insert{1}']) {
    world.terminal.input(line + keys.enter);
  }
  typing('dra', 'bee> dra▮');
  typing(ctrl('r'), "(reverse-i-search)`': dra▮");
  typing('s:', "(reverse-i-search)`s:': ▮:insert{1}");
  typing(ctrl('r'), "(reverse-i-search)`s:': ▮:select{}");
  world.terminal.input('x');
  expect(world.rows.slice(-2).join('')).toBe("(failed reverse-i-search)`s:x': s:select{}");
  typing(keys.backspace, "(reverse-i-search)`s:': ▮:select{}");
  typing(ctrl('g'), 'bee> dra▮');
  world.terminal.input(`${ctrl('r')}cfg${keys.enter}`);
  expect(world.lines.at(-1)).toBe('db.cfg{}');
});

test('Ctrl-G brings back the cursor, too', () => {
  world.terminal.input(`s:select{}${keys.enter}`);
  typing(`dra${keys.left}`, 'bee> dr▮');
  world.terminal.input(`${ctrl('r')}sel`);
  typing(ctrl('g'), 'bee> dr▮');
  expect(world.terminal.text).toBe('dra');
});

test('an arrow takes the match of a search to edit it', () => {
  world.terminal.input(`s:select{}${keys.enter}`);
  typing(`${ctrl('r')}sel${keys.end}`, 'bee> s:select{}▮');
  typing(keys.backspace, 'bee> s:select{▮');
});

test('a grapheme is one step, a wide character two cells', () => {
  typing('日本e\u0301x', 'bee> 日本e\u0301x▮');
  typing(keys.left + keys.left, 'bee> 日本▮x');
  typing(keys.backspace, 'bee> 日▮x');
  expect(world.terminal.text).toBe('日e\u0301x');
  world.terminal.input(keys.home + keys.delete);
  expect(world.terminal.text).toBe('e\u0301x');
});

test('an arrow down does not end in the middle of a grapheme', () => {
  world = new TerminalWorld();
  world.history.add('ab\ne\u0301x');
  world.prompt();
  world.terminal.input(keys.up + keys.home + keys.up + keys.right + keys.down + keys.backspace);
  expect(world.terminal.text).toBe('ab\nx');
});

test('Ctrl-D deletes, and on an empty line ends the input', () => {
  typing(`ab${keys.home}${ctrl('d')}`, 'bee> ▮');
  expect(world.terminal.text).toBe('b');
  world.terminal.input(ctrl('d'));
  expect(world.ends).toBe(0);
  world.terminal.input(ctrl('d'));
  expect(world.ends).toBe(1);
});

test('Tab completes what is common, at the second Tab lists what there is', () => {
  world.terminal.input('db.space.te');
  world.completeFrom = 9;
  world.words = ['tester', 'testing'];
  typing(keys.tab, 'bee> db.space.test▮');
  world.terminal.input(keys.tab);
  expect(world.picture).toEqual(['bee> db.space.test', 'tester   testing', 'bee> db.space.test▮']);
  world.words = ['tester'];
  typing(`e${keys.tab}`, 'bee> db.space.tester▮');
});

test('keys without a meaning are not typed', () => {
  typing('\x1b[15~\x1bOP\x1b[I\x1b[200;5u\x1b[5~', 'bee> ▮');
});
