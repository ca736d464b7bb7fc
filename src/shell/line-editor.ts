import type { History } from './history.ts';
import { SearchState } from './history-search.ts';
import type { Key } from './keys.ts';
import { lineEnd, lineStart, nextPlace, previousPlace, wordEnd, wordStart } from './motion.ts';

/** What the terminal must do after a key, besides showing the line again. */
export type EditorEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'bell' }
  | { readonly kind: 'submit'; readonly text: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'end-of-input' }
  | { readonly kind: 'clear-screen' }
  /** Tab; `isSecond` when the one before it changed nothing: time to list what there is. */
  | { readonly kind: 'complete'; readonly isSecond: boolean };

const none: EditorEffect = { kind: 'none' };
const bell: EditorEffect = { kind: 'bell' };

/** What the last key was, for kills that add up, and for Alt-Y and Alt-. that need their like before them. */
type LastKey = 'kill' | 'yank' | 'tab' | 'argument' | 'other';

/** 60 kills, as readline keeps by default rounded up; only Alt-Y ever looks further back than one. */
const killsMax = 60;

/**
 * The line being edited: keys in, edits and effects out. A pure state machine with readline's keys; what it looks like on
 * the screen is `prompt-view.ts`'s business. Written here instead of taken from xterm-readline because that one owns the
 * terminal while it reads: it cannot give way to a log line, show a line that somebody else types, or hold several lines.
 */
export class LineEditor {
  /** May hold newlines: a statement of several lines that came from the history. */
  text = '';
  /** Where the next character goes: an index into `text`, always between two graphemes. */
  cursor = 0;
  #history: History;
  /** Index into the history's entries; their length stands for the line that is being written. */
  #place: number;
  /** Entries as edited since the last Enter, and the line being written, by their place. */
  readonly #drafts = new Map<number, string>();
  readonly #kills: string[] = [];
  #last: LastKey = 'other';
  #yanked = { from: 0, place: 0 };
  #search: SearchState | undefined;
  #lastArgument = { back: 0, from: 0 };

  constructor(history: History) {
    this.#history = history;
    this.#place = history.entries.length;
  }

  /** The search that is going on (Ctrl-R), for the prompt; undefined when there is none. */
  get search(): { readonly query: string; readonly isFailing: boolean } | undefined {
    return this.#search;
  }

  /** Begins a new line, at another kind of prompt perhaps. What was killed stays to be yanked. */
  reset(history: History = this.#history): void {
    this.#history = history;
    this.text = '';
    this.cursor = 0;
    this.#place = history.entries.length;
    this.#drafts.clear();
    this.#search = undefined;
    this.#last = 'other';
  }

  /** Puts text at the cursor. */
  insert(text: string): void {
    this.text = this.text.slice(0, this.cursor) + text + this.text.slice(this.cursor);
    this.cursor += text.length;
  }

  /** Replaces from `from` to the cursor: what a completion does. */
  replaceBack(from: number, text: string): void {
    this.text = this.text.slice(0, from) + text + this.text.slice(this.cursor);
    this.cursor = from + text.length;
  }

  /** Empties the line; Ctrl-Y brings it back. */
  killAll(): void {
    this.cursor = this.text.length;
    this.#kill(0, this.text.length, 'before');
  }

  /** Takes one key, not a paste: what a paste does with its lines is the terminal's business. */
  key(key: Extract<Key, { kind: 'text' | 'key' }>): EditorEffect {
    const { text } = this;
    if (this.#search !== undefined) {
      const effect = this.#searchKey(key);
      if (effect !== undefined) return effect;
    }
    const before = this.#last;
    if (key.kind === 'text') {
      this.#last = 'other';
      this.insert(key.text);
      return none;
    }
    this.#last = 'other';
    const effect = this.#named(key.name, before);
    if (this.text !== text) this.#drafts.set(this.#place, this.text);
    return effect;
  }

