/**
 * What a tab that runs a session tells the tabs that read along, and what those make of it.
 *
 * 1. A watching tab asks; the running one answers with 'all': each screen's text and size, the state of the cluster, and the step of
 *    the lesson.
 * 2. From then on everything that is written to a screen is told as it is written, and the state whenever it changes.
 * 3. When another tab has become the running one it says 'all' by itself, so that watchers go on with it.
 *
 * The news come from this very page in another tab, of the same origin; one of an older build may still be open, so what cannot be
 * read is left alone.
 */
import { isRecord } from './kept.ts';
import type {
  LinkFault,
  MachineState,
  Reading,
  ServerInfo,
  TerminalInfo,
} from './machine-store.ts';

/** A screen from its first line on. */
export interface ScreenNews {
  readonly number: number;
  readonly columns: number;
  readonly rows: number;
  /** As written to a terminal. */
  readonly text: string;
}

/** What a watching tab shows of the cluster, and of the lesson. */
export interface WatchedState {
  readonly terminals: readonly TerminalInfo[];
  readonly servers: readonly ServerInfo[];
  readonly faults: readonly LinkFault[];
  readonly isDiskFull: boolean;
  readonly reading: Reading | undefined;
}

export type TabNews =
  | { readonly kind: 'all'; readonly screens: readonly ScreenNews[]; readonly state: WatchedState }
  | { readonly kind: 'state'; readonly state: WatchedState }
  | { readonly kind: 'screen'; readonly screen: ScreenNews }
  | { readonly kind: 'write'; readonly number: number; readonly text: string };

const kinds: ReadonlySet<unknown> = new Set(['all', 'state', 'screen', 'write']);

/** What came, when it is news of this page. */
export function readNews(value: unknown): TabNews | undefined {
  // The sender is this file; the kind tells an older build's other messages from its own.
  return isRecord(value) && kinds.has(value['kind']) ? (value as unknown as TabNews) : undefined;
}

/** The part of a machine's state that is told. */
export function watchedState(state: MachineState): WatchedState {
  const { terminals, servers, faults, isDiskFull, reading } = state;
  return { terminals, servers, faults, isDiskFull, reading };
}

/** Changes of the state are told this often at most: a busy server has ten in a second. */
const stateMs = 150;

/** The running tab's side. Silent until somebody watches. */
export class Teller {
  readonly #tell: (news: TabNews) => void;
  readonly #state: () => MachineState;
  #isHeard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (news: TabNews) => void, state: () => MachineState) {
    this.#tell = tell;
    this.#state = state;
  }

  /** Tells everything; and from now on every change. */
  all(screens: readonly ScreenNews[]): void {
    this.#isHeard = true;
    this.#tell({ kind: 'all', screens, state: watchedState(this.#state()) });
  }

  write(number: number, text: string): void {
    if (this.#isHeard && text !== '') this.#tell({ kind: 'write', number, text });
  }

  screen(screen: () => ScreenNews): void {
    if (this.#isHeard) this.#tell({ kind: 'screen', screen: screen() });
  }

  stateChanged(): void {
    if (!this.#isHeard) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell({ kind: 'state', state: watchedState(this.#state()) });
    }, stateMs);
  }
}

type ScreenListener = (news: Extract<TabNews, { kind: 'screen' | 'write' }>) => void;

/** The watching tab's side: screens by number, each with what it has shown since the last 'screen'. */
export class Watched {
  readonly #screens = new Map<number, { screen: ScreenNews; written: string[] }>();
  readonly #listeners = new Map<number, ScreenListener>();
  readonly #onState: (state: WatchedState) => void;

  /** @param onState the cluster is another one */
  constructor(onState: (state: WatchedState) => void) {
    this.#onState = onState;
  }

  hear(news: TabNews): void {
    switch (news.kind) {
      case 'all':
        this.#onState(news.state);
        for (const screen of news.screens) this.#begin(screen);
        break;
      case 'state':
        this.#onState(news.state);
        break;
      case 'screen':
        this.#begin(news.screen);
        break;
      case 'write':
        // Before the first 'screen' it is a piece of something unknown.
        this.#screens.get(news.number)?.written.push(news.text);
        this.#listeners.get(news.number)?.(news);
    }
  }

  /** Shows a screen as it is and as it changes. @returns ends it */
  show(number: number, listener: ScreenListener): () => void {
    const known = this.#screens.get(number);
    if (known !== undefined) {
      listener({ kind: 'screen', screen: known.screen });
      for (const text of known.written) listener({ kind: 'write', number, text });
    }
    this.#listeners.set(number, listener);
    return () => this.#listeners.delete(number);
  }

  #begin(screen: ScreenNews): void {
    this.#screens.set(screen.number, { screen, written: [] });
    this.#listeners.get(screen.number)?.({ kind: 'screen', screen });
  }
}
