/** What follows the command's name: `bee [-i] [-e CODE] [-l NAME] [--] [FILE.lua [ARG …]]`, as the real command reads it. */
export interface CommandLine {
  /** What runs before the file, in order: code of `-e`, modules of `-l`. */
  readonly programs: readonly { readonly kind: 'code' | 'module'; readonly text: string }[];
  readonly script: string | undefined;
  /** What the script finds in `arg` and `...`. */
  readonly rest: readonly string[];
  /** `-i`, or nothing to run. */
  readonly isConsole: boolean;
}

/** @returns the option that is not known, as text, when there is one */
export function parseCommandLine(args: readonly string[]): CommandLine | string {
  const programs: { readonly kind: 'code' | 'module'; readonly text: string }[] = [];
  let wantsConsole = false;
  let at = 0;
  // Options end at the file's name: what follows is the script's own.
  for (; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (argument === '--') {
      at++;
      break;
    }
    if (!argument.startsWith('-') || argument === '-') break;
    if (argument === '-i') wantsConsole = true;
    else if (argument.startsWith('-e') || argument.startsWith('-l')) {
      const kind = argument.startsWith('-e') ? 'code' : 'module';
      const text = argument.length > 2 ? argument.slice(2) : args[++at];
      if (text === undefined) return `option requires an argument -- '${argument[1]}'`;
      programs.push({ kind, text });
    } else if (argument.startsWith('--')) return `unrecognized option '${argument}'`;
    else return `invalid option -- '${argument[1]}'`;
  }
  const script = args[at];
  const isConsole = wantsConsole || (script === undefined && programs.length === 0);
  return { programs, script, rest: args.slice(at + 1), isConsole };
}
