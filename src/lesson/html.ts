import { escapeHtml } from './escape.ts';
import { highlightCode } from './highlight.ts';
import type { ProblemList } from './lesson-error.ts';
import { lineOf, type MarkdownNode, textOf } from './markdown.ts';

/** Elements that a node becomes when it is nothing but its children in a tag. */
const plainTags: Readonly<Record<string, string>> = {
  paragraph: 'p',
  emphasis: 'em',
  strong: 'strong',
  listItem: 'li',
  blockquote: 'blockquote',
};

/**
 * Where a lesson's link may lead: the web, a place in the page, a neighbouring file. Never a
 * script.
 */
const safeUrl = /^(?:https?:\/\/|#|\.{0,2}\/)/;

/**
 * The name of a terminal in running text, wherever it stands: the page gives it that terminal's
 * colour.
 */
const terminalName = /Terminal #(\d)/g;

/**
 * Makes HTML of Markdown nodes. Only what is listed here comes out, with all text escaped, so
 * nothing in a lesson can become a script, a style or a handler.
 * @param nodes siblings
 * @param problems takes what a lesson may not use, raw HTML above all
 */
export function toHtml(nodes: readonly MarkdownNode[], problems: ProblemList): string {
  return nodes.map((node) => nodeToHtml(node, problems)).join('');
}

function nodeToHtml(node: MarkdownNode, problems: ProblemList): string {
  const inner = () => toHtml(node.children ?? [], problems);
  const tag = plainTags[node.type];
  if (tag !== undefined) return `<${tag}>${inner()}</${tag}>`;
  switch (node.type) {
    case 'text':
      return escapeHtml(node.value ?? '').replaceAll(
        terminalName,
        '<span class="terminal-name" data-terminal="$1">$&</span>',
      );
    case 'inlineCode':
      return `<code>${escapeHtml(node.value ?? '')}</code>`;
    case 'break':
      return '<br>';
    case 'list': {
      const list = node.ordered === true ? 'ol' : 'ul';
      return `<${list}>${inner()}</${list}>`;
    }
    case 'heading':
      if (node.depth !== 3) {
        problems.add(
          lineOf(node),
          `a heading "${textOf(node)}" of level ${node.depth}`,
          '## for a step, ### inside one',
        );
      }
      // The page's own heading of a step is of the first level.
      return `<h2>${inner()}</h2>`;
    case 'link':
      return linkToHtml(node, inner(), problems);
    case 'code':
      return `<pre class="code"><code>${highlightCode(node.value ?? '', node.lang ?? '')}</code></pre>`;
    default:
      problems.add(
        lineOf(node),
        node.type === 'html' ? `raw HTML ${node.value ?? ''}` : `Markdown of kind "${node.type}"`,
        'paragraphs, lists, links, code, emphasis',
      );
      return '';
  }
}

function linkToHtml(node: MarkdownNode, inner: string, problems: ProblemList): string {
  const url = node.url ?? '';
  if (!safeUrl.test(url)) {
    problems.add(lineOf(node), `a link to ${url}`, 'a link that starts with https://, #, / or ./');
    return inner;
  }
  const outside = url.startsWith('http') ? ' target="_blank" rel="noopener noreferrer"' : '';
  return `<a href="${escapeHtml(url)}"${outside}>${inner}</a>`;
}
