/**
 * Files that the reader brings: what may become a file of a server's directory, and what may not and why. Nothing is written here
 * before the reader has seen what would happen.
 */
import { errorText } from '../../bee/base/error-text.ts';
import type { XlogSummary } from '../../worker/xlog-worker.ts';
import { makeDirectory, writeFile } from './files.ts';
import type { LogReader, SessionHost } from './host.ts';

/** A file that was chosen, or one out of a zip. */
export interface BroughtFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a brought file is. */
export type Verdict =
  | {
      readonly kind: 'taken';
      readonly file: BroughtFile;
      readonly summary: XlogSummary;
      /** What the reader should know about it. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'refused'; readonly name: string; readonly why: string };

/** More than a page should hold at once; real directories of that size are for a real server. */
export const uploadBytesMax = 256 * 1024 * 1024;

/**
 * Unpacks zips among the chosen files.
 * @returns files with their bare names, and refusals of what could not be unpacked
 */
export async function unpack(
  chosen: readonly BroughtFile[],
): Promise<{ files: BroughtFile[]; refused: Verdict[] }> {
  const files: BroughtFile[] = [];
  const refused: Verdict[] = [];
  for (const file of chosen) {
    if (!/\.zip$/i.test(file.name)) {
      files.push(file);
      continue;
    }
    try {
      files.push(...(await unzip(file)));
    } catch (error) {
      const why = errorText(error);
      refused.push({ kind: 'refused', name: file.name, why: `it is no zip file (${why})` });
    }
  }
  return { files, refused };
}

async function unzip({ name, bytes }: BroughtFile): Promise<BroughtFile[]> {
  const { unzipSync } = await import('fflate');
  let total = 0;
  const entries = unzipSync(bytes, {
    filter: ({ originalSize }) => {
      total += originalSize;
      if (total > uploadBytesMax) throw new Error('its files are larger than 256 MB together');
      return true;
    },
  });
  return Object.entries(entries)
    .filter(([path]) => !path.endsWith('/') && !path.startsWith('__MACOSX/'))
    .map(([path, content]) => ({
      // The path stands in the refusal of what is none of ours; the files themselves all go into one directory.
      name: path.slice(path.lastIndexOf('/') + 1) || `${name}/${path}`,
      bytes: content.slice(),
    }));
}

/** Looks at each file: is it a snapshot or a log, is its name what its header says, is it whole. */
export async function judge(files: readonly BroughtFile[], reader: LogReader): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const seen = new Set<string>();
  for (const file of files) {
    const refuse = (why: string): void => {
      verdicts.push({ kind: 'refused', name: file.name, why });
    };
    const isKnown = /\.(snap|xlog)$/.exec(file.name);
    if (/\.(vylog|run|index)$/.test(file.name)) {
      refuse('it belongs to vinyl, an engine that Bee does not have');
    } else if (/\.inprogress$/.test(file.name)) {
      refuse('it is a file that its server did not finish; a server does not read it either');
    } else if (isKnown === null) {
      refuse('only .snap and .xlog files can be brought here');
    } else if (seen.has(file.name)) {
      refuse('another file of this name was chosen, too; one directory holds one of them');
    } else {
      seen.add(file.name);
      const opened = await reader.open(file);
      if (opened.ok) verdicts.push(compare(file, isKnown[1] ?? '', opened.summary));
      else refuse(`it has no header of a .snap or .xlog: ${opened.error}`);
    }
  }
  return verdicts;
}

function compare(file: BroughtFile, extension: string, summary: XlogSummary): Verdict {
  const { name } = file;
  const refuse = (why: string): Verdict => ({ kind: 'refused', name, why });
  const expected = extension === 'snap' ? 'SNAP' : 'XLOG';
  if (summary.type !== expected) {
    return refuse(`its first line says ${summary.type}, not ${expected}`);
  }
  const number = /^(\d{20})\.(?:snap|xlog)$/.exec(name)?.[1];
  if (number === undefined) {
    return refuse(
      'its name must be a number of 20 digits and .snap or .xlog, as a server names it',
    );
  }
  const { signature, damages, isClosed } = summary;
  if (signature !== undefined && BigInt(number) !== BigInt(signature)) {
    return refuse(`its header's vclock makes it ${signature}, its name says ${Number(number)}`);
  }
  const [first] = damages;
  const warnings = [
    ...(first === undefined ? [] : [`damaged at offset ${first.offset}: ${first.words}`]),
    ...(first === undefined && !isClosed ? ['not closed in order: its server was killed'] : []),
  ];
  return { kind: 'taken', file, summary, warnings };
}

/** Writes files into a directory, which is made when it is missing. @throws Error with what went wrong */
export async function putFiles(
  host: SessionHost,
  directory: string,
  files: readonly BroughtFile[],
): Promise<void> {
  await makeDirectory(host, directory);
  for (const { name, bytes } of files) await writeFile(host, `${directory}/${name}`, bytes);
}
