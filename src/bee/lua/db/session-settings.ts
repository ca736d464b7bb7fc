/** `db.session.settings`: the space `_session_settings` as a table of the running session's own values. */
import type { ClientError } from '../../box/error.ts';
import { clientError } from '../../box/error.ts';
import { sessionSettings } from '../../box/session-settings.ts';
import { SystemSpace } from '../../box/system-space.ts';
import { encode } from '../../wire/msgpack.ts';
import { plainText } from '../lib/tostring.ts';
import {
  arg,
  boolean,
  createTable,
  hostFunction,
  pushTable,
  pushValue,
  setField,
  string,
  stringText,
} from '../vm/host.ts';
import type { LuaTable } from '../vm/table.ts';
import type { TValue } from '../vm/types.ts';
import { isNumber, Tag, text } from '../vm/value.ts';
import type { DbContext } from './context.ts';

export function sessionSettingsTable(context: DbContext): LuaTable {
  const { box } = context.instance;
  const initial = new Map(sessionSettings);
  const read = (key: TValue): TValue => {
    const name = stringText(key) ?? '';
    const own = box.current.session.settings.get(name) ?? initial.get(name);
    if (own === undefined) throw missing(key);
    return typeof own === 'string' ? string(own) : boolean(own);
  };
  const result = createTable();
  const metatable = createTable();
  setField(
    metatable,
    '__index',
    hostFunction((L) => pushValue(L, read(arg(L, 2)))),
  );
  setField(
    metatable,
    '__newindex',
    hostFunction((L) => {
      read(arg(L, 2));
      const ops = encode([['=', 1, plainValue(arg(L, 3))]]);
      box.update(SystemSpace.SESSION_SETTINGS, 0, encode([stringText(arg(L, 2)) ?? '']), ops, 0);
      return 0;
    }),
  );
  setField(
    metatable,
    '__serialize',
    hostFunction((L) => {
      const all = createTable();
      for (const [name] of sessionSettings) setField(all, name, read(string(name)));
      return pushTable(L, all);
    }),
  );
  result.metatable = metatable;
  return result;
}

function missing(key: TValue): ClientError {
  return clientError('NO_SUCH_SESSION_SETTING', text(plainText(key)));
}

/** Settings are truth values and texts; the space finds the words for anything else. */
function plainValue(value: TValue): string | number | boolean | null {
  if (value.type === Tag.BOOLEAN) return value.value === true;
  return stringText(value) ?? (isNumber(value) ? value.value : null);
}
