import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import type { XlogPart } from '../../worker/xlog-worker.ts';
import type { FileLooking } from './use-files.ts';
import { useVirtualLines } from './use-virtual.ts';

/** As in the sheet. */
const lineHeight = 26;

interface Props {
  readonly looking: FileLooking;
  readonly count: number;
  readonly chosen: number;
  readonly onChoose: (at: number) => void;
  readonly onHover: (at: number | undefined) => void;
}

/** A file's rows, one a line; also its header, what is damaged, and its end. */
export function RowList({ looking, count, chosen, onChoose, onHover }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const { first, last, height, reveal, visible } = useVirtualLines(holder, count, lineHeight);
  const { want } = looking;
  const id = useId();
  useEffect(() => want(first, last), [want, first, last]);
  useEffect(() => {
    want(chosen, chosen);
    reveal(chosen);
  }, [chosen, reveal, want]);
  useFollowEnd(holder, count);

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: visible,
      PageUp: -visible,
      Home: -count,
      End: count,
    }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onChoose(Math.max(0, Math.min(count - 1, chosen + step)));
  };

  const lines = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  // The chosen one is drawn wherever it is: assistive technology is told its id.
  if (chosen < first || chosen > last) lines.push(chosen);
  return (
    <div
      className="rows"
      ref={holder}
      role="listbox"
      aria-label="Rows of the file"
      aria-activedescendant={`${id}-${chosen}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerLeave={() => onHover(undefined)}
    >
      <div className="lines" style={{ height }}>
        {lines.map((at) => {
          const part = looking.part(at);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list itself has the keys
            <div
              key={at}
              id={`${id}-${at}`}
              className={part?.kind === 'damage' ? 'row is-damaged' : 'row'}
              role="option"
              tabIndex={-1}
              aria-selected={at === chosen}
              aria-posinset={at + 1}
              aria-setsize={count}
              aria-label={part === undefined ? 'on its way' : partText(part)}
              style={{ top: at * lineHeight }}
              onClick={() => onChoose(at)}
              onPointerEnter={() => onHover(at)}
            >
              {part !== undefined && <Columns part={part} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Whoever has scrolled to the end sees new rows come. */
function useFollowEnd(holder: React.RefObject<HTMLDivElement | null>, count: number): void {
  const before = useRef(count);
  useEffect(() => {
    const element = holder.current;
    const old = before.current;
    before.current = count;
    if (element === null || count <= old) return;
    const wasAtEnd = element.scrollTop + element.clientHeight >= old * lineHeight - lineHeight;
    if (wasAtEnd && old > 1) element.scrollTop = count * lineHeight;
  }, [holder, count]);
}

function Columns({ part }: { readonly part: XlogPart }) {
  if (part.kind !== 'row') return <span className="row-words">{wordsOf(part)}</span>;
  return (
    <>
      <span className="row-lsn">{part.lsn === 0 ? '' : part.lsn}</span>
      <span className="row-server">{part.replicaId === 0 ? '' : `by ${part.replicaId}`}</span>
      <span className="row-time">{part.timestamp === 0 ? '' : clockTime(part.timestamp)}</span>
      <span className="row-type">{part.type}</span>
      <span className="row-space">{part.space}</span>
      <span className="row-body">{part.body}</span>
    </>
  );
}

function wordsOf(part: Exclude<XlogPart, { kind: 'row' }>): string {
  switch (part.kind) {
    case 'header':
      return 'header';
    case 'damage':
      return `✗ damaged: ${part.words}`;
    case 'torn':
      return `a torn block of ${part.length} bytes`;
    case 'end':
      return 'end marker: closed in order';
  }
}

/** A part in one sentence. */
function partText(part: XlogPart): string {
  const bytes = `bytes ${part.offset} to ${part.offset + part.length - 1}`;
  if (part.kind !== 'row') return `${wordsOf(part)}, ${bytes}`;
  const { lsn, replicaId, type, space, body } = part;
  const by = replicaId === 0 ? '' : ` by server ${replicaId}`;
  return `${lsn === 0 ? '' : `LSN ${lsn}${by}: `}${type} ${space} ${body}, ${bytes}`;
}

/** `14:03:07.125`, in the reader's time. */
function clockTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
