import { assert } from '../base/assert.ts';
import type { XRow } from '../wire/xrow.ts';
import { clientError } from './error.ts';
import type { Space } from './space.ts';
import type { Tuple } from './tuple.ts';

/** One change of one space inside a transaction, with all that is needed to take it back. */
export class Statement {
  readonly space: Space | undefined;
  oldTuple: Tuple | undefined;
  newTuple: Tuple | undefined;
  /** The change is in the indexes: a rollback must take it out again. */
  isApplied = false;
  /** What goes to the journal; undefined for temporary spaces. */
  row: XRow | undefined;
  /** Request type, for triggers. */
  type = 0;
  /** A truncate of a local or temporary space stays on this server. */
  isForcedLocal = false;
  #onCommit: (() => void)[] | undefined;
  #onRollback: (() => void)[] | undefined;

  constructor(space: Space | undefined) {
    this.space = space;
  }

  get spaceId(): number {
    return this.space?.id ?? 0;
  }

  /** Adds what is to be done when the transaction is in the log. Must not throw. */
  onCommit(run: () => void): void {
    this.#onCommit ??= [];
    this.#onCommit.push(run);
  }

  /** Adds what undoes a change of the schema. Must not throw. */
  onRollback(run: () => void): void {
    this.#onRollback ??= [];
    this.#onRollback.push(run);
  }

  runCommitTriggers(): void {
    for (const run of this.#onCommit ?? []) run();
  }

  /** Takes the change back. */
  rollback(): void {
    if (this.isApplied && this.space !== undefined) {
      undoReplace(this.space, this.oldTuple, this.newTuple);
    }
    this.isApplied = false;
    // The last change of the schema is undone first.
    for (const run of this.#onRollback?.reverse() ?? []) run();
  }
}

/** Puts the old tuple back in the place of the new one, in every index that has it. */
function undoReplace(space: Space, oldTuple: Tuple | undefined, newTuple: Tuple | undefined): void {
  if (oldTuple === undefined && newTuple === undefined) return;
  const indexes = space.replaceMode === 'all' ? space.indexes : space.indexes.slice(0, 1);
  for (const index of indexes) index.replace(newTuple, oldTuple, 'insert');
  space.bsize += (oldTuple?.bsize ?? 0) - (newTuple?.bsize ?? 0);
}

/** A place in a transaction to go back to. */
export interface Savepoint {
  readonly txnId: number;
  /** The last statement before it; undefined at the beginning. */
  readonly statement: Statement | undefined;
  readonly nesting: number;
}

/** A statement that a trigger makes, that a trigger of that one makes, and so on: no deeper than this. */
const nestingMax = 3;

/** What runs when a transaction has ended. It gets the statements. */
export type TxnTrigger = (statements: readonly Statement[]) => void;

/** Why a transaction can no longer commit. */
export type AbortReason = 'yield' | 'wal';

/** A transaction. */
export class Txn {
  readonly id: number;
  readonly statements: Statement[] = [];
  abortReason: AbortReason | undefined;
  /** It has read or changed memory: from then on its fiber must not suspend. */
  isEngineUsed = false;
  /** Where in `statements` each statement under way began; more than one while triggers run. */
  readonly #nested: number[] = [];
  /** Users' triggers, the newest first. They run the oldest first, with the statements in order. */
  readonly onCommit: TxnTrigger[] = [];
  /** Users' triggers, the newest first. They run in that order, with the statements last first. */
  readonly onRollback: TxnTrigger[] = [];

  constructor(id: number) {
    this.id = id;
  }

  /** How many statements are under way inside each other. */
  get nesting(): number {
    return this.#nested.length;
  }

  /** Triggers that users added. */
  get hasTriggers(): boolean {
    return this.onCommit.length > 0 || this.onRollback.length > 0;
  }

  /** True until a second statement begins. */
  get isFirstStatement(): boolean {
    return this.statements.length === 1;
  }

  /** The statement under way that was begun last. */
  get current(): Statement {
    const statement = this.statements.at(-1);
    assert(statement !== undefined, 'no statement is under way');
    return statement;
  }

  /** @throws SUB_STMT_MAX */
  beginStatement(space: Space | undefined): Statement {
    if (this.#nested.length > nestingMax) throw clientError('SUB_STMT_MAX');
    const statement = new Statement(space);
    this.#nested.push(this.statements.length);
    this.statements.push(statement);
    return statement;
  }

  endStatement(): void {
    this.#nested.pop();
  }

  /** Takes back the statement under way, and those that its triggers made. */
  rollbackStatement(): void {
    const from = this.#nested.pop();
    if (from !== undefined) this.rollbackTo(from);
  }

  /** Takes back all statements from the given one on, the last first. */
  rollbackTo(count: number): void {
    while (this.statements.length > count) this.statements.pop()?.rollback();
  }

  /** The transaction is in the log, or had nothing to write. */
  runCommitTriggers(): void {
    for (const statement of this.statements) statement.runCommitTriggers();
    for (const run of [...this.onCommit].reverse()) run(this.statements);
  }

  /** Takes everything back. */
  rollbackAll(): void {
    const statements = [...this.statements];
    this.rollbackTo(0);
    statements.reverse();
    for (const run of [...this.onRollback]) run(statements);
  }

  savepoint(): Savepoint {
    return { txnId: this.id, statement: this.statements.at(-1), nesting: this.nesting };
  }

  /** @throws NO_SUCH_SAVEPOINT */
  rollbackToSavepoint(savepoint: Savepoint): void {
    const { statement } = savepoint;
    const isGone = statement !== undefined && !this.statements.includes(statement);
    if (savepoint.txnId !== this.id || isGone || savepoint.nesting !== this.nesting) {
      throw clientError('NO_SUCH_SAVEPOINT');
    }
    this.rollbackTo(statement === undefined ? 0 : this.statements.indexOf(statement) + 1);
  }
}
