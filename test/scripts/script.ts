/**
 * Golden transcripts: each file of this directory is one claim, then statements and what the real
 * server's console answered to them. `npm run record -- scripts` writes the answers anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Exchange {
  readonly statement: string;
  answer: string;
}

export interface Script {
  /** Its path below this directory, without the ending. */
  readonly name: string;
  readonly claim: string;
  readonly exchanges: Exchange[];
}

const prompt = 'bee> ';
const directory = import.meta.dirname;

export function readScripts(): Script[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.txt'))
    .sort()
    .map(readScript);
}

function readScript(path: string): Script {
  const [first = '', ...lines] = readFileSync(join(directory, path), 'utf8').split('\n');
  const exchanges: Exchange[] = [];
  for (const line of lines) {
    const last = exchanges.at(-1);
    if (line.startsWith(prompt)) {
      exchanges.push({ statement: line.slice(prompt.length), answer: '' });
    } else if (last !== undefined) last.answer += `${line}\n`;
  }
  // Each answer is followed by an empty line, the last one by the end of the file.
  for (const exchange of exchanges) exchange.answer = exchange.answer.replace(/\n+$/, '\n');
  return { name: path.replace(/\.txt$/, ''), claim: first.replace(/^# /, ''), exchanges };
}

export function writeScript({ name, claim, exchanges }: Script): void {
  const texts = exchanges.map(({ statement, answer }) => `${prompt}${statement}\n${answer}`);
  writeFileSync(join(directory, `${name}.txt`), `# ${claim}\n\n${texts.join('\n')}`);
}

/** The real server's names for what a statement names. */
export function toReal(statement: string): string {
  return statement.replaceAll(/\bdb\b/g, 'box');
}

/** An answer of the real server, with our names; files of its own Lua code and its manual keep theirs, and an RTREE's boxes. */
export function fromReal(answer: string): string {
  return answer
    .replaceAll(/(?<!builtin\/|rectangle\/)\bbox\b/g, 'db')
    .replaceAll('Tarantool', 'Bee')
    .replaceAll(/(?<!builtin\/)tarantool(?!\.io)/g, 'bee');
}

/**
 * What differs from run to run: addresses and counters of functions. `fun` is our own work: where in it an error comes up is no
 * behaviour of the real one's.
 */
export function withoutAddresses(answer: string): string {
  return answer.replaceAll(/0x[0-9a-f]{6,}/g, '0xADDRESS').replaceAll(/builtin#\d+/g, 'builtin#N')
    .replaceAll(/builtin\/fun\.lua:\d+/g, 'builtin/fun.lua:N');
}
