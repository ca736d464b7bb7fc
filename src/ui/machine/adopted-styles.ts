/**
 * xterm writes colours and sizes into `<style>` elements of its own, which a content security policy without 'unsafe-inline'
 * empties. Given this document, it gets elements that hand their text to adopted style sheets: those no policy forbids.
 */
export class AdoptedStyles {
  /** The page's document, but for its style elements. */
  readonly document: Document;
  readonly #sheets = new Set<CSSStyleSheet>();
  #root: DocumentOrShadowRoot | undefined;

  constructor() {
    this.document = new Proxy(document, {
      get: (page, key) => {
        if (key === 'createElement') return (name: string) => this.#create(name);
        const value: unknown = Reflect.get(page, key);
        // The document's methods work on the document only.
        return typeof value === 'function' ? value.bind(page) : value;
      },
      set: (page, key, value) => Reflect.set(page, key, value),
    });
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

  #create(name: string): HTMLElement {
    if (name !== 'style') return document.createElement(name);
    const sheet = new CSSStyleSheet();
    this.#sheets.add(sheet);
    this.#root?.adoptedStyleSheets.push(sheet);
    const element = document.createElement('span');
    element.hidden = true;
    Object.defineProperty(element, 'textContent', {
      set: (text: string) => sheet.replaceSync(text),
    });
    return element;
  }
}
