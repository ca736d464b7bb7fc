import { awaitCall } from '../base/await.ts';
import type { Scheduler, Task } from '../base/fiber.ts';
import { typedError } from '../box/error.ts';
import type { DiskError, Env, LogLevel, LogSink, OpenFile } from '../env/index.ts';
import { encodeUtf8 } from '../wire/utf8.ts';
import { resolvePath } from './path.ts';

/** Where log lines go: the terminal, until the option `log` names a file. */
export class LogFile implements LogSink {
  readonly #env: Env;
  readonly #scheduler: Scheduler;
  #file: OpenFile | undefined;
  #pending = '';
  #isWriting = false;

  constructor(env: Env, scheduler: Scheduler) {
    this.#env = env;
    this.#scheduler = scheduler;
  }

  /**
   * Opens the file that `log` names: `x.log`, `file:x.log`. '' leaves the terminal.
   * @throws ClientError of type SystemError when it cannot be opened; pipes and syslog do not exist here
   */
  *open(option: string, directory: string): Task<void> {
    if (option === '') return;
    const scheme = /^(file|pipe|syslog):/.exec(option)?.[1];
    if (option.startsWith('|') || scheme === 'pipe' || scheme === 'syslog') {
      throw typedError(
        'SystemError',
        `can't log to ${option}: there are no pipes and no syslog here`,
      );
    }
    const path = resolvePath(directory, option.replace(/^file:/, ''));
    const opened = yield* awaitCall<OpenFile, DiskError>(this.#scheduler, (done) =>
      this.#env.disk.open(path, 'append', done),
    );
    if (!opened.ok) {
      throw typedError('SystemError', `can't open log file: ${option}: ${opened.error.message}`);
    }
    this.#file = opened.value;
  }

  line(text: string, level: LogLevel): void {
    if (this.#file === undefined) {
      this.#env.log.line(text, level);
      return;
    }
    this.#pending += `${text}\n`;
    this.#write();
  }

  /** Waits for the last lines. */
  *close(): Task<void> {
    const file = this.#file;
    if (file === undefined) return;
    while (this.#isWriting) yield* this.#scheduler.sleep(0.001);
    this.#file = undefined;
    yield* awaitCall<void, DiskError>(this.#scheduler, (done) => file.close(done));
  }

  /** One append at a time; lines that come meanwhile go together in the next one. */
  #write(): void {
    if (this.#isWriting || this.#pending === '' || this.#file === undefined) return;
    const bytes = encodeUtf8(this.#pending);
    this.#pending = '';
    this.#isWriting = true;
    this.#file.append(bytes, 'relaxed', (result) => {
      this.#isWriting = false;
      // A log that cannot be written must not be silent: the lines go to the terminal, with the reason.
      if (!result.ok) this.#env.log.line(`can't write the log file: ${result.error.message}`, 'E');
      this.#write();
    });
  }
}
