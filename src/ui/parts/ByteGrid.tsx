import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { useVirtualLines, useWidth } from './use-virtual.ts';

/** As in the sheet. */
const lineHeight = 22;
/** Pixels that a line of 16 bytes takes; where there is less, lines have 8. */
const wideLinePx = 560;

/** Bytes that stand out, and how. */
export interface ByteRange {
  readonly from: number;
  /** Behind the last. */
  readonly to: number;
  readonly look: 'row' | 'body' | 'block' | 'hover' | 'damage' | 'part';
}

interface Props {
  readonly bytes: Uint8Array;
  /** Where two cover a byte, the last counts. */
  readonly ranges: readonly ByteRange[];
  readonly cursor: number;
  /** The byte that must come into sight when it changes. */
  readonly shown: number;
  readonly onCursor: (offset: number) => void;
}

/** A file's bytes as `hexdump -C` prints them, with a cursor. */
export function ByteGrid({ bytes, ranges, cursor, shown, onCursor }: Props) {
  const holder = useRef<HTMLTableElement>(null);
  const perLine = useWidth(holder) >= wideLinePx ? 16 : 8;
  const count = Math.max(1, Math.ceil(bytes.length / perLine));
  const { first, last, height, reveal, visible } = useVirtualLines(holder, count, lineHeight);
  const id = useId();
  useEffect(() => reveal(Math.floor(shown / perLine), true), [reveal, shown, perLine]);
  useEffect(() => reveal(Math.floor(cursor / perLine)), [reveal, cursor, perLine]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: perLine,
      ArrowUp: -perLine,
      PageDown: visible * perLine,
      PageUp: -visible * perLine,
      Home: event.ctrlKey ? -cursor : -(cursor % perLine),
      End: event.ctrlKey ? bytes.length : perLine - 1 - (cursor % perLine),
    }[event.key];
    if (step === undefined || event.altKey || event.metaKey) return;
    event.preventDefault();
    onCursor(Math.max(0, Math.min(bytes.length - 1, cursor + step)));
  };

  const cursorLine = Math.floor(cursor / perLine);
  const lines = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  // Drawn wherever it is: assistive technology is told the id of the byte at the cursor.
  if (cursorLine < first || cursorLine > last) lines.push(cursorLine);
  return (
    <table
      className="bytes"
      ref={holder}
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a grid is a table with a cursor
      role="grid"
      aria-label="Bytes of the file"
      aria-readonly="true"
      aria-rowcount={count}
      aria-activedescendant={bytes.length === 0 ? undefined : `${id}-${cursor}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const cell = event.target instanceof HTMLElement ? event.target.dataset['at'] : undefined;
        if (cell !== undefined) onCursor(Number(cell));
      }}
    >
      <tbody className="lines" style={{ height }}>
        {lines.map((line) => (
          <Line
            key={line}
            id={id}
            bytes={bytes}
            ranges={ranges}
            cursor={cursor}
            line={line}
            perLine={perLine}
          />
        ))}
      </tbody>
    </table>
  );
}

interface LineProps extends Pick<Props, 'bytes' | 'ranges' | 'cursor'> {
  readonly id: string;
  readonly line: number;
  readonly perLine: number;
}

function Line({ id, bytes, ranges, cursor, line, perLine }: LineProps) {
  const from = line * perLine;
  const shown = [...bytes.subarray(from, from + perLine)].map((byte, at) => {
    const offset = from + at;
    const look = ranges.findLast((range) => offset >= range.from && offset < range.to)?.look;
    return { offset, byte, look };
  });
  return (
    <tr className="byte-line" aria-rowindex={line + 1} style={{ top: line * lineHeight }}>
      <th className="byte-offset" scope="row">
        {from.toString(16).padStart(6, '0')}
      </th>
      {shown.map(({ offset, byte, look }) => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: in a grid it is a gridcell, which can be selected
        <td
          key={offset}
          id={`${id}-${offset}`}
          className="byte"
          data-at={offset}
          data-look={look}
          aria-selected={offset === cursor}
        >
          {byte.toString(16).padStart(2, '0')}
        </td>
      ))}
      <td className="byte-text">
        {shown.map(({ offset, byte, look }) => (
          <span key={offset} data-at={offset} data-look={look}>
            {byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'}
          </span>
        ))}
      </td>
    </tr>
  );
}
