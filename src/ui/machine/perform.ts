import type { Perform, ShellRequest } from '../../shell/task.ts';
import type { SessionHost } from './host.ts';

/** A server is to run in the foreground. */
export type RunRequest = Extract<ShellRequest, { kind: 'run' }>;

/**
 * Answers the shell's requests from a session.
 * @param runServer starts a server in the shell's terminal; replies when it has ended
 */
export function performOn(
  host: SessionHost,
  runServer: (request: RunRequest, reply: (status: number) => void) => void,
): Perform {
  return (request, reply) => {
    switch (request.kind) {
      case 'file':
        host.request(request.request).then(reply, fail(reply));
        return;
      case 'xlog':
        host.decodeLog(request.path).then(reply, fail(reply));
        return;
      case 'sleep':
        setTimeout(() => reply(undefined), request.seconds * 1000);
        return;
      case 'run':
        runServer(request, reply);
    }
  };
}

/** A request that threw, which is a bug in the host: the command fails with its words, and the prompt comes back. */
function fail(reply: (value: unknown) => void): (error: unknown) => void {
  return (error) => reply({ ok: false, error: { code: 'EIO', message: String(error) } });
}
