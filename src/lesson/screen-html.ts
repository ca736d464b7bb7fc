import { escapeHtml } from './escape.ts';
import { highlightLine } from './highlight.ts';
import { screenMark } from './screen.ts';

/**
 * What the page shows for a mark: a plausible value, marked as one that differs from run to run.
 */
const samples: Readonly<Record<string, readonly string[]>> = {
  uuid: ['6190d919-1133-4452-b123-beca0b178b32', '236230b8-af3e-406b-b709-15a60b44c20c'],
  size: ['4925', '634', '704', '121'],
  number: ['1'],
  time: ['May 5 11:12'],
};

const promptLine = /^(\$|bee>| +>)( ?)(.*)$/;

/**
 * The HTML of an expected screen: prompts, typed lines and log lines told apart, marks replaced by
 * samples.
 * @param text the screen
 * @param names which sample a named mark has, in order of appearance; one map for a lesson, so that
 *   the same name looks the same
 */
export function screenToHtml(text: string, names: Map<string, string>): string {
  return text
    .split('\n')
    .map((line) => lineToHtml(line, names))
    .join('\n');
}

function lineToHtml(line: string, names: Map<string, string>): string {
  if (line.startsWith('<...>')) return `<span class="hl-log">${marksToHtml(line, names)}</span>`;
  const [, prompt, space, typed] = promptLine.exec(line) ?? [];
  if (prompt === undefined) return marksToHtml(line, names);
  const program = prompt === '$' ? 'shell' : 'console';
  return `<span class="hl-prompt">${escapeHtml(prompt)}</span>${space}${highlightLine(typed ?? '', program)}`;
}

function marksToHtml(line: string, names: Map<string, string>): string {
  let html = '';
  let at = 0;
  for (const mark of line.matchAll(screenMark)) {
    html += escapeHtml(line.slice(at, mark.index));
    at = mark.index + mark[0].length;
    const [, kind, name] = mark;
    html += `<span class="hl-varies">${escapeHtml(kind === undefined ? '…' : sample(kind, name, names))}</span>`;
  }
  return html + escapeHtml(line.slice(at));
}

function sample(kind: string, name: string | undefined, names: Map<string, string>): string {
  const choices = samples[kind] ?? [];
  const known = names.get(`${kind}-${name}`);
  if (known !== undefined) return known;
  const taken = [...names.keys()].filter((key) => key.startsWith(`${kind}-`)).length;
  const chosen = choices[taken % choices.length] ?? kind;
  if (name !== undefined) names.set(`${kind}-${name}`, chosen);
  return chosen;
}
