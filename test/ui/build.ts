import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, mergeConfig, type Rolldown, type UserConfig } from 'vite';
import config from '../../vite.config.ts';
import type { Site } from '../tools/chromium.ts';

/** Builds the page as it is shipped, but over the fake host. */
export async function buildPageOverFakeHost(): Promise<Site> {
  // The project's configuration is an object, not a function. The loader for other pages is no part of this one.
  const { plugins = [], ...rest } = config as UserConfig;
  const own = plugins.filter(
    (plugin) => !(plugin && 'name' in plugin && plugin.name === 'complete-loader'),
  );
  const output = await build(
    mergeConfig({ ...rest, plugins: own } as UserConfig, {
      configFile: false,
      logLevel: 'warn',
      build: { write: false },
      plugins: [
        {
          name: 'fake-host',
          enforce: 'pre' as const,
          resolveId: (id: string) =>
            id.endsWith('/browser-host.ts') ? resolve('test/ui/fake-host.ts') : undefined,
        },
      ],
    }),
  );
  const results = (Array.isArray(output) ? output : [output]) as readonly Rolldown.RolldownOutput[];
  const site = new Map<string, string | Uint8Array>();
  for (const file of results.flatMap((result) => result.output)) {
    site.set(`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source);
  }
  for (const name of readdirSync('public', { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const path = `${name.parentPath}/${name.name}`;
    site.set(path.slice('public'.length), readFileSync(path));
  }
  return site;
}
