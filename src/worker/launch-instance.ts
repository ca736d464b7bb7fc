import { InstanceClient, type InstanceEvents } from './instance-client.ts';
import type { StartOptions } from './messages.ts';

/** Starts a server of Bee in a worker of its own. Apart from its client, so that who brings another worker bundles no server. */
export function launchInstance(options: StartOptions, events: InstanceEvents): InstanceClient {
  // The bundler finds the worker by this very form, and takes no options that it cannot read off.
  const worker = new Worker(new URL('./instance-worker.ts', import.meta.url), { type: 'module' });
  return new InstanceClient(worker, options, events);
}
