// `bee` on a real terminal: a person types, through a pseudo-terminal that Python's standard library gives.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildBee } from '../tools/build.mjs';
import { root } from '../tools/source-tree.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const describePty = hasPython ? describe : describe.skip;
const waitMsMax = 10_000;

const home = mkdtempSync(join(tmpdir(), 'bee-terminal-'));
const running: Person[] = [];

/** Somebody before a terminal. */
class Person {
  readonly #child: ChildProcess;
  readonly code: Promise<number | null>;
  #shown = '';
  #heard: () => void = () => undefined;

  constructor(...args: string[]) {
    const command = [process.execPath, join(root, 'dist/bee.js'), ...args];
    this.#child = spawn('python3', [join(root, 'test/node/on-terminal.py'), ...command], {
      cwd: home,
      env: { ...process.env, HOME: home, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#shown += bytes.toString().replaceAll('\r', '');
      this.#heard();
    });
    this.code = new Promise((resolve) => this.#child.once('close', resolve));
    running.push(this);
  }

  /** Waits until the screen was given a text behind what was seen before. @returns all up to and with it */
  async sees(text: string): Promise<string> {
    const deadline = performance.now() + waitMsMax;
    while (!this.#shown.includes(text)) {
      if (performance.now() > deadline)
        throw new Error(`not seen: ${text}\n${JSON.stringify(this.#shown)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const end = this.#shown.indexOf(text) + text.length;
    const seen = this.#shown.slice(0, end);
    this.#shown = this.#shown.slice(end);
    return seen;
  }

  /** Types keys, and waits for what they lead to. */
  async types(keys: string, until: string): Promise<string> {
    this.#child.stdin?.write(keys);
    return await this.sees(until);
  }

  leave(): void {
    this.#child.kill('SIGKILL');
  }
}

beforeAll(() => buildBee({ ifStale: true }), 60_000);
afterEach(() => {
  for (const person of running.splice(0)) person.leave();
});

const enter = '\r';
const [ctrlA, ctrlC, ctrlD, ctrlR, ctrlW] = ['\x01', '\x03', '\x04', '\x12', '\x17'];
const up = '\x1b[A';

async function atPrompt(...args: string[]): Promise<Person> {
  const person = new Person(...args);
  expect(await person.sees('\nbee> ')).toContain("type 'help' for interactive help\n");
  return person;
}

describePty('a terminal (skipped where there is no python3 to make one)', () => {
  test('a statement is answered, one of several lines at its end', async () => {
    const person = await atPrompt();
    expect(await person.types(`1 + 1${enter}`, 'bee> ')).toBe('1 + 1\n---\n- 2\n...\n\nbee> ');
    await person.types(`for i = 1, 2 do${enter}`, '\n   > ');
    expect(await person.types(`print(i) end${enter}`, 'bee> ')).toContain('1\n2\n---\n...\n');
  });

  test('keys edit the line, Tab completes it, the history comes back', async () => {
    const person = await atPrompt();
    // The letters that come late go to the front.
    await person.types(`rint('edited')${ctrlA}p${enter}`, '\nedited\n---\n...\n');
    await person.sees('bee> ');
    await person.types(`print('gone') 'x' ${ctrlW}${ctrlW}${ctrlW}return 'kept'${enter}`, '- kept');
    await person.sees('bee> ');
    await person.types('tostr\t', 'tostring(');
    await person.types(`5)${enter}`, "- '5'\n");
    await person.sees('bee> ');
    await person.types(`${up}${up}${enter}`, '- kept');
    await person.sees('bee> ');
    await person.types(`${ctrlR}edi`, 'reverse-i-search');
    await person.types(enter, '\nedited\n');
  });

  test('Ctrl-C stops a statement, forgets an unfinished one, and leaves the server alone', async () => {
    const person = await atPrompt();
    await person.types(`x = 'alive' while true do end${enter}`, 'while true do end\n');
    await person.types(ctrlC, 'interrupted');
    await person.sees('bee> ');
    await person.types(`for i = 1, 2 do${enter}`, '\n   > ');
    await person.types(ctrlC, '\nbee> ');
    await person.types(`half a line${ctrlC}`, '\nbee> ');
    await person.types(`x${enter}`, '- alive\n');
  });

  test('a log line comes above the line that is being edited', async () => {
    const person = await atPrompt();
    const statement = `f = require('fiber').create(function() require('fiber').sleep(0.3) require('log').info('from below') end)`;
    await person.types(`${statement}${enter}`, '...\n\nbee> ');
    await person.types('half', 'half');
    expect(await person.sees('half')).toMatch(/from below.*\nbee> half$/s);
    await person.types(`${ctrlA}1, '${'\x05'}'${enter}`, '- half\n');
  });

  test('Ctrl-D ends the server with 0; the history is there on another day', async () => {
    const person = await atPrompt();
    await person.types(`return 'remember me'${enter}`, '- remember me');
    await person.sees('bee> ');
    await person.types(ctrlD, '\n');
    expect(await person.code).toBe(0);
    const later = await atPrompt();
    await later.types(`${up}${enter}`, '- remember me');
  });

  test('through console.connect and back with Ctrl-D', async () => {
    const serving = await atPrompt();
    await serving.types(
      `where = 'there' s = require('console').listen('unix/:./a.sock')${enter}`,
      '...\n\nbee> ',
    );
    const person = await atPrompt();
    await person.types(`where = 'here'${enter}`, '...\n\nbee> ');
    await person.types(`require('console').connect('unix/:./a.sock')${enter}`, 'unix/:./a.sock> ');
    await person.types(`where${enter}`, '- there\n');
    await person.sees('> ');
    await person.types(ctrlD, '\nbee> ');
    await person.types(`where${enter}`, '- here\n');
  });

  test('-i leaves the terminal behind a program, console.start gives it to one', async () => {
    const person = await atPrompt('-e', 'x = 42', '-i');
    await person.types(`x${enter}`, '- 42\n');
    const starting = new Person('-e', "require('console').start() print('behind it')");
    await starting.sees('bee> ');
    await starting.types(ctrlD, 'behind it\n');
    expect(await starting.code).toBe(0);
  });
});

process.once('exit', () => rmSync(home, { recursive: true, force: true }));
