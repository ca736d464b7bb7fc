/**
 * The entry of `embed.html`: the lab of `<bee-lab>` in an iframe, for pages that take no script from elsewhere. Options stand in
 * the hash, under the names of the element's attributes, and with them blocks and the origin that may speak with the frame:
 * `embed.html#lesson=hands-on&step=replica`, `embed.html#block=1:bee%0Adb.cfg{}&autorun=1&origin=https://docs.example`.
 */
import { useEffect, useRef } from 'react';
import { highlightLine } from '../lesson/highlight.ts';
import type { LessonRunner } from '../lesson/index.ts';
import { FrameApi, findEmbedder } from './embed/frame-api.ts';
import { Lab } from './embed/Lab.tsx';
import { startLabMachine } from './embed/lab-session.ts';
import { readBlock, readOptions } from './embed/options.ts';
import { followPageTheme } from './embed/page-theme.ts';
import { mount } from './mount.tsx';
import { CodeHtml } from './parts/Html.tsx';
import { usePartKeys } from './parts/use-part-keys.ts';
import './styles/lab.css';

const parameters = new URLSearchParams(location.hash.slice(1));
const embedder = findEmbedder();
const parts = parameters.getAll('block').map((text) => {
  const [, number, lines = text] = /^(\d+):([\s\S]*)$/.exec(text) ?? [];
  const block = readBlock(lines, number === undefined ? undefined : Number(number));
  const program = /^\s*(?:db|bee>|[a-z]\w* =)/.test(lines) ? 'console' : 'shell';
  const html = block.lines.map((line) => highlightLine(line, program)).join('\n');
  return { block, content: <CodeHtml html={html} /> };
});
const blocks = parts.map(({ block }) => block);
const options = readOptions((name) => parameters.get(name), blocks, parameters.keys());
/** Without a program, the terminals or the lesson take the whole frame. */
const isFilling = parts.length === 0;

/** Another page's kept sessions are no business of this one's. */
const sessionName = `${embedder?.origin ?? 'alone'}#${parameters.get('id') ?? ''}`;
const machine = startLabMachine(options, sessionName);
addEventListener('pagehide', () => machine.save());
const api = embedder && new FrameApi(embedder, parameters.getAll('origin'), machine);

// The page around the frame gave it another address.
addEventListener('hashchange', () => location.reload());

/** Another tab has the kept session, and the reader does not want to wait for it. */
function renew(): void {
  parameters.set('session', 'throw-away');
  location.hash = parameters.toString();
}

const noteRunner = (runner: LessonRunner): void => api?.note(runner);

function Embed() {
  usePartKeys();
  const holder = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = holder;
    if (current === null) return;
    const stopTheme = followPageTheme(document.documentElement, current, options.theme);
    const observer = new ResizeObserver(() =>
      api?.noteHeight(isFilling ? options.height : Math.ceil(current.scrollHeight)),
    );
    observer.observe(current);
    return () => {
      stopTheme();
      observer.disconnect();
    };
  }, []);
  return (
    <main className={isFilling ? 'lab is-filling' : 'lab'} ref={holder}>
      <h1 className="visually-hidden">Live terminals</h1>
      <Lab
        machine={machine}
        options={options}
        parts={parts}
        runsAtOnce={options.autorun}
        isFilling={isFilling}
        onRunner={noteRunner}
        onNewSession={renew}
      />
    </main>
  );
}

mount(<Embed />, options.theme === 'page' ? 'system' : options.theme);
