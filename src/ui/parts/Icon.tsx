/** Icons drawn on a grid of 16, in the colour of the text around them. Never alone: each button has words or a label. */
const paths = {
  run: 'M5 3.2v9.6l7.6-4.8z',
  check: 'M3.2 8.4l3.2 3.2 6.4-7',
  cross: 'M4 4l8 8M12 4l-8 8',
  ring: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z',
  menu: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  list: 'M5.5 4H13M5.5 8H13M5.5 12H13M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  back: 'M9.8 3.5L5.3 8l4.5 4.5',
  next: 'M6.2 3.5L10.7 8l-4.5 4.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3 5.4 5.4 0 1 0 13 9.6z',
  system: 'M2.2 3.2h11.6v7.6H2.2zM6 13.5h4M8 10.8v2.7',
  plus: 'M8 3.5v9M3.5 8h9',
  down: 'M4 6.2L8 10.2l4-4',
  up: 'M4 9.8L8 5.8l4 4',
  download: 'M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10',
  upload: 'M8 11V3M4.5 6L8 2.5 11.5 6M3 13.5h10',
  bolt: 'M9 1.8L3.8 9H8l-1 5.2L12.2 7H8z',
  grid: 'M2.5 3h11v10h-11zM8 3v10M2.5 8h11',
  files: 'M4 2h5l3 3v9H4zM9 2v3h3',
  restart: 'M12.8 6.2A5 5 0 1 0 13 9M13 3.2v3.2H9.8',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  const isFilled = name === 'run';
  const isDotted = name === 'menu';
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={paths[name]}
        fill={isFilled ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth={isDotted ? 2.2 : 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** The mark: a cell of a comb with two stripes. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
      <path className="mark-cell" d="M16 1.5 28.6 8.75v14.5L16 30.5 3.4 23.25V8.75z" />
      <path
        className="mark-stripe"
        d="M3.4 12.6h25.2v3.9H3.4zM3.4 20h25.2v3.25l-.75.45H4.15l-.75-.45z"
      />
    </svg>
  );
}
