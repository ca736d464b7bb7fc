import type { FoundFile, Stage } from '../../lesson/stage.ts';
import { expand } from '../../shell/expand.ts';
import { parse } from '../../shell/parser.ts';
import { resolve } from '../../shell/path.ts';
import { drive, type Perform, type ShellTask, stat } from '../../shell/task.ts';
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
    find: (pattern, done) => {
      const perform: Perform = (request, reply) => {
        if (request.kind === 'file') void machine.host.request(request.request).then(reply);
      };
      drive(findFiles(pattern, machine.home), perform, (found) =>
        done(found.ok ? found.value : []),
      );
    },
    after: (seconds, fire) => {
      const timer = setTimeout(fire, seconds * 1000);
      return () => clearTimeout(timer);
    },
    reset: (done) => void machine.reset().then(done),
  };
}

/** The files that a pattern stands for, as the shell would expand it. */
function* findFiles(pattern: string, home: string): ShellTask<readonly FoundFile[]> {
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
