/** `npm run gateway -- --allow HOST:PORT`: the command line of the gateway. */
import { randomBytes } from 'node:crypto';
import { Gateway, type GatewayOptions } from './gateway.ts';

const usage = `Lets servers in a page reach real ones, and be reached: a pipe between WebSockets and TCP.

Usage: npm run gateway -- [options]
  --allow HOST:PORT       pages may connect to this address; may be repeated
  --listen PORT           a server in a page may listen on this port of 127.0.0.1; may be repeated
  --port PORT             where the gateway itself listens: 8765, or what is given
  --host ADDRESS          instead of 127.0.0.1; then others than this machine may come, who know the token
  --origin URL            pages of this origin may use it, besides those that this machine serves; may be repeated
  --token TEXT            instead of a fresh one at each start, so that addresses stay as they are
  --max-connections N     at one time: 64, or what is given
`;

/** Letters and digits only, as it stands in addresses. */
const tokenForm = /^[A-Za-z0-9_-]{8,}$/;

function main(): void {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    process.stderr.write(`gateway: ${options}\n\n${usage}`);
    process.exit(64);
  }
  const gateway = new Gateway(options);
  gateway.start().then(
    (address) => process.stdout.write(`${greeting(address, options)}\n`),
    (error: NodeJS.ErrnoException) => {
      process.stderr.write(`gateway: ${error.message}\n`);
      process.exit(1);
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void gateway.stop().then(() => process.exit(0)));
  }
}

function greeting(address: string, { allow, listen }: GatewayOptions): string {
  const lines = [`The gateway is at ${address}`, 'In the page:'];
  for (const target of allow) {
    lines.push(`  db.cfg{replication_source='replicator:password@${address}/${target}'}`);
  }
  for (const port of listen) lines.push(`  db.cfg{listen='${address}/${port}'}`);
  return lines.join('\n');
}

/** @returns what is wrong with them, as text */
function readOptions(args: readonly string[]): GatewayOptions | string {
  const given = new Map<string, string[]>();
  for (let at = 0; at < args.length; at += 2) {
    const [name = '', value] = args.slice(at, at + 2);
    if (!known.includes(name)) return `unknown option ${name}`;
    if (value === undefined) return `${name} wants a value`;
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  const all = (name: string): readonly string[] => given.get(name) ?? [];
  const last = (name: string, otherwise: string): string => all(name).at(-1) ?? otherwise;
  const [port, connectionsMax] = [
    Number(last('--port', '8765')),
    Number(last('--max-connections', '64')),
  ];
  const listen = all('--listen').map(Number);
  const wrongTarget = all('--allow').find((target) => !/^[^/\s]+:\d+$/.test(target));
  if (wrongTarget !== undefined) return `--allow ${wrongTarget}: expected HOST:PORT`;
  if (![port, ...listen].every((one) => Number.isInteger(one) && one >= 0 && one <= 65535)) {
    return 'a port is a number up to 65535';
  }
  if (!Number.isInteger(connectionsMax) || connectionsMax < 1)
    return '--max-connections: expected a number';
  const token = last('--token', randomBytes(16).toString('hex'));
  if (!tokenForm.test(token)) return '--token: expected eight or more letters and digits';
  if (all('--allow').length + listen.length === 0)
    return 'nothing is allowed: give --allow or --listen';
  return {
    host: last('--host', '127.0.0.1'),
    port,
    token,
    allow: all('--allow'),
    listen,
    origins: all('--origin'),
    connectionsMax,
    log: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
  };
}

const known = [
  '--allow',
  '--listen',
  '--port',
  '--host',
  '--origin',
  '--token',
  '--max-connections',
];

main();
