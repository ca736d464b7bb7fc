/**
 * `<bee-lab>`: live servers inside any page, from this one script. How a reader comes from a page of text to a prompt:
 *
 * 1. The page holds `<bee-lab>` with ordinary `<pre>` blocks: without this script they are what they look like.
 * 2. The script, under 5 kB, gives each lab a "Run live" button below its blocks, which names the size of what it loads. Nothing
 *    else is loaded before it is pressed; with the attribute `autorun` coming into sight presses it.
 * 3. `ui/embed/mount-lab.tsx` is imported from beside this script, whatever origin that is, and draws into the lab's shadow tree:
 *    a run button above each block, terminals below. The blocks stay where they are, in the page's own style, as slots.
 * 4. Servers run in workers (`worker/create-worker.ts`), with storage, channels and locks of the embedding page's origin.
 * 5. Out of the page, the lab ends all that it began (`Lab.dispose`); put back, it begins with its button.
 *
 * Shadow tree, because a manual's sheet styles every `pre`, `table` and heading, and ours would style theirs. All sheets in it are
 * adopted ones, which need no `style-src` (`ui/machine/adopted-styles.ts` does it for xterm's). Faces cannot be defined in a shadow
 * tree, so those two are registered with the document.
 */
import type { MountedLab } from '../ui/embed/mount-lab.tsx';

/** How much the button loads; the build knows, and writes it here. */
const size = '__BEE_LAB_SIZE__';
/** Begun a little before it is in sight. */
const sightMargin = '120px';
/** Where fonts and lessons are. The development server has this script elsewhere than a build. */
const base = new URL(import.meta.env.DEV ? '/' : './', import.meta.url).href;

type LabModule = typeof import('../ui/embed/mount-lab.tsx');
/** The word `import`, from the build. */
declare const __BEE_LAB_IMPORT__: (url: string) => Promise<LabModule>;

/** Imports what the button loads; the build writes its name here. */
function load(): Promise<LabModule> {
  if (import.meta.env.DEV) return import('../ui/embed/mount-lab.tsx');
  return __BEE_LAB_IMPORT__(`${base}__BEE_LAB_MODULE__`);
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; margin-block: 1em }
:host([hidden]) { display: none }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .4em .8em; margin-block: .5em }
button { padding: .35em .9em; border: 1px solid; border-radius: 5px; background: none; color: inherit; font: inherit; cursor: pointer }
button:disabled { opacity: .6; cursor: default }
button:focus-visible { outline: 2px solid; outline-offset: 2px }
small { opacity: .75 }
`);

class BeeLab extends HTMLElement {
  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #fallback = document.createElement('div');
  readonly #button = document.createElement('button');
  readonly #status = document.createElement('span');
  #sight: IntersectionObserver | undefined;
  /** While it loads, and after. */
  #running: Promise<MountedLab> | undefined;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#button.type = 'button';
    this.#button.onclick = () => void this.run();
    this.#status.setAttribute('role', 'status');
    const bar = document.createElement('div');
    bar.className = 'bar';
    bar.append(this.#button, this.#status);
    this.#fallback.append(document.createElement('slot'), bar);
    this.#showButton('');
  }

  connectedCallback(): void {
    if (this.#running !== undefined || !this.hasAttribute('autorun')) return;
    this.#sight = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) void this.run();
      },
      { rootMargin: sightMargin },
    );
    this.#sight.observe(this);
  }

  disconnectedCallback(): void {
    this.#sight?.disconnect();
    // A framework that moves an element takes it out and puts it in again: the servers live through that.
    queueMicrotask(() => {
      if (!this.isConnected) void this.stop();
    });
  }

  /** Loads what is needed and shows the terminals, as the button does. Done when they are there. */
  async run(): Promise<void> {
    this.#sight?.disconnect();
    if (this.#running !== undefined) return;
    this.#button.disabled = true;
    this.#status.textContent = 'Loading…';
    const loading = load().then(({ mountLab }) => {
      // Taken out of the page meanwhile.
      if (this.#running !== loading) return { dispose: () => Promise.resolve() };
      this.#fallback.remove();
      return mountLab(this, this.#root, base);
    });
    this.#running = loading;
    try {
      await loading;
    } catch (error) {
      this.#running = undefined;
      this.#showButton(`The terminals could not be loaded from ${base} (${String(error)}).`);
    }
  }

  /** Ends the servers, and shows the button again. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const lab = await running.catch(() => undefined);
    await lab?.dispose();
    if (this.#running === undefined) this.#showButton('');
  }

  #showButton(problem: string): void {
    this.#button.disabled = false;
    const note = document.createElement('small');
    note.textContent = size;
    this.#button.replaceChildren('Run live ', note);
    this.#status.textContent = problem;
    this.#root.append(this.#fallback);
  }
}

// The script may stand in a page twice.
if (customElements.get('bee-lab') === undefined) customElements.define('bee-lab', BeeLab);
