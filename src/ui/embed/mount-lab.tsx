/** What `<bee-lab>` loads when a reader asks for it: the page's own terminals and lessons, in the element's shadow tree. */
import xtermCss from '@xterm/xterm/css/xterm.css?inline';
import { createRoot } from 'react-dom/client';
import { usePartKeys } from '../parts/use-part-keys.ts';
import blocksCss from '../styles/blocks.css?inline';
import filesCss from '../styles/files.css?inline';
import labCss from '../styles/lab.css?inline';
import lessonCss from '../styles/lesson.css?inline';
import machineCss from '../styles/machine.css?inline';
import pageCss from '../styles/page.css?inline';
import tokensCss from '../styles/tokens.css?inline';
import { Lab, type LabPart, type LabProps } from './Lab.tsx';
import { closeLabMachine, startLabMachine } from './lab-session.ts';
import { type ProgramBlock, readBlock, readOptions } from './options.ts';
import { followPageTheme } from './page-theme.ts';

/** A lab that is shown. */
export interface MountedLab {
  /** Takes it away: no worker, channel, lock or listener of it is left when this is done. */
  dispose(): Promise<void>;
}

/**
 * Shows a lab in an element's shadow tree, and runs its program.
 * @param base where fonts are
 */
export function mountLab(host: HTMLElement, shadow: ShadowRoot, base: string): MountedLab {
  addFonts(base);
  const parts = host.hasAttribute('lesson') ? [] : findParts(host);
  const blocks = parts.flatMap(({ block }) => block ?? []);
  const options = readOptions((name) => host.getAttribute(name), blocks);
  const container = document.createElement('div');
  container.className = 'lab';
  shadow.append(container);
  const sheet = labSheet();
  shadow.adoptedStyleSheets.push(sheet);
  const stopTheme = followPageTheme(host, container, options.theme);
  const root = createRoot(container);
  let machine = startLabMachine(options, sessionName(host));
  const save = (): void => machine.save();
  addEventListener('pagehide', save);
  const renew = (): void => {
    void closeLabMachine(machine);
    machine = startLabMachine({ ...options, session: 'throw-away' }, '');
    draw();
  };
  const draw = (): void => {
    const lab = { machine, options, parts, runsAtOnce: true, onNewSession: renew };
    root.render(<ShadowLab shadow={shadow} {...lab} onRunner={ignoreRunner} />);
  };
  draw();
  const dispose = async (): Promise<void> => {
    stopTheme();
    removeEventListener('pagehide', save);
    root.unmount();
    container.remove();
    shadow.adoptedStyleSheets = shadow.adoptedStyleSheets.filter((one) => one !== sheet);
    for (const child of host.children) {
      if (child.slot.startsWith(slotPrefix)) child.removeAttribute('slot');
    }
    await closeLabMachine(machine);
  };
  return { dispose };
}

const ignoreRunner = (): void => {};

function ShadowLab({ shadow, ...lab }: LabProps & { readonly shadow: ShadowRoot }) {
  usePartKeys(shadow);
  return <Lab key={lab.machine.sessionId} {...lab} />;
}

const slotPrefix = 'bee-part-';

/** The element's children, in order; those that are or hold a `<pre>` are the program. Each gets a slot of its own. */
function findParts(host: Element): LabPart[] {
  return [...host.children].map((element, at) => {
    const name = `${slotPrefix}${at + 1}`;
    element.slot = name;
    return { content: <slot name={name} />, block: blockOf(element) };
  });
}

function blockOf(element: Element): ProgramBlock | undefined {
  const pre = element.matches('pre') ? element : element.querySelector('pre');
  if (pre === null || pre.closest('[data-output], .bee-output') !== null) return undefined;
  const named = pre.closest('[data-terminal]')?.getAttribute('data-terminal') ?? undefined;
  return readBlock(pre.textContent, named === undefined ? undefined : Number(named));
}

/** Tells the kept sessions of one origin apart: the page, and the element's id or its place among its like. */
function sessionName(host: HTMLElement): string {
  const place = [...document.querySelectorAll(host.localName)].indexOf(host) + 1;
  return `${location.pathname}#${host.id === '' ? place : host.id}`;
}

let madeSheet: CSSStyleSheet | undefined;

/** One sheet for all labs of a page. */
function labSheet(): CSSStyleSheet {
  if (madeSheet !== undefined) return madeSheet;
  madeSheet = new CSSStyleSheet();
  const own = [tokensCss, pageCss, lessonCss, blocksCss, machineCss, filesCss, labCss];
  madeSheet.replaceSync([xtermCss, ...own].join('\n'));
  return madeSheet;
}

const faces = { 'Plex Sans': 'plex-sans', 'JetBrains Mono': 'jetbrains-mono' };
let hasFonts = false;

/** Fonts are the document's, also for shadow trees. Where its policy forbids them, the system's are used. */
function addFonts(base: string): void {
  if (hasFonts) return;
  hasFonts = true;
  for (const [family, file] of Object.entries(faces)) {
    const url = JSON.stringify(new URL(`fonts/${file}.woff2`, base).href);
    const face = new FontFace(family, `url(${url})`, { weight: '400 700', display: 'swap' });
    document.fonts.add(face);
  }
}
