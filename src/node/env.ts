import { randomBytes } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import type { Clock, Env, LogSink } from '../bee/env/index.ts';
import { NodeDisk } from './node-disk.ts';
import { NodeNetwork } from './node-network.ts';

/** Node's ports: real directories, real TCP, log lines wherever the terminal wants them. */
export function nodeEnv(log: LogSink): Env {
  return {
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    clock: nodeClock,
    random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
    log,
    process: {
      pid: process.pid,
      cwd: process.cwd(),
      home: homedir(),
      hostname: hostname(),
      environment: new Map(
        Object.entries(process.env).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as const],
        ),
      ),
    },
  };
}

/** Longest wait that setTimeout keeps: 2^31 - 1 ms, about 25 days. */
const timeoutMsMax = 2 ** 31 - 1;

const nodeClock: Clock = {
  now: () => Date.now() / 1000,
  monotonic: () => performance.now() / 1000,
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  timer: (seconds, fire) => {
    const end = performance.now() + seconds * 1000;
    let handle: NodeJS.Timeout;
    const wait = (): void => {
      const left = end - performance.now();
      // Node may fire a little early, and takes no wait above 2^31 - 1 ms.
      if (left <= 0) fire();
      else handle = setTimeout(wait, Math.min(Math.ceil(left), timeoutMsMax));
    };
    handle = setTimeout(wait, Math.min(Math.max(0, Math.ceil(seconds * 1000)), timeoutMsMax));
    return () => clearTimeout(handle);
  },
  utcOffset: (at) => -new Date(at * 1000).getTimezoneOffset(),
};
