/** A transaction. */
export interface Txn {
  readonly id: number;
}
/** A place in a transaction to go back to. */
export interface Savepoint {
  readonly txnId: number;
}
