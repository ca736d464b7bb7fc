import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../machine/machine.ts';
import type { MachineState, ServerInfo, TerminalInfo } from '../machine/machine-store.ts';

/** The machine that the components below work on. */
export const MachineContext = createContext<Machine | undefined>(undefined);

export function useMachine(): Machine {
  const machine = use(MachineContext);
  if (machine === undefined) throw new Error('no machine around this component');
  return machine;
}

/** A part of the machine's state; the component is drawn again when it changes. */
export function useMachineState<T>(select: (state: MachineState) => T): T {
  return useStore(useMachine().store, select);
}

export function useTerminalInfo(number: number): TerminalInfo | undefined {
  return useMachineState((state) => state.terminals.find((one) => one.number === number));
}

/** The server that runs in a terminal, or ran there last. */
export function useServerInfo(number: number): ServerInfo | undefined {
  return useMachineState((state) => state.servers.find((server) => server.terminal === number));
}
