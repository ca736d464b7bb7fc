/** Every situation that was recorded from real servers, played to Bee's in the simulated world. */
import { expect, it } from 'vitest';
import { play } from './play.ts';
import { SimTerminals } from './sim-terminals.ts';
import { readSituations, transcript } from './situation.ts';

const situations = readSituations();

it.each(situations.map((one) => [one.name, one] as const))('%s', async (_name, situation) => {
  const answers = await play(situation, new SimTerminals(1));
  const expected = situation.steps.map(({ answer, bee }) => bee?.answer ?? answer);
  expect(transcript(situation.steps, answers)).toBe(transcript(situation.steps, expected));
});
