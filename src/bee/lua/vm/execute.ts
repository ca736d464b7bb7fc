/**
 * The interpreter: runs the engine's bytecode with Lua 5.1's numbers. It stands in for the engine's own `luaV_execute`, whose
 * instructions for arithmetic and comparison know 32-bit integers, compare cdata with nothing, and cannot be patched from outside.
 *
 * Every `as` below says what the tag beside it has just told: the type of a slot's value follows from its tag.
 *
 * Conventions are the engine's, so that its calls, coroutines and `luaV_finishOp` go on working: `ci.l_savedpc` counts on before an
 * instruction runs; outside of open calls `L.top` is `ci.top`.
 */
import { type ArithmeticOperator, asCData } from './cdata.ts';
import { ldo, lfunc, lobject, lvm } from './engine.ts';
import {
  arithmetic,
  equals,
  index,
  lengthOf,
  lessEqual,
  lessThan,
  modulo,
  power,
  sameString,
  setIndex,
  toNumber,
} from './operators.ts';
import { LuaTable } from './table.ts';
import type { CallInfo, Instruction, LClosure, LuaState, Proto, TString, TValue } from './types.ts';
import { LuaError, Tag } from './value.ts';

const NIL = Tag.NIL;
const NUMBER = Tag.NUMBER;
const STRING = Tag.STRING;
const TABLE = Tag.TABLE;

const statusIsFresh = 1 << 3;
const statusIsTail = 1 << 5;
const statusYield = 1;
const fieldsPerFlush = 50;
const constantBit = 256;

/** Loops and calls between two looks at the clock: about 10,000 instructions. */
const stepsPerLook = 2500;
let stepsLeft = stepsPerLook;
let look: (L: LuaState) => boolean = () => false;

/**
 * Sets what is asked every few thousand steps of running Lua code. It may throw (an interrupt), or return true to have the
 * thread suspended there; whoever resumes it goes on at the same place.
 */
export function onLook(ask: (L: LuaState) => boolean): void {
  look = ask;
}

function lookUp(L: LuaState, ci: CallInfo): void {
  stepsLeft = stepsPerLook;
  if (look(L)) pause(L, ci);
}

/** Leaves the interpreter between two instructions, the way the engine's hooks do it. */
function pause(L: LuaState, ci: CallInfo): never {
  L.status = statusYield;
  ci.extra = ci.funcOff;
  ci.funcOff = L.top - 1;
  ci.func = L.stack[ci.funcOff] as TValue; // the top is above the frame's base
  return ldo.luaD_throw(L, statusYield);
}

