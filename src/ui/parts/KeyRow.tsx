import type { TerminalController } from '../machine/terminal-controller.ts';

/** Keys that the keyboard of a phone lacks or hides, and what each sends. */
const keys: readonly { readonly label: string; readonly name: string; readonly data: string }[] = [
  { label: 'Tab', name: 'Tab', data: '\t' },
  { label: '^C', name: 'Control C', data: '\x03' },
  { label: '↑', name: 'Up', data: '\x1b[A' },
  { label: '↓', name: 'Down', data: '\x1b[B' },
  { label: '←', name: 'Left', data: '\x1b[D' },
  { label: '→', name: 'Right', data: '\x1b[C' },
  { label: '{', name: 'Opening brace', data: '{' },
  { label: '}', name: 'Closing brace', data: '}' },
  { label: "'", name: 'Quote', data: "'" },
  { label: ':', name: 'Colon', data: ':' },
  { label: '~', name: 'Tilde', data: '~' },
  { label: '/', name: 'Slash', data: '/' },
];

/** A row of keys below a terminal, where fingers type (the sheet shows it for coarse pointers only). */
export function KeyRow({ controller }: { readonly controller: TerminalController }) {
  return (
    <div className="key-row" role="toolbar" aria-label={`Keys for Terminal #${controller.number}`}>
      {keys.map(({ label, name, data }) => (
        <button
          key={name}
          type="button"
          aria-label={name}
          // The focus stays in the terminal, or the phone would put its keyboard away.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => controller.input(data)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
