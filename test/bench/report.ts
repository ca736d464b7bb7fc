/**
 * What a bench reports. Absolute times differ from machine to machine and from hour to hour, so an
 * aim is a ratio to a floor that was measured in the same run where it can be, and a plain bound
 * only where people feel the time itself.
 *
 * A bench is a file `test/bench/NAME.bench.ts` that exports
 *
 *     export const host = 'chromium'; // runs inside a page of real Chromium, workers and all; or 'node'
 *     export async function run(report: Report): Promise<void> { … }
 *
 * With `host = 'processes'` it starts whole servers, and is not bundled. With `host = 'page'` it gets the built page, too, to look at it from outside: `run(report, site)`.
 *
 * `npm run bench` runs all of them, one after the other, and prints one table; `npm run bench --
 * wal` those whose name has "wal".
 */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly aim?: Aim;
}

export type Unit = 'ms' | 's' | 'rows/s' | 'calls/s' | 'MB/s' | 'bytes' | 'kB';

/** What the value should keep to. `of` names another measure of the same run, its floor. */
export type Aim =
  | { readonly atMost: number; readonly of?: string }
  | { readonly atLeast: number; readonly of?: string };

export interface Report {
  /** Adds a line to the table. */
  measure(measure: Measure): void;
}

/** A measure with its aim looked up. */
export interface Line extends Measure {
  readonly bench: string;
  /** The value over its floor's, when the aim names one that was measured. */
  readonly ratio: number | undefined;
  /** Undefined without an aim, or without its floor. */
  readonly isMet: boolean | undefined;
}

/** Looks up the floors and judges the aims. */
export function judge(measures: readonly (Measure & { readonly bench: string })[]): Line[] {
  const values = new Map(measures.map((measure) => [measure.name, measure.value]));
  return measures.map((measure) => {
    const { aim, value } = measure;
    const floor = aim?.of === undefined ? undefined : values.get(aim.of);
    const ratio = floor === undefined ? undefined : value / floor;
    const judged = aim?.of === undefined ? value : ratio;
    if (aim === undefined || judged === undefined) return { ...measure, ratio, isMet: undefined };
    return {
      ...measure,
      ratio,
      isMet: 'atMost' in aim ? judged <= aim.atMost : judged >= aim.atLeast,
    };
  });
}

/** The table, as text. */
export function table(lines: readonly Line[]): string {
  const rows = [
    ['bench', 'what', 'value', 'ratio', 'aim', ''],
    ...lines.map((line) => [
      line.bench,
      line.name,
      `${short(line.value)} ${line.unit}`,
      line.ratio === undefined ? '' : `${short(line.ratio)}×`,
      aimText(line),
      line.isMet === undefined ? '' : line.isMet ? 'met' : 'MISSED',
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function aimText({ aim, unit }: Line): string {
  if (aim === undefined) return '';
  const bound = 'atMost' in aim ? `≤ ${short(aim.atMost)}` : `≥ ${short(aim.atLeast)}`;
  return aim.of === undefined ? `${bound} ${unit}` : `${bound}× ${aim.of}`;
}

/** Three significant digits, thousands parted. */
function short(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
