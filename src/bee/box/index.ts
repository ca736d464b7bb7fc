/** An index of a space: what `space.index[i]` shows, and its contents. */
export interface Index {
  readonly spaceId: number;
  readonly id: number;
  readonly name: string;
  readonly type: 'TREE' | 'HASH' | 'BITSET' | 'RTREE';
  readonly isUnique: boolean;
  readonly parts: readonly IndexPart[];
  /** RTREE only. */
  readonly dimension: number | undefined;
  readonly distance: 'euclid' | 'manhattan' | undefined;
  /** Id of the function of a functional index. */
  readonly funcId: number | undefined;
  readonly isMultikey: boolean;
  readonly length: number;
  /** Bytes that it takes. */
  readonly bsize: number;
}

export interface IndexPart {
  /** Counted from 0. */
  readonly fieldNo: number;
  readonly type: string;
  readonly isNullable: boolean;
  /** Name of the collation. */
  readonly collation: string | undefined;
  readonly path: string | undefined;
}
