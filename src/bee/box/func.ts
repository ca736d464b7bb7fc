import { Access } from './privilege.ts';

/** What a tuple of `_func` says. */
export interface FuncDef {
  readonly id: number;
  readonly owner: number;
  readonly name: string;
  /** Runs with the rights of its owner. */
  readonly isSetuid: boolean;
  readonly language: FuncLanguage;
  /** Source of a persistent function; empty when the function is found by its name. */
  readonly body: string;
  readonly comment: string;
  readonly isDeterministic: boolean;
  readonly isSandboxed: boolean;
  /** May return several keys to a functional index. */
  readonly isMultikey: boolean;
  readonly returns: string;
  readonly aggregate: string;
  readonly paramCount: number;
  readonly exports: { readonly lua: boolean; readonly sql: boolean };
}

export type FuncLanguage = 'LUA' | 'C' | 'SQL_BUILTIN';

/** A registered function. */
export class Func {
  readonly def: FuncDef;
  readonly access = new Access();
  /** What `hooks.compileFunction` made of the body. */
  compiled: unknown;

  constructor(def: FuncDef) {
    this.def = def;
  }

  get id(): number {
    return this.def.id;
  }

  get name(): string {
    return this.def.name;
  }

  get owner(): number {
    return this.def.owner;
  }

  get isSetuid(): boolean {
    return this.def.isSetuid;
  }

  get language(): FuncLanguage {
    return this.def.language;
  }

  get body(): string {
    return this.def.body;
  }

  get isDeterministic(): boolean {
    return this.def.isDeterministic;
  }

  get isSandboxed(): boolean {
    return this.def.isSandboxed;
  }

  get exports(): { readonly lua: boolean; readonly sql: boolean } {
    return this.def.exports;
  }

  get returns(): string {
    return this.def.returns;
  }

  get comment(): string {
    return this.def.comment;
  }
}
