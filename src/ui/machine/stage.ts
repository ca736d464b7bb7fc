import { errorText } from '../../bee/base/error-text.ts';
import { fail, ok } from '../../bee/base/result.ts';
import type { Found, FoundFile, Stage } from '../../lesson/stage.ts';
import { expand } from '../../shell/expand.ts';
import { parse } from '../../shell/parser.ts';
import { resolve } from '../../shell/path.ts';
import { drive, type Outcome, type Perform, type ShellTask, stat } from '../../shell/task.ts';
import type { SessionHost } from './host.ts';
import type { Machine } from './machine.ts';

/** The stage of a lesson: a machine's terminals, servers and files. */
export function createStage(machine: Machine): Stage {
  return {
    get owner() {
      return machine.owner;
    },
    set owner(lesson) {
      machine.owner = lesson;
    },
    whenPrompting: (terminal, done) => {
      const controller = machine.controller(terminal);
      if (controller === undefined) done(undefined);
      else controller.typist.whenPrompting(done);
    },
    typeLine: (terminal, text, pace, done) => {
      const controller = machine.controller(terminal);
      if (controller === undefined) done(false);
      else controller.typist.type(text, pace, done);
    },
    program: (terminal) => machine.controller(terminal)?.program ?? 'shell',
    probe: (terminal, code, done) => {
      const answer = machine.controller(terminal)?.probe(code);
      if (answer === undefined) {
        done({ kind: 'no-server' });
        return;
      }
      void answer.then((result) =>
        done(
          result.ok
            ? { kind: 'value', value: result.value }
            : { kind: 'error', message: result.error },
        ),
      );
    },
    find: (pattern, done) => findFiles(machine.host, machine.home, pattern, done),
    after: (seconds, fire) => {
      const timer = setTimeout(fire, seconds * 1000);
      return () => clearTimeout(timer);
    },
    reset: (done) => void machine.reset().then(done),
  };
}

/** What a directory that is not there answers. Everything else means that nobody could look. */
const absences: readonly string[] = ['ENOENT', 'ENOTDIR'];

/**
 * Finds the files that a pattern stands for, as the shell would expand it.
 * @param home what `~` stands for
 * @param done called once; with an error also where the shell would take what it cannot read for nothing
 */
export function findFiles(
  host: Pick<SessionHost, 'request'>,
  home: string,
  pattern: string,
  done: (found: Found) => void,
): void {
  let trouble: string | undefined;
  const perform: Perform = (request, reply) => {
    // Expansion and `stat` ask for files only.
    if (request.kind !== 'file') return;
    const note = (outcome: Outcome<unknown>): void => {
      if (!outcome.ok && !absences.includes(outcome.error.code)) trouble ??= outcome.error.message;
      reply(outcome);
    };
    host.request(request.request).then(note, (error: unknown) => {
      const message = errorText(error);
      note({ ok: false, error: { code: 'EIO', message } });
    });
  };
  drive(expandFiles(pattern, home), perform, (found) => {
    if (!found.ok) trouble ??= errorText(found.error);
    done(found.ok && trouble === undefined ? ok(found.value) : fail(trouble ?? ''));
  });
}

function* expandFiles(pattern: string, home: string): ShellTask<readonly FoundFile[]> {
  const parsed = parse(pattern);
  const words = parsed.kind === 'list' ? (parsed.pipelines[0]?.commands[0]?.words ?? []) : [];
  const paths = yield* expand(words, { cwd: home, home, variable: () => '' });
  const files: FoundFile[] = [];
  for (const path of paths) {
    const found = yield* stat(resolve(home, path));
    if (found.ok) files.push({ path, kind: found.value.kind, size: found.value.size });
  }
  return files;
}
