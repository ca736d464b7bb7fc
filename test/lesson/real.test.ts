/**
 * Every lesson is true: played on the real server, where it is installed, it shows the same screens
 * and passes the same checks.
 */
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Bindings,
  checkStep,
  commandsOf,
  type Play,
  playBlock,
  playStep,
  startPlay,
} from '../../src/lesson/index.ts';
import { isRealServerInstalled } from '../iproto/real-server.ts';
import { allLessons, expectClaims, expectScreens, linesSoFar } from './all-lessons.ts';
import { RealStage } from './real-stage.ts';

/**
 * Where Bee keeps to the manual and 2.6.0 does not: its replica's copy holds what came after the
 * master's snapshot, too, so that files have other names and the two snapshots other sizes.
 */
function asTheRealServer(screen: string): string {
  return screen.replaceAll(/<size-\w+>/g, '<size>').replaceAll(/\d{20}(?=\.)/g, '<number>');
}

function run<T>(play: Play<T>): Promise<T> {
  return new Promise((done) => startPlay(play, done));
}

describe.skipIf(!isRealServerInstalled)('on the real server', () => {
  let stage: RealStage | undefined;
  afterEach(() => stage?.remove());

  // Real servers of three masters that start together now and then wait for one another beyond any bound: that is
  // their affair, and another try is a fair question to them.
  test.each(allLessons)('%s', { timeout: 60_000, retry: 2 }, async (_, lesson) => {
    stage = new RealStage(lesson.terminals);
    const names: Bindings = new Map();
    for (const block of commandsOf(lesson.intro)) {
      expect(await run(playBlock(block, stage, 'fast'))).toBe('typed');
    }
    for (const step of lesson.steps) {
      const from = linesSoFar(lesson, stage);
      expectClaims(step, await run(checkStep(step, stage)), false, stage);
      const failure = await run(playStep(step, stage, 'fast'));
      expect(failure?.typed ?? 'typed').toBe('typed');
      expectClaims(step, failure?.claims ?? [], true, stage);
      expectScreens(step, stage, from, names, asTheRealServer);
    }
  });
});