/** Runs the function on top of the calls of `L` until it returns. */
export function execute(L: LuaState): void {
  const stack = L.stack;
  let ci = L.ci;
  ci.callstatus |= statusIsFresh;
  for (;;) {
    const closure = ci.func.value as LClosure; // a Lua call runs a Lua closure
    const proto = closure.p;
    const k = proto.k;
    const code = ci.l_code;
    const base = ci.l_base;
    if (ci.l_savedpc === 0 && --stepsLeft <= 0) lookUp(L, ci);

    frame: for (;;) {
      const i = code[ci.l_savedpc++] as Instruction; // the compiler ends each function with a return
      const ra = base + i.A;
      switch (i.opcode) {
        case 0: // MOVE
          move(stack, ra, at(stack, base + i.B));
          break;
        case 1: // LOADK
          move(stack, ra, k[i.Bx] as TValue);
          break;
        case 2: // LOADKX
          move(stack, ra, k[(code[ci.l_savedpc++] as Instruction).Ax] as TValue);
          break;
        case 3: {
          // LOADBOOL
          const to = at(stack, ra);
          to.type = Tag.BOOLEAN;
          to.value = i.B !== 0;
          if (i.C !== 0) ci.l_savedpc++;
          break;
        }
        case 4: // LOADNIL
          for (let j = 0; j <= i.B; j++) setNil(at(stack, ra + j));
          break;
        case 5: // GETUPVAL
          move(stack, ra, closure.upvals[i.B] as TValue);
          break;
        case 6: // GETTABUP
          get(L, closure.upvals[i.B] as TValue, constantOr(stack, base, k, i.C), ra);
          break;
        case 7: // GETTABLE
          get(L, at(stack, base + i.B), constantOr(stack, base, k, i.C), ra);
          break;
        case 8: // SETTABUP
          set(
            L,
            closure.upvals[i.A] as TValue,
            constantOr(stack, base, k, i.B),
            constantOr(stack, base, k, i.C),
          );
          break;
        case 9: {
          // SETUPVAL
          const from = at(stack, ra);
          const to = closure.upvals[i.B] as TValue;
          to.type = from.type;
          to.value = from.value;
          break;
        }
        case 10: // SETTABLE
          set(L, at(stack, ra), constantOr(stack, base, k, i.B), constantOr(stack, base, k, i.C));
          break;
        case 11: {
          // NEWTABLE
          const table = newTable(proto, i);
          const to = at(stack, ra);
          to.type = TABLE;
          to.value = table;
          break;
        }
        case 12: {
          // SELF
          const object = at(stack, base + i.B);
          const key = constantOr(stack, base, k, i.C);
          move(stack, ra + 1, object);
          get(L, object, key, ra);
          break;
        }
        case 13: {
          // ADD
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          if (b.type === NUMBER && c.type === NUMBER) {
            setNumber(at(stack, ra), (b.value as number) + (c.value as number));
          } else arithmetic(L, '+', b, c, at(stack, ra));
          break;
        }
        case 14: {
          // SUB
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          if (b.type === NUMBER && c.type === NUMBER) {
            setNumber(at(stack, ra), (b.value as number) - (c.value as number));
          } else arithmetic(L, '-', b, c, at(stack, ra));
          break;
        }
        case 15: {
          // MUL
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          if (b.type === NUMBER && c.type === NUMBER) {
            setNumber(at(stack, ra), (b.value as number) * (c.value as number));
          } else arithmetic(L, '*', b, c, at(stack, ra));
          break;
        }
        case 16: // MOD
          binary(
            L,
            '%',
            at(stack, ra),
            constantOr(stack, base, k, i.B),
            constantOr(stack, base, k, i.C),
          );
          break;
        case 17: // POW
          binary(
            L,
            '^',
            at(stack, ra),
            constantOr(stack, base, k, i.B),
            constantOr(stack, base, k, i.C),
          );
          break;
        case 18: // DIV
          binary(
            L,
            '/',
            at(stack, ra),
            constantOr(stack, base, k, i.B),
            constantOr(stack, base, k, i.C),
          );
          break;
        case 25: {
          // UNM
          const b = at(stack, base + i.B);
          if (b.type === NUMBER) setNumber(at(stack, ra), -(b.value as number));
          else arithmetic(L, 'unm', b, b, at(stack, ra));
          break;
        }
        case 27: {
          // NOT
          const isTrue = isFalse(at(stack, base + i.B));
          const to = at(stack, ra);
          to.type = Tag.BOOLEAN;
          to.value = isTrue;
          break;
        }
        case 28: // LEN
          lengthOf(L, at(stack, ra), at(stack, base + i.B));
          break;
        case 29: // CONCAT
          L.top = base + i.C + 1;
          lvm.luaV_concat(L, i.C - i.B + 1);
          move(stack, ra, at(stack, base + i.B));
          ldo.adjust_top(L, ci.top);
          break;
        case 30: // JMP
          if (i.A !== 0) lfunc.luaF_close(L, base + i.A - 1);
          ci.l_savedpc += i.sBx;
          if (i.sBx < 0 && --stepsLeft <= 0) lookUp(L, ci);
          break;
        case 31: {
          // EQ
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          if (isEqual(L, b, c) === (i.A !== 0)) jumpNext(L, ci, base, code);
          else ci.l_savedpc++;
          break;
        }
        case 32: {
          // LT
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          const result =
            b.type === NUMBER && c.type === NUMBER
              ? (b.value as number) < (c.value as number)
              : lessThan(L, b, c);
          if (result === (i.A !== 0)) jumpNext(L, ci, base, code);
          else ci.l_savedpc++;
          break;
        }
        case 33: {
          // LE
          const b = constantOr(stack, base, k, i.B);
          const c = constantOr(stack, base, k, i.C);
          const result =
            b.type === NUMBER && c.type === NUMBER
              ? (b.value as number) <= (c.value as number)
              : lessEqual(L, b, c);
          if (result === (i.A !== 0)) jumpNext(L, ci, base, code);
          else ci.l_savedpc++;
          break;
        }
        case 34: // TEST
          if (isFalse(at(stack, ra)) === (i.C !== 0)) ci.l_savedpc++;
          else jumpNext(L, ci, base, code);
          break;
        case 35: {
          // TESTSET
          const b = at(stack, base + i.B);
          if (isFalse(b) === (i.C !== 0)) {
            ci.l_savedpc++;
          } else {
            move(stack, ra, b);
            jumpNext(L, ci, base, code);
          }
          break;
        }
        case 36: {
          // CALL
          const results = i.C - 1;
          if (i.B !== 0) ldo.adjust_top(L, ra + i.B);
          if (ldo.luaD_precall(L, ra, results)) {
            if (results >= 0) ldo.adjust_top(L, ci.top);
            break;
          }
          ci = L.ci;
          break frame;
        }
        case 37: // TAILCALL
          if (i.B !== 0) ldo.adjust_top(L, ra + i.B);
          if (ldo.luaD_precall(L, ra, -1)) break; // a host function has run; RETURN follows
          ci = replaceFrame(L, proto);
          break frame;
        case 38: {
          // RETURN
          if (proto.p.length > 0) lfunc.luaF_close(L, base);
          const isFixed = ldo.luaD_poscall(L, ci, ra, i.B !== 0 ? i.B - 1 : L.top - ra);
          if (ci.callstatus & statusIsFresh) return;
          ci = L.ci;
          if (isFixed) ldo.adjust_top(L, ci.top);
          break frame;
        }
        case 39: {
          // FORLOOP
          const counter = at(stack, ra);
          const step = at(stack, ra + 2).value as number; // FORPREP left numbers
          const limit = at(stack, ra + 1).value as number;
          const next = (counter.value as number) + step;
          if (step > 0 ? next <= limit : limit <= next) {
            counter.value = next;
            setNumber(at(stack, ra + 3), next);
            ci.l_savedpc += i.sBx;
            if (--stepsLeft <= 0) lookUp(L, ci);
          }
          break;
        }
        case 40: // FORPREP
          prepareLoop(at(stack, ra), at(stack, ra + 1), at(stack, ra + 2));
          ci.l_savedpc += i.sBx;
          break;
        case 41: // TFORCALL
          move(stack, ra + 5, at(stack, ra + 2));
          move(stack, ra + 4, at(stack, ra + 1));
          move(stack, ra + 3, at(stack, ra));
          ldo.adjust_top(L, ra + 6);
          ldo.luaD_call(L, ra + 3, i.C);
          ldo.adjust_top(L, ci.top);
          break;
        case 42: {
          // TFORLOOP
          const control = at(stack, ra + 1);
          if (control.type !== NIL) {
            move(stack, ra, control);
            ci.l_savedpc += i.sBx;
            if (--stepsLeft <= 0) lookUp(L, ci);
          }
          break;
        }
        case 43: // SETLIST
          setList(L, ci, i, ra);
          break;
        case 44: // CLOSURE
          makeClosure(L, proto.p[i.Bx] as Proto, closure, base, ra);
          break;
        case 45: // VARARG
          spread(L, ci, i, ra, base, proto.numparams);
          break;
        default:
          // Integer division and bit operations: the front end refuses their syntax.
          throw new LuaError('invalid opcode');
      }
    }
  }
}