  #named(name: string, before: LastKey): EditorEffect {
    const { text, cursor } = this;
    switch (name) {
      case 'enter':
        return { kind: 'submit', text };
      case 'C-c':
        return { kind: 'interrupt' };
      case 'C-d':
        if (text === '') return { kind: 'end-of-input' };
        return this.#delete(cursor, nextPlace(text, cursor));
      case 'delete':
        return this.#delete(cursor, nextPlace(text, cursor));
      case 'backspace':
        return this.#delete(previousPlace(text, cursor), cursor);
      case 'C-l':
        return { kind: 'clear-screen' };
      case 'tab':
        this.#last = 'tab';
        return { kind: 'complete', isSecond: before === 'tab' };
      case 'left':
      case 'C-b':
        return this.#move(previousPlace(text, cursor));
      case 'right':
      case 'C-f':
        return this.#move(nextPlace(text, cursor));
      case 'M-b':
        return this.#move(wordStart(text, cursor));
      case 'M-f':
        return this.#move(wordEnd(text, cursor));
      case 'home':
      case 'C-a':
        return this.#move(lineStart(text, cursor));
      case 'end':
      case 'C-e':
        return this.#move(lineEnd(text, cursor));
      case 'up':
        return this.#vertical(-1);
      case 'down':
        return this.#vertical(1);
      case 'C-p':
        return this.#go(this.#place - 1);
      case 'C-n':
        return this.#go(this.#place + 1);
      case 'M-<':
        return this.#go(0);
      case 'M->':
        return this.#go(this.#history.entries.length);
      case 'C-k': {
        const end = lineEnd(text, cursor);
        return this.#kill(cursor, end === cursor ? nextPlace(text, cursor) : end, 'after', before);
      }
      case 'C-u':
        return this.#kill(lineStart(text, cursor), cursor, 'before', before);
      case 'C-w': {
        const start = /\S*\s*$/.exec(text.slice(0, cursor))?.index ?? cursor;
        return this.#kill(start, cursor, 'before', before);
      }
      case 'M-backspace':
        return this.#kill(wordStart(text, cursor), cursor, 'before', before);
      case 'M-d':
        return this.#kill(cursor, wordEnd(text, cursor), 'after', before);
      case 'C-y':
        return this.#yank();
      case 'M-y':
        return before === 'yank' ? this.#yankOlder() : bell;
      case 'C-t':
        return this.#transpose();
      case 'M-.':
        return this.#insertLastArgument(before);
      case 'C-r':
        this.#search = new SearchState(this.#history.entries, this.text, this.cursor, this.#place);
        return none;
      default:
        // Keys without a meaning here do nothing, quietly: a bell for every function key would be a nuisance.
        return none;
    }
  }

  #move(cursor: number): EditorEffect {
    if (cursor === this.cursor) return bell;
    this.cursor = cursor;
    return none;
  }

  #delete(from: number, to: number): EditorEffect {
    if (from === to) return bell;
    this.text = this.text.slice(0, from) + this.text.slice(to);
    this.cursor = from;
    return none;
  }

  /** Kills in one direction, one after the other, add up to one entry of the kill ring. */
  #kill(
    from: number,
    to: number,
    side: 'before' | 'after',
    before: LastKey = 'other',
  ): EditorEffect {
    this.#last = 'kill';
    if (from === to) return bell;
    const killed = this.text.slice(from, to);
    const latest = before === 'kill' ? this.#kills.pop() : undefined;
    if (latest === undefined) this.#kills.push(killed);
    else this.#kills.push(side === 'before' ? killed + latest : latest + killed);
    if (this.#kills.length > killsMax) this.#kills.shift();
    return this.#delete(from, to);
  }

  #yank(): EditorEffect {
    const killed = this.#kills.at(-1);
    if (killed === undefined) return bell;
    this.#yanked = { from: this.cursor, place: this.#kills.length - 1 };
    this.insert(killed);
    this.#last = 'yank';
    return none;
  }

  #yankOlder(): EditorEffect {
    const { from, place } = this.#yanked;
    const older = (place === 0 ? this.#kills.length : place) - 1;
    this.replaceBack(from, this.#kills[older] ?? '');
    this.#yanked = { from, place: older };
    this.#last = 'yank';
    return none;
  }

  #transpose(): EditorEffect {
    const { text } = this;
    const right = this.cursor === text.length ? previousPlace(text, this.cursor) : this.cursor;
    const left = previousPlace(text, right);
    const end = nextPlace(text, right);
    if (left === right || right === end) return bell;
    this.text =
      text.slice(0, left) + text.slice(right, end) + text.slice(left, right) + text.slice(end);
    this.cursor = end;
    return none;
  }

  /** Alt-. puts the last word of the entry before; again, of the one before that. */
  #insertLastArgument(before: LastKey): EditorEffect {
    const { entries } = this.#history;
    const isAgain = before === 'argument';
    const back = isAgain ? this.#lastArgument.back + 1 : 1;
    const word = entries[entries.length - back]?.trim().split(/\s+/).at(-1);
    if (word === undefined) return bell;
    const from = isAgain ? this.#lastArgument.from : this.cursor;
    this.replaceBack(from, word);
    this.#lastArgument = { back, from };
    this.#last = 'argument';
    return none;
  }

  /** Within a statement of several lines the arrows go from line to line, at its edge into the history. */
  #vertical(direction: -1 | 1): EditorEffect {
    const { text, cursor } = this;
    const start = lineStart(text, cursor);
    const edge = direction < 0 ? start - 1 : lineEnd(text, cursor);
    if (edge < 0 || edge >= text.length) return this.#go(this.#place + direction);
    const targetStart = direction < 0 ? lineStart(text, edge) : edge + 1;
    const column = Math.min(cursor - start, lineEnd(text, targetStart) - targetStart);
    const wished = targetStart + column;
    // Not into the middle of a grapheme.
    this.cursor = wished === targetStart ? wished : nextPlace(text, previousPlace(text, wished));
    return none;
  }

  #go(place: number): EditorEffect {
    const { entries } = this.#history;
    if (place < 0 || place > entries.length || place === this.#place) return bell;
    this.#drafts.set(this.#place, this.text);
    this.#place = place;
    this.text = this.#drafts.get(place) ?? entries[place] ?? '';
    this.cursor = this.text.length;
    return none;
  }

  /** @returns undefined when the key ends the search and then does what it always does */
  #searchKey(key: Extract<Key, { kind: 'text' | 'key' }>): EditorEffect | undefined {
    const search = this.#search;
    if (search === undefined) return undefined;
    let isFound = true;
    if (key.kind === 'text') isFound = search.type(key.text);
    else if (key.name === 'C-r') isFound = search.next(-1);
    else if (key.name === 'C-s') isFound = search.next(1);
    else if (key.name === 'backspace') search.backspace();
    else if (key.name === 'C-g' || key.name === 'C-c') {
      this.text = search.savedText;
      this.cursor = search.savedCursor;
      this.#search = undefined;
      return none;
    } else {
      this.#search = undefined;
      if (search.place !== this.#place) this.#drafts.set(this.#place, search.savedText);
      this.#place = search.place;
      // Esc alone (or with Ctrl-J's cousin) only takes the match; every other key goes on to act on it.
      return undefined;
    }
    this.text = search.text;
    this.cursor = search.cursor;
    return isFound ? none : bell;
  }
}
