import type { YamlNode } from './node.ts';

type Event = { readonly kind: 'start'; readonly flow: boolean; readonly need: number } | Other;
type Other = { readonly kind: 'end' | 'other' };

const end: Event = { kind: 'end' };
const other: Event = { kind: 'other' };

/**
 * For each string of the document, in order, whether tarantool asks libyaml for quotes because it is "in flow". It looks at
 * the emitter's flow level, which lags behind: libyaml holds an opened list until two more events are there, an opened map
 * until three, and counts the level only at the first child. So the strings of `[{true: True}]` are asked for too early and
 * stay bare. This class keeps that queue and that level and nothing else.
 */
export class Lookahead {
  readonly quoted: boolean[] = [];
  #queue: Event[] = [];
  #flowLevel = 0;
  /** A flow collection was opened, its first child has not been seen. */
  #opening = false;
  /** Whether the collections that are open are in flow form, outermost first. */
  readonly #open: boolean[] = [];

  static of(node: YamlNode): readonly boolean[] {
    const lookahead = new Lookahead();
    lookahead.#walk(node);
    return lookahead.quoted;
  }

  #walk(node: YamlNode): void {
    if (node.kind === 'sequence') {
      this.#push({ kind: 'start', flow: node.flow === true, need: 2 });
      for (const item of node.items) this.#walk(item);
      this.#push(end);
    } else if (node.kind === 'mapping') {
      this.#push({ kind: 'start', flow: node.flow === true, need: 3 });
      for (const [key, value] of node.entries) {
        this.#walk(key);
        this.#walk(value);
      }
      this.#push(end);
    } else {
      if (node.kind === 'text') this.quoted.push(this.#isFlow());
      this.#push(other);
    }
  }

  #isFlow(): boolean {
    return this.#flowLevel > 0 || this.#queue.some((event) => event.kind === 'start' && event.flow);
  }

  #push(event: Event): void {
    this.#queue.push(event);
    for (let head = this.#ready(); head !== undefined; head = this.#ready()) this.#process(head);
  }

  /** Takes the oldest event, if enough follow it. */
  #ready(): Event | undefined {
    const head = this.#queue[0];
    if (head?.kind !== 'start' || this.#queue.length > head.need) return this.#queue.shift();
    let level = 0;
    for (const event of this.#queue) {
      if (event.kind === 'start') level++;
      else if (event.kind === 'end') level--;
      if (level === 0) return this.#queue.shift();
    }
    return undefined;
  }

  #process(event: Event): void {
    if (this.#opening) this.#flowLevel++;
    this.#opening = false;
    if (event.kind === 'start') {
      const isEmpty = this.#queue[0]?.kind === 'end';
      const isFlow = this.#flowLevel > 0 || event.flow || isEmpty;
      this.#open.push(isFlow);
      this.#opening = isFlow;
    } else if (event.kind === 'end' && this.#open.pop() === true) this.#flowLevel--;
  }
}
