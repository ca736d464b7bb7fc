import { faultKinds } from '../../src/sim/index.ts';
import type { SeedOutcome } from './seed-runner.ts';

/** What many seeds came to. */
export class Totals {
  seeds = 0;
  readonly failures: SeedOutcome[] = [];
  readonly #counts = new Map<string, number>();
  readonly #begun = performance.now();

  add(outcome: SeedOutcome): void {
    this.seeds++;
    if (outcome.kind !== 'passed') this.failures.push(outcome);
    for (const [what, count] of Object.entries(outcome.counts)) {
      this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
    }
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  line(): string {
    const seconds = (performance.now() - this.#begun) / 1000;
    return `${this.seeds} seeds in ${seconds.toFixed(0)} s, ${this.failures.length} failed`;
  }

  /** Seeds, work and faults by kind. */
  text(): string {
    const work = ['starts', 'writes', 'reads'].map((what) => `${this.of(what)} ${what}`);
    const faults = faultKinds.map((kind) => `${this.of(kind)} ${kind}`);
    return `${this.line()}; ${work.join(', ')}\nfaults: ${faults.join(', ')}`;
  }
}