function at(stack: TValue[], slot: number): TValue {
  return stack[slot] as TValue; // registers of the running frame exist
}

function constantOr(stack: TValue[], base: number, k: TValue[], operand: number): TValue {
  return (operand & constantBit ? k[operand & 255] : stack[base + operand]) as TValue; // as compiled
}

function move(stack: TValue[], to: number, from: TValue): void {
  const slot = stack[to] as TValue; // as `at`
  slot.type = from.type;
  slot.value = from.value;
}

function setNumber(slot: TValue, n: number): void {
  slot.type = NUMBER;
  slot.value = n;
}

function setNil(slot: TValue): void {
  slot.type = NIL;
  slot.value = null;
}

function isFalse(slot: TValue): boolean {
  return slot.type === NIL || (slot.type === Tag.BOOLEAN && slot.value === false);
}

function get(L: LuaState, object: TValue, key: TValue, register: number): void {
  if (object.type === TABLE) {
    const table = object.value as LuaTable; // tag says so
    const slot = key.type === STRING ? table.getString(key.value as TString) : table.get(key);
    if (slot.type !== NIL || table.metatable === null) {
      const out = L.stack[register] as TValue; // as `at`
      out.type = slot.type;
      out.value = slot.value;
      return;
    }
  }
  index(L, object, key, register);
}

function set(L: LuaState, object: TValue, key: TValue, value: TValue): void {
  if (object.type === TABLE) {
    const table = object.value as LuaTable; // tag says so
    const slot = key.type === STRING ? table.getString(key.value as TString) : table.get(key);
    if (slot.type !== NIL) {
      slot.type = value.type;
      slot.value = value.value;
      return;
    }
  }
  setIndex(L, object, key, value);
}

function isEqual(L: LuaState, a: TValue, b: TValue): boolean {
  if (a.type === b.type) {
    if (a.type === NUMBER) return a.value === b.value;
    if (a.value === b.value) return true;
    if (a.type === STRING) return sameString(a.value as TString, b.value as TString); // tags say so
    if (a.type !== TABLE && a.type !== Tag.USERDATA) return false;
  } else if (asCData(a) === undefined && asCData(b) === undefined) {
    return false;
  }
  return equals(L, a, b);
}

