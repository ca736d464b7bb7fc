/** `fiber.channel`: queues between fibers, with or without room for messages nobody waits for. */
import { Cond, type Task } from '../../base/fiber.ts';
import type { LuaRuntime } from '../runtime.ts';
import {
  arg,
  callerError,
  hasArg,
  isAbsent,
  library,
  push,
  pushBoolean,
  pushNil,
  pushNumber,
  pushText,
  pushValue,
  setField,
  table,
} from '../vm/host.ts';
import { LuaTable, newObjectId } from '../vm/table.ts';
import type { HostFunction, LuaState, Udata } from '../vm/types.ts';
import { copy, isNumber, isUserdata, type Slot, Tag } from '../vm/value.ts';
import type { Push } from '../vm/vm.ts';
import { timeoutArgument } from './fiber.ts';

/** Who waits in `put` with what. */
interface Offer {
  readonly value: Slot;
  isTaken: boolean;
}

/** A queue of bounded length. Readers and writers are served in the order in which they came. */
class Channel implements Udata {
  readonly id = newObjectId();
  metatable: LuaTable | null;
  readonly size: number;
  isClosed = false;
  readonly messages: Slot[] = [];
  readonly offers: Offer[] = [];
  readersCount = 0;
  readonly readable: Cond;
  readonly taken: Cond;

  constructor(size: number, readable: Cond, taken: Cond, metatable: LuaTable) {
    this.size = size;
    this.readable = readable;
    this.taken = taken;
    this.metatable = metatable;
  }

  /** The next message; writers that wait move up. */
  take(): Slot | undefined {
    const message = this.messages.shift();
    const offer = this.offers.shift();
    if (offer !== undefined) {
      offer.isTaken = true;
      this.taken.broadcast();
      if (message === undefined) return offer.value;
      this.messages.push(offer.value);
    }
    return message;
  }
}

/** Adds `channel` to the fiber module. */
export function openChannel(runtime: LuaRuntime, module: LuaTable): void {
  const { vm, instance } = runtime;
  const { scheduler } = instance;
  const metatable = new LuaTable(0, 0);
  const deadline = (timeout: number | undefined): number | undefined =>
    timeout === undefined ? undefined : instance.env.clock.monotonic() + timeout;
  const left = (end: number | undefined): number | undefined =>
    end === undefined ? undefined : Math.max(0, end - instance.env.clock.monotonic());

  function* put(L: LuaState): Task<Push> {
    const usage = 'usage: channel:put(var [, timeout])';
    const channel = check(L, usage);
    if (!hasArg(L, 2)) throw callerError(usage);
    const value = copy(arg(L, 2));
    const end = deadline(timeoutArgument(L, 3, usage));
    if (channel.isClosed) return (thread) => pushBoolean(thread, false);
    if (channel.messages.length < channel.size || (channel.readersCount > 0 && channel.size > 0)) {
      channel.messages.push(value);
      channel.readable.signal();
      return (thread) => pushBoolean(thread, true);
    }
    const offer: Offer = { value, isTaken: false };
    channel.offers.push(offer);
    channel.readable.signal();
    try {
      while (!offer.isTaken && !channel.isClosed) {
        const rest = left(end);
        if (rest === 0) break;
        yield* channel.taken.wait(rest);
      }
    } finally {
      const at = channel.offers.indexOf(offer);
      if (at >= 0) channel.offers.splice(at, 1);
    }
    return (thread) => pushBoolean(thread, offer.isTaken);
  }

  function* get(L: LuaState): Task<Push> {
    const usage = 'usage: channel:get([timeout])';
    const channel = check(L, usage);
    const end = deadline(timeoutArgument(L, 2, usage));
    for (;;) {
      const value = channel.take();
      if (value !== undefined) return (thread) => pushValue(thread, value);
      const rest = left(end);
      if (channel.isClosed || rest === 0) return pushNil;
      channel.readersCount++;
      try {
        yield* channel.readable.wait(rest);
      } finally {
        channel.readersCount--;
      }
    }
  }

  const methods = library({
    put: vm.task(put),
    get: vm.task(get),
    size: (L) => pushNumber(L, check(L, 'usage: channel:size()').size),
    count: (L) => pushNumber(L, check(L, 'usage: channel:count()').messages.length),
    is_full: (L) => {
      const channel = check(L, 'usage: channel:is_full()');
      return pushBoolean(L, channel.messages.length >= channel.size);
    },
    is_empty: (L) => pushBoolean(L, check(L, 'usage: channel:is_empty()').messages.length === 0),
    has_readers: (L) => pushBoolean(L, check(L, 'usage: channel:has_readers()').readersCount > 0),
    has_writers: (L) => pushBoolean(L, check(L, 'usage: channel:has_writers()').offers.length > 0),
    is_closed: (L) => pushBoolean(L, check(L, 'usage: channel:is_closed()').isClosed),
    close: (L) => {
      const channel = check(L, 'usage: channel:close()');
      channel.isClosed = true;
      channel.messages.length = 0;
      channel.readable.broadcast();
      channel.taken.broadcast();
      return 0;
    },
  });
  const tostring: HostFunction = (L) => {
    const channel = check(L, 'usage: tostring(channel)');
    const state = channel.isClosed ? 'closed' : channel.messages.length;
    return pushText(L, channel.isClosed ? 'channel: closed' : `channel: ${state}`);
  };
  setField(metatable, '__index', table(methods));
  setField(metatable, '__tostring', { type: Tag.HOST_FUNCTION, value: tostring });
  const make: HostFunction = (L) => {
    const given = arg(L, 1);
    if (!isAbsent(L, 1) && !isNumber(given)) {
      throw callerError('fiber.channel(size): bad arguments');
    }
    const size = isNumber(given) ? Math.trunc(given.value) : 0;
    if (size < 0) throw callerError('fiber.channel(size): negative size');
    const channel = new Channel(size, new Cond(scheduler), new Cond(scheduler), metatable);
    push(L, Tag.USERDATA, channel);
    return 1;
  };
  setField(module, 'channel', { type: Tag.HOST_FUNCTION, value: make });
}

function check(L: LuaState, usage: string): Channel {
  const slot = arg(L, 1);
  if (isUserdata(slot) && slot.value instanceof Channel) return slot.value;
  throw callerError(usage);
}
