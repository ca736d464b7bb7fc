/**
 * `bee [FILE.lua] [ARG …]` in a terminal of Node: one server, its data in the working directory, listening on real TCP.
 *
 * 1. `parseArguments` reads the command line as the real command does.
 * 2. `createServer` gets Node's ports (`env.ts`) and this process as its terminal.
 * 3. Events wake the server; `pump` gives it turns, one per round of Node's event loop.
 * 4. Lines of standard input are fed one by one, each when the console asks for it.
 */
import { createInterface } from 'node:readline';
import { createServer, type ServerHost } from '../bee/index.ts';
import { nodeEnv } from './env.ts';

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
  if (args[0] === '-v' || args[0] === '-V' || args[0] === '--version') {
    process.stdout.write('Bee 2.6.0-0-g47aa4e01e\n');
    return;
  }
  if (args[0] === '-h' || args[0] === '--help') {
    process.stdout.write(usage);
    return;
  }
  serve(args);
}

function serve(args: readonly string[]): void {
  const lines: string[] = [];
  let isEnded = false;
  let isPrompted = false;
  let isPumping = false;

  const pump = (): void => {
    if (server.turn() === 'more') setImmediate(pump);
    else isPumping = false;
  };
  const feed = (): void => {
    if (!isPrompted) return;
    const line = lines.shift();
    if (line === undefined && !isEnded) return;
    isPrompted = false;
    if (line === undefined) server.endOfInput();
    else server.line(line);
  };
  const host: ServerHost = {
    wake: () => {
      if (isPumping) return;
      isPumping = true;
      setImmediate(pump);
    },
    output: (text) => process.stdout.write(text),
    prompt: (text) => {
      isPrompted = true;
      if (process.stdin.isTTY) process.stdout.write(text);
      // Fed in a later round: a prompt comes in the middle of a turn.
      setImmediate(feed);
    },
    // What was written to a pipe must be out before the process ends.
    exit: (code) => process.stdout.write('', () => process.exit(code)),
  };
  const server = createServer(nodeEnv(), host, { args, isInteractive: process.stdin.isTTY });

  const input = createInterface({ input: process.stdin, terminal: false });
  input.on('line', (line) => {
    lines.push(line);
    feed();
  });
  input.on('close', () => {
    isEnded = true;
    feed();
  });
  process.on('SIGINT', () => server.interrupt());
  process.on('SIGTERM', () => server.endOfInput());
}

main();
