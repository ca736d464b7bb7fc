/**
 * `npm run record -- situations`: plays test/situations at real servers, twice each, and writes
 * their answers beside the steps. What two plays answer differently is no fact: it is shown, and
 * the file stays as it was. A new file needs no more than its claim and its steps. Run by itself,
 * it takes words: then only situations with one of them in their names are played.
 */
import { play } from '../situations/play.ts';
import { RealTerminals } from '../situations/real-terminals.ts';
import {
  readSituations,
  type Situation,
  transcript,
  writeSituation,
} from '../situations/situation.ts';

/** Servers wait for most of the time: a play more at once than this and timeouts of the servers begin to matter. */
const playsAtOnce = 3;

async function playReal(situation: Situation): Promise<string[]> {
  const terminals = await RealTerminals.open();
  try {
    return await play(situation, terminals);
  } finally {
    terminals.close();
  }
}

async function record(situation: Situation): Promise<string | undefined> {
  const first = await playReal(situation);
  const failed = first.find((answer) => answer.startsWith('failed: '));
  if (failed !== undefined) return `${transcript(situation.steps, first)}`;
  const second = await playReal(situation);
  const [one, other] = [transcript(situation.steps, first), transcript(situation.steps, second)];
  if (one !== other) return `two plays differ:\n${differences(one, other)}`;
  const steps = situation.steps.map((step, at) => ({ ...step, answer: first[at] ?? '' }));
  writeSituation({ ...situation, steps });
  return undefined;
}

/** Lines that only one of two texts has. */
function differences(one: string, other: string): string {
  const [left, right] = [one.split('\n'), other.split('\n')];
  const only = (lines: string[], others: string[], mark: string): string[] =>
    lines.filter((line) => !others.includes(line)).map((line) => `${mark} ${line}`);
  const found = [...only(left, right, '-'), ...only(right, left, '+')];
  return found.length > 0 ? found.join('\n') : `the same lines in another order\n${one}\n${other}`;
}

const words = process.argv.slice(2);
const isAsked = ({ name }: Situation): boolean =>
  words.length === 0 || words.some((word) => name.includes(word));
const left = readSituations().filter(isAsked);
async function work(): Promise<void> {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const { name } = next;
    const trouble = await record(next).catch((error: unknown) => String(error));
    console.log(trouble === undefined ? name : `${name}: ${trouble}`);
    if (trouble !== undefined) process.exitCode = 1;
  }
}
await Promise.all(Array.from({ length: playsAtOnce }, work));
