import type { CommandDefinition } from '../command.ts';
import { cd, clear, exit, history, kill, ps, pwd, sleep, xlog } from './builtins.ts';
import { cp, mv } from './copy.ts';
import { mkdir, rm, rmdir, touch } from './files.ts';
import { ls } from './ls.ts';
import { cat, echo, grep, head, hexdump, tail, wc } from './text.ts';

const all: readonly CommandDefinition[] = [
  cat,
  cd,
  clear,
  cp,
  echo,
  exit,
  grep,
  head,
  hexdump,
  history,
  kill,
  ls,
  mkdir,
  mv,
  ps,
  pwd,
  rm,
  rmdir,
  sleep,
  tail,
  touch,
  wc,
  xlog,
];

/** Every command but `bee`, `help` and `which`, which the shell itself answers. */
export const commands: ReadonlyMap<string, CommandDefinition> = new Map(
  all.map((definition) => [definition.name, definition]),
);
