/**
 * `npm run record -- scripts`: plays the statements of test/scripts on the real server and writes
 * its answers beside them. A new file needs no more than its claim and its statements.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromReal, readScripts, type Script, toReal, writeScript } from '../scripts/script.ts';

/** A statement that has not answered after so many milliseconds is written down as unanswered. */
const answerMillisMax = 10_000;
const endOfAnswer = /\n\.\.\.\n$/;
const endOfGreeting = /interactive help *\n$/;

async function recordScript(script: Script): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bee-script-'));
  const path = join(directory, 'console');
  writeFileSync(
    join(directory, 'boot.lua'),
    `require('console').listen('${path}') io.open('ready', 'w'):close()`,
  );
  const child = spawn('tarantool', ['boot.lua'], { cwd: directory, stdio: 'ignore' });
  try {
    while (!existsSync(join(directory, 'ready')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const socket = connect(path);
    await read(socket, endOfGreeting);
    for (const exchange of script.exchanges) {
      socket.write(`${toReal(exchange.statement)}\n`);
      exchange.answer = fromReal(await read(socket, endOfAnswer));
    }
    socket.destroy();
    writeScript(script);
  } finally {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

function read(socket: Socket, end: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const timer = setTimeout(() => reject(new Error('no answer')), answerMillisMax);
    const take = (bytes: Buffer): void => {
      parts.push(bytes);
      const text = Buffer.concat(parts).toString();
      if (!end.test(text)) return;
      clearTimeout(timer);
      socket.off('data', take);
      resolve(text);
    };
    socket.on('data', take);
  });
}

const filter = process.argv[2] ?? '';
for (const script of readScripts().filter(({ name }) => name.includes(filter))) {
  await recordScript(script).catch((error: unknown) => {
    console.log(`${script.name}: ${String(error)}`);
    process.exitCode = 1;
  });
}
