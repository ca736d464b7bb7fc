/**
 * A worker that reads log files and answers: the log's code stays out of the page. A request for text is answered once; a file
 * that was opened is kept, and its parts are handed out as they are looked at.
 */
import { errorText } from '../bee/base/error-text.ts';
import { type XlogPart, XlogParts, type XlogSummary } from './xlog-parts.ts';
import { XlogTextError, xlogText } from './xlog-text.ts';

export type { XlogBlock, XlogPart, XlogSummary } from './xlog-parts.ts';

/** A file of the disk or of an upload. */
export interface NamedBytes {
  /** Without its directory. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export type XlogRequest =
  /** Answered with 'text'. */
  | ({ readonly kind: 'text' } & NamedBytes)
  /**
   * Answered with 'opened'. `others` are files of the same directory, which may name the spaces that this one writes to.
   */
  | ({ readonly kind: 'open'; readonly others: readonly NamedBytes[] } & NamedBytes)
  /** Parts of the file that was opened last. Answered with 'parts'. */
  | { readonly kind: 'parts'; readonly from: number; readonly count: number }
  /** Which part of that file a byte belongs to. Answered with 'found'. */
  | { readonly kind: 'find'; readonly offset: number };

/** Answers come in the order of the requests. */
export type XlogAnswer =
  /** `error` is what stopped the reading; undefined when the whole file was read. */
  | { readonly kind: 'text'; readonly text: string; readonly error: string | undefined }
  /** Without a summary it is no log file; `error` says why. */
  | {
      readonly kind: 'opened';
      readonly summary: XlogSummary | undefined;
      readonly error: string | undefined;
    }
  | { readonly kind: 'parts'; readonly parts: readonly XlogPart[] }
  | { readonly kind: 'found'; readonly at: number };

let opened: XlogParts | undefined;

addEventListener('message', ({ data }: MessageEvent<XlogRequest>) => {
  const answer = answerTo(data);
  postMessage(answer);
});

function answerTo(request: XlogRequest): XlogAnswer {
  switch (request.kind) {
    case 'text':
      return text(request);
    case 'open':
      return open(request, request.others);
    case 'parts':
      return { kind: 'parts', parts: opened?.parts(request.from, request.count) ?? [] };
    case 'find':
      return { kind: 'found', at: opened?.find(request.offset) ?? 0 };
  }
}

function text({ bytes, name }: NamedBytes): XlogAnswer {
  try {
    return { kind: 'text', text: xlogText(bytes, name), error: undefined };
  } catch (error) {
    const before = error instanceof XlogTextError ? error.text : '';
    return { kind: 'text', text: before, error: errorText(error) };
  }
}

function open({ bytes, name }: NamedBytes, others: readonly NamedBytes[]): XlogAnswer {
  opened = undefined;
  const spaces = new Map<number, string>();
  for (const other of others) {
    try {
      for (const [id, spaceName] of new XlogParts(other.bytes, other.name).spaces) {
        spaces.set(id, spaceName);
      }
    } catch {
      // It is no log file, or one without a header: it has no names to give, which are all that is wanted of it.
    }
  }
  try {
    opened = new XlogParts(bytes, name, spaces);
    return { kind: 'opened', summary: opened.summary, error: undefined };
  } catch (error) {
    return { kind: 'opened', summary: undefined, error: errorText(error) };
  }
}
