import { clientError } from './error.ts';
import { Access } from './privilege.ts';

/** What a tuple of `_sequence` says. */
export interface SequenceDef {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  readonly step: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly start: bigint;
  readonly cache: bigint;
  readonly isCycle: boolean;
}

/** A sequence and the value it gave last. */
export class SequenceState {
  def: SequenceDef;
  /** Made by `create_index{sequence = true}`, and dropped with the index. */
  isGenerated = false;
  readonly access = new Access();
  /** The last value; undefined before the first. */
  value: bigint | undefined;

  constructor(def: SequenceDef) {
    this.def = def;
  }

  get id(): number {
    return this.def.id;
  }

  get name(): string {
    return this.def.name;
  }

  /** Draws the next value. @throws SEQUENCE_OVERFLOW */
  next(): bigint {
    this.value = this.#following();
    return this.value;
  }

  /** The last value. @throws SEQUENCE_NOT_STARTED */
  current(): bigint {
    if (this.value === undefined) throw clientError('SEQUENCE_NOT_STARTED', this.def.name);
    return this.value;
  }

  /** A value was written by hand: the sequence goes on from there when it is further on. */
  passOver(value: bigint): void {
    const last = this.value;
    if (last === undefined || (this.def.step > 0n ? value > last : value < last)) {
      this.value = value;
    }
  }

  #following(): bigint {
    const { step, min, max, start, name, isCycle } = this.def;
    const last = this.value;
    if (last === undefined) return start;
    if (step > 0n && last < min) return min;
    if (step < 0n && last > max) return max;
    const value = last + step;
    if (step > 0n ? value <= max : value >= min) return value;
    if (!isCycle) throw clientError('SEQUENCE_OVERFLOW', name);
    return step > 0n ? min : max;
  }
}
