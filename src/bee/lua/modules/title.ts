/** The `title` module: what a process would be called in a list of processes. A page has no such list; programs can read it here. */
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  createTable,
  getField,
  library,
  pushTable,
  pushText,
  setField,
  string,
  stringText,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import { isTable, Tag } from '../vm/value.ts';

const parts = ['interpretor_name', 'script_name', 'status', 'custom_title'] as const;

/** The `title` module: `get` and `update`. */
export function makeTitleModule(runtime: LuaRuntime): LuaTable {
  const { config } = runtime.instance;
  const given = new Map<string, string>([
    ['interpretor_name', 'bee'],
    ['status', 'running'],
  ]);
  const started = getField(runtime.vm.globals, 'arg');
  const script = isTable(started) ? stringText(started.value.getNumber(0)) : undefined;
  if (script?.endsWith('.lua')) given.set('script_name', script);
  const valueOf = (part: string): string | undefined => {
    const value = given.get(part);
    if (part !== 'custom_title' || (value ?? '') !== '') return value;
    return config.text('custom_proc_title');
  };
  return library({
    get: (L) => {
      const t = createTable();
      for (const part of ['script_name', 'interpretor_name', 'custom_title', 'status']) {
        const value = valueOf(part) ?? '';
        if (value !== '') setField(t, part, string(value));
      }
      const status = valueOf('status') ?? '';
      const custom = valueOf('custom_title') ?? '';
      const names = [valueOf('interpretor_name'), valueOf('script_name')];
      const text = names.filter((name) => name !== undefined && name !== '').join(' ');
      pushText(L, text + (status && ` <${status}>`) + (custom && `: ${custom}`));
      return 1 + pushTable(L, t);
    },
    update: (L) => {
      const update = arg(L, 1);
      const custom = stringText(update);
      if (custom !== undefined) given.set('custom_title', custom);
      if (!isTable(update)) return 0;
      for (const part of parts) {
        const value = getField(update.value, part);
        if (value.type !== Tag.NIL) given.set(part, stringText(value) ?? '');
      }
      return 0;
    },
  });
}
