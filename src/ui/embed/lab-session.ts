import { sweepSessions } from '../../browser/session.ts';
import { createBrowserHost } from '../machine/browser-host.ts';
import { Machine } from '../machine/machine.ts';
import { disposeScreen } from '../parts/screens.ts';
import type { LabOptions } from './options.ts';

/** Ids of throw-away sessions begin so: what a closed page left is found by it. */
const throwAwayPrefix = 'lab-once-';

let isSwept = false;

/**
 * Makes the machine of a lab, and starts it.
 * @param name tells the kept sessions of one origin apart
 */
export function startLabMachine(options: LabOptions, name: string): Machine {
  const isKept = options.session === 'kept';
  const random = crypto.randomUUID().slice(0, 8);
  const id = isKept ? `lab-${encodeURIComponent(name)}` : `${throwAwayPrefix}${random}`;
  const { terminals } = options;
  const machine = new Machine({ host: createBrowserHost(id), terminals, isKept });
  void machine.start();
  if (!isSwept) {
    isSwept = true;
    // Where storage is refused the machine says so, and there is nothing to sweep.
    sweepSessions(throwAwayPrefix).catch(() => []);
  }
  return machine;
}

/** Ends a lab's machine, and takes its screens away. */
export async function closeLabMachine(machine: Machine): Promise<void> {
  const { controllers } = machine;
  await machine.close();
  for (const controller of controllers) disposeScreen(controller);
}
