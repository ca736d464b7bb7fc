import { dataText, sameData, toData } from './data.ts';
import { differingSpaces, digestsCode, type SpaceDigests } from './divergence.ts';
import { call, type Play } from './play.ts';
import type { Found, FoundFile, Probed, Stage } from './stage.ts';
import type { Check, ContentsCheck, FileClaim, FilesCheck, LuaCheck, Program } from './types.ts';

/** How a check came out, in words that can stand after "found" and "expected". */
export interface CheckOutcome {
  readonly holds: boolean;
  readonly found: string;
  readonly expected: string;
}

/**
 * Looks whether a claim holds now. Asks the servers and the file system, never the terminals' text.
 */
export function* evaluateCheck(check: Check, stage: Stage): Play<CheckOutcome> {
  switch (check.kind) {
    case 'lua':
      return yield* evaluateLua(check, stage);
    case 'contents':
      return yield* evaluateContents(check, stage);
    case 'files':
      return yield* evaluateFiles(check, stage);
    case 'program': {
      const program = stage.program(check.terminal);
      return {
        holds: program === check.program,
        found: programText(check.terminal, program),
        expected: programText(check.terminal, check.program),
      };
    }
  }
}

function* evaluateLua(check: LuaCheck, stage: Stage): Play<CheckOutcome> {
  const expected = dataText(check.expected);
  const probed = yield* call<Parameters<Parameters<Stage['probe']>[2]>[0]>((done) =>
    stage.probe(check.terminal, check.code, done),
  );
  switch (probed.kind) {
    case 'value': {
      const data = toData(probed.value);
      return { holds: sameData(data, check.expected), found: dataText(data), expected };
    }
    case 'error': {
      const found = yield* problemText(check.terminal, probed.message, stage);
      return { holds: false, found, expected };
    }
    case 'no-server':
      return { holds: false, found: programText(check.terminal, 'shell'), expected };
  }
}

/** Where the contents of two servers differ, by space. */
function* evaluateContents(check: ContentsCheck, stage: Stage): Play<CheckOutcome> {
  const expected = check.areSame ? 'the same on both servers' : 'different contents';
  const digests: SpaceDigests[] = [];
  for (const terminal of check.terminals) {
    const probed = yield* call<Probed>((done) => stage.probe(terminal, digestsCode, done));
    if (probed.kind === 'no-server') {
      return { holds: false, found: programText(terminal, 'shell'), expected };
    }
    if (probed.kind === 'error') {
      const found = yield* problemText(terminal, probed.message, stage);
      return { holds: false, found, expected };
    }
    digests.push(probed.value as SpaceDigests); // as the expression makes it
  }
  const spaces = differingSpaces(digests[0] ?? {}, digests[1] ?? {});
  const found =
    spaces.length === 0 ? 'the same on both servers' : `different contents in ${spaces.join(', ')}`;
  return { holds: (spaces.length === 0) === check.areSame, found, expected };
}

/** Why a server could not answer, in words for a reader who did not write the question. */
function* problemText(terminal: number, message: string, stage: Stage): Play<string> {
  const code = `type(db.cfg) == 'function' and 'none' or db.info.status`;
  const probed = yield* call<Probed>((done) => stage.probe(terminal, code, done));
  const status = probed.kind === 'value' ? probed.value : undefined;
  const server = `the server in Terminal #${terminal}`;
  if (status === 'none') return `${server} has no database yet: db.cfg was not called there`;
  if (status === 'loading') {
    return `${server} is not there yet: its db.cfg is still waiting, for the server that it copies from perhaps`;
  }
  const missing = /attempt to index (?:\w+ '([^']+)')?.*nil value/.exec(message);
  if (missing === null) return `error: ${message.replace(/^probe:\d+: /, '')}`;
  return missing[1] === undefined
    ? `no such entry on ${server}`
    : `no “${missing[1]}” on ${server}`;
}

/** The first claim that does not hold is what the reader is told. */
function* evaluateFiles(check: FilesCheck, stage: Stage): Play<CheckOutcome> {
  let outcome: CheckOutcome = { holds: true, found: '', expected: '' };
  for (const claim of check.claims) {
    outcome = yield* evaluateClaim(claim, stage);
    if (!outcome.holds) break;
  }
  return outcome;
}

function* evaluateClaim(claim: FileClaim, stage: Stage): Play<CheckOutcome> {
  const find = (pattern: string) => call<Found>((done) => stage.find(pattern, done));
  const listed = yield* find(claim.pattern);
  if (!listed.ok) return unreadable(claim, listed.error);
  const files = listed.value;
  if (claim.kind === 'same-size') {
    const other = yield* find(claim.other);
    if (!other.ok) return unreadable(claim, other.error);
    const others = other.value;
    return {
      holds: files.length === 1 && others.length === 1 && files[0]?.size === others[0]?.size,
      found: `${sizesText(claim.pattern, files)} and ${sizesText(claim.other, others)}`,
      expected: expectedOf(claim),
    };
  }
  const found = filesText(claim.pattern, files);
  const expected = expectedOf(claim);
  switch (claim.kind) {
    case 'exists':
      return { holds: files.length > 0, found, expected };
    case 'missing':
      return { holds: files.length === 0, found, expected };
    case 'empty': {
      const inside = yield* find(`${claim.pattern}/*`);
      if (!inside.ok) return unreadable(claim, inside.error);
      return {
        holds: files.length > 0 && inside.value.length === 0,
        found: files.length === 0 ? found : filesText(`${claim.pattern}/*`, inside.value),
        expected,
      };
    }
  }
}

function expectedOf(claim: FileClaim): string {
  switch (claim.kind) {
    case 'exists':
      return claim.pattern;
    case 'missing':
      return `no ${claim.pattern}`;
    case 'empty':
      return `${claim.pattern} with nothing in it`;
    case 'same-size':
      return `${claim.pattern} and ${claim.other}: one file each, equally long`;
  }
}

/** Where nobody can look, no claim holds, least of all that nothing is there. */
function unreadable(claim: FileClaim, reason: string): CheckOutcome {
  return {
    holds: false,
    found: `files that cannot be read: ${reason}`,
    expected: expectedOf(claim),
  };
}

function filesText(pattern: string, files: readonly FoundFile[]): string {
  return files.length === 0 ? `no ${pattern}` : files.map((file) => file.path).join(', ');
}

function sizesText(pattern: string, files: readonly FoundFile[]): string {
  if (files.length === 0) return `no ${pattern}`;
  return files.map((file) => `${file.path} of ${file.size} bytes`).join(', ');
}

function programText(terminal: number, program: Program): string {
  return program === 'shell'
    ? `Terminal #${terminal} at the shell's prompt $, no server running in it`
    : `Terminal #${terminal} in the console of a server, at the prompt bee>`;
}
