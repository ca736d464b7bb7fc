/** What a run of the simulator found. Each kind has an exit code of its own in the command. */
export type ViolationKind =
  /** Something is there that must not be, or is not there that must be. */
  | 'safety'
  /** Nothing wrong was seen, but what had to happen did not happen in its time. */
  | 'liveness';

export class Violation extends Error {
  readonly kind: ViolationKind;

  constructor(kind: ViolationKind, message: string) {
    super(message);
    this.name = kind === 'safety' ? 'SafetyViolation' : 'LivenessViolation';
    this.kind = kind;
  }
}

/** @throws Violation of safety, unless the condition holds */
export function check(condition: boolean, what: () => string): asserts condition {
  if (!condition) throw new Violation('safety', what());
}
