/**
 * The part of the Markdown tree (mdast) that a lesson may use. The tree itself is made by remark at
 * build time (`tutorial/lesson-plugin.ts`); this folder needs only its shape, and remark's typings
 * would bring Node's along.
 */
export interface MarkdownNode {
  readonly type: string;
  readonly children?: readonly MarkdownNode[] | undefined;
  /** text, inlineCode, code, html */
  readonly value?: string | undefined;
  /** code: the first word after the fence, and the rest of that line */
  readonly lang?: string | null | undefined;
  readonly meta?: string | null | undefined;
  /** heading */
  readonly depth?: number | undefined;
  /** link */
  readonly url?: string | undefined;
  /** list */
  readonly ordered?: boolean | null | undefined;
  readonly position?: { readonly start: { readonly line: number } } | undefined;
}

/** The line on which a node starts, counted from 1. */
export function lineOf(node: MarkdownNode): number {
  return node.position?.start.line ?? 1;
}

/** All text below a node, without markup. */
export function textOf(node: MarkdownNode): string {
  return node.value ?? (node.children ?? []).map(textOf).join('');
}
