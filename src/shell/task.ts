import type { DirectoryEntry, FileFailure, FileRequest, FileStat } from './file-system.ts';

/**
 * Shell work that may have to wait for the page: a generator that yields requests and is resumed with each reply. The page
 * answers them with whatever it has (IndexedDB, a worker); a test answers them at once from memory. No Promise in here.
 */
export type ShellTask<T> = Generator<ShellRequest, T, unknown>;

/** What a shell command may ask of its surroundings, and with what each is answered. */
export type ShellRequest =
  /** Answered with an `Outcome`. */
  | { readonly kind: 'file'; readonly request: FileRequest }
  /** Runs a server in the foreground; answered with its exit status, a number, when it has ended. */
  | { readonly kind: 'run'; readonly args: readonly string[]; readonly cwd: string }
  /** Lets some seconds pass; answered with undefined. */
  | { readonly kind: 'sleep'; readonly seconds: number }
  /** Decodes a .snap or .xlog; answered with an `Outcome` whose value is text. */
  | { readonly kind: 'xlog'; readonly path: string };

/** The outcome of a request that can fail. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: FileFailure };

/** Answers one request, later or at once, by calling `reply` exactly once. */
export type Perform = (request: ShellRequest, reply: (value: unknown) => void) => void;

/** Thrown into a task where it waits when the reader pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Runs a task to its end.
 * @param task what to run
 * @param perform answers its requests
 * @param finished called once, with the value, or with the exception that ended the task
 * @returns interrupts the task where it waits: it is resumed with `Interrupted`, and a late reply is ignored
 */
export function drive<T>(
  task: ShellTask<T>,
  perform: Perform,
  finished: (outcome: { ok: true; value: T } | { ok: false; error: unknown }) => void,
): () => void {
  let waitingFor = 0;
  let isDone = false;

  const step = (advance: () => IteratorResult<ShellRequest, T>): void => {
    // A loop, not recursion: a test's (or a cache's) `perform` may reply at once, thousands of times.
    let next: (() => IteratorResult<ShellRequest, T>) | undefined = advance;
    while (next !== undefined) {
      let result: IteratorResult<ShellRequest, T>;
      try {
        result = next();
      } catch (error) {
        isDone = true;
        finished({ ok: false, error });
        return;
      }
      if (result.done === true) {
        isDone = true;
        finished({ ok: true, value: result.value });
        return;
      }
      const ticket = ++waitingFor;
      let isInCall = true;
      let replied: { value: unknown } | undefined;
      perform(result.value, (value) => {
        if (isDone || ticket !== waitingFor) return;
        waitingFor++;
        if (isInCall) replied = { value };
        else step(() => task.next(value));
      });
      isInCall = false;
      const reply: { value: unknown } | undefined = replied;
      next = reply === undefined ? undefined : () => task.next(reply.value);
    }
  };

  step(() => task.next());
  return () => {
    if (isDone) return;
    waitingFor++;
    step(() => task.throw(new Interrupted('interrupted')));
  };
}

/** Which reply a request has is fixed by `ShellRequest`; the generator protocol cannot express the pairing. */
function* ask<T>(request: ShellRequest): ShellTask<T> {
  // The one cast of the pairing above.
  return (yield request) as T;
}

function file<T>(request: FileRequest): ShellTask<Outcome<T>> {
  return ask<Outcome<T>>({ kind: 'file', request });
}

export const stat = (path: string): ShellTask<Outcome<FileStat>> => file({ op: 'stat', path });
export const list = (path: string): ShellTask<Outcome<readonly DirectoryEntry[]>> =>
  file({ op: 'list', path });
export const read = (path: string): ShellTask<Outcome<Uint8Array>> => file({ op: 'read', path });
export const write = (
  path: string,
  bytes: Uint8Array,
  how: 'replace' | 'append',
): ShellTask<Outcome<void>> => file({ op: 'write', path, bytes, how });
export const mkdir = (path: string): ShellTask<Outcome<void>> => file({ op: 'mkdir', path });
export const rmdir = (path: string): ShellTask<Outcome<void>> => file({ op: 'rmdir', path });
export const unlink = (path: string): ShellTask<Outcome<void>> => file({ op: 'unlink', path });
export const rename = (from: string, to: string): ShellTask<Outcome<void>> =>
  file({ op: 'rename', from, to });
export const touch = (path: string): ShellTask<Outcome<void>> => file({ op: 'touch', path });
export const run = (args: readonly string[], cwd: string): ShellTask<number> =>
  ask<number>({ kind: 'run', args, cwd });
export const sleep = (seconds: number): ShellTask<undefined> =>
  ask<undefined>({ kind: 'sleep', seconds });
export const xlog = (path: string): ShellTask<Outcome<string>> => ask({ kind: 'xlog', path });
