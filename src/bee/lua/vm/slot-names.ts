/**
 * Finds what a program calls the value in a register, for messages such as "attempt to index field 'x' (a nil value)".
 * It knows what LuaJIT knows: locals, upvalues, globals, fields with a constant name and methods, nothing else.
 */
import { lfunc } from './engine.ts';
import type { CallInfo, Instruction, LuaState, Proto, TValue } from './types.ts';
import { isString, text } from './value.ts';

export interface SlotName {
  readonly kind: 'local' | 'upvalue' | 'global' | 'field' | 'method';
  readonly name: string;
}

const statusIsLua = 2;
const isConstant = 256;

// Instruction numbers of the engine that matter here.
const MOVE = 0;
const LOADNIL = 4;
const GETUPVAL = 5;
const GETTABUP = 6;
const GETTABLE = 7;
const SELF = 12;
const JMP = 30;
const CALL = 36;
const TAILCALL = 37;
const TFORCALL = 41;
/** Instructions that leave no value in their first register. */
const writesNothing = new Set([8, 9, 10, 30, 31, 32, 33, 34, 38, 43, 46]);

/** The name of a value that is on the stack of the running function or among its upvalues. */
export function nameOfValue(L: LuaState, value: TValue): SlotName | undefined {
  const ci = L.ci;
  if (!(ci.callstatus & statusIsLua)) return undefined;
  const closure = ci.func.value as { p: Proto; upvals: TValue[] }; // a Lua call runs a Lua closure
  const at = closure.upvals.indexOf(value);
  if (at >= 0) return upvalue(closure.p, at);
  for (let slot = ci.l_base; slot < ci.top; slot++) {
    if (L.stack[slot] === value) {
      return nameOfRegister(closure.p, ci.l_savedpc - 1, slot - ci.l_base);
    }
  }
  return undefined;
}

/** The name by which the function that runs in `ci` was called, when a Lua function called it other than by a tail call. */
export function nameOfCall(ci: CallInfo): SlotName | undefined {
  const caller = ci.previous;
  if (caller === null || !(caller.callstatus & statusIsLua)) return undefined;
  const { p } = caller.func.value as { p: Proto }; // as above
  const pc = caller.l_savedpc - 1;
  const instruction = p.code[pc];
  if (instruction?.opcode !== CALL && instruction?.opcode !== TFORCALL) return undefined;
  return nameOfRegister(p, pc, instruction.A);
}

/** True when the function that runs in `ci` replaced its caller: LuaJIT then knows no caller. */
export function isTailCalled(ci: CallInfo): boolean {
  const caller = ci.previous;
  if (caller === null || !(caller.callstatus & statusIsLua)) return false;
  return caller.l_code[caller.l_savedpc - 1]?.opcode === TAILCALL;
}

function nameOfRegister(p: Proto, pc: number, register: number): SlotName | undefined {
  const local = lfunc.luaF_getlocalname(p, register + 1, pc);
  if (local !== null) {
    const name = text(local);
    return name.startsWith('(') ? undefined : { kind: 'local', name };
  }
  const set = findSetter(p, pc, register);
  const instruction = set < 0 ? undefined : p.code[set];
  if (instruction === undefined) return undefined;
  switch (instruction.opcode) {
    case MOVE:
      return instruction.B < instruction.A ? nameOfRegister(p, set, instruction.B) : undefined;
    case GETUPVAL:
      return upvalue(p, instruction.B);
    case GETTABUP: {
      const isEnvironment = upvalue(p, instruction.B)?.name === '_ENV';
      return named(p, instruction, isEnvironment ? 'global' : 'field');
    }
    case GETTABLE:
      return named(p, instruction, 'field');
    case SELF:
      return instruction.A === register ? named(p, instruction, 'method') : undefined;
    default:
      return undefined;
  }
}

function upvalue(p: Proto, at: number): SlotName | undefined {
  const name = p.upvalues[at]?.name;
  return name ? { kind: 'upvalue', name: text(name.realstring) } : undefined;
}

function named(p: Proto, instruction: Instruction, kind: SlotName['kind']): SlotName | undefined {
  if (!(instruction.C & isConstant)) return undefined;
  const key = p.k[instruction.C & 255];
  return key !== undefined && isString(key)
    ? { kind, name: text(key.value.realstring) }
    : undefined;
}

/** The last instruction before `end` that certainly set the register; -1 when that is not known. */
function findSetter(p: Proto, end: number, register: number): number {
  let setter = -1;
  let conditionalUntil = 0;
  for (let pc = 0; pc < end; pc++) {
    const instruction = p.code[pc];
    if (instruction === undefined) break;
    if (instruction.opcode === JMP) {
      const target = pc + 1 + instruction.sBx;
      if (pc < target && target <= end && target > conditionalUntil) conditionalUntil = target;
    } else if (sets(instruction, register)) {
      setter = pc < conditionalUntil ? -1 : pc;
    }
  }
  return setter;
}

function sets(instruction: Instruction, register: number): boolean {
  const { opcode, A, B } = instruction;
  if (opcode === LOADNIL) return A <= register && register <= A + B;
  if (opcode === TFORCALL) return register >= A + 2;
  if (opcode === CALL || opcode === TAILCALL) return register >= A;
  if (opcode === SELF) return register === A || register === A + 1;
  return !writesNothing.has(opcode) && register === A;
}
