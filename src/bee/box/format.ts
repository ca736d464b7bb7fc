/** Names and types of a space's fields. */
export class TupleFormat {
  /** Field names in order; fields beyond have none. */
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    this.names = names;
  }
}
