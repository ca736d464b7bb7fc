/**
 * xterm writes colours and sizes into `<style>` elements of its own, which a content security policy without 'unsafe-inline'
 * empties. Made under `collect`, they are elements that hand their text to adopted style sheets: those no policy forbids.
 */
export class AdoptedStyles {
  readonly #sheets = new Set<CSSStyleSheet>();
  #root: Document | ShadowRoot | undefined;

  /**
   * Runs what makes style elements. xterm's own option for another document reaches only two of its three, so for the time of
   * the call the page's document makes other elements.
   */
  collect(run: () => void): void {
    const create = document.createElement.bind(document);
    const instead = (name: string, options?: ElementCreationOptions): HTMLElement =>
      name === 'style' ? this.#createStyle(create('span')) : create(name, options);
    Object.defineProperty(document, 'createElement', { configurable: true, value: instead });
    try {
      run();
    } finally {
      // The document's own property goes, its prototype's method is there again.
      Reflect.deleteProperty(document, 'createElement');
    }
  }

  /** Makes the styles work in the tree that an element stands in. */
  adoptInto(root: Node): void {
    if (!(root instanceof Document || root instanceof ShadowRoot) || root === this.#root) return;
    this.release();
    this.#root = root;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...this.#sheets];
  }

  /** Takes the styles out of the tree. */
  release(): void {
    const root = this.#root;
    this.#root = undefined;
    if (root === undefined) return;
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => !this.#sheets.has(sheet));
  }

  #createStyle(element: HTMLElement): HTMLElement {
    const sheet = new CSSStyleSheet();
    this.#sheets.add(sheet);
    this.#root?.adoptedStyleSheets.push(sheet);
    element.hidden = true;
    Object.defineProperty(element, 'textContent', {
      set: (text: string) => sheet.replaceSync(text),
    });
    return element;
  }
}
