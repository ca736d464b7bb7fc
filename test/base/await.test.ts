import { expect, test } from 'vitest';
import { awaitCall } from '../../src/bee/base/await.ts';
import { FiberCancelled, Scheduler } from '../../src/bee/base/fiber.ts';
import { ok, type Result } from '../../src/bee/base/result.ts';

type Done = (result: Result<number, string>) => void;

function makeScheduler(): Scheduler {
  return new Scheduler({
    timer: () => () => {},
    onSwitch: () => {},
    onReady: () => {},
    onCrash: (_fiber, error) => {
      throw error;
    },
    firstId: 101,
  });
}

test('a fiber waits for the outcome of a call, through wakeups that are not it', () => {
  const scheduler = makeScheduler();
  const calls: Done[] = [];
  const seen: unknown[] = [];
  const fiber = scheduler.spawn('caller', function* () {
    seen.push(yield* awaitCall<number, string>(scheduler, (done) => calls.push(done)));
  });
  scheduler.run(() => true);
  scheduler.wakeup(fiber);
  scheduler.run(() => true);
  expect(seen).toEqual([]);
  calls[0]?.(ok(7));
  scheduler.run(() => true);
  expect(seen).toEqual([{ ok: true, value: 7 }]);
});

test('a cancelled fiber gets the outcome all the same and ends at its next suspension', () => {
  const scheduler = makeScheduler();
  const calls: Done[] = [];
  const seen: unknown[] = [];
  const fiber = scheduler.spawn('caller', function* () {
    seen.push(yield* awaitCall<number, string>(scheduler, (done) => calls.push(done)));
    yield* scheduler.park();
    seen.push('not reached');
  });
  scheduler.run(() => true);
  scheduler.cancel(fiber);
  scheduler.run(() => true);
  expect(fiber.status).toBe('suspended');
  calls[0]?.(ok(7));
  scheduler.run(() => true);
  expect(seen).toEqual([{ ok: true, value: 7 }]);
  expect(fiber.status).toBe('dead');
  expect(fiber.error).toBeInstanceOf(FiberCancelled);
});

test('with onLate a cancel ends the wait and the late outcome is handed over', () => {
  const scheduler = makeScheduler();
  const calls: Done[] = [];
  const late: unknown[] = [];
  const fiber = scheduler.spawn('caller', function* () {
    yield* awaitCall<number, string>(
      scheduler,
      (done) => calls.push(done),
      (result) => late.push(result),
    );
  });
  scheduler.run(() => true);
  scheduler.cancel(fiber);
  scheduler.run(() => true);
  expect(fiber.status).toBe('dead');
  calls[0]?.(ok(7));
  expect(late).toEqual([{ ok: true, value: 7 }]);
});
