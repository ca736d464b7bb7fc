import { useEffect, useMemo, useState } from 'react';
import type { XlogPart, XlogSummary } from '../../worker/xlog-worker.ts';
import { sizeText } from '../machine/files.ts';
import { ByteGrid, type ByteRange } from './ByteGrid.tsx';
import { RowList } from './RowList.tsx';
import type { FileLooking, ViewedFile } from './use-files.ts';

interface Props {
  readonly looking: FileLooking;
  readonly file: ViewedFile;
  /** Where the cursor is, for what is done to one byte. */
  readonly cursor: number;
  readonly onCursor: (offset: number) => void;
}

/** One file: what it says of itself, its rows, and its bytes beside them. */
export function FileView({ looking, file, cursor, onCursor }: Props) {
  const { summary } = file;
  const [chosen, setChosen] = useState(0);
  const [hovered, setHovered] = useState<number>();
  const count = summary?.parts ?? 0;
  const at = Math.min(chosen, Math.max(0, count - 1));
  const part = looking.part(at);
  const over = hovered === undefined ? undefined : looking.part(hovered);
  const ranges = useMemo(
    () => [...rangesOf(part), ...(over === undefined || over === part ? [] : [hoverOf(over)])],
    [part, over],
  );
  // A part that was just loaded takes the cursor to its first byte, unless the cursor is inside already.
  useEffect(() => {
    if (part === undefined) return;
    const isInside = cursor >= startOf(part) && cursor < part.offset + part.length;
    if (!isInside) onCursor(part.offset);
  }, [part, cursor, onCursor]);

  const moveCursor = (offset: number): void => {
    if (summary === undefined) onCursor(offset);
    else
      void looking.find(offset).then((found) => {
        setChosen(found);
        looking.want(found, found);
        onCursor(offset);
      });
  };

  return (
    <div className={summary === undefined ? 'file is-plain' : 'file'}>
      {summary === undefined ? (
        <PlainText file={file} />
      ) : (
        <div className="file-rows">
          <RowList
            looking={looking}
            count={count}
            chosen={at}
            onChoose={setChosen}
            onHover={setHovered}
          />
          <Detail part={part} />
        </div>
      )}
      <ByteGrid
        bytes={file.bytes}
        ranges={ranges}
        cursor={Math.min(cursor, Math.max(0, file.bytes.length - 1))}
        shown={over?.offset ?? part?.offset ?? 0}
        onCursor={moveCursor}
      />
    </div>
  );
}

/** What a log file says of itself, in one line. */
export function SummaryLine({
  summary,
  size,
}: {
  readonly summary: XlogSummary;
  readonly size: number;
}) {
  const { rows, blocks, damages, isClosed } = summary;
  const of = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`;
  return (
    <>
      {`${of(rows, 'row')} in ${of(blocks, 'block')}, ${sizeText(size)}, `}
      {damages.length > 0 ? (
        <strong className="is-bad">{of(damages.length, 'damage')}</strong>
      ) : (
        'all checksums right'
      )}
      {isClosed ? ', closed in order' : ', no end marker: in use, or its server was killed'}
    </>
  );
}

function PlainText({ file }: { readonly file: ViewedFile }) {
  const text = useMemo(
    () => new TextDecoder().decode(file.bytes.subarray(0, plainBytesMax)),
    [file],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="file-text" tabIndex={0} aria-label="The file as text">
      {file.error !== undefined && <p>This is no log file: {file.error}</p>}
      <pre>{text}</pre>
    </section>
  );
}

/** More text than that is no script. */
const plainBytesMax = 200_000;

/** The part that is chosen, in full. */
function Detail({ part }: { readonly part: XlogPart | undefined }) {
  if (part === undefined) return <div className="detail" />;
  const place = `${part.offset}–${part.offset + part.length - 1}`;
  return (
    <section className="detail" aria-label="The chosen part" aria-live="polite">
      {part.kind === 'header' && <pre>{part.text}</pre>}
      {part.kind === 'row' && (
        <>
          <pre className="detail-body">{part.body === '' ? 'no body' : part.body}</pre>
          <p>
            Bytes {place} in block {part.block.number}, whose checksum is right:{' '}
            <code>{part.block.crc.toString(16).padStart(8, '0')}</code>
            {part.block.isPacked && '. The block is packed (zstd), its rows share its bytes'}.
          </p>
        </>
      )}
      {part.kind === 'damage' && (
        <p>
          <strong className="is-bad">Bytes {place} cannot be read</strong>: {part.words}. A server
          refuses to start from this file, unless <code>force_recovery</code> lets it skip the
          block.
        </p>
      )}
      {part.kind === 'torn' && (
        <p>
          Bytes {place} are the beginning of a block that was not written to its end. A server drops
          them when it starts: nobody was told that these rows are stored.
        </p>
      )}
      {part.kind === 'end' && (
        <p>
          Bytes {place} are the end marker <code>d5 10 ad ed</code>: the server closed this file in
          order.
        </p>
      )}
    </section>
  );
}

/** A block's header belongs to its first row. */
function startOf(part: XlogPart): number {
  return part.kind === 'row' && part.isFirst ? part.block.offset : part.offset;
}

function rangesOf(part: XlogPart | undefined): ByteRange[] {
  if (part === undefined) return [];
  const { offset: from } = part;
  const to = from + part.length;
  switch (part.kind) {
    case 'row':
      return [
        { from: startOf(part), to: from, look: 'block' },
        { from, to: part.bodyOffset, look: 'row' },
        { from: part.bodyOffset, to, look: 'body' },
      ];
    case 'damage':
      return [{ from, to, look: 'damage' }];
    case 'header':
    case 'torn':
    case 'end':
      return [{ from, to, look: 'part' }];
  }
}

function hoverOf(part: XlogPart): ByteRange {
  return { from: part.offset, to: part.offset + part.length, look: 'hover' };
}
