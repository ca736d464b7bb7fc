import { describe, expect, it } from 'vitest';
import { Cond, FiberCancelled, Scheduler } from '../../src/bee/base/fiber.ts';

/** A scheduler over a hand-driven clock; `crashes` holds what fibers threw. */
function makeScheduler() {
  const timers: { at: number; fire: () => void; isCancelled: boolean }[] = [];
  const crashes: unknown[] = [];
  let now = 0;
  const scheduler = new Scheduler({
    timer: (seconds, fire) => {
      const timer = { at: now + seconds, fire, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
    onSwitch: () => undefined,
    onReady: () => undefined,
    onCrash: (_fiber, error) => crashes.push(error),
    firstId: 101,
  });
  const advance = (seconds: number) => {
    now += seconds;
    for (const timer of timers.splice(0)) {
      if (timer.at > now) timers.push(timer);
      else if (!timer.isCancelled) timer.fire();
    }
    scheduler.run(() => true);
  };
  return { scheduler, advance, crashes, run: () => scheduler.run(() => true) };
}

describe('Scheduler', () => {
  it('runs fibers in the order in which they became ready', () => {
    const { scheduler, run } = makeScheduler();
    const seen: string[] = [];
    for (const name of ['a', 'b']) {
      scheduler.spawn(name, function* () {
        seen.push(`${name}1`);
        yield* scheduler.reschedule();
        seen.push(`${name}2`);
      });
    }
    run();
    expect(seen).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  it('starts a fiber inside another one, and comes back at its first park', () => {
    const { scheduler, run } = makeScheduler();
    const seen: string[] = [];
    scheduler.spawn('outer', function* () {
      scheduler.start('inner', function* () {
        seen.push('inner');
        yield* scheduler.park();
        seen.push('never');
      });
      seen.push('outer');
      expect(scheduler.current?.name).toBe('outer');
    });
    run();
    expect(seen).toEqual(['inner', 'outer']);
  });

  it('wakes a sleeper by time, and earlier by wakeup', () => {
    const { scheduler, advance, run } = makeScheduler();
    const reasons: string[] = [];
    const sleeper = scheduler.spawn('sleeper', function* () {
      reasons.push(yield* scheduler.park(10));
      reasons.push(yield* scheduler.park(10));
    });
    run();
    advance(10);
    expect(reasons).toEqual(['timeout']);
    scheduler.wakeup(sleeper);
    run();
    expect(reasons).toEqual(['timeout', 'woken']);
  });

  it('cancels a parked fiber where it stands, and runs its finally blocks', () => {
    const { scheduler, run, crashes } = makeScheduler();
    let isClean = false;
    const fiber = scheduler.spawn('victim', function* () {
      try {
        yield* scheduler.park();
      } finally {
        isClean = true;
      }
    });
    run();
    scheduler.cancel(fiber);
    run();
    expect(isClean).toBe(true);
    expect(fiber.status).toBe('dead');
    expect(fiber.error).toBeInstanceOf(FiberCancelled);
    expect(crashes).toEqual([]);
  });

  it('reports what a fiber threw, and lets the others go on', () => {
    const { scheduler, run, crashes } = makeScheduler();
    let isOtherDone = false;
    scheduler.spawn('bad', function* () {
      throw new Error('boom');
    });
    scheduler.spawn('good', function* () {
      yield* scheduler.reschedule();
      isOtherDone = true;
    });
    run();
    expect(crashes).toHaveLength(1);
    expect(isOtherDone).toBe(true);
  });

  it('lets nobody else run while a fiber holds it exclusively', () => {
    const { scheduler } = makeScheduler();
    const seen: string[] = [];
    const holder = scheduler.spawn('holder', function* (fiber) {
      scheduler.exclusive = fiber;
      for (let round = 0; round < 3; round++) {
        seen.push('holder');
        yield;
      }
      scheduler.exclusive = undefined;
    });
    scheduler.spawn('other', function* () {
      seen.push('other');
      yield* scheduler.park();
    });
    while (holder.status !== 'dead') scheduler.run(() => false);
    scheduler.run(() => true);
    expect(seen).toEqual(['holder', 'holder', 'holder', 'other']);
  });

  it('joins a fiber that ends later', () => {
    const { scheduler, run } = makeScheduler();
    const seen: string[] = [];
    const child = scheduler.spawn('child', function* () {
      yield* scheduler.park();
      seen.push('child');
    });
    scheduler.spawn('parent', function* () {
      yield* scheduler.join(child);
      seen.push('parent');
    });
    run();
    scheduler.wakeup(child);
    run();
    expect(seen).toEqual(['child', 'parent']);
  });
});

describe('Cond', () => {
  it('wakes one by signal, all by broadcast, and says when time was over', () => {
    const { scheduler, advance, run } = makeScheduler();
    const cond = new Cond(scheduler);
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      scheduler.spawn(name, function* () {
        seen.push(`${name}:${yield* cond.wait(name === 'c' ? 5 : undefined)}`);
      });
    }
    run();
    cond.signal();
    run();
    expect(seen).toEqual(['a:true']);
    advance(5);
    expect(seen).toEqual(['a:true', 'c:false']);
    cond.broadcast();
    run();
    expect(seen).toEqual(['a:true', 'c:false', 'b:true']);
  });

  it('does not spend a signal on a waiter whose time is over already', () => {
    const { scheduler, run } = makeScheduler();
    const cond = new Cond(scheduler);
    const seen: string[] = [];
    for (const [name, timeout] of [
      ['first', 1],
      ['second', undefined],
    ] as const) {
      scheduler.spawn(name, function* () {
        seen.push(`${name} ${yield* cond.wait(timeout)}`);
      });
    }
    run();
    // In the turn in which the first one's time is over somebody who runs before it signals.
    scheduler.spawn('signaller', function* () {
      yield* scheduler.park();
      cond.signal();
    });
    run();
    const [first, , signaller] = [101, 102, 103].map((id) => scheduler.fibers.get(id));
    if (first === undefined || signaller === undefined) throw new Error('a fiber is gone');
    scheduler.wakeup(signaller);
    scheduler.wakeup(first, 'timeout');
    run();
    expect(seen).toEqual(['first false', 'second true']);
  });
});
