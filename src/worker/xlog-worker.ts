/** A worker that turns one log file into text and answers: the log's code stays out of the page. */
import { XlogTextError, xlogText } from './xlog-text.ts';

export interface XlogRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly name: string;
}

export interface XlogAnswer {
  readonly text: string;
  /** What stopped the reading; undefined when the whole file was read. */
  readonly error: string | undefined;
}

addEventListener('message', ({ data }: MessageEvent<XlogRequest>) => {
  let answer: XlogAnswer;
  try {
    answer = { text: xlogText(data.bytes, data.name), error: undefined };
  } catch (error) {
    answer = {
      text: error instanceof XlogTextError ? error.text : '',
      error: error instanceof Error ? error.message : String(error),
    };
  }
  postMessage(answer);
});