function binary(
  L: LuaState,
  operator: ArithmeticOperator,
  out: TValue,
  b: TValue,
  c: TValue,
): void {
  if (b.type !== NUMBER || c.type !== NUMBER) {
    arithmetic(L, operator, b, c, out);
    return;
  }
  const x = b.value as number; // tag says so
  const y = c.value as number; // tag says so
  setNumber(out, operator === '/' ? x / y : operator === '%' ? modulo(x, y) : power(x, y));
}

function jumpNext(L: LuaState, ci: CallInfo, base: number, code: Instruction[]): void {
  const i = code[ci.l_savedpc] as Instruction; // a test is followed by a jump
  if (i.A !== 0) lfunc.luaF_close(L, base + i.A - 1);
  ci.l_savedpc += i.sBx + 1;
  if (i.sBx < 0 && --stepsLeft <= 0) lookUp(L, ci);
}

/** The table of a constructor: a copy of its template, or an empty one with the room that LuaJIT gives it. */
function newTable(proto: Proto, i: Instruction): LuaTable {
  const template = i.Ax > 0 ? proto.templates?.[i.Ax - 1] : undefined;
  return template === undefined ? new LuaTable(i.B, i.C) : template.duplicate();
}

function prepareLoop(from: TValue, limit: TValue, step: TValue): void {
  loopNumber(from, 'initial value');
  loopNumber(limit, 'limit');
  loopNumber(step, 'step');
  from.value = (from.value as number) - (step.value as number); // loopNumber made them numbers
}

function loopNumber(slot: TValue, what: string): void {
  if (slot.type === NUMBER) return;
  const n = toNumber(slot);
  if (n === undefined) throw new LuaError(`'for' ${what} must be a number`);
  setNumber(slot, n);
}

/** Puts the called Lua function's frame in the place of its caller's. */
function replaceFrame(L: LuaState, callerProto: Proto): CallInfo {
  const called = L.ci;
  const caller = called.previous as CallInfo; // a call made from Lua
  const func = called.func.value as LClosure; // a Lua function
  const limit = called.l_base + func.p.numparams;
  if (callerProto.p.length > 0) lfunc.luaF_close(L, caller.l_base);
  for (let n = 0; called.funcOff + n < limit; n++) {
    move(L.stack, caller.funcOff + n, at(L.stack, called.funcOff + n));
  }
  caller.l_base = caller.funcOff + (called.l_base - called.funcOff);
  caller.top = caller.funcOff + (L.top - called.funcOff);
  ldo.adjust_top(L, caller.top);
  caller.l_code = called.l_code;
  caller.l_savedpc = called.l_savedpc;
  caller.callstatus |= statusIsTail;
  caller.next = null;
  L.ci = caller;
  return caller;
}

function setList(L: LuaState, ci: CallInfo, i: Instruction, ra: number): void {
  const isOpen = i.B === 0;
  const count = isOpen ? L.top - ra - 1 : i.B;
  const flush = i.C !== 0 ? i.C : (ci.l_code[ci.l_savedpc++] as Instruction).Ax; // EXTRAARG follows
  const table = at(L.stack, ra).value as LuaTable; // NEWTABLE put it there
  const first = (flush - 1) * fieldsPerFlush + 1;
  if (isOpen && count > 0) table.reserveArray(first + count - 1);
  for (let n = 0; n < count; n++) table.setNumber(first + n, at(L.stack, ra + 1 + n));
  ldo.adjust_top(L, ci.top);
}

function makeClosure(L: LuaState, proto: Proto, outer: LClosure, base: number, ra: number): void {
  const closure = new lobject.LClosure(L, proto.upvalues.length);
  closure.p = proto;
  for (let n = 0; n < proto.upvalues.length; n++) {
    const upvalue = proto.upvalues[n];
    if (upvalue === undefined) continue;
    closure.upvals[n] = (
      upvalue.instack ? L.stack[base + upvalue.idx] : outer.upvals[upvalue.idx]
    ) as TValue; // as compiled
  }
  const to = at(L.stack, ra);
  to.type = Tag.LUA_CLOSURE;
  to.value = closure;
}

function spread(
  L: LuaState,
  ci: CallInfo,
  i: Instruction,
  ra: number,
  base: number,
  parameters: number,
): void {
  const given = Math.max(0, base - ci.funcOff - parameters - 1);
  let wanted = i.B - 1;
  if (wanted < 0) {
    wanted = given;
    ldo.luaD_checkstack(L, given);
    ldo.adjust_top(L, ra + given);
  }
  for (let n = 0; n < wanted; n++) {
    if (n < given) move(L.stack, ra + n, at(L.stack, base - given + n));
    else setNil(at(L.stack, ra + n));
  }
}
