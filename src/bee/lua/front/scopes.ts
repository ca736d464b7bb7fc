/**
 * What a function under way knows of its locals, labels and loops: enough for LuaJIT's limits and its errors about `break` and
 * `goto`.
 */
import type { TableShape } from './table-shape.ts';

const localsMax = 200;
const upvaluesMax = 60;

/** Raises an error at a line; a message without "near". */
export type Fail = (message: string, line?: number) => never;

interface Block {
  readonly parent: Block | undefined;
  /** Locals of the function when the block began. */
  readonly locals: number;
  readonly isLoop: boolean;
  readonly labels: Set<string>;
  readonly gotos: { readonly label: string; readonly line: number }[];
}

/** A function while it is being read. What the compiler needs of it afterwards is `shapes` and `children`. */
export class FunctionScope {
  readonly parent: FunctionScope | undefined;
  readonly line: number;
  readonly isVararg: boolean;
  /** Table constructors in the order of their opening braces. */
  readonly shapes: TableShape[] = [];
  /** Functions inside, in the order of their beginnings. */
  readonly children: FunctionScope[] = [];
  readonly #fail: Fail;
  readonly #locals: string[] = [];
  readonly #upvalues = new Set<string>();
  #block: Block;

  constructor(parent: FunctionScope | undefined, line: number, isVararg: boolean, fail: Fail) {
    this.parent = parent;
    this.line = line;
    this.isVararg = isVararg;
    this.#fail = fail;
    this.#block = newBlock(undefined, 0, false);
    parent?.children.push(this);
  }

  declare(names: readonly string[]): void {
    for (const name of names) {
      if (this.#locals.length >= localsMax) this.#limit(localsMax, 'local variables');
      this.#locals.push(name);
    }
  }

  #limit(max: number, what: string): never {
    const who = this.parent === undefined ? 'main function' : `function at line ${this.line}`;
    return this.#fail(`${who} has more than ${max} ${what}`);
  }

  /** Notes that a name is used; in an enclosing function it is an upvalue of this one. */
  use(name: string): boolean {
    if (this.#locals.includes(name) || this.#upvalues.has(name)) return true;
    if (this.parent?.use(name) !== true) return false;
    if (this.#upvalues.size >= upvaluesMax) this.#limit(upvaluesMax, 'upvalues');
    this.#upvalues.add(name);
    return true;
  }

  enterBlock(isLoop: boolean): void {
    this.#block = newBlock(this.#block, this.#locals.length, isLoop);
  }

  leaveBlock(): void {
    const { parent, locals, labels, gotos } = this.#block;
    this.#locals.length = locals;
    for (const jump of gotos) if (!labels.has(jump.label)) parent?.gotos.push(jump);
    if (parent !== undefined) this.#block = parent;
  }

  /** The end of the function: jumps that found no target are reported now, as LuaJIT does. */
  finish(): void {
    for (const { label, line } of this.#block.gotos) {
      if (this.#block.labels.has(label)) continue;
      this.#fail(label === '' ? 'no loop to break' : `undefined label '${label}'`, line);
    }
  }

  break(line: number): void {
    for (let block: Block | undefined = this.#block; block !== undefined; block = block.parent) {
      if (block.isLoop) return;
    }
    this.#block.gotos.push({ label: '', line });
  }

  goto(label: string, line: number): void {
    this.#block.gotos.push({ label, line });
  }

  label(name: string): void {
    if (this.#block.labels.has(name)) this.#fail(`duplicate label '${name}'`);
    this.#block.labels.add(name);
  }
}

function newBlock(parent: Block | undefined, locals: number, isLoop: boolean): Block {
  return { parent, locals, isLoop, labels: new Set(), gotos: [] };
}
