import { escapeHtml } from './escape.ts';
import type { Program } from './types.ts';

/**
 * Colours for Lua and for the shell, made at build time: a lesson's commands are short, so one
 * regular expression each does what a grammar would. Classes: hl-comment, hl-string, hl-number,
 * hl-keyword, hl-command, hl-option, hl-prompt, hl-log, hl-varies.
 */
const luaTokens =
  /(?<comment>--.*)|(?<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<number>\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:and|break|do|else|elseif|end|false|for|function|if|in|local|nil|not|or|repeat|return|then|true|until|while)\b)/g;
const shellTokens =
  /(?<comment>(?:^|(?<=\s))#.*)|(?<string>'[^']*'|"[^"]*")|(?<option>(?<=\s)-{1,2}[\w-]+)|(?<command>^\s*[\w~./-]+|(?<=(?:&&|;)\s*)[\w~./-]+)/g;

/** One line typed into a shell or a console. */
export function highlightLine(line: string, program: Program): string {
  return highlightTokens(line, program === 'shell' ? shellTokens : luaTokens);
}

/**
 * A block of code that is only shown.
 * @param language the word after its fence: `lua`, `bash`, `sh`; anything else stays plain
 */
export function highlightCode(code: string, language: string): string {
  if (language === 'lua')
    return code
      .split('\n')
      .map((line) => highlightLine(line, 'console'))
      .join('\n');
  if (language === 'bash' || language === 'sh') {
    return code
      .split('\n')
      .map((line) => highlightLine(line, 'shell'))
      .join('\n');
  }
  return escapeHtml(code);
}

function highlightTokens(line: string, tokens: RegExp): string {
  let html = '';
  let at = 0;
  for (const match of line.matchAll(tokens)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0];
    html += escapeHtml(line.slice(at, match.index));
    html += `<span class="hl-${kind}">${escapeHtml(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return html + escapeHtml(line.slice(at));
}
