/**
 * `bee [FILE.lua] [ARG …]` in a terminal of Node: one server, its data in the working directory, listening on real TCP.
 *
 * 1. `-v` and `-h` are answered here; the rest of the command line is the server's (`ServerOptions.args`).
 * 2. `createServer` gets Node's ports (`env.ts`) and this process's streams as its terminal (`terminal.ts`).
 * 3. Events wake the server; `pump` gives it turns, one per round of Node's event loop.
 * 4. The terminal gives a line each time the console prompts for one, and says when there are no more.
 * 5. `exit` comes from the server alone: at the end of input, at SIGTERM, from `os.exit`.
 *
 * What the real server does and Bee does not: without `-i` the real server compiles the whole of a pipe as one script. Bee
 * answers it statement by statement; `bee -` does as the real one.
 */
import { readFileSync } from 'node:fs';
import { createServer, type ServerHost } from '../bee/index.ts';
import { nodeEnv } from './env.ts';
import { openTerminal } from './terminal.ts';

const version = `Bee 2.6.0-0-g47aa4e01e
Target: Node.js ${process.version}
`;

const usage = `Bee - a Lua application server and database

Usage: bee [options] FILE.lua [arguments …]
  -e EXPRESSION   execute a string of Lua
  -l NAME         require a library
  -i              enter the interactive mode after FILE.lua
  -v, --version   print the version and exit
  -h, --help      print this text and exit
  --              stop handling options
  -               execute standard input as a script
`;

function main(): void {
  const args = process.argv.slice(2);
  if (['-v', '-V', '--version'].includes(args[0] ?? '')) process.stdout.write(version);
  else if (['-h', '--help'].includes(args[0] ?? '')) process.stdout.write(usage);
  else serve(args);
}

function serve(args: readonly string[]): void {
  let isTurnPlanned = false;
  const wake = (): void => {
    if (isTurnPlanned) return;
    isTurnPlanned = true;
    setImmediate(pump);
  };
  const pump = (): void => {
    // Before the turn: who wakes the server in the middle of one gets another.
    isTurnPlanned = false;
    if (server.turn() === 'more') wake();
  };
  const terminal = openTerminal({
    onLine: (text) => server.line(text),
    onEnd: () => server.endOfInput(),
    onInterrupt: () => server.interrupt(),
    onComplete: (text, cursor, done) => server.complete(text, cursor, done),
  });
  const host: ServerHost = {
    wake,
    output: (text) => terminal.output(text),
    prompt: (text, isContinuation) => terminal.prompt(text, isContinuation),
    exit: (code) => terminal.close(() => process.exit(code)),
  };
  const env = nodeEnv({ line: (text, level) => terminal.log(text, level) });
  const { isInteractive } = terminal;
  const [, program = 'bee'] = process.argv;
  const input = args.includes('-') ? { input: readFileSync(0, 'utf8') } : {};
  const server = createServer(env, host, { args, isInteractive, program, ...input });
  process.on('SIGTERM', () => server.terminate());
  // With a person before it, Ctrl-C stops the statement; a server in the background is stopped by it.
  process.on('SIGINT', () => (isInteractive ? server.interrupt() : server.terminate()));
  // A server lives until it exits, also when nothing that Node counts is under way.
  setInterval(() => undefined, 2 ** 30);
  wake();
}

main();
