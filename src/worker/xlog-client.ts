import type { NamedBytes, XlogAnswer, XlogPart, XlogRequest, XlogSummary } from './xlog-worker.ts';

/** What `open` of a log file gives. */
export type OpenedXlog =
  | { readonly ok: true; readonly summary: XlogSummary }
  | { readonly ok: false; readonly error: string };

/** A worker that reads log files, as the page drives it. Whoever made it closes it. */
export class XlogClient {
  readonly #worker: Worker;
  /** One for each request on its way, in order. */
  readonly #waiting: ((answer: XlogAnswer | Error) => void)[] = [];

  /** @param worker whose entry is `xlog-worker.ts` */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<XlogAnswer>) => this.#waiting.shift()?.(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message || 'the reader of log files could not be loaded');
    };
  }

  /** Rows as `tarantoolctl cat` prints them; `error` is what stopped the reading. */
  async text(file: NamedBytes): Promise<{ text: string; error: string | undefined }> {
    const answer = await this.#ask({ kind: 'text', ...file });
    if (answer.kind !== 'text') throw new Error(`asked for text, answered with ${answer.kind}`);
    return answer;
  }

  /**
   * Reads a whole file and keeps it for `parts`.
   * @param others files of the same directory: they may name the spaces that this one writes to
   */
  async open(file: NamedBytes, others: readonly NamedBytes[] = []): Promise<OpenedXlog> {
    const answer = await this.#ask({ kind: 'open', ...file, others });
    if (answer.kind !== 'opened') throw new Error(`asked to open, answered with ${answer.kind}`);
    const { summary, error = '' } = answer;
    return summary === undefined ? { ok: false, error } : { ok: true, summary };
  }

  /** Parts of the file that was opened last, from one on. */
  async parts(from: number, count: number): Promise<readonly XlogPart[]> {
    const answer = await this.#ask({ kind: 'parts', from, count });
    if (answer.kind !== 'parts') throw new Error(`asked for parts, answered with ${answer.kind}`);
    return answer.parts;
  }

  /** The place, among the parts, of the one that a byte of that file belongs to. */
  async find(offset: number): Promise<number> {
    const answer = await this.#ask({ kind: 'find', offset });
    if (answer.kind !== 'found') throw new Error(`asked to find, answered with ${answer.kind}`);
    return answer.at;
  }

  close(): void {
    this.#fail('the reader of log files was closed');
    this.#worker.terminate();
  }

  async #ask(request: XlogRequest): Promise<XlogAnswer> {
    const answer = await new Promise<XlogAnswer | Error>((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(request);
    });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  #fail(reason: string): void {
    for (const resolve of this.#waiting.splice(0)) resolve(new Error(reason));
  }
}
