/**
 * What a page and the frame `embed.html` inside it say to each other: version 1 of a small protocol. Every message is a plain
 * object with `bee: 1` and a `type`; what has no `bee` is somebody else's talk and is passed over.
 */
export const protocolVersion = 1;

/** Page to frame. `id` is the page's own, any text or number; it stands in the answer. */
export type ToFrame =
  /** Asks for 'ready' again: the page began to listen late. */
  | { readonly type: 'ready'; readonly id: MessageId }
  /** Types lines into a terminal and runs them; without `text`, the whole program, or the open step of the lesson. */
  | {
      readonly type: 'run';
      readonly id: MessageId;
      readonly text: string | undefined;
      readonly terminal: number;
    }
  /** Ends the servers, removes their files, and begins again. */
  | { readonly type: 'reset'; readonly id: MessageId };

export type MessageId = string | number | undefined;

/** Frame to page. */
export type FromFrame =
  /** There are prompts; also the answer to 'ready'. */
  | {
      readonly type: 'ready';
      readonly id?: MessageId;
      readonly terminals: number;
      readonly lesson?: string | undefined;
      readonly step?: string | undefined;
    }
  /** The answer to 'run' and 'reset': what each terminal has shown since, by its number. */
  | {
      readonly type: 'result';
      readonly id: MessageId;
      readonly outputs: Readonly<Record<number, string>>;
    }
  /** Unasked: a step of the lesson is done. */
  | { readonly type: 'result'; readonly lesson: string; readonly step: string }
  /** How high, in pixels, the frame would be without a scroll bar. */
  | { readonly type: 'resize'; readonly height: number }
  /** A message that could not be followed, and why. */
  | { readonly type: 'error'; readonly id?: MessageId; readonly message: string };

export type Read =
  | { readonly kind: 'message'; readonly message: ToFrame }
  | { readonly kind: 'error'; readonly id: MessageId; readonly message: string }
  /** Not of this protocol. */
  | { readonly kind: 'foreign' };

/**
 * Reads what came from the page.
 * @param data of the event: anything
 * @param terminals how many there are
 */
export function readMessage(data: unknown, terminals: number): Read {
  if (typeof data !== 'object' || data === null || !('bee' in data)) return { kind: 'foreign' };
  const { bee, type, id: given, text, terminal = 1 }: Record<string, unknown> = { ...data };
  const id = typeof given === 'string' || typeof given === 'number' ? given : undefined;
  const error = (message: string): Read => ({ kind: 'error', id, message });
  if (bee !== protocolVersion) {
    return error(
      `the message is of version ${JSON.stringify(bee)}; this frame speaks version ${protocolVersion}`,
    );
  }
  switch (type) {
    case 'ready':
    case 'reset':
      return { kind: 'message', message: { type, id } };
    case 'run':
      if (text !== undefined && typeof text !== 'string') return error('text is not a string');
      if (typeof terminal !== 'number' || !(terminal >= 1 && terminal <= terminals)) {
        return error(`terminal is ${JSON.stringify(terminal)}; there are 1 to ${terminals}`);
      }
      return { kind: 'message', message: { type, id, text, terminal } };
    default:
      return error(`type is ${JSON.stringify(type)}; it must be ready, run or reset`);
  }
}
